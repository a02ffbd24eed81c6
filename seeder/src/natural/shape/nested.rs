//! Arrays, ranges and composites over the generators of what is within.

use rust_decimal::Decimal;

use crate::natural::{Cell, Distinct, Generate};
use crate::value::{Type, Value};

const HOUR: i64 = 3_600_000_000;

/// Arrays of none to three elements.
pub(in crate::natural) struct ArrayColumn {
    element: Box<dyn Generate>,
}

impl ArrayColumn {
    pub(in crate::natural) fn new(element: Box<dyn Generate>) -> Self {
        Self { element }
    }
}

impl Generate for ArrayColumn {
    fn name(&self) -> &'static str {
        "array"
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        const KEYS: [&str; 3] = ["0", "1", "2"];
        // One in eight is empty.
        let count = [0, 1, 1, 1, 2, 2, 3, 3][cell.draw(u32::MAX).below(8) as usize];
        let elements = KEYS[..count].iter().map(|name| {
            // A key of its own, so that elements differ.
            let key = cell.key.part(name);
            let person = cell.person.filter(|_| *name == "0");
            self.element.value(&Cell {
                key: &key,
                person,
                ..*cell
            })
        });
        Value::Array(elements.collect())
    }

    fn distinct(&self) -> Option<Distinct> {
        let single = |value| Value::Array(vec![value]);
        Some(self.element.distinct()?.map(single))
    }

    fn of_person(&self) -> bool {
        self.element.of_person()
    }
}

/// Ranges from a value of the subtype to a greater one.
pub(in crate::natural) struct RangeColumn {
    bound: Box<dyn Generate>,
    subtype: Type,
    several: bool,
}

impl RangeColumn {
    pub(in crate::natural) fn new(bound: Box<dyn Generate>, subtype: Type, several: bool) -> Self {
        Self {
            bound,
            subtype,
            several,
        }
    }
}

impl Generate for RangeColumn {
    fn name(&self) -> &'static str {
        if self.several { "multirange" } else { "range" }
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        let length = 1 + cell.draw(u32::MAX).below(14) as i64;
        range(self.bound.value(cell), length, &self.subtype, self.several)
    }

    fn distinct(&self) -> Option<Distinct> {
        let (subtype, several) = (self.subtype.clone(), self.several);
        let to_range = move |lower| range(lower, 1, &subtype, several);
        Some(self.bound.distinct()?.map(to_range))
    }

    fn of_person(&self) -> bool {
        self.bound.of_person()
    }
}

/// A range upwards from a value; without an end where the subtype cannot be added to.
fn range(lower: Value, length: i64, subtype: &Type, several: bool) -> Value {
    let upper = above(&lower, length, subtype);
    let range = Value::Range(Box::new((lower, upper)));
    if several {
        Value::Multirange(vec![range])
    } else {
        range
    }
}

/// A greater value of the same type, NULL where there is none.
fn above(lower: &Value, length: i64, subtype: &Type) -> Value {
    match (lower, subtype.base()) {
        (Value::Int(low), Type::Int { max, .. }) if low.saturating_add(length) <= *max => {
            Value::Int(low + length)
        }
        (Value::Decimal(low), _) => Value::Decimal(low + Decimal::from(length)),
        (Value::Float(low), _) => Value::Float(low + length as f64),
        (Value::Date(low), _) => Value::Date(low.saturating_add(length as i32)),
        (Value::Timestamp(low), _) => Value::Timestamp(low + length * HOUR),
        (Value::Time(low), _) if low + HOUR < 24 * HOUR => Value::Time(low + HOUR),
        _ => Value::Null,
    }
}

/// Composites, each field by a generator of its own.
pub(in crate::natural) struct RecordColumn {
    fields: Vec<Box<dyn Generate>>,
}

impl RecordColumn {
    pub(in crate::natural) fn new(fields: Vec<Box<dyn Generate>>) -> Self {
        Self { fields }
    }
}

impl Generate for RecordColumn {
    fn name(&self) -> &'static str {
        "record"
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        let values = self.fields.iter().enumerate().map(|(at, field)| {
            let key = cell.key.part(&at.to_string());
            field.value(&Cell { key: &key, ..*cell })
        });
        Value::Record(values.collect())
    }

    fn of_person(&self) -> bool {
        self.fields.iter().any(|field| field.of_person())
    }
}
