//! Moments that fit together within a row and along foreign keys.

use crate::key::Draw;
use crate::natural::distribution::Seasonal;
use crate::value::{Type, Value};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// How long before the present the oldest rows came to be.
const HISTORY: i64 = 3 * 365 * DAY;
/// How far after another moment the next one lies at most.
const AFTER: i64 = 60 * DAY;

/// When a row came to be: not before `floor`, the latest moment of what it refers to.
pub(super) fn created(draw: Draw, floor: Option<i64>, as_of: i64) -> i64 {
    let start = floor.unwrap_or(as_of - HISTORY).min(as_of);
    let end = as_of - 1;
    let moment = Seasonal { start, end }.pick(draw);
    whole(moment, start)
}

/// Something between a moment and the present: soon rather than late.
pub(super) fn since(draw: Draw, start: i64, as_of: i64) -> i64 {
    let u = draw.fraction();
    let span = (as_of - start).max(0);
    whole(start + (span as f64 * u * u) as i64, start)
}

/// Something in the weeks after a moment.
pub(super) fn after(draw: Draw, start: i64) -> i64 {
    let u = draw.fraction();
    whole(start + SECOND + (AFTER as f64 * u) as i64, start)
}

/// People and programs mostly keep whole seconds; never before the start.
fn whole(moment: i64, start: i64) -> i64 {
    (moment - moment.rem_euclid(SECOND)).max(start)
}

/// The value of a column of dates or timestamps.
pub(super) fn value(micros: i64, data_type: &Type) -> Value {
    match data_type.base() {
        Type::Date => Value::Date(micros.div_euclid(DAY) as i32),
        _ => Value::Timestamp(micros),
    }
}

/// The moment that a value holds; the end of its day for a date, so that what follows is not before.
pub(super) fn micros(value: &Value) -> Option<i64> {
    match value {
        Value::Timestamp(micros) => Some(*micros),
        Value::Date(days) => Some(i64::from(*days) * DAY),
        _ => None,
    }
}
