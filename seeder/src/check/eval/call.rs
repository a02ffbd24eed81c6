//! Functions and operators that are no comparison and no arithmetic.

use std::borrow::Cow;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::value::Value;

use super::json::Json;
use super::order::{DAY, moment, order, to_decimal, to_int};
use super::{Fault, arithmetic::civil};
use crate::check::node::{Field, Function};

type Arguments<'v> = [Cow<'v, Value>];

/// The value of a function; no argument is NULL.
pub(super) fn call(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    use Function as F;
    match function {
        F::Lower
        | F::Upper
        | F::Initcap
        | F::CharLength
        | F::OctetLength
        | F::Pad(_)
        | F::Unpad
        | F::Reverse => of_text(function, arguments),
        F::Trim { .. } | F::Left | F::Right | F::Substring | F::Replace | F::Concat => {
            pieces(function, arguments)
        }
        F::Position | F::StartsWith | F::SplitPart | F::Rank(_) => within(function, arguments),
        F::Abs | F::Sign | F::Round | F::Floor | F::Ceil | F::Truncate | F::Scale => {
            rounding(function, arguments)
        }
        F::BitAnd => Ok(Value::Int(int(arguments, 0)? & int(arguments, 1)?)),
        F::BitOr => Ok(Value::Int(int(arguments, 0)? | int(arguments, 1)?)),
        F::Cardinality
        | F::ArrayLength
        | F::ArrayDimensions
        | F::ArrayContains
        | F::ArrayOverlaps
        | F::ArrayElement
        | F::NullPosition
        | F::ArrayConcat => of_array(function, arguments),
        F::JsonTypeof
        | F::JsonArrayLength
        | F::JsonHasKey
        | F::JsonHasAll
        | F::JsonHasAny
        | F::JsonField
        | F::JsonText
        | F::JsonContains => of_json(function, arguments),
        F::Extract(field, as_float) => extract(*field, *as_float, &arguments[0]),
        F::Truncated(field) => truncated(*field, &arguments[0]),
        F::Lowest
        | F::Highest
        | F::IsEmpty
        | F::Unbounded { .. }
        | F::Included { .. }
        | F::RangeContains
        | F::RangeOverlaps => of_range(function, arguments),
        F::Family => Ok(Value::Int(if text(arguments, 0)?.contains(':') {
            6
        } else {
            4
        })),
        F::Radius | F::Coordinate => of_geometry(function, arguments),
        F::Digits => digits(arguments),
        F::Power => power(&arguments[0], &arguments[1]),
        F::MaskLength => mask_length(text(arguments, 0)?),
        F::Part(position) => match &*arguments[0] {
            Value::Record(fields) => fields.get(*position).cloned().ok_or(Fault),
            _ => Err(Fault),
        },
    }
}

fn text<'v>(arguments: &'v Arguments<'_>, position: usize) -> Result<&'v str, Fault> {
    match arguments.get(position).map(|value| &**value) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Fault),
    }
}

fn int(arguments: &Arguments<'_>, position: usize) -> Result<i64, Fault> {
    arguments.get(position).and_then(|v| to_int(v)).ok_or(Fault)
}

fn length(count: usize) -> Value {
    Value::Int(count as i64)
}

fn of_text(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    if let (Function::OctetLength | Function::CharLength, Value::Bytes(bytes)) =
        (function, &*arguments[0])
    {
        return Ok(length(bytes.len()));
    }
    let text = text(arguments, 0)?;
    Ok(match function {
        Function::Lower => Value::Text(text.to_lowercase()),
        Function::Upper => Value::Text(text.to_uppercase()),
        Function::Initcap => Value::Text(initcap(text)),
        Function::CharLength => length(text.chars().count()),
        Function::OctetLength => length(text.len()),
        Function::Reverse => Value::Text(text.chars().rev().collect()),
        Function::Unpad => Value::Text(text.trim_end_matches(' ').to_owned()),
        Function::Pad(width) => {
            let missing = (*width as usize).saturating_sub(text.chars().count());
            Value::Text(format!("{text}{}", " ".repeat(missing)))
        }
        _ => return Err(Fault),
    })
}

