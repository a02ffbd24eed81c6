//! Numbers: money, counts, measures.

use crate::natural::Cell;
use crate::natural::distribution::{LogNormal, Normal};
use crate::natural::entry::{Entry, Form, Number};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new(
        "price",
        "a price with its habits: 19.99, 25.00, 149.95",
        Form::Number(price),
    ),
    Entry::new(
        "amount",
        "an amount of money with cents",
        Form::Number(amount),
    ),
    Entry::new(
        "amount_minor",
        "an amount in cents, prices ending in 99 and 00",
        Form::Number(amount_minor),
    ),
    Entry::new(
        "salary",
        "a yearly salary in whole hundreds",
        Form::Number(salary),
    ),
    Entry::new("tax_rate", "a tax rate in percent", Form::Number(tax_rate)),
    Entry::new("percentage", "a percentage", Form::Number(percentage)),
    Entry::new(
        "fraction",
        "a share between 0 and 1",
        Form::Number(fraction),
    ),
    Entry::new(
        "exchange_rate",
        "a rate between currencies",
        Form::Number(exchange_rate),
    ),
    Entry::new(
        "count",
        "how many: few mostly, many at times",
        Form::Number(count),
    ),
    Entry::new(
        "quantity",
        "how many of something are ordered: one mostly",
        Form::Number(quantity),
    ),
    Entry::new("stock", "how many are in store", Form::Number(stock)),
    Entry::new(
        "rating",
        "1 to 5, good ones more often",
        Form::Number(rating),
    ),
    Entry::new("score", "0 to 100 around 65", Form::Number(score)),
    Entry::new("age", "an age of adults", Form::Number(age)),
    Entry::new("year", "a year up to the present one", Form::Number(year)),
    Entry::new("month", "1 to 12", Form::Number(month)),
    Entry::new("weekday", "1 to 7", Form::Number(weekday)),
    Entry::new("hour", "0 to 23", Form::Number(hour)),
    Entry::new(
        "minutes",
        "a duration in minutes, in steps of five",
        Form::Number(minutes),
    ),
    Entry::new(
        "milliseconds",
        "a latency in milliseconds",
        Form::Number(milliseconds),
    ),
    Entry::new("weight", "a weight in kilograms", Form::Number(weight)),
    Entry::new(
        "length",
        "a length, width or height in centimetres",
        Form::Number(length),
    ),
    Entry::new(
        "temperature",
        "a temperature in degrees Celsius",
        Form::Number(temperature),
    ),
    Entry::new(
        "position",
        "the place among siblings, from 1",
        Form::Number(position),
    ),
    Entry::new(
        "version_number",
        "a version that counts up from 1",
        Form::Number(version_number),
    ),
    Entry::new("bytes", "the size of a file", Form::Number(bytes)),
    Entry::new("port", "a port above the reserved ones", Form::Number(port)),
    Entry::new(
        "http_status",
        "a status code of HTTP",
        Form::Number(http_status),
    ),
    Entry::new(
        "large_number",
        "a number of some thousands",
        Form::Number(large_number),
    ),
    Entry::new("small_number", "0 to 10", Form::Number(small_number)),
    Entry::new("integer", "a number below 10,000", Form::Number(integer)),
    Entry::new("measure", "a number with a fraction", Form::Number(measure)),
    Entry::new(
        "foreign_number",
        "a number that stands for a row elsewhere",
        Form::Number(foreign_number),
    ),
];

const fn whole(units: i64) -> Number {
    Number { units, scale: 0 }
}

fn log_normal(cell: &Cell<'_>, median: f64, spread: f64) -> f64 {
    LogNormal { median, spread }.pick(cell.draw(0))
}

fn normal(cell: &Cell<'_>, mean: f64, deviation: f64) -> f64 {
    Normal { mean, deviation }.pick(cell.draw(0))
}

/// Cents of a price as shops round it: .99 mostly, .00, .95 and .50 too.
fn price_cents(cell: &Cell<'_>) -> i64 {
    let exact = (log_normal(cell, 30.0, 0.9) * 100.0) as i64;
    let whole = exact / 100 * 100;
    // Above a hundred, shops round to tens first.
    let whole = if whole > 10_000 {
        whole / 1_000 * 1_000 + 900
    } else {
        whole
    };
    whole
        + match cell.draw(1).below(100) {
            0..50 => 99,
            50..65 => 0,
            65..80 => 95,
            80..90 => 50,
            _ => exact % 100,
        }
}

fn price(cell: &Cell<'_>) -> Number {
    Number {
        units: price_cents(cell),
        scale: 2,
    }
}

fn amount(cell: &Cell<'_>) -> Number {
    Number {
        units: (log_normal(cell, 85.0, 1.0) * 100.0) as i64 + 1,
        scale: 2,
    }
}

fn amount_minor(cell: &Cell<'_>) -> Number {
    whole(price_cents(cell))
}

fn salary(cell: &Cell<'_>) -> Number {
    whole((log_normal(cell, 52_000.0, 0.4) / 100.0) as i64 * 100)
}

