//! Days and moments as text: `2026-01-31`, `2026-01-31 12:00:00.5+00`, `0044-03-15 BC`, and as JSON has
//! them, `2026-01-31T12:00:00Z`.

use seeder::value::{Type, Value, write_text};

use crate::transform::Unmaskable;

const NO_DAY: Unmaskable = Unmaskable::new("begins with no day of the calendar");

/// A day, and what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment<'a> {
    /// Of the proleptic Gregorian calendar; 0 is the year 1 BC.
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    /// The time with what separates it, and the zone; without ` BC`.
    pub(super) rest: &'a str,
}

/// Whether it is the end of all days, which tells nothing of anybody.
pub(super) fn is_infinite(text: &str) -> bool {
    matches!(text, "infinity" | "-infinity")
}

impl<'a> Moment<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Unmaskable> {
        let (text, before_christ) = match text.strip_suffix(" BC") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let end = text.find([' ', 'T']).unwrap_or(text.len());
        let (day, rest) = text.split_at(end);
        let mut parts = day.split('-').map(|part| {
            let digits = (2..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<i64>().ok()).flatten()
        });
        let mut next = || parts.next().flatten().ok_or(NO_DAY);
        let (year, month, day) = (next()?, next()?, next()?);
        let year = if before_christ { 1 - year } else { year };
        let known = parts.next().is_none()
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        known.then_some(()).ok_or(NO_DAY)?;
        Ok(Self {
            year,
            month,
            day,
            rest,
        })
    }

    /// Days since 1970-01-01, by the algorithm of Hinnant ("chrono-compatible low-level date
    /// algorithms", days_from_civil).
    pub(super) fn days(&self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = (self.month + 9) % 12;
        let of_year = (153 * month + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The first and the last day of a type (PostgreSQL documentation, "Date/Time Types"): the first of
/// the Julian period, 4714-11-24 BC in this calendar; 5874897-12-31 and 294276-12-31.
pub(super) fn calendar(data_type: &Type) -> std::ops::RangeInclusive<i64> {
    const FIRST: i64 = -2_440_588;
    match data_type.base() {
        Type::Date => FIRST..=2_145_042_905,
        _ => FIRST..=106_762_939,
    }
}

/// Appends a day and what stands behind it, the era last.
pub(super) fn write(days: i64, rest: &str, out: &mut Vec<u8>) {
    let days = i32::try_from(days).expect("a day of the calendar");
    write_text(&Value::Date(days), &Type::Date, out);
    let before_christ = out.ends_with(b" BC");
    if before_christ {
        out.truncate(out.len() - 3);
    }
    out.extend_from_slice(rest.as_bytes());
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("2026-02-28 23:59:59.5+00", 20_512),
            ("0001-01-01", -719_162),
            ("0001-12-31 BC", -719_163),
            ("4714-11-24 00:00:00 BC", -2_440_588),
            ("5874897-12-31", 2_145_042_905),
            ("294276-12-31 00:00:00", 106_762_939),
            ("2024-02-29T12:00:00Z", 19_782),
        ] {
            let moment = Moment::read(text).expect("a day");
            assert_eq!(moment.days(), days, "{text}");
            let mut out = Vec::new();
            write(days, moment.rest, &mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(text));
        }
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2025-02-29",
            "2026-1-1x",
            "x-01-01",
            "2026-01-01-01",
        ] {
            assert!(Moment::read(text).is_err(), "{text}");
        }
    }
}
