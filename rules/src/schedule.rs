//! When something is due: cron expressions of five fields, in UTC.

use std::fmt;
use std::str::FromStr;

use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The five fields in their order, with what each may hold.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of month", "1-31"),
    ("month", "1-12 or jan-dec"),
    ("day of week", "0-7 or sun-sat, 0 and 7 are Sunday"),
];

/// The longest expression in bytes: five fields with every value listed stay below it, and the
/// parser's work is bounded by it.
const EXPRESSION_BYTES_MAX: usize = 400;

/// A cron expression that was checked: minute, hour, day of month, month, day of week, in UTC.
///
/// Five fields mean that it is never due more often than once a minute.
#[derive(Clone)]
pub struct Cron {
    text: String,
    pattern: croner::Cron,
}

/// Why a cron expression was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// There are not five fields.
    #[error("a schedule has exactly five fields, this one has {0}")]
    Fields(usize),
    /// The expression is longer than [`EXPRESSION_BYTES_MAX`].
    #[error("a schedule has at most {EXPRESSION_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// A field holds what it must not.
    #[error("the {name} {field:?} is not within {expected}")]
    Field {
        /// Which field.
        name: &'static str,
        /// What stands there.
        field: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// No day matches, such as 30 February.
    #[error("{0:?} never comes")]
    Never(String),
}

impl Cron {
    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first moment after `after` that is due; `None` beyond the years that are searched.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.to_zoned(TimeZone::UTC);
        self.pattern
            .find_next_occurrence(&after, false)
            .ok()
            .map(|due| due.timestamp())
    }

    /// Whether it came due after `since` and not after `now`: however late it is looked at, it is
    /// due once, and not at all while a clock that was set back catches up.
    pub fn is_due(&self, since: Timestamp, now: Timestamp) -> bool {
        self.next(since).is_some_and(|next| next <= now)
    }
}

impl FromStr for Cron {
    type Err = CronError;
    fn from_str(text: &str) -> Result<Self, CronError> {
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(CronError::TooLong(text.len()));
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(CronError::Fields(fields.len()));
        }
        for (position, (&field, (name, expected))) in fields.iter().zip(FIELDS).enumerate() {
            // Each field alone, so that the error can name it.
            let mut alone = ["*"; FIELDS.len()];
            alone[position] = field;
            if !is_plain(field) || pattern(&alone.join(" ")).is_none() {
                return Err(CronError::Field {
                    name,
                    field: field.to_owned(),
                    expected,
                });
            }
        }
        let never = || CronError::Never(text.to_owned());
        let cron = Self {
            text: fields.join(" "),
            pattern: pattern(&fields.join(" ")).ok_or_else(never)?,
        };
        // From a fixed moment: whether a schedule is legal must not depend on today.
        cron.next(Timestamp::UNIX_EPOCH).ok_or_else(never)?;
        Ok(cron)
    }
}

/// Leaves out the parser's own extensions that no crontab knows, which may change with it.
fn is_plain(field: &str) -> bool {
    field
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"*/,-".contains(&byte))
}