fn tax_rate(cell: &Cell<'_>) -> Number {
    Number {
        units: super::one_of(
            cell.draw(0),
            &[19_00, 20_00, 7_00, 21_00, 10_00, 5_50, 8_25, 0, 25_00],
        ),
        scale: 2,
    }
}

fn percentage(cell: &Cell<'_>) -> Number {
    Number {
        units: cell.draw(0).below(10_001) as i64,
        scale: 2,
    }
}

fn fraction(cell: &Cell<'_>) -> Number {
    Number {
        units: cell.draw(0).below(10_001) as i64,
        scale: 4,
    }
}

fn exchange_rate(cell: &Cell<'_>) -> Number {
    Number {
        units: (log_normal(cell, 1.1, 0.5) * 10_000.0) as i64 + 1,
        scale: 4,
    }
}

fn count(cell: &Cell<'_>) -> Number {
    whole(log_normal(cell, 6.0, 1.2) as i64)
}

fn quantity(cell: &Cell<'_>) -> Number {
    whole(match cell.draw(0).below(100) {
        0..58 => 1,
        58..78 => 2,
        78..88 => 3,
        88..94 => 4,
        94..97 => 5,
        _ => 6 + cell.draw(1).below(15) as i64,
    })
}

fn stock(cell: &Cell<'_>) -> Number {
    if cell.draw(1).chance(60_000) {
        return whole(0);
    }
    whole(log_normal(cell, 60.0, 0.9) as i64)
}

fn rating(cell: &Cell<'_>) -> Number {
    whole(match cell.draw(0).below(100) {
        0..46 => 5,
        46..76 => 4,
        76..89 => 3,
        89..95 => 2,
        _ => 1,
    })
}

fn score(cell: &Cell<'_>) -> Number {
    Number {
        units: (normal(cell, 65.0, 16.0).clamp(0.0, 100.0) * 100.0) as i64,
        scale: 2,
    }
}

fn age(cell: &Cell<'_>) -> Number {
    whole(normal(cell, 42.0, 14.0).clamp(18.0, 90.0) as i64)
}

fn year(cell: &Cell<'_>) -> Number {
    let present = super::moment::year_of(cell.as_of_micros);
    let back = cell.draw(0).below(20).min(cell.draw(1).below(20));
    whole(present - back as i64)
}

fn month(cell: &Cell<'_>) -> Number {
    whole(1 + cell.draw(0).below(12) as i64)
}

fn weekday(cell: &Cell<'_>) -> Number {
    whole(1 + cell.draw(0).below(7) as i64)
}

fn hour(cell: &Cell<'_>) -> Number {
    whole(cell.draw(0).below(24) as i64)
}

fn minutes(cell: &Cell<'_>) -> Number {
    whole((log_normal(cell, 40.0, 0.7) / 5.0) as i64 * 5 + 5)
}

fn milliseconds(cell: &Cell<'_>) -> Number {
    whole(log_normal(cell, 120.0, 1.0) as i64 + 1)
}

fn weight(cell: &Cell<'_>) -> Number {
    Number {
        units: (log_normal(cell, 2.0, 0.9) * 1_000.0) as i64 + 1,
        scale: 3,
    }
}

fn length(cell: &Cell<'_>) -> Number {
    Number {
        units: (log_normal(cell, 40.0, 0.6) * 10.0) as i64 + 1,
        scale: 1,
    }
}

fn temperature(cell: &Cell<'_>) -> Number {
    Number {
        units: (normal(cell, 17.0, 8.0) * 10.0) as i64,
        scale: 1,
    }
}

fn position(cell: &Cell<'_>) -> Number {
    whole(i64::try_from(cell.ordinal).map_or(i64::MAX, |ordinal| ordinal.saturating_add(1)))
}

fn version_number(cell: &Cell<'_>) -> Number {
    whole(1 + (log_normal(cell, 1.5, 0.8) as i64).min(40))
}

fn bytes(cell: &Cell<'_>) -> Number {
    whole(log_normal(cell, 180_000.0, 1.6) as i64 + 100)
}

fn port(cell: &Cell<'_>) -> Number {
    whole(1_024 + cell.draw(0).below(64_512) as i64)
}

fn http_status(cell: &Cell<'_>) -> Number {
    whole(match cell.draw(0).below(100) {
        0..78 => 200,
        78..84 => 201,
        84..88 => 304,
        88..93 => 404,
        93..96 => 401,
        96..98 => 422,
        _ => 500,
    })
}

fn small_number(cell: &Cell<'_>) -> Number {
    whole(cell.draw(0).below(11) as i64)
}

fn large_number(cell: &Cell<'_>) -> Number {
    whole(log_normal(cell, 8_000.0, 1.1) as i64 + 10)
}

fn integer(cell: &Cell<'_>) -> Number {
    whole(cell.draw(0).below(10_000) as i64)
}

fn measure(cell: &Cell<'_>) -> Number {
    Number {
        units: (log_normal(cell, 50.0, 0.8) * 100.0) as i64,
        scale: 2,
    }
}

fn foreign_number(cell: &Cell<'_>) -> Number {
    whole(1 + cell.draw(0).below(5_000) as i64)
}
