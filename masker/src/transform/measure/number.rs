//! Numbers of any type: read, changed and written within the type's bounds.

use seeder::value::Type;

use super::decimal::Decimal;
use crate::transform::Unmaskable;

/// What a type of numbers holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int {
        min: i64,
        max: i64,
    },
    Decimal {
        precision: Option<u16>,
        scale: Option<i16>,
    },
    Money,
    /// Of 32 bits or 64.
    Float {
        bits: u8,
    },
}

/// A value of one of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Exact(Decimal),
    Float(f64),
    /// Not a number, or beyond all: it stays.
    Beyond,
}

impl Number {
    /// `None` for a type that holds no numbers.
    pub(super) fn of(data_type: &Type) -> Option<Self> {
        Some(match data_type.base() {
            Type::Int { min, max } => Self::Int {
                min: *min,
                max: *max,
            },
            Type::Decimal { precision, scale } => Self::Decimal {
                precision: *precision,
                // Without a scale, a precision is for integers.
                scale: scale.or(precision.map(|_| 0)),
            },
            Type::Money => Self::Money,
            Type::Float { bits } => Self::Float { bits: *bits },
            _ => return None,
        })
    }

    /// Reads a value's text; `money` with `lc_monetary` C.
    pub(super) fn read(self, text: &str) -> Result<Value, Unmaskable> {
        if matches!(text, "NaN" | "Infinity" | "-Infinity") {
            return Ok(Value::Beyond);
        }
        match self {
            Self::Float { .. } => {
                let number: Result<f64, _> = text.parse();
                let number = number.map_err(|_| Unmaskable::new("is no number"))?;
                Ok(Value::Float(number))
            }
            Self::Money => {
                let plain: String = text.chars().filter(|c| !matches!(c, '$' | ',')).collect();
                Decimal::read(&plain).map(Value::Exact)
            }
            _ => Decimal::read(text).map(Value::Exact),
        }
    }

    /// Digits behind the point that a value is written with.
    pub(super) fn scale(self, value: &Decimal) -> i32 {
        match self {
            Self::Int { .. } => 0,
            Self::Decimal {
                scale: Some(scale), ..
            } => i32::from(scale),
            Self::Money => 2,
            _ => value.scale() as i32,
        }
    }

    /// Whether the type holds a number of that many digits.
    pub(super) fn holds(self, value: &Decimal) -> bool {
        let below = |power: i64| value.power().is_none_or(|own| own <= power);
        match self {
            Self::Int { min, max } => {
                let mut text = Vec::new();
                value.write(&mut text);
                let number = std::str::from_utf8(&text).ok();
                let number: Option<i128> = number.and_then(|text| text.parse().ok());
                number.is_some_and(|number| (i128::from(min)..=i128::from(max)).contains(&number))
            }
            Self::Decimal {
                precision: Some(precision),
                scale: Some(scale),
            } => below(i64::from(precision) - i64::from(scale)),
            // 2⁶³ hundredths have 17 digits before the point.
            Self::Money => below(16),
            _ => true,
        }
    }

    /// Appends a float; `None` where it is beyond the type.
    pub(super) fn write_float(self, value: f64, out: &mut Vec<u8>) -> Option<()> {
        // Digits that say the same, not more: the shortest that is read as the same number.
        let text = match self {
            Self::Float { bits: 32 } => format!("{:e}", value as f32),
            _ => format!("{value:e}"),
        };
        let finite = match self {
            Self::Float { bits: 32 } => (value as f32).is_finite(),
            _ => value.is_finite(),
        };
        finite.then(|| out.extend_from_slice(text.as_bytes()))
    }
}
