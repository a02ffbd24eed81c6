//! Arithmetic on numbers, dates and intervals, with PostgreSQL's rounding.

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::value::{Value, days_since_epoch};

use super::Fault;
use super::order::{DAY, to_decimal, to_float};
use crate::check::node::Arithmetic;

/// Significant digits that a quotient has at least (`NUMERIC_MIN_SIG_DIGITS` of numeric.c).
const QUOTIENT_DIGITS_MIN: i64 = 16;
/// Digits in one base-10,000 digit of numeric.c.
const DIGITS: i64 = 4;

/// The result of an operator on two values that are not NULL.
pub(super) fn apply(
    op: Arithmetic,
    left: &Value,
    right: &Value,
    bounds: Option<(i64, i64)>,
) -> Result<Value, Fault> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => integers(op, *a, *b, bounds).map(Value::Int),
        (Value::Float(_), Value::Float(_) | Value::Int(_) | Value::Decimal(_))
        | (Value::Int(_) | Value::Decimal(_), Value::Float(_)) => {
            let (a, b) = (to_float(left).ok_or(Fault)?, to_float(right).ok_or(Fault)?);
            floats(op, a, b).map(Value::Float)
        }
        (Value::Int(_) | Value::Decimal(_), Value::Int(_) | Value::Decimal(_)) => {
            let (a, b) = (
                to_decimal(left).ok_or(Fault)?,
                to_decimal(right).ok_or(Fault)?,
            );
            decimals(op, a, b).map(Value::Decimal)
        }
        _ => times(op, left, right),
    }
}

fn integers(op: Arithmetic, a: i64, b: i64, bounds: Option<(i64, i64)>) -> Result<i64, Fault> {
    let result = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder if b == -1 => Some(0),
        Arithmetic::Remainder => a.checked_rem(b),
    };
    let result = result.ok_or(Fault)?;
    match bounds {
        Some((min, max)) if !(min..=max).contains(&result) => Err(Fault),
        _ => Ok(result),
    }
}

fn floats(op: Arithmetic, a: f64, b: f64) -> Result<f64, Fault> {
    let result = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => return Err(Fault),
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => return Err(Fault),
    };
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Fault);
    }
    Ok(result)
}

fn decimals(op: Arithmetic, a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => return quotient(a, b).ok_or(Fault),
        Arithmetic::Remainder => a.checked_rem(b),
    }
    .ok_or(Fault)
}

/// Rounded to as many digits as `select_div_scale` of numeric.c takes.
fn quotient(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exact = a.checked_div(b)?;
    let ((weight_a, first_a), (weight_b, first_b)) = (leading(a), leading(b));
    let weight = weight_a - weight_b - i64::from(first_a <= first_b);
    let scale = (QUOTIENT_DIGITS_MIN - weight * DIGITS)
        .max(i64::from(a.scale()))
        .max(i64::from(b.scale()))
        .clamp(0, 28);
    Some(exact.round_dp_with_strategy(scale as u32, RoundingStrategy::MidpointAwayFromZero))
}

/// Weight and value of the first base-10,000 digit.
fn leading(number: Decimal) -> (i64, i64) {
    if number.is_zero() {
        return (0, 0);
    }
    let mantissa = number.mantissa().unsigned_abs().to_string();
    let exponent = mantissa.len() as i64 - 1 - i64::from(number.scale());
    let weight = exponent.div_euclid(DIGITS);
    let digits = (exponent - weight * DIGITS + 1) as usize;
    let head: String = mantissa.chars().chain("000".chars()).take(digits).collect();
    (weight, head.parse().unwrap_or(0))
}

