//! What a column is set to, as a value of its type.

use jiff::Timestamp;
use rules::seed::Setting;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::plan::ColumnPlan;
use crate::value::{Type, Value};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A value that a column is set to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fixed {
    /// One that is understood.
    Value(Value),
    /// One of which only the server knows what its text means.
    Text(Value),
}

/// The value of a setting; why there is none, as the end of a sentence about the column.
pub(super) fn of(setting: &Setting, column: &ColumnPlan, as_of: i64) -> Result<Fixed, String> {
    let value = match setting {
        Setting::Null if column.nullable => Value::Null,
        Setting::Null => return Err("is set to NULL and refuses it".to_owned()),
        Setting::AsOf(seconds) => {
            let micros = as_of.saturating_add(seconds.saturating_mul(SECOND));
            moment(micros, &column.data_type)
                .ok_or("is set to a moment and holds none: it is no date or timestamp")?
        }
        Setting::Handle(_) => return Err("is a reference".to_owned()),
        Setting::Text(text) => return read(text, &column.data_type),
    };
    Ok(Fixed::Value(value))
}

/// A moment as a date or timestamp.
pub(super) fn moment(micros: i64, data_type: &Type) -> Option<Value> {
    match data_type.base() {
        Type::Date => Some(Value::Date(micros.div_euclid(DAY) as i32)),
        Type::Timestamp { .. } => Some(Value::Timestamp(micros)),
        _ => None,
    }
}

fn read(text: &str, data_type: &Type) -> Result<Fixed, String> {
    let zoned = match data_type.base() {
        // A time of day with an offset is another one in UTC; without a zone it is taken as it stands.
        Type::Timestamp { zone: true, .. } => text.parse::<Timestamp>().ok(),
        _ => None,
    };
    let value = match zoned {
        Some(moment) => Value::Timestamp(moment.as_microsecond()),
        None => Value::read(text, data_type).ok_or("is set to what is no value of its type")?,
    };
    if let Type::Text { max: Some(max), .. } = data_type.base()
        && text.chars().count() > *max as usize
    {
        return Err(format!(
            "is set to more than the {max} characters that it holds"
        ));
    }
    Ok(match (value, data_type.base()) {
        (Value::Decimal(number), Type::Decimal { precision, scale }) => {
            Fixed::Value(rounded(number, *precision, *scale)?)
        }
        (value @ Value::Text(_), Type::Text { .. } | Type::Enum(_) | Type::Json { .. }) => {
            Fixed::Value(value)
        }
        // Their text is all that is known of them, here and where they are generated.
        (
            value @ Value::Text(_),
            Type::Inet
            | Type::Cidr
            | Type::MacAddress { .. }
            | Type::Bits { .. }
            | Type::Xml
            | Type::SearchVector
            | Type::Geometry(_)
            | Type::HStore
            | Type::LTree,
        ) => Fixed::Value(value),
        (value @ Value::Text(_), _) => Fixed::Text(value),
        (value, _) => Fixed::Value(value),
    })
}

/// A decimal as its column keeps it.
fn rounded(number: Decimal, precision: Option<u16>, scale: Option<i16>) -> Result<Value, String> {
    let Some(precision) = precision else {
        return Ok(Value::Decimal(number));
    };
    let scale = scale.unwrap_or(0);
    let places = u32::try_from(scale).unwrap_or(0);
    let kept = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let digits = i32::from(precision) - i32::from(scale);
    // A decimal of ours has 28 digits at most: beyond it everything fits.
    let most = u32::try_from(digits).ok().filter(|digits| *digits < 28);
    let fits = most.is_none_or(|digits| kept.abs() < Decimal::from(10_i128.pow(digits)));
    match fits {
        true => Ok(Value::Decimal(kept)),
        false => Err(format!(
            "is set to more than numeric({precision},{scale}) holds"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use crate::plan::Origin;

    fn column(data_type: Type, nullable: bool) -> ColumnPlan {
        ColumnPlan {
            name: "c".to_owned(),
            known_as: "c".to_owned(),
            key: Key::derive(1, &["c"]),
            data_type,
            nullable,
            generated: false,
            origin: Origin::Free,
        }
    }

    fn text(max: Option<u32>) -> Type {
        Type::Text {
            max,
            padded: false,
            caseless: false,
        }
    }

    #[test]
    fn a_text_becomes_a_value_of_the_type_or_is_refused() {
        let check = |setting: Setting, data_type: Type, expected: Result<Fixed, &str>| {
            let found = of(&setting, &column(data_type, false), 20_454 * DAY);
            let expected = expected.map_err(str::to_owned);
            assert_eq!(found, expected, "{setting:?}");
        };
        let set = |text: &str| Setting::Text(text.to_owned());
        let money = Type::Decimal {
            precision: Some(4),
            scale: Some(2),
        };
        let zoned = Type::Timestamp {
            zone: true,
            precision: 6,
        };
        let value = |value| Ok(Fixed::Value(value));
        check(
            set("12.505"),
            money.clone(),
            value(Value::Decimal(Decimal::new(1_251, 2))),
        );
        check(
            set("100"),
            money,
            Err("is set to more than numeric(4,2) holds"),
        );
        check(
            set("abcd"),
            text(Some(3)),
            Err("is set to more than the 3 characters that it holds"),
        );
        check(
            set("x"),
            Type::Int { min: 0, max: 9 },
            Err("is set to what is no value of its type"),
        );
        check(
            Setting::Null,
            text(None),
            Err("is set to NULL and refuses it"),
        );
        check(
            Setting::AsOf(0),
            text(None),
            Err("is set to a moment and holds none: it is no date or timestamp"),
        );
        check(
            Setting::AsOf(-86_401),
            Type::Date,
            value(Value::Date(20_452)),
        );
        check(
            set("2026-01-01T02:00:00+02:00"),
            zoned.clone(),
            value(Value::Timestamp(20_454 * DAY)),
        );
        check(
            set("noon"),
            zoned,
            Err("is set to what is no value of its type"),
        );
        let list = Type::Array(Box::new(text(None)));
        check(
            set("{a}"),
            list,
            Ok(Fixed::Text(Value::Text("{a}".to_owned()))),
        );
    }
}
