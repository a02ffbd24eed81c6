//! Moments and days: shifted alike for a subject, or cut to a month or year.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan};
use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use super::{Column, Made, Transform, Unmaskable, unfit};
use crate::key::Draw;

/// Days to either side, unless a rule says otherwise.
const DAYS: u64 = 182;

#[derive(Debug)]
enum Change {
    /// Up to so many days to either side.
    Shift(u64),
    /// To the first of the month.
    Month,
    /// To the first of the year.
    Year,
}

#[derive(Debug)]
struct Moment {
    change: Change,
}

pub(super) fn make(mask: &Mask, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Date | Type::Timestamp { .. }) {
        return Err(unfit(mask.with, column, "it is for date and timestamp"));
    }
    let change = match (mask.with, mask.options.unit.as_deref()) {
        (Transformer::DateTrunc, Some("month")) => Change::Month,
        (Transformer::DateTrunc, _) => Change::Year,
        _ => Change::Shift(mask.options.size.unwrap_or(DAYS).min(36_500)),
    };
    Ok(Arc::new(Moment { change }))
}

impl Transform for Moment {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = std::str::from_utf8(value).map_err(|_| super::NO_TEXT)?;
        // These tell nothing of anybody.
        if matches!(text, "infinity" | "-infinity") {
            out.extend_from_slice(value);
            return Ok(());
        }
        if text.ends_with(" BC") {
            return Err(Unmaskable {
                reason: "lies before the year 1",
            });
        }
        // `2026-01-31 12:00:00.5+00`, in UTC because the session is.
        let (day, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
        let day: Date = day.parse().map_err(|_| Unmaskable {
            reason: "is no date between the years 1 and 9999",
        })?;
        let beyond = |_| Unmaskable {
            reason: "would be shifted beyond the calendar",
        };
        let (day, rest) = match self.change {
            Change::Shift(days) => {
                // Every day but the value's own.
                let step = draw.below(2 * days, 0) as i64 - days as i64;
                let step = if step >= 0 { step + 1 } else { step };
                let span: Span = step.days();
                (day.checked_add(span).map_err(beyond)?, rest)
            }
            Change::Month => (day.first_of_month(), ""),
            Change::Year => (day.first_of_year(), ""),
        };
        debug_assert!(day.to_datetime(jiff::civil::Time::midnight()) <= DateTime::MAX);
        out.extend_from_slice(format!("{day}{rest}").as_bytes());
        Ok(())
    }
}