fn times(op: Arithmetic, left: &Value, right: &Value) -> Result<Value, Fault> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    match (op, left, right) {
        (Add, Value::Date(a), Value::Int(b)) | (Add, Value::Int(b), Value::Date(a)) => {
            day(i64::from(*a) + b)
        }
        (Subtract, Value::Date(a), Value::Int(b)) => day(i64::from(*a) - b),
        (Subtract, Value::Date(a), Value::Date(b)) => Ok(Value::Int(i64::from(*a) - i64::from(*b))),
        (Subtract, Value::Timestamp(_) | Value::Date(_), Value::Timestamp(_) | Value::Date(_)) => {
            let (a, b) = (super::order::moment(left), super::order::moment(right));
            let micros = a.ok_or(Fault)?.checked_sub(b.ok_or(Fault)?).ok_or(Fault)?;
            Ok(interval(0, micros / DAY, micros % DAY))
        }
        (Subtract, Value::Time(a), Value::Time(b)) => Ok(interval(0, 0, a - b)),
        (Add | Subtract, Value::Date(_) | Value::Timestamp(_), Value::Interval { .. }) => {
            shift(left, right, if op == Add { 1 } else { -1 })
        }
        (Add, Value::Interval { .. }, Value::Date(_) | Value::Timestamp(_)) => {
            shift(right, left, 1)
        }
        (Add | Subtract, Value::Interval { .. }, Value::Interval { .. }) => {
            add_intervals(left, right, if op == Add { 1 } else { -1 })
        }
        (Add | Subtract, Value::Time(a), Value::Interval { micros, .. }) => {
            let sign = if op == Add { 1 } else { -1 };
            Ok(Value::Time((a + sign * micros).rem_euclid(DAY)))
        }
        (Multiply, Value::Interval { .. }, Value::Int(factor))
        | (Multiply, Value::Int(factor), Value::Interval { .. }) => {
            let span = if matches!(left, Value::Interval { .. }) {
                left
            } else {
                right
            };
            add_intervals(&interval(0, 0, 0), span, *factor)
        }
        (Divide, ..) => Err(Fault),
        _ => Err(Fault),
    }
}

fn day(days: i64) -> Result<Value, Fault> {
    i32::try_from(days).map(Value::Date).map_err(|_| Fault)
}

fn interval(months: i64, days: i64, micros: i64) -> Value {
    Value::Interval {
        months: i32::try_from(months).unwrap_or(i32::MAX),
        days: i32::try_from(days).unwrap_or(i32::MAX),
        micros,
    }
}

fn add_intervals(left: &Value, right: &Value, factor: i64) -> Result<Value, Fault> {
    let (
        Value::Interval {
            months: m,
            days: d,
            micros: u,
        },
        Value::Interval {
            months,
            days,
            micros,
        },
    ) = (left, right)
    else {
        return Err(Fault);
    };
    let sum = |a: i64, b: i64| {
        b.checked_mul(factor)
            .and_then(|b| a.checked_add(b))
            .ok_or(Fault)
    };
    let months = sum(i64::from(*m), i64::from(*months))?;
    let days = sum(i64::from(*d), i64::from(*days))?;
    Ok(interval(months, days, sum(*u, *micros)?))
}

/// A moment moved by an interval: months first, clamped to the month's end, then days, then time.
fn shift(moment: &Value, by: &Value, sign: i64) -> Result<Value, Fault> {
    let at = super::order::moment(moment).ok_or(Fault)?;
    let Value::Interval {
        months,
        days,
        micros,
    } = by
    else {
        return Err(Fault);
    };
    let date = civil(at.div_euclid(DAY)).ok_or(Fault)?;
    let month =
        i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + sign * i64::from(*months);
    let year = i16::try_from(month.div_euclid(12)).map_err(|_| Fault)?;
    let first = Date::new(year, month.rem_euclid(12) as i8 + 1, 1).map_err(|_| Fault)?;
    let clamped = date.day().min(first.days_in_month());
    let moved = i64::from(days_since_epoch(first)) + i64::from(clamped) - 1;
    let days = moved + sign * i64::from(*days);
    let micros = at.rem_euclid(DAY).checked_add(sign * micros).ok_or(Fault)?;
    days.checked_mul(DAY)
        .and_then(|start| start.checked_add(micros))
        .map(Value::Timestamp)
        .ok_or(Fault)
}

/// The calendar day of a number of days since the epoch.
pub(in crate::check) fn civil(days: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok()
}
