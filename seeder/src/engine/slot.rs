//! Places on a line that never overlap, for exclusion constraints.

use rust_decimal::Decimal;

use crate::key::Draw;
use crate::plan::SlotPart;
use crate::value::{Type, Value};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// Days before the present at which a line begins.
const BEGIN_DAYS: i64 = 3 * 365;

/// A line of places.
pub(super) struct Line {
    /// Whether each parent has one, so that places are few and may be long.
    pub(super) by_parent: bool,
    pub(super) as_of_micros: i64,
    /// How many times as long as usual a place is.
    pub(super) factor: i64,
}

impl Line {
    /// What a column holds of a place: at most the first nine tenths of a step, so that ends that
    /// belong to the range do not touch the next.
    pub(super) fn value(&self, place: u64, draw: Draw, part: SlotPart, data_type: &Type) -> Value {
        let subtype = match data_type.base() {
            Type::Range(subtype) => subtype.base(),
            other => other,
        };
        let place = place as i64;
        if let Type::Geometry(kind) = subtype {
            return shape(kind, place, draw);
        }
        let step = self.step(subtype);
        let start = self.begin(subtype) + place * step;
        // Lengths from a tenth to nine tenths of a step, at least one unit.
        let tenth = (step / 10).max(1);
        // A place that was stretched for a CHECK is used whole.
        let length = match self.factor {
            1 => tenth * (1 + draw.below(((step / tenth) - 1).max(1) as u64) as i64),
            _ => tenth * 9,
        };
        let end = start + length.min(step - 1).max(1);
        match part {
            SlotPart::Whole => Value::Range(Box::new((one(start, subtype), one(end, subtype)))),
            SlotPart::Start => one(start, subtype),
            SlotPart::End => one(end, subtype),
        }
    }

    fn step(&self, subtype: &Type) -> i64 {
        let usual = match (subtype, self.by_parent) {
            (Type::Timestamp { .. }, true) => DAY,
            (Type::Timestamp { .. }, false) => HOUR,
            (Type::Date, true) => 14,
            (Type::Date, false) => 2,
            _ => 10,
        };
        usual * self.factor
    }

    fn begin(&self, subtype: &Type) -> i64 {
        let days = self.as_of_micros.div_euclid(DAY) - BEGIN_DAYS;
        match subtype {
            Type::Timestamp { .. } => days * DAY + 8 * HOUR,
            Type::Date => days,
            _ => 1,
        }
    }
}

fn one(value: i64, subtype: &Type) -> Value {
    match subtype {
        Type::Timestamp { .. } => Value::Timestamp(value),
        Type::Date => Value::Date(value as i32),
        Type::Decimal { .. } => Value::Decimal(Decimal::from(value)),
        _ => Value::Int(value),
    }
}

/// A shape in a cell of its own of a grid, a thousand cells wide.
fn shape(kind: &str, place: i64, draw: Draw) -> Value {
    const WIDTH: i64 = 1_000;
    const CELL: i64 = 10;
    let (x, y) = (place % WIDTH * CELL, place / WIDTH * CELL);
    let size = 1 + draw.below(CELL as u64 / 2 - 1) as i64;
    Value::Text(match kind {
        "circle" => {
            let (x, y) = (x + CELL / 2, y + CELL / 2);
            format!("<({x},{y}),{size}>")
        }
        "polygon" => {
            let (right, top) = (x + size, y + size);
            format!("(({x},{y}),({x},{top}),({right},{top}),({right},{y}))")
        }
        _ => format!("({},{}),({x},{y})", x + size, y + size),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    #[test]
    fn neighbours_do_not_touch() {
        let key = Key::derive(1, &["slot"]);
        for (by_parent, subtype) in [(true, Type::Date), (false, Type::Date)] {
            let line = Line {
                by_parent,
                as_of_micros: 1_700_000_000_000_000,
                factor: 1,
            };
            let at = |place, part| match line.value(place, key.draw(place, 0, 0), part, &subtype) {
                Value::Date(days) => days,
                other => panic!("{other:?} is no date"),
            };
            for place in 0..1_000 {
                assert!(at(place, SlotPart::Start) < at(place, SlotPart::End));
                assert!(at(place, SlotPart::End) < at(place + 1, SlotPart::Start));
            }
        }
    }
}
