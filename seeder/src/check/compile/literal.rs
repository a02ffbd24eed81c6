//! Values from the text that stands in a cast of a constant.

use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;

use crate::check::eval::cast;
use crate::check::eval::order::DAY;
use crate::value::{Type, Value, days_since_epoch};

/// The value of a constant's text; `None` where its type does not read it so.
pub(in crate::check) fn literal(text: &str, data_type: &Type) -> Option<Value> {
    let trimmed = text.trim();
    match data_type.base() {
        Type::Bool => match trimmed.to_ascii_lowercase().as_str() {
            "t" | "true" | "yes" | "on" | "1" => Some(Value::Bool(true)),
            "f" | "false" | "no" | "off" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Int { min, max } => {
            let number: i64 = trimmed.parse().ok()?;
            (*min..=*max)
                .contains(&number)
                .then_some(Value::Int(number))
        }
        data_type @ (Type::Decimal { .. } | Type::Money) => cast(
            &Value::Decimal(number(trimmed.trim_start_matches('$'))?),
            data_type,
        )
        .ok(),
        Type::Float { bits } => {
            let number: f64 = trimmed.parse().ok()?;
            Some(Value::Float(if *bits == 32 {
                f64::from(number as f32)
            } else {
                number
            }))
        }
        Type::Date => date(trimmed).map(|days| Value::Date(days as i32)),
        Type::Time { zone: false, .. } => time(trimmed).map(Value::Time),
        Type::Timestamp { .. } => timestamp(trimmed).map(Value::Timestamp),
        Type::Interval => interval(trimmed),
        Type::Uuid => {
            let digits: String = trimmed.chars().filter(char::is_ascii_hexdigit).collect();
            let bits = u128::from_str_radix(&digits, 16).ok()?;
            (digits.len() == 32).then_some(Value::Uuid(bits))
        }
        Type::Array(element) => array(trimmed, element),
        Type::Range(element) => range(trimmed, element),
        Type::Bytes => bytes(trimmed).map(Value::Bytes),
        Type::Enum(labels) => labels
            .iter()
            .any(|label| label == text)
            .then(|| Value::Text(text.to_owned())),
        Type::Text { .. } => cast(&Value::Text(text.to_owned()), data_type).ok(),
        Type::Record(_) | Type::Multirange(_) | Type::Geometry(_) | Type::Time { .. } => None,
        _ => Some(Value::Text(text.to_owned())),
    }
}

/// A number as a decimal, exactly or not at all.
pub(super) fn number(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok()
}

fn date(text: &str) -> Option<i64> {
    let date: Date = text.get(..10).filter(|_| text.len() == 10)?.parse().ok()?;
    Some(i64::from(days_since_epoch(date)))
}

fn time(text: &str) -> Option<i64> {
    if text == "24:00:00" {
        return Some(DAY);
    }
    let time: Time = text.parse().ok()?;
    let nanos = time
        .since(Time::midnight())
        .ok()?
        .total(jiff::Unit::Microsecond)
        .ok()?;
    Some(nanos as i64)
}

fn timestamp(text: &str) -> Option<i64> {
    // A constant is written in the zone of the session that reads the catalogue, which is UTC.
    let text = text
        .strip_suffix("+00:00")
        .or_else(|| text.strip_suffix("+00"))
        .unwrap_or(text);
    if text.len() == 10 {
        return date(text).map(|days| days * DAY);
    }
    let at: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    let days = i64::from(days_since_epoch(at.date())) * DAY;
    let nanos = at
        .time()
        .since(Time::midnight())
        .ok()?
        .total(jiff::Unit::Microsecond)
        .ok()?;
    Some(days + nanos as i64)
}

/// PostgreSQL's own output form: `1 year 2 mons -3 days 04:05:06.7`, and the same with words.
fn interval(text: &str) -> Option<Value> {
    let (mut months, mut days, mut micros) = (0_i64, 0_i64, 0_i64);
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if word.contains(':') {
            let (sign, clock) = match word.strip_prefix('-') {
                Some(clock) => (-1, clock),
                None => (1, word.trim_start_matches('+')),
            };
            micros += sign * clock_micros(clock)?;
            continue;
        }
        let amount: i64 = word.parse().ok()?;
        match words.next()?.to_ascii_lowercase().trim_end_matches('s') {
            "year" => months += amount * 12,
            "mon" | "month" => months += amount,
            "week" => days += amount * 7,
            "day" => days += amount,
            "hour" => micros += amount * 3_600_000_000,
            "min" | "minute" => micros += amount * 60_000_000,
            "sec" | "second" => micros += amount * 1_000_000,
            _ => return None,
        }
    }
    Some(Value::Interval {
        months: i32::try_from(months).ok()?,
        days: i32::try_from(days).ok()?,
        micros,
    })
}

fn clock_micros(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds = number(parts.next().unwrap_or("0"))? * Decimal::from(1_000_000);
    let seconds: i64 = seconds.trunc().try_into().ok()?;
    Some((hours * 60 + minutes) * 60_000_000 + seconds)
}

fn array(text: &str, element: &Type) -> Option<Value> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    for (item, quoted) in split_items(inner)? {
        if !quoted && item.eq_ignore_ascii_case("null") {
            elements.push(Value::Null);
        } else {
            elements.push(literal(&item, element)?);
        }
    }
    Some(Value::Array(elements))
}

/// Splits at commas; quotes and backslashes are undone. Nested braces are refused.
fn split_items(inner: &str) -> Option<Vec<(String, bool)>> {
    let mut items = Vec::new();
    if inner.trim().is_empty() {
        return Some(items);
    }
    let (mut item, mut quoted, mut inside) = (String::new(), false, false);
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                inside = !inside;
                quoted = true;
            }
            '\\' => item.push(characters.next()?),
            '{' | '}' if !inside => return None,
            ',' if !inside => items.push((std::mem::take(&mut item), std::mem::take(&mut quoted))),
            c => item.push(c),
        }
    }
    items.push((item, quoted));
    Some(items)
}

fn range(text: &str, element: &Type) -> Option<Value> {
    if text == "empty" {
        return Some(Value::EmptyRange);
    }
    let inner = text.strip_suffix(')')?;
    let (inner, open) = match inner.strip_prefix('[') {
        Some(inner) => (inner, false),
        None => (inner.strip_prefix('(')?, true),
    };
    let [lower, upper] = <[(String, bool); 2]>::try_from(split_items(inner)?).ok()?;
    let bound = |(text, _): (String, bool)| match text.as_str() {
        "" => Some(Value::Null),
        text => literal(text, element),
    };
    let (lower, upper) = (bound(lower)?, bound(upper)?);
    // An excluded lower bound has no form of ours.
    (!open || lower.is_null()).then(|| Value::Range(Box::new((lower, upper))))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?;
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