fn pattern(text: &str) -> Option<croner::Cron> {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(text)
        .ok()
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cron").field(&self.text).finish()
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    /// Checks the next dates of a schedule after a moment.
    fn check(expression: &str, after: &str, due: &[&str]) {
        let cron: Cron = expression.parse().expect("a schedule");
        let mut now: Timestamp = after.parse().expect("a moment");
        for expected in due {
            now = cron.next(now).expect("a next moment");
            assert_eq!(now.to_string(), *expected, "{expression}");
        }
    }

    #[test]
    fn a_schedule_is_due_once_however_late_it_is_looked_at() {
        let cron: Cron = "0 6 * * *".parse().expect("a schedule");
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let due = |since, now| cron.is_due(at(since), at(now));
        assert!(!due("2026-11-23T05:59:40Z", "2026-11-23T05:59:59Z"));
        assert!(due("2026-11-23T05:59:50Z", "2026-11-23T06:00:00Z"));
        assert!(!due("2026-11-23T06:00:00Z", "2026-11-23T06:00:20Z"));
        assert!(due("2026-11-20T12:00:00Z", "2026-11-23T06:30:00Z"));
        assert!(!due("2026-11-23T06:00:20Z", "2026-11-23T05:00:00Z"));
    }

    #[test]
    fn working_days_skip_the_weekend() {
        check(
            "0 6 * * 1-5",
            "2026-11-20T06:00:00Z",
            &["2026-11-23T06:00:00Z", "2026-11-24T06:00:00Z"],
        );
        check(
            "0 6 * * mon-fri",
            "2026-11-20T05:59:59.999Z",
            &["2026-11-20T06:00:00Z"],
        );
    }

    #[test]
    fn the_31st_skips_short_months() {
        check(
            "30 23 31 * *",
            "2026-01-31T23:30:00Z",
            &[
                "2026-03-31T23:30:00Z",
                "2026-05-31T23:30:00Z",
                "2026-07-31T23:30:00Z",
            ],
        );
    }

    #[test]
    fn the_29th_of_february_waits_for_leap_years_and_2100_is_none() {
        check(
            "0 0 29 2 *",
            "2026-01-01T00:00:00Z",
            &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
        );
        check(
            "0 0 29 2 *",
            "2096-02-29T00:00:00Z",
            &["2104-02-29T00:00:00Z"],
        );
    }

    #[test]
    fn steps_lists_and_ranges_combine() {
        check(
            "5-20/5,50 */12 * * *",
            "2026-11-23T00:15:00Z",
            &[
                "2026-11-23T00:20:00Z",
                "2026-11-23T00:50:00Z",
                "2026-11-23T12:05:00Z",
            ],
        );
    }

    #[test]
    fn day_of_month_or_day_of_week_suffices_when_both_are_given() {
        // crontab(5): if both fields are restricted, the command runs when either matches.
        check(
            "0 0 13 * 5",
            "2026-11-23T00:00:00Z",
            &[
                "2026-11-27T00:00:00Z",
                "2026-12-04T00:00:00Z",
                "2026-12-11T00:00:00Z",
                "2026-12-13T00:00:00Z",
            ],
        );
    }

    #[test]
    fn zero_and_seven_are_sunday() {
        check(
            "0 0 * * 0",
            "2026-11-23T00:00:00Z",
            &["2026-11-29T00:00:00Z"],
        );
        check(
            "0 0 * * 7",
            "2026-11-23T00:00:00Z",
            &["2026-11-29T00:00:00Z"],
        );
    }

    #[test]
    fn the_year_turns() {
        check(
            "59 23 31 12 *",
            "2026-12-31T23:59:00Z",
            &["2027-12-31T23:59:00Z"],
        );
        check(
            "0 0 1 1 *",
            "2026-12-31T23:59:59Z",
            &["2027-01-01T00:00:00Z"],
        );
    }

    #[test]
    fn the_moment_itself_is_not_after_itself() {
        check(
            "* * * * *",
            "2026-11-23T00:00:00Z",
            &["2026-11-23T00:01:00Z"],
        );
        check(
            "* * * * *",
            "2026-11-23T00:00:00.5Z",
            &["2026-11-23T00:01:00Z"],
        );
    }

    #[test]
    fn wrong_schedules_name_the_field() {
        let check = |text: &str, message: &str| {
            let error = text.parse::<Cron>().expect_err("a wrong schedule");
            assert_eq!(error.to_string(), message, "{text:?}");
        };
        check("", "a schedule has exactly five fields, this one has 0");
        check(
            "@daily",
            "a schedule has exactly five fields, this one has 1",
        );
        check(
            "0 0 3 * * *",
            "a schedule has exactly five fields, this one has 6",
        );
        check("60 0 * * *", "the minute \"60\" is not within 0-59");
        check("0 24 * * *", "the hour \"24\" is not within 0-23");
        check("0 0 0 * *", "the day of month \"0\" is not within 1-31");
        check(
            "0 0 1 foo *",
            "the month \"foo\" is not within 1-12 or jan-dec",
        );
        check(
            "0 0 * * 8",
            "the day of week \"8\" is not within 0-7 or sun-sat, 0 and 7 are Sunday",
        );
        check("5-1 * * * *", "the minute \"5-1\" is not within 0-59");
        check("*/0 * * * *", "the minute \"*/0\" is not within 0-59");
        check("0 0 30 2 *", "\"0 0 30 2 *\" never comes");
        check("0 0 31 4,6,9,11 *", "\"0 0 31 4,6,9,11 *\" never comes");
    }

    #[test]
    fn a_schedule_that_never_comes_is_found_out_within_a_second() {
        let started = Instant::now();
        assert!("0 0 31 2 *".parse::<Cron>().is_err());
        assert!(started.elapsed().as_secs() < 1);
    }

    proptest! {
        #[test]
        fn any_text_is_a_schedule_or_an_error(text in "[0-9*/, a-zA-Z#?+-]{0,30}") {
            let _ = text.parse::<Cron>();
        }

        #[test]
        fn the_next_moment_is_after_and_whole_minutes_apart(
            minute in 0..60_u8, hour in 0..24_u8, seconds in 0..4_000_000_000_i64,
        ) {
            let cron: Cron = format!("{minute} {hour} * * *").parse().expect("a schedule");
            let after = Timestamp::from_second(seconds).expect("a moment");
            let due = cron.next(after).expect("a next moment");
            let ahead = due.as_second() - seconds;
            prop_assert!(ahead > 0 && ahead <= 86_400);
            prop_assert_eq!(due.as_second() % 86_400, i64::from(hour) * 3600 + i64::from(minute) * 60);
            prop_assert_eq!(cron.next(due).map(|next| next.as_second()), Some(due.as_second() + 86_400));
        }
    }
}
