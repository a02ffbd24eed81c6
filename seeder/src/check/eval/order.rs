//! How values compare, as PostgreSQL's default B-tree operator classes order them.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use crate::value::Value;

pub(in crate::check) const DAY: i64 = 86_400_000_000;

/// The order of two values that are not NULL; `None` where they cannot be compared.
pub(in crate::check) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Int(a), Value::Decimal(b)) => Decimal::from(*a).cmp(b),
        (Value::Decimal(a), Value::Int(b)) => a.cmp(&Decimal::from(*b)),
        (Value::Float(_), _) | (_, Value::Float(_)) => floats(to_float(left)?, to_float(right)?),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Timestamp(_) | Value::Date(_), Value::Timestamp(_) | Value::Date(_)) => {
            moment(left)?.cmp(&moment(right)?)
        }
        (Value::Interval { .. }, Value::Interval { .. }) => span(left)?.cmp(&span(right)?),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) | (Value::Record(a), Value::Record(b)) => {
            sequence(a, b)?
        }
        (Value::EmptyRange, Value::EmptyRange) => Ordering::Equal,
        (Value::EmptyRange, Value::Range(_)) => Ordering::Less,
        (Value::Range(_), Value::EmptyRange) => Ordering::Greater,
        (Value::Range(a), Value::Range(b)) => {
            let lower = bounds(&a.0, &b.0, Ordering::Less)?;
            lower.then(bounds(&a.1, &b.1, Ordering::Greater)?)
        }
        _ => return None,
    })
}

/// A NULL bound is the `open` end of everything.
fn bounds(left: &Value, right: &Value, open: Ordering) -> Option<Ordering> {
    match (left.is_null(), right.is_null()) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(open),
        (false, true) => Some(open.reverse()),
        (false, false) => order(left, right),
    }
}

/// Element by element, NULL after everything, the shorter one first.
fn sequence(left: &[Value], right: &[Value]) -> Option<Ordering> {
    for (a, b) in left.iter().zip(right) {
        let order = bounds(a, b, Ordering::Greater)?;
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(left.len().cmp(&right.len()))
}

/// NaN equals itself and is greater than every number.
fn floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right)
        .unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// A number as a double.
pub(in crate::check) fn to_float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::Decimal(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// A number as a decimal.
pub(in crate::check) fn to_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(number) => Some(*number),
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Float(number) => Decimal::from_f64(*number),
        _ => None,
    }
}

/// A whole number, where the value is one.
pub(in crate::check) fn to_int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Decimal(number) if number.fract().is_zero() => number.to_i64(),
        _ => None,
    }
}

/// Microseconds since the epoch; a date is its midnight.
pub(in crate::check) fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::Timestamp(micros) => Some(*micros),
        Value::Date(days) => i64::from(*days).checked_mul(DAY),
        _ => None,
    }
}

/// Microseconds of an interval as comparisons count them: a month has 30 days, a day 24 hours.
pub(in crate::check) fn span(value: &Value) -> Option<i128> {
    match value {
        Value::Interval {
            months,
            days,
            micros,
        } => {
            let days = i128::from(*months) * 30 + i128::from(*days);
            Some(days * i128::from(DAY) + i128::from(*micros))
        }
        _ => None,
    }
}
