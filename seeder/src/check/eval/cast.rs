//! Casts between types, and literals from their text.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::value::{Type, Value, write_text};

use super::Fault;
use super::order::{DAY, moment, to_decimal, to_float};
use crate::check::compile::literal;

/// Whether a value is the same in another type, so that it need not be made anew.
pub(super) fn keeps(value: &Value, to: &Type) -> bool {
    let unbound = |to: &Type| {
        matches!(
            to.base(),
            Type::Text {
                max: None,
                padded: false,
                ..
            }
        )
    };
    match value {
        Value::Null => true,
        Value::Text(_) => unbound(to),
        _ => false,
    }
}

/// A value as another type; NULL stays NULL.
pub(in crate::check) fn cast(value: &Value, to: &Type) -> Result<Value, Fault> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match (value, to.base()) {
        (Value::Text(text), Type::Text { max, padded, .. }) => {
            Ok(Value::Text(cut(text, *max, *padded)))
        }
        (Value::Text(text), Type::Json { .. } | Type::Enum(_)) => Ok(Value::Text(text.clone())),
        (Value::Text(text), to) => literal(text, to).ok_or(Fault),
        (value, Type::Text { max, padded, .. }) => {
            Ok(Value::Text(cut(&text(value), *max, *padded)))
        }
        (Value::Bool(truth), Type::Int { .. }) => Ok(Value::Int(i64::from(*truth))),
        (Value::Int(number), Type::Bool) => Ok(Value::Bool(*number != 0)),
        (_, Type::Int { min, max }) => {
            let whole = whole(value).ok_or(Fault)?;
            if (*min..=*max).contains(&whole) {
                Ok(Value::Int(whole))
            } else {
                Err(Fault)
            }
        }
        (_, Type::Decimal { precision, scale }) => {
            let number = to_decimal(value).ok_or(Fault)?;
            decimal(number, *precision, *scale).map(Value::Decimal)
        }
        (_, Type::Money) => {
            decimal(to_decimal(value).ok_or(Fault)?, Some(19), Some(2)).map(Value::Decimal)
        }
        (_, Type::Float { bits }) => {
            let number = to_float(value).ok_or(Fault)?;
            Ok(Value::Float(if *bits == 32 {
                f64::from(number as f32)
            } else {
                number
            }))
        }
        (Value::Timestamp(micros), Type::Date) => i32::try_from(micros.div_euclid(DAY))
            .map(Value::Date)
            .map_err(|_| Fault),
        (Value::Timestamp(micros), Type::Time { .. }) => Ok(Value::Time(micros.rem_euclid(DAY))),
        (_, Type::Timestamp { .. }) => moment(value).map(Value::Timestamp).ok_or(Fault),
        (Value::Array(elements), Type::Array(element)) => {
            let elements: Result<Vec<_>, _> = elements.iter().map(|e| cast(e, element)).collect();
            elements.map(Value::Array)
        }
        _ => Ok(value.clone()),
    }
}

fn cut(text: &str, max: Option<u32>, padded: bool) -> String {
    let text = if padded {
        text.trim_end_matches(' ')
    } else {
        text
    };
    match max {
        Some(max) => text.chars().take(max as usize).collect(),
        None => text.to_owned(),
    }
}

/// The text form of a value without its type at hand.
fn text(value: &Value) -> String {
    let mut out = Vec::new();
    match value {
        Value::Bool(truth) => return truth.to_string(),
        Value::Float(number) => return number.to_string(),
        value => write_text(value, &Type::Other(String::new()), &mut out),
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Rounded as a cast to an integer rounds: decimals away from zero, floats to even.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Decimal(number) => number
            .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
            .to_i64(),
        Value::Float(number) => {
            let rounded = libm::rint(*number);
            (-9.2e18..9.2e18)
                .contains(&rounded)
                .then_some(rounded as i64)
        }
        _ => None,
    }
}

fn decimal(number: Decimal, precision: Option<u16>, scale: Option<i16>) -> Result<Decimal, Fault> {
    let Some(precision) = precision else {
        return Ok(number);
    };
    let scale = scale.unwrap_or(0);
    let places = u32::try_from(scale).map_err(|_| Fault)?;
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let digits = u32::try_from(i32::from(precision) - i32::from(scale)).map_err(|_| Fault)?;
    let limit = 10_u128.checked_pow(digits).unwrap_or(u128::MAX);
    if rounded
        .trunc()
        .abs()
        .to_u128()
        .is_some_and(|whole| whole < limit)
    {
        Ok(rounded)
    } else {
        Err(Fault)
    }
}
