//! `date-shift`: so many days earlier or later; the time of the day stays.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use super::moment::{Moment, calendar, is_infinite, write};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

/// Days to either side, unless a rule says otherwise.
const DAYS: u64 = 182;

/// A century: a greater shift is no date any more.
const DAYS_MAX: u64 = 36_525;

#[derive(Debug)]
struct DateShift {
    days: u64,
    calendar: std::ops::RangeInclusive<i64>,
}

/// The transformer of days and moments.
pub(in crate::transform) fn date_shift(mask: &Mask, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Date | Type::Timestamp { .. }) {
        let hint = "date-shift is for date and timestamp";
        return Err(Unfit::of_type(Transformer::DateShift, column, hint));
    }
    Ok(Arc::new(DateShift {
        days: mask.options.size.unwrap_or(DAYS).clamp(1, DAYS_MAX),
        calendar: calendar(column.data_type),
    }))
}

impl Transform for DateShift {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = text_of(value)?;
        if is_infinite(text) {
            out.extend_from_slice(value);
            return Ok(());
        }
        let moment = Moment::read(text)?;
        // Every day but the value's own.
        let step = draw.below(2 * self.days, 0) as i64 - self.days as i64;
        let step = if step >= 0 { step + 1 } else { step };
        let days = moment.days() + step;
        if !self.calendar.contains(&days) {
            return Err(Unmaskable::new("would be shifted beyond the calendar"));
        }
        write(days, moment.rest, out);
        Ok(())
    }
}
