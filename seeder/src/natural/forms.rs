//! Texts, numbers, moments and flags in the types of columns.

use rust_decimal::Decimal;

use crate::person::push_number;
use crate::value::{CopyText, Type, Value, write_text};

use super::apart::code;
use super::entry::{Apart, Entry, Number, Write};
use super::{Cell, Distinct, Generate};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 2014-01-01 and 2024-01-01: distinct moments lie between, so that none is in the future.
const DISTINCT_START: i64 = 16_071 * DAY;
const DISTINCT_DAYS: u64 = 3_652;

/// Texts in a character column.
pub(super) struct TextColumn {
    entry: &'static Entry,
    write: Write,
    apart: Apart,
    max: usize,
    /// From which length on the text is unique to its person.
    room: usize,
}

impl TextColumn {
    pub(super) fn fit(
        entry: &'static Entry,
        (write, apart): (Write, Apart),
        room: usize,
        data_type: &Type,
    ) -> Option<Box<dyn Generate>> {
        let Type::Text { max, .. } = data_type.base() else {
            return None;
        };
        let max = max.map_or(usize::MAX, |max| max as usize);
        Some(Box::new(Self {
            entry,
            write,
            apart,
            max,
            room,
        }))
    }
}

impl TextColumn {
    fn push(&self, cell: &Cell<'_>, text: &mut String) {
        (self.write)(cell, self.max, text);
        cut(text, self.max);
    }
}

impl Generate for TextColumn {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        let mut text = String::with_capacity(32);
        self.push(cell, &mut text);
        Value::Text(text)
    }

    fn write(&self, cell: &Cell<'_>, _: &Type, out: &mut CopyText<'_>) {
        out.text(|text| self.push(cell, text));
    }

    fn distinct(&self) -> Option<Distinct> {
        Some((self.apart)(self.max))
    }

    fn of_person(&self) -> bool {
        self.entry.of_person
    }

    fn distinct_by_person(&self) -> bool {
        self.room != usize::MAX && self.max >= self.room
    }
}

/// Cuts a text to so many characters: at a word's end if one is in the last third, without what only
/// joins words at the end.
pub(super) fn cut(text: &mut String, max: usize) {
    if text.len() <= max {
        return;
    }
    let Some((end, _)) = text.char_indices().nth(max) else {
        return;
    };
    let at_word = !text[..end].ends_with(|c: char| c.is_alphanumeric())
        || !text[end..].starts_with(|c: char| c.is_alphanumeric());
    let boundary = text[..end].rfind([' ', '-', '_', '.', '\n']);
    match boundary {
        Some(at) if !at_word && at >= end - end / 3 => text.truncate(at),
        _ => text.truncate(end),
    }
    let kept = text.trim_end_matches([' ', ',', ';', '-', '_', '&', '(', '\n']);
    if !kept.is_empty() {
        text.truncate(kept.len());
    }
}

/// Numbers in a numeric or character column.
pub(super) struct NumberColumn {
    entry: &'static Entry,
    draw: fn(&Cell<'_>) -> Number,
    data_type: Type,
}

impl NumberColumn {
    pub(super) fn fit(
        entry: &'static Entry,
        draw: fn(&Cell<'_>) -> Number,
        data_type: &Type,
    ) -> Option<Box<dyn Generate>> {
        let data_type = data_type.base().clone();
        let fits = matches!(
            data_type,
            Type::Int { .. }
                | Type::Decimal { .. }
                | Type::Money
                | Type::Float { .. }
                | Type::Text { .. }
        );
        fits.then(|| {
            Box::new(Self {
                entry,
                draw,
                data_type,
            }) as Box<dyn Generate>
        })
    }
}

impl Generate for NumberColumn {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        number_value((self.draw)(cell), &self.data_type)
    }

    fn distinct(&self) -> Option<Distinct> {
        distinct_numbers(&self.data_type)
    }

