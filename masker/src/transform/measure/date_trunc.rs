//! `date-trunc`: the first moment of the month or year.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use super::moment::{Moment, calendar, is_infinite, write};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

#[derive(Debug)]
struct DateTrunc {
    month: bool,
    calendar: std::ops::RangeInclusive<i64>,
}

/// The transformer of days and moments.
pub(in crate::transform) fn date_trunc(mask: &Mask, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Date | Type::Timestamp { .. }) {
        let hint = "date-trunc is for date and timestamp";
        return Err(Unfit::of_type(Transformer::DateTrunc, column, hint));
    }
    Ok(Arc::new(DateTrunc {
        month: mask.options.unit.as_deref() == Some("month"),
        calendar: calendar(column.data_type),
    }))
}

impl Transform for DateTrunc {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = text_of(value)?;
        if is_infinite(text) {
            out.extend_from_slice(value);
            return Ok(());
        }
        let moment = Moment::read(text)?;
        let first = Moment {
            month: if self.month { moment.month } else { 1 },
            day: 1,
            ..moment
        };
        let days = first.days();
        if !self.calendar.contains(&days) {
            return Err(Unmaskable::new("begins before the calendar"));
        }
        write(days, &midnight(moment.rest), out);
        Ok(())
    }
}

/// The time of the day as midnight, in the zone that it has.
fn midnight(rest: &str) -> String {
    let Some(separator) = rest.chars().next() else {
        return String::new();
    };
    let time = &rest[separator.len_utf8()..];
    let zone = time.find(['+', '-', 'Z']).map_or("", |at| &time[at..]);
    format!("{separator}00:00:00{zone}")
}
