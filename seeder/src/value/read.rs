//! From the text form to a value.

use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::{Type, Value, days_since_epoch};

impl Value {
    /// The value of a type that has this text form, as PostgreSQL writes it with `DateStyle` ISO in
    /// UTC; `None` where it has none. What only its text is needed of stays text.
    pub fn read(text: &str, data_type: &Type) -> Option<Self> {
        Some(match data_type.base() {
            Type::Bool => match text {
                "t" | "true" => Self::Bool(true),
                "f" | "false" => Self::Bool(false),
                _ => return None,
            },
            Type::Int { min, max } => {
                let value: i64 = text.parse().ok()?;
                (*min..=*max).contains(&value).then_some(Self::Int(value))?
            }
            Type::Decimal { .. } => Self::Decimal(Decimal::from_str(text).ok()?),
            Type::Float { .. } => Self::Float(text.parse().ok()?),
            Type::Date => Self::Date(days_since_epoch(text.parse::<Date>().ok()?)),
            Type::Timestamp { .. } => Self::Timestamp(micros(text)?),
            Type::Uuid => {
                let digits: String = text.chars().filter(|c| *c != '-').collect();
                (digits.len() == 32).then_some(())?;
                Self::Uuid(u128::from_str_radix(&digits, 16).ok()?)
            }
            Type::Enum(labels) => {
                labels.iter().any(|label| label == text).then_some(())?;
                Self::Text(text.to_owned())
            }
            _ => Self::Text(text.to_owned()),
        })
    }
}

/// Microseconds since 1970 of `2026-01-31 12:00:00.5+00`; a zone other than UTC is refused.
fn micros(text: &str) -> Option<i64> {
    let text = text.strip_suffix("+00").unwrap_or(text);
    let moment = text.parse::<DateTime>().ok().or_else(|| {
        let day = text.parse::<Date>().ok()?;
        Some(day.at(0, 0, 0, 0))
    })?;
    let days = i64::from(days_since_epoch(moment.date()));
    let time = moment.time();
    let seconds =
        i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    Some((days * 86_400 + seconds) * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::write_text;

    #[test]
    fn what_is_written_is_read_again() {
        let zoned = Type::Timestamp {
            zone: true,
            precision: 6,
        };
        let number = Type::Decimal {
            precision: None,
            scale: None,
        };
        let cases = [
            (Value::Bool(true), Type::Bool),
            (Value::Int(-7), Type::Int { min: -10, max: 10 }),
            (Value::Decimal(Decimal::new(1_250, 2)), number),
            (Value::Date(20_000), Type::Date),
            (Value::Timestamp(1_700_000_000_123_456), zoned),
            (Value::Uuid(7), Type::Uuid),
        ];
        for (value, data_type) in cases {
            let mut text = Vec::new();
            write_text(&value, &data_type, &mut text);
            let text = String::from_utf8(text).expect("UTF-8");
            assert_eq!(Value::read(&text, &data_type), Some(value), "{text}");
        }
    }

    #[test]
    fn what_a_type_does_not_hold_is_refused() {
        let small = Type::Int { min: 0, max: 9 };
        assert_eq!(Value::read("10", &small), None);
        assert_eq!(Value::read("x", &Type::Enum(vec!["y".to_owned()])), None);
    }
}