    fn of_person(&self) -> bool {
        self.entry.of_person
    }
}

/// A number in a type, brought within its bounds; whole for integers.
pub(super) fn number_value(number: Number, data_type: &Type) -> Value {
    let Number { units, scale } = number;
    match data_type {
        Type::Int { min, max } => {
            let whole = i128::from(units / 10_i64.pow(scale.min(18)));
            Value::Int(within(whole, i128::from(*min), i128::from(*max)))
        }
        Type::Decimal {
            precision,
            scale: digits,
        } => {
            let digits = digits.unwrap_or(scale.min(28) as i16);
            decimal(number, precision.unwrap_or(28), digits)
        }
        Type::Money => decimal(number, 18, 2),
        Type::Float { bits } => {
            let exact = units as f64 / 10_i64.pow(scale.min(18)) as f64;
            Value::Float(if *bits == 32 {
                f64::from(exact as f32)
            } else {
                exact
            })
        }
        Type::Text { max, .. } => {
            let mut text = String::with_capacity(16);
            push_decimal(units, scale, &mut text);
            cut(&mut text, max.map_or(usize::MAX, |max| max as usize));
            Value::Text(text)
        }
        _ => Value::Null,
    }
}

/// The number itself if it is within the bounds, else folded into them.
fn within(number: i128, min: i128, max: i128) -> i64 {
    let folded = if (min..=max).contains(&number) {
        number
    } else {
        let low = min.max(0);
        low + number.rem_euclid(max - low + 1)
    };
    i64::try_from(folded).unwrap_or(i64::MAX)
}

/// Powers of ten.
const TEN: [i128; 28] = {
    let mut powers = [1; 28];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

fn decimal(number: Number, precision: u16, digits: i16) -> Value {
    // A negative scale rounds to tens, hundreds …; one above the precision leaves leading zeros.
    let shown = u32::try_from(digits.clamp(0, 28)).unwrap_or(0);
    let kept = i32::from(precision.min(27))
        - if digits < 0 {
            0
        } else {
            i32::from(digits) - shown as i32
        };
    let bound = TEN[kept.clamp(0, 27) as usize];
    let mut units = i128::from(number.units);
    if shown >= number.scale {
        units *= TEN[(shown - number.scale).min(18) as usize];
    } else {
        units /= TEN[(number.scale - shown).min(18) as usize];
    }
    if units.abs() >= bound {
        units %= bound;
    }
    if digits < 0 {
        let step = TEN[usize::from(digits.unsigned_abs().min(18))];
        units = units / step * step;
    }
    Value::Decimal(Decimal::from_i128_with_scale(units, shown))
}

/// As many numbers as the type has, from 1 up; decimals by their last digit.
pub(super) fn distinct_numbers(data_type: &Type) -> Option<Distinct> {
    Some(match data_type {
        Type::Int { max, .. } => {
            let size = u64::try_from(*max).ok()?;
            Distinct::new(size, |rank| Value::Int(rank as i64 + 1)).in_blocks(1_000_000)
        }
        Type::Decimal { precision, scale } => {
            let places = u32::from(precision.unwrap_or(18).min(18));
            let digits = u32::try_from(scale.unwrap_or(0).max(0)).ok()?;
            let step = 10_i128.pow(u32::from(scale.unwrap_or(0).min(0).unsigned_abs()).min(9));
            let size = 10_u64.pow(places);
            Distinct::new(size, move |rank| {
                let units = i128::from(rank) * step;
                Value::Decimal(Decimal::from_i128_with_scale(units, digits.min(28)))
            })
        }
        Type::Money => Distinct::new(10_u64.pow(15), |rank| {
            Value::Decimal(Decimal::new(rank as i64, 2))
        }),
        Type::Float { bits } => {
            let size = if *bits == 32 { 1 << 24 } else { 1 << 53 };
            Distinct::new(size, |rank| Value::Float(rank as f64)).in_blocks(1 << 20)
        }
        Type::Text { max, .. } => {
            let digits = max.unwrap_or(12).clamp(1, 12);
            Distinct::new(10_u64.pow(digits), move |rank| {
                Value::Text(format!("{rank:0width$}", width = digits as usize))
            })
        }
        _ => return None,
    })
}

/// Moments in a column of time.
pub(super) struct MomentColumn {
    entry: &'static Entry,
    pick: fn(&Cell<'_>) -> i64,
    data_type: Type,
}

impl MomentColumn {
    pub(super) fn fit(
        entry: &'static Entry,
        pick: fn(&Cell<'_>) -> i64,
        data_type: &Type,
    ) -> Option<Box<dyn Generate>> {
        let data_type = data_type.base().clone();
        let fits = match data_type {
            Type::Timestamp { .. } | Type::Date | Type::Time { .. } => true,
            // `2024-02-29`
            Type::Text { max, .. } => max.is_none_or(|max| max >= 10),
            // Seconds since 1970 need 32 bits.
            Type::Int { max, .. } => max >= i64::from(i32::MAX),
            _ => false,
        };
        fits.then(|| {
            Box::new(Self {
                entry,
                pick,
                data_type,
            }) as Box<dyn Generate>
        })
    }
}

impl Generate for MomentColumn {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        moment_value((self.pick)(cell), &self.data_type)
    }

    fn distinct(&self) -> Option<Distinct> {
        let data_type = self.data_type.clone();
        if let Type::Text { max: Some(max), .. } = data_type
            && max < 20
        {
            return Some(code(max as usize));
        }
        let step = match data_type {
            Type::Timestamp { precision, .. } | Type::Time { precision, .. } => {
                10_i64.pow(u32::from(6 - precision.min(6)))
            }
            Type::Date => DAY,
            _ => SECOND,
        };
        let span = match data_type {
            Type::Time { .. } => DAY,
            _ => DISTINCT_DAYS as i64 * DAY,
        };
        Some(Distinct::new((span / step) as u64, move |rank| {
            moment_value(DISTINCT_START + rank as i64 * step, &data_type)
        }))
    }
}

/// A moment in a type, cut to its precision.
pub(super) fn moment_value(micros: i64, data_type: &Type) -> Value {
    let floor = |precision: u8, micros: i64| {
        let step = 10_i64.pow(u32::from(6 - precision.min(6)));
        micros.div_euclid(step) * step
    };
    match data_type {
        Type::Timestamp { precision, .. } => Value::Timestamp(floor(*precision, micros)),
        Type::Date => Value::Date(micros.div_euclid(DAY) as i32),
        Type::Time { precision, .. } => Value::Time(floor(*precision, micros.rem_euclid(DAY))),
        Type::Int { max, .. } => {
            let seconds = micros.div_euclid(SECOND);
            Value::Int(seconds.clamp(0, *max))
        }
        Type::Text { max, .. } => {
            let zoned = Type::Timestamp {
                zone: false,
                precision: 0,
            };
            let mut out = Vec::new();
            write_text(&Value::Timestamp(floor(0, micros)), &zoned, &mut out);
            let mut text = String::from_utf8(out).unwrap_or_default();
            text = text.replace(' ', "T");
            text.push('Z');
            if max.is_some_and(|max| max < 20) {
                text.truncate(10);
            }
            cut(&mut text, max.map_or(usize::MAX, |max| max as usize));
            Value::Text(text)
        }
        _ => Value::Null,
    }
}

/// Truths in a boolean, numeric or character column.
pub(super) struct FlagColumn {
    entry: &'static Entry,
    per_million: u32,
    data_type: Type,
}

impl FlagColumn {
    pub(super) fn fit(
        entry: &'static Entry,
        per_million: u32,
        data_type: &Type,
    ) -> Option<Box<dyn Generate>> {
        let data_type = data_type.base().clone();
        let fits = matches!(
            data_type,
            Type::Bool | Type::Int { .. } | Type::Text { .. } | Type::Decimal { .. }
        );
        fits.then(|| {
            Box::new(Self {
                entry,
                per_million,
                data_type,
            }) as Box<dyn Generate>
        })
    }

    fn of(&self, truth: bool) -> Value {
        match &self.data_type {
            Type::Bool => Value::Bool(truth),
            Type::Text { max, .. } => {
                let word = match (max.is_some_and(|max| max < 5), truth) {
                    (false, true) => "true",
                    (false, false) => "false",
                    (true, true) => "Y",
                    (true, false) => "N",
                };
                Value::Text(word.to_owned())
            }
            numeric => number_value(
                Number {
                    units: i64::from(truth),
                    scale: 0,
                },
                numeric,
            ),
        }
    }
}

impl Generate for FlagColumn {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        self.of(cell.draw(0).chance(self.per_million))
    }

    fn distinct(&self) -> Option<Distinct> {
        Some(match &self.data_type {
            Type::Bool => Distinct::new(2, |rank| Value::Bool(rank == 1)),
            Type::Text { max, .. } => code(max.map_or(usize::MAX, |max| max as usize)),
            numeric => distinct_numbers(numeric)?,
        })
    }
}

/// Adds a number with so many digits behind the point.
pub(super) fn push_decimal(units: i64, scale: u32, out: &mut String) {
    let step = 10_u64.pow(scale.min(18));
    let size = units.unsigned_abs();
    if units < 0 {
        out.push('-');
    }
    push_number(size / step, out);
    if scale > 0 {
        out.push('.');
        let fraction = size % step;
        let mut place = step / 10;
        while place > fraction && place > 1 {
            out.push('0');
            place /= 10;
        }
        push_number(fraction, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_all_their_digits() {
        for units in [0, 1, 9, 10, 105, -1, -120_034, 999_999, 1_000_000, i64::MAX] {
            for scale in [0, 1, 2, 6, 18] {
                let mut out = String::new();
                push_decimal(units, scale, &mut out);
                assert_eq!(out, Decimal::new(units, scale).to_string());
            }
        }
    }

    #[test]
    fn texts_are_cut_at_words_and_between_characters() {
        for (text, max, expected) in [
            ("one two three", 20, "one two three"),
            ("one two three", 9, "one two"),
            ("onetwothree", 5, "onetw"),
            ("one two three", 7, "one two"),
            ("ÄÖÜß", 2, "ÄÖ"),
            ("a, b", 2, "a"),
        ] {
            let mut cut_text = text.to_owned();
            cut(&mut cut_text, max);
            assert_eq!(cut_text, expected);
        }
    }
}
