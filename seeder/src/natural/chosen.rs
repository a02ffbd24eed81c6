//! Generators that a configuration describes: values with weights, numbers of a distribution, moments
//! between two others.

use crate::value::{Type, Value};

use super::distribution::{Distribution, Seasonal, Weighted};
use super::entry::Number;
use super::forms::{distinct_numbers, moment_value, number_value};
use super::{Cell, Distinct, Generate};

/// Values by weight; `None` unless one weight is above 0.
pub fn choices(values: Vec<(Value, u32)>) -> Option<Box<dyn Generate>> {
    let (values, weights): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    Some(Box::new(Choices {
        choice: Weighted::new(&weights)?,
        values,
    }))
}

struct Choices {
    values: Vec<Value>,
    choice: Weighted,
}

impl Generate for Choices {
    fn name(&self) -> &'static str {
        "choices"
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        self.values[self.choice.pick(cell.draw(0))].clone()
    }

    fn distinct(&self) -> Option<Distinct> {
        let mut values: Vec<Value> = Vec::new();
        for value in &self.values {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        let size = values.len() as u64;
        Some(Distinct::new(size, move |rank| {
            values[rank as usize].clone()
        }))
    }
}

/// Numbers of a distribution, none outside the bounds; `None` for a type that holds no numbers.
pub fn numbers(
    distribution: Distribution,
    bounds: Option<(f64, f64)>,
    data_type: &Type,
) -> Option<Box<dyn Generate>> {
    let scale = match data_type.base() {
        Type::Int { .. } => 0,
        Type::Money => 2,
        Type::Decimal { scale, .. } => u32::try_from(scale.unwrap_or(2).clamp(0, 9)).ok()?,
        Type::Float { .. } | Type::Text { .. } => 6,
        _ => return None,
    };
    Some(Box::new(Numbers {
        distribution,
        bounds,
        scale,
        data_type: data_type.base().clone(),
    }))
}

struct Numbers {
    distribution: Distribution,
    bounds: Option<(f64, f64)>,
    scale: u32,
    data_type: Type,
}

impl Generate for Numbers {
    fn name(&self) -> &'static str {
        "numbers"
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        let drawn = self.distribution.pick(cell.draw(0));
        let kept = match self.bounds {
            Some((low, high)) => drawn.max(low).min(high),
            None => drawn,
        };
        // Rounded down, so that an upper bound is never passed.
        let units = libm::floor(kept * 10_i64.pow(self.scale) as f64) as i64;
        let number = Number {
            units,
            scale: self.scale,
        };
        number_value(number, &self.data_type)
    }

    fn distinct(&self) -> Option<Distinct> {
        distinct_numbers(&self.data_type)
    }
}

/// Moments of `start..=end` (microseconds since 1970), more of them lately and in working hours;
/// `None` for a type that holds no moments.
pub fn moments(start: i64, end: i64, data_type: &Type) -> Option<Box<dyn Generate>> {
    let data_type = data_type.base().clone();
    let fits = matches!(
        data_type,
        Type::Timestamp { .. } | Type::Date | Type::Time { .. } | Type::Text { max: None, .. }
    );
    fits.then(|| {
        Box::new(Moments {
            seasonal: Seasonal { start, end },
            data_type,
        }) as Box<dyn Generate>
    })
}

struct Moments {
    seasonal: Seasonal,
    data_type: Type,
}

impl Generate for Moments {
    fn name(&self) -> &'static str {
        "moments"
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        moment_value(self.seasonal.pick(cell.draw(0)), &self.data_type)
    }

    fn distinct(&self) -> Option<Distinct> {
        let Seasonal { start, end } = self.seasonal;
        let step: i64 = match self.data_type {
            Type::Date => 86_400_000_000,
            Type::Timestamp { precision, .. } => 10_i64.pow(u32::from(6 - precision.min(6))),
            _ => return None,
        };
        let (first, last) = (start.div_euclid(step) + 1, end.div_euclid(step));
        let size = u64::try_from(last - first + 1)
            .ok()
            .filter(|size| *size > 0)?;
        let data_type = self.data_type.clone();
        Some(Distinct::new(size, move |rank| {
            moment_value((first + rank as i64) * step, &data_type)
        }))
    }
}
