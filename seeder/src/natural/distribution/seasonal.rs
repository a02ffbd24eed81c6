//! Moments of a living business: more of them lately, more on workdays, few at night.

use std::sync::LazyLock;

use super::Weighted;
use crate::key::Draw;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// 1970-01-05, a Monday, in microseconds.
const MONDAY: i64 = 4 * DAY;

/// Weights of the hours of a day, UTC.
#[rustfmt::skip]
const HOURS: [u32; 24] = [8, 6, 5, 4, 5, 8, 16, 28, 42, 54, 60, 58, 50, 52, 58, 60, 56, 50, 44, 40, 36, 28, 20, 12];
/// Weights of the days of a week, from Monday.
const DAYS: [u32; 7] = [17, 18, 18, 17, 15, 8, 7];

/// Moments between a start and an end.
#[derive(Debug, Clone, Copy)]
pub struct Seasonal {
    /// First moment, in microseconds since 1970.
    pub start: i64,
    /// Last moment.
    pub end: i64,
}

impl Seasonal {
    /// A moment of `start..=end`; the start itself when the end is not behind it.
    ///
    /// The density grows linearly, to three times its first value at the end. Hour and weekday are of
    /// a weekly pattern wherever that leaves the moment within the bounds.
    pub fn pick(&self, draw: Draw) -> i64 {
        static PATTERN: LazyLock<Option<Weighted>> = LazyLock::new(|| {
            let hours = DAYS.iter().flat_map(|day| HOURS.map(|hour| day * hour));
            Weighted::new(&hours.collect::<Vec<_>>())
        });
        if self.end <= self.start {
            return self.start;
        }
        // Density 1 + 2x over [0, 1], normalised by 2: the inverse of (x + x²)/2.
        let u = draw.fraction();
        let x = (libm::sqrt(1.0 + 8.0 * u) - 1.0) / 2.0;
        let span = self.end - self.start;
        let plain = self.start + ((span as f64 * x) as i64).clamp(0, span);
        let Some(pattern) = PATTERN.as_ref() else {
            return plain;
        };
        let monday = plain - (plain - MONDAY).rem_euclid(WEEK);
        let again = draw.next();
        let hour = pattern.pick(again) as i64;
        let within = again.next().below(HOUR as u64) as i64;
        let moment = monday + hour * HOUR + within;
        if (self.start..=self.end).contains(&moment) {
            moment
        } else {
            plain
        }
    }
}
