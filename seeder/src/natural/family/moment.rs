//! Moments, days, times of day and durations, all seen from the present that the configuration sets.

use crate::natural::distribution::{LogNormal, Normal, Seasonal};
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct, Generate};
use crate::value::{Type, Value};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new(
        "past",
        "a moment of the last three years, later ones and working hours more often",
        Form::Moment(past),
    ),
    Entry::new(
        "recent",
        "a moment of the last thirty days",
        Form::Moment(recent),
    ),
    Entry::new("future", "a moment of the next year", Form::Moment(future)),
    Entry::new(
        "birth_date",
        "the birthday of an adult",
        Form::Moment(birth),
    ),
    Entry::new(
        "past_day",
        "a day of the last three years at midnight",
        Form::Moment(past_day),
    ),
    Entry::new(
        "expiry",
        "the first day of a month of the next five years",
        Form::Moment(expiry),
    ),
    Entry::new(
        "time_of_day",
        "a time between 7 and 22 o'clock in steps of five minutes",
        Form::Moment(time_of_day),
    ),
    Entry::new("duration", "an hour or so", Form::Made(duration)),
];

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A moment of the last three years.
pub(super) fn past(cell: &Cell<'_>) -> i64 {
    since(cell, 3 * YEAR)
}

fn recent(cell: &Cell<'_>) -> i64 {
    since(cell, 30 * DAY)
}

fn since(cell: &Cell<'_>, span: i64) -> i64 {
    let seasonal = Seasonal {
        start: cell.as_of_micros - span,
        end: cell.as_of_micros,
    };
    seasonal.pick(cell.draw(0))
}

fn future(cell: &Cell<'_>) -> i64 {
    let draw = cell.draw(0);
    let days = 1 + draw.below(365) as i64;
    let hour = 8 + draw.next().below(10) as i64;
    midnight(cell.as_of_micros) + days * DAY + hour * HOUR
}

fn past_day(cell: &Cell<'_>) -> i64 {
    midnight(past(cell))
}

fn midnight(micros: i64) -> i64 {
    micros.div_euclid(DAY) * DAY
}

/// Between 18 and 90 years before the present.
fn birth(cell: &Cell<'_>) -> i64 {
    let bell = Normal {
        mean: 42.0,
        deviation: 14.0,
    };
    let days = bell.pick(cell.draw(0)).clamp(18.1, 90.0) * 365.25;
    midnight(cell.as_of_micros) - days as i64 * DAY
}

fn expiry(cell: &Cell<'_>) -> i64 {
    let days = cell.as_of_micros.div_euclid(DAY) + 31 + cell.draw(0).below(5 * 365) as i64;
    let (_, _, day) = civil(days);
    (days - day + 1) * DAY
}

fn time_of_day(cell: &Cell<'_>) -> i64 {
    let steps = cell.draw(0).below(15 * 12) as i64;
    midnight(cell.as_of_micros) - DAY + 7 * HOUR + steps * 300 * SECOND
}

/// The year of a moment.
pub(super) fn year_of(micros: i64) -> i64 {
    civil(micros.div_euclid(DAY)).0
}

/// Year, month and day of a number of days since 1970 (Hinnant, "chrono-compatible low-level date
/// algorithms", civil_from_days).
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Durations as intervals, or as seconds in a number.
struct DurationColumn {
    entry: &'static Entry,
    data_type: Type,
}

fn duration(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let fits = matches!(
        data_type,
        Type::Interval | Type::Int { .. } | Type::Decimal { .. } | Type::Float { .. }
    );
    fits.then(|| {
        Box::new(DurationColumn {
            entry,
            data_type: data_type.clone(),
        }) as Box<dyn Generate>
    })
}

impl DurationColumn {
    fn of(&self, seconds: i64) -> Value {
        match &self.data_type {
            Type::Interval => Value::Interval {
                months: 0,
                days: 0,
                micros: seconds * SECOND,
            },
            numeric => {
                let number = crate::natural::entry::Number {
                    units: seconds,
                    scale: 0,
                };
                crate::natural::forms::number_value(number, numeric)
            }
        }
    }
}

impl Generate for DurationColumn {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        let length = LogNormal {
            median: 2_400.0,
            spread: 0.9,
        };
        let seconds = length.pick(cell.draw(0)) as i64;
        self.of(if seconds > 300 {
            seconds / 60 * 60
        } else {
            seconds + 1
        })
    }

    fn distinct(&self) -> Option<Distinct> {
        match self.data_type {
            Type::Interval => Some(Distinct::new(1 << 31, |rank| Value::Interval {
                months: 0,
                days: 0,
                micros: (rank as i64 + 1) * SECOND,
            })),
            ref numeric => crate::natural::forms::distinct_numbers(numeric),
        }
    }
}