fn pieces(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let subject = text(arguments, 0)?;
    let count = subject.chars().count() as i64;
    let slice = |from: i64, to: i64| -> String {
        let (from, to) = (from.clamp(0, count), to.clamp(0, count));
        let taken = (to - from).max(0) as usize;
        subject.chars().skip(from as usize).take(taken).collect()
    };
    Ok(Value::Text(match function {
        Function::Trim { start, end } => {
            let set: Vec<char> = text(arguments, 1)?.chars().collect();
            let mut rest = subject;
            if *start {
                rest = rest.trim_start_matches(&set[..]);
            }
            if *end {
                rest = rest.trim_end_matches(&set[..]);
            }
            rest.to_owned()
        }
        Function::Left => match int(arguments, 1)? {
            n if n < 0 => slice(0, count + n),
            n => slice(0, n),
        },
        Function::Right => match int(arguments, 1)? {
            n if n < 0 => slice(-n, count),
            n => slice(count.saturating_sub(n), count),
        },
        Function::Substring => {
            let from = int(arguments, 1)? - 1;
            match arguments.get(2) {
                None => slice(from, count),
                Some(_) => match int(arguments, 2)? {
                    n if n < 0 => return Err(Fault),
                    n => slice(from, from.saturating_add(n)),
                },
            }
        }
        Function::Replace => match text(arguments, 1)? {
            "" => subject.to_owned(),
            from => subject.replace(from, text(arguments, 2)?),
        },
        Function::Concat => format!("{subject}{}", text(arguments, 1)?),
        _ => return Err(Fault),
    }))
}

fn within(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let subject = text(arguments, 0)?;
    Ok(match function {
        Function::Position => {
            let found = subject.find(text(arguments, 1)?);
            length(found.map_or(0, |at| subject[..at].chars().count() + 1))
        }
        Function::StartsWith => Value::Bool(subject.starts_with(text(arguments, 1)?)),
        Function::SplitPart => {
            let n = usize::try_from(int(arguments, 2)?).map_err(|_| Fault)?;
            let part = subject
                .split(text(arguments, 1)?)
                .nth(n.checked_sub(1).ok_or(Fault)?);
            Value::Text(part.unwrap_or_default().to_owned())
        }
        Function::Rank(labels) => length(labels.iter().position(|l| l == subject).ok_or(Fault)?),
        _ => return Err(Fault),
    })
}

fn rounding(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    use Function as F;
    Ok(match (function, &*arguments[0]) {
        (F::Abs, Value::Int(n)) => Value::Int(n.checked_abs().ok_or(Fault)?),
        (F::Abs, Value::Float(n)) => Value::Float(n.abs()),
        (F::Abs, Value::Decimal(n)) => Value::Decimal(n.abs()),
        (F::Floor, Value::Float(n)) => Value::Float(libm::floor(*n)),
        (F::Ceil, Value::Float(n)) => Value::Float(libm::ceil(*n)),
        (F::Round, Value::Float(n)) => Value::Float(libm::rint(*n)),
        (F::Truncate, Value::Float(n)) => Value::Float(libm::trunc(*n)),
        (F::Scale, value) => Value::Int(i64::from(to_decimal(value).ok_or(Fault)?.scale())),
        (F::Sign, value) => {
            let sign = order(value, &Value::Int(0)).ok_or(Fault)? as i64;
            match value {
                Value::Float(_) => Value::Float(sign as f64),
                _ => Value::Decimal(Decimal::from(sign)),
            }
        }
        (_, value) => {
            let number = to_decimal(value).ok_or(Fault)?;
            let places = match arguments.get(1) {
                Some(_) => u32::try_from(int(arguments, 1)?).map_err(|_| Fault)?,
                None => 0,
            };
            Value::Decimal(match function {
                F::Floor => number.floor(),
                F::Ceil => number.ceil(),
                F::Truncate => number.trunc_with_scale(places),
                _ => number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero),
            })
        }
    })
}

