//! Moments that lie ahead, and moments at which clocks are turned.

use jiff::civil::{Date, Weekday, date};

use super::super::value::moment;
use super::Wishes;
use crate::plan::{Moment, Origin, Plan};
use crate::value::{Type, days_since_epoch};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// How far ahead each row begins: tomorrow, next year, and the end of 32 bits of seconds.
const AHEAD: [Ahead; 3] = [
    Ahead::Days(1),
    Ahead::Days(366),
    Ahead::At(2_147_483_648 * SECOND),
];

enum Ahead {
    Days(i64),
    At(i64),
}

/// Columns of dates and timestamps that nothing but their name decides, earlier moments of a row first;
/// birthdays are left to the person.
fn columns(plan: &Plan, table: usize) -> Vec<usize> {
    let own = &plan.tables[table];
    let makers = &plan.values[table].makers;
    let of_life = |column: usize| {
        let generator = makers[column].generator.as_ref();
        generator.is_some_and(|generator| generator.name() == "birth_date")
    };
    let dated = |column: &usize| {
        let born = of_life(*column);
        let own = &own.columns[*column];
        let free = matches!(own.origin, Origin::Free | Origin::Distinct);
        free && !born && matches!(own.data_type.base(), Type::Date | Type::Timestamp { .. })
    };
    let mut columns: Vec<usize> = (0..own.columns.len()).filter(dated).collect();
    columns.sort_by_key(|&column| match makers[column].moment {
        Some(Moment::Created) => 0,
        Some(Moment::Begins(..) | Moment::Since(_)) | None => 1,
        Some(Moment::After(_)) => 2,
    });
    columns
}

/// A row for each distance, a day between one moment of it and the next.
pub(super) fn ahead(plan: &Plan, table: usize) -> Vec<Wishes> {
    let columns = columns(plan, table);
    let row = |ahead: &Ahead| {
        let start = match ahead {
            Ahead::Days(days) => plan.as_of_micros + days * DAY,
            Ahead::At(micros) => *micros,
        };
        wishes(plan, table, &columns, |place| start + place * DAY)
    };
    match columns.is_empty() {
        true => Vec::new(),
        false => AHEAD.iter().map(row).collect(),
    }
}

/// A row for each moment at which clocks were last turned before the present: just before it, at it, and
/// the local times that there were never or twice, for columns without a zone.
pub(super) fn edges(plan: &Plan, table: usize) -> Vec<Wishes> {
    let columns = columns(plan, table);
    if columns.is_empty() {
        return Vec::new();
    }
    let mut moments = Vec::new();
    let present = plan.as_of_micros;
    for turn in TURNS {
        let instant = last(present, |year| {
            midnight(turn.day(year)) + turn.utc_hour * HOUR
        });
        moments.extend([
            (instant - SECOND, instant - SECOND),
            (instant, turn.local(instant)),
        ]);
    }
    let row = |(instant, local): &(i64, i64)| {
        let own = &plan.tables[table];
        let wish = |&column: &usize| {
            let data_type = &own.columns[column].data_type;
            let zoned = matches!(data_type.base(), Type::Timestamp { zone: true, .. });
            let at = if zoned { *instant } else { *local };
            Some((column, moment(at, data_type)?))
        };
        columns.iter().filter_map(wish).collect()
    };
    moments.iter().map(row).collect()
}

fn wishes(plan: &Plan, table: usize, columns: &[usize], at: impl Fn(i64) -> i64) -> Wishes {
    let own = &plan.tables[table];
    let places = columns.iter().zip(0..);
    let wish = |(column, place): (&usize, i64)| {
        Some((*column, moment(at(place), &own.columns[*column].data_type)?))
    };
    places.filter_map(wish).collect()
}

/// When the clocks of a region are turned, by the rules of the tz database since 1996 (Europe) and 2007
/// (United States).
struct Turn {
    month: i8,
    /// Which Sunday of the month; -1 is the last.
    sunday: i8,
    /// The hour in UTC: Europe turns at one instant, New York at two o'clock of its own.
    utc_hour: i64,
    /// Half past this hour of local time there was never, or twice.
    local_hour: i64,
}

const TURNS: [Turn; 4] = [
    Turn {
        month: 3,
        sunday: -1,
        utc_hour: 1,
        local_hour: 2,
    },
    Turn {
        month: 10,
        sunday: -1,
        utc_hour: 1,
        local_hour: 2,
    },
    Turn {
        month: 3,
        sunday: 2,
        utc_hour: 7,
        local_hour: 2,
    },
    Turn {
        month: 11,
        sunday: 1,
        utc_hour: 6,
        local_hour: 1,
    },
];

impl Turn {
    fn day(&self, year: i16) -> Date {
        let first = date(year, self.month, 1);
        let day = first.nth_weekday_of_month(self.sunday, Weekday::Sunday);
        day.expect("every month has four Sundays")
    }

    /// The local time that there was never or twice on the day of an instant.
    fn local(&self, instant: i64) -> i64 {
        instant.div_euclid(DAY) * DAY + self.local_hour * HOUR + HOUR / 2
    }
}

fn midnight(day: Date) -> i64 {
    i64::from(days_since_epoch(day)) * DAY
}

/// The last of the yearly moments that is before the present.
fn last(present: i64, of: impl Fn(i16) -> i64) -> i64 {
    /// Years that a configuration's `as_of` may be in.
    const YEARS: (i64, i64) = (1_900, 9_000);
    // A year has 31,556,952 seconds on average; the one after is tried too.
    let year = 1_970 + present.div_euclid(31_556_952 * SECOND) + 1;
    let year = year.clamp(YEARS.0 + 2, YEARS.1) as i16;
    let years = [year, year - 1, year - 2].into_iter().map(of);
    let mut before = years.filter(|moment| *moment < present);
    before.next().unwrap_or(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_were_last_turned_when_the_tz_database_says() {
        let present = midnight(date(2026, 1, 1));
        let turned = TURNS.map(|turn| {
            last(present, |year| {
                midnight(turn.day(year)) + turn.utc_hour * HOUR
            })
        });
        let expected = [
            "2025-03-30T01:00:00Z",
            "2025-10-26T01:00:00Z",
            "2025-03-09T07:00:00Z",
            "2025-11-02T06:00:00Z",
        ];
        let shown = turned.map(|micros| {
            let moment = jiff::Timestamp::from_microsecond(micros);
            moment.expect("within the calendar").to_string()
        });
        assert_eq!(shown, expected);
        let early = last(midnight(date(2026, 3, 29)), |year| {
            midnight(TURNS[0].day(year)) + HOUR
        });
        assert_eq!(early, turned[0]);
    }
}