fn elements<'v>(arguments: &'v Arguments<'_>, position: usize) -> Result<&'v [Value], Fault> {
    match arguments.get(position).map(|value| &**value) {
        Some(Value::Array(elements)) => Ok(elements),
        _ => Err(Fault),
    }
}

fn of_array(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let array = elements(arguments, 0)?;
    let equal = |a: &Value, b: &Value| order(a, b).is_some_and(std::cmp::Ordering::is_eq);
    Ok(match function {
        Function::Cardinality => length(array.len()),
        // An empty array has no dimensions, and we make no more than one.
        Function::ArrayLength => match int(arguments, 1)? {
            1 if !array.is_empty() => length(array.len()),
            _ => Value::Null,
        },
        Function::ArrayDimensions if array.is_empty() => Value::Null,
        Function::ArrayDimensions => length(1),
        Function::ArrayContains => {
            let part = elements(arguments, 1)?;
            Value::Bool(part.iter().all(|b| array.iter().any(|a| equal(a, b))))
        }
        Function::ArrayOverlaps => {
            let part = elements(arguments, 1)?;
            Value::Bool(part.iter().any(|b| array.iter().any(|a| equal(a, b))))
        }
        Function::ArrayElement => usize::try_from(int(arguments, 1)?)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .and_then(|n| array.get(n).cloned())
            .unwrap_or(Value::Null),
        Function::NullPosition => array
            .iter()
            .position(Value::is_null)
            .map_or(Value::Null, |at| length(at + 1)),
        Function::ArrayConcat => Value::Array([array, elements(arguments, 1)?].concat()),
        _ => return Err(Fault),
    })
}

fn of_json(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let document = Json::parse(text(arguments, 0)?).ok_or(Fault)?;
    let keys = || -> Result<Vec<&str>, Fault> {
        let keys = elements(arguments, 1)?.iter();
        let keys = keys.map(|key| match key {
            Value::Text(key) => Ok(key.as_str()),
            _ => Err(Fault),
        });
        keys.collect()
    };
    Ok(match function {
        Function::JsonTypeof => Value::Text(document.type_name().to_owned()),
        Function::JsonArrayLength => match &document {
            Json::Array(elements) => length(elements.len()),
            _ => return Err(Fault),
        },
        Function::JsonHasKey => Value::Bool(document.has_key(text(arguments, 1)?)),
        Function::JsonHasAll => Value::Bool(keys()?.iter().all(|key| document.has_key(key))),
        Function::JsonHasAny => Value::Bool(keys()?.iter().any(|key| document.has_key(key))),
        Function::JsonContains => {
            let part = Json::parse(text(arguments, 1)?).ok_or(Fault)?;
            Value::Bool(document.contains(&part))
        }
        Function::JsonField | Function::JsonText => {
            let member = match (&document, &*arguments[1]) {
                (Json::Object(members), Value::Text(key)) => members.get(key),
                (Json::Array(elements), Value::Int(n)) if *n >= 0 => elements.get(*n as usize),
                _ => None,
            };
            match (member, function) {
                (None, _) | (Some(Json::Null), Function::JsonText) => Value::Null,
                (Some(Json::Text(text)), Function::JsonText) => Value::Text(text.clone()),
                (Some(member), _) => {
                    let mut out = String::new();
                    member.write(&mut out);
                    Value::Text(out)
                }
            }
        }
        _ => return Err(Fault),
    })
}

fn extract(field: Field, as_float: bool, value: &Value) -> Result<Value, Fault> {
    let number = match value {
        Value::Interval {
            months,
            days,
            micros,
        } => {
            let (months, days, micros) = (i64::from(*months), i64::from(*days), *micros);
            match field {
                Field::Year => Decimal::from(months / 12),
                Field::Month => Decimal::from(months % 12),
                Field::Day => Decimal::from(days),
                Field::Hour => Decimal::from(micros / 3_600_000_000),
                Field::Minute => Decimal::from(micros / 60_000_000 % 60),
                Field::Second => Decimal::new(micros % 60_000_000, 6),
                Field::Epoch => {
                    // A year of an epoch has 365.25 days, a month beyond it 30.
                    let seconds =
                        months / 12 * 31_557_600 + (months % 12) * 30 * 86_400 + days * 86_400;
                    let micros = i128::from(seconds) * 1_000_000 + i128::from(micros);
                    Decimal::try_from_i128_with_scale(micros, 6).map_err(|_| Fault)?
                }
                _ => return Err(Fault),
            }
        }
        Value::Time(micros) => of_time(field, *micros)?,
        value => of_moment(field, moment(value).ok_or(Fault)?)?,
    };
    if as_float {
        super::order::to_float(&Value::Decimal(number))
            .map(Value::Float)
            .ok_or(Fault)
    } else {
        Ok(Value::Decimal(number))
    }
}

fn of_time(field: Field, micros: i64) -> Result<Decimal, Fault> {
    Ok(match field {
        Field::Hour => Decimal::from(micros / 3_600_000_000),
        Field::Minute => Decimal::from(micros / 60_000_000 % 60),
        Field::Second => Decimal::new(micros % 60_000_000, 6),
        Field::Epoch => Decimal::new(micros, 6),
        _ => return Err(Fault),
    })
}

fn of_moment(field: Field, micros: i64) -> Result<Decimal, Fault> {
    let date = civil(micros.div_euclid(DAY)).ok_or(Fault)?;
    let weekday = i64::from(date.weekday().to_monday_one_offset());
    Ok(match field {
        Field::Year => Decimal::from(date.year()),
        Field::Quarter => Decimal::from((date.month() - 1) / 3 + 1),
        Field::Month => Decimal::from(date.month()),
        Field::Week => Decimal::from(date.iso_week_date().week()),
        Field::Day => Decimal::from(date.day()),
        Field::DayOfWeek => Decimal::from(weekday % 7),
        Field::IsoDayOfWeek => Decimal::from(weekday),
        Field::DayOfYear => Decimal::from(date.day_of_year()),
        Field::Epoch => Decimal::new(micros, 6),
        field => return of_time(field, micros.rem_euclid(DAY)),
    })
}

fn truncated(field: Field, value: &Value) -> Result<Value, Fault> {
    let micros = moment(value).ok_or(Fault)?;
    let days = micros.div_euclid(DAY);
    let date = civil(days).ok_or(Fault)?;
    let first = |month: i8| {
        let date = jiff::civil::Date::new(date.year(), month, 1).map_err(|_| Fault)?;
        Ok(i64::from(crate::value::days_since_epoch(date)) * DAY)
    };
    Ok(Value::Timestamp(match field {
        Field::Year => first(1)?,
        Field::Quarter => first((date.month() - 1) / 3 * 3 + 1)?,
        Field::Month => first(date.month())?,
        Field::Week => {
            let back = i64::from(date.weekday().to_monday_zero_offset());
            (days - back) * DAY
        }
        Field::Day => days * DAY,
        Field::Hour => micros - micros.rem_euclid(3_600_000_000),
        Field::Minute => micros - micros.rem_euclid(60_000_000),
        Field::Second => micros - micros.rem_euclid(1_000_000),
        _ => return Err(Fault),
    }))
}

fn of_range(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let empty = (Value::Null, Value::Null);
    let hull;
    let (bounds, is_empty) = match &*arguments[0] {
        Value::Range(bounds) => (&**bounds, false),
        Value::EmptyRange => (&empty, true),
        // In order and disjoint: the first has the lower bound, the last the upper one.
        Value::Multirange(ranges) => match (ranges.first(), ranges.last()) {
            (Some(Value::Range(first)), Some(Value::Range(last))) => {
                hull = (first.0.clone(), last.1.clone());
                (&hull, false)
            }
            _ => (&empty, true),
        },
        _ => return Err(Fault),
    };
    Ok(match function {
        Function::Lowest => bounds.0.clone(),
        Function::Highest => bounds.1.clone(),
        Function::IsEmpty => Value::Bool(is_empty),
        Function::Unbounded { upper: false } => Value::Bool(!is_empty && bounds.0.is_null()),
        Function::Unbounded { upper: true } => Value::Bool(!is_empty && bounds.1.is_null()),
        // Ranges are `[)` here, always.
        Function::Included { upper: false } => Value::Bool(!is_empty && !bounds.0.is_null()),
        Function::Included { upper: true } => Value::Bool(false),
        Function::RangeContains => match &*arguments[1] {
            Value::EmptyRange => Value::Bool(true),
            Value::Range(inner) => {
                Value::Bool(!is_empty && below(&bounds.0, &inner.0) && above(&bounds.1, &inner.1))
            }
            element => {
                let lower = bounds.0.is_null() || order(&bounds.0, element).ok_or(Fault)?.is_le();
                let upper = bounds.1.is_null() || order(element, &bounds.1).ok_or(Fault)?.is_lt();
                Value::Bool(!is_empty && lower && upper)
            }
        },
        Function::RangeOverlaps => match &*arguments[1] {
            Value::EmptyRange => Value::Bool(false),
            Value::Range(other) => {
                let before = |a: &Value, b: &Value| {
                    a.is_null() || b.is_null() || order(a, b).is_some_and(std::cmp::Ordering::is_lt)
                };
                Value::Bool(!is_empty && before(&bounds.0, &other.1) && before(&other.0, &bounds.1))
            }
            _ => return Err(Fault),
        },
        _ => return Err(Fault),
    })
}

fn below(outer: &Value, inner: &Value) -> bool {
    outer.is_null()
        || (!inner.is_null() && order(outer, inner).is_some_and(std::cmp::Ordering::is_le))
}

fn above(outer: &Value, inner: &Value) -> bool {
    outer.is_null()
        || (!inner.is_null() && order(outer, inner).is_some_and(std::cmp::Ordering::is_ge))
}

/// Words are runs of letters and digits.
fn initcap(text: &str) -> String {
    let mut inside = false;
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        if inside {
            result.extend(c.to_lowercase());
        } else {
            result.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric();
    }
    result
}

/// The numbers in the text form of a point or a circle.
fn of_geometry(function: &Function, arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let form = text(arguments, 0)?;
    let numbers: Result<Vec<f64>, Fault> = form
        .split(|c: char| "()<>, ".contains(c))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| Fault))
        .collect();
    let numbers = numbers?;
    let place = match function {
        Function::Radius => 2,
        _ => match int(arguments, 1)? {
            place @ (0 | 1) => place as usize,
            _ => return Ok(Value::Null),
        },
    };
    numbers.get(place).copied().map(Value::Float).ok_or(Fault)
}

/// Equally many digits are ordered alike in every collation; letters are not.
fn digits(arguments: &Arguments<'_>) -> Result<Value, Fault> {
    let (left, right) = (text(arguments, 0)?, text(arguments, 1)?);
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if left == right || (left.len() == right.len() && plain(left) && plain(right)) {
        Ok(Value::Text(left.to_owned()))
    } else {
        Err(Fault)
    }
}

fn power(base: &Value, exponent: &Value) -> Result<Value, Fault> {
    let base = super::order::to_float(base).ok_or(Fault)?;
    let exponent = super::order::to_float(exponent).ok_or(Fault)?;
    let result = libm::pow(base, exponent);
    let expected = base.is_finite() && exponent.is_finite();
    if expected && !result.is_finite() {
        return Err(Fault);
    }
    Ok(Value::Float(result))
}

fn mask_length(address: &str) -> Result<Value, Fault> {
    match address.split_once('/') {
        Some((_, bits)) => bits.parse().map(Value::Int).map_err(|_| Fault),
        None => Ok(Value::Int(if address.contains(':') { 128 } else { 32 })),
    }
}
