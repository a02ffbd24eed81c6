//! Cells that follow from the row's number alone.

use super::row::Rows;
use super::slot;
use crate::natural::Cell;
use crate::person::Person;
use crate::plan::{Digit, Origin, Unlike};
use crate::value::{Type, Value};

impl Rows<'_> {
    /// Such a cell; NULL for a column of another origin.
    pub(super) fn key_cell(
        &self,
        table: usize,
        column: usize,
        row: u64,
        person: Option<&Person>,
    ) -> Value {
        let own = &self.plan.tables[table];
        let data_type = &own.columns[column].data_type;
        match own.columns[column].origin {
            Origin::Serial { start, step } => self.serial(table, column, row, (start, step)),
            Origin::Distinct => self.distinct(table, column, row, person),
            Origin::Ordinal { start, step } => {
                let place = self.ancestry.ordinal(table, row) as i64;
                number(start.saturating_add(place.saturating_mul(step)), data_type)
            }
            Origin::Slot(slot, part) => {
                let plan = &own.slots[slot];
                let place = match plan.by_parent {
                    true => self.ancestry.ordinal(table, row),
                    false => own.place(row),
                };
                let line = slot::Line {
                    by_parent: plan.by_parent,
                    as_of_micros: self.plan.as_of_micros,
                    factor: plan.factor,
                };
                line.value(place, plan.key.draw(row, 0, 0), part, data_type)
            }
            Origin::Digit(_) => self.by_index(table, column, row),
            Origin::Tied(first) => match &self.plan.values[table].makers[column].unlike {
                Some(Unlike::Shifted(shift)) => {
                    let first = self.key_cell(table, first, row, person);
                    shift.apply(&first).unwrap_or(Value::Null)
                }
                _ => self.by_index(table, column, row),
            },
            Origin::Generated | Origin::Parent(_) | Origin::Free => Value::Null,
        }
    }

    /// The rank of a column's value in its row's tuple.
    pub(super) fn rank(
        &self,
        table: usize,
        (tuple, column): (usize, usize),
        row: u64,
    ) -> Option<u64> {
        let mut digits = self.plan.tables[table].tuples[tuple].digits.iter();
        let digit = digits
            .find(|digit| matches!(digit, Digit::Column { column: other, .. } if *other == column));
        self.ancestry.digit(table, tuple, digit?, row)
    }

    fn serial(&self, table: usize, column: usize, row: u64, (start, step): (i64, i64)) -> Value {
        let own = &self.plan.tables[table];
        let value = start.saturating_add((own.place(row) as i64).saturating_mul(step));
        number(value, &own.columns[column].data_type)
    }

    /// A value that no other row has.
    fn distinct(&self, table: usize, column: usize, row: u64, person: Option<&Person>) -> Value {
        let maker = &self.plan.values[table].makers[column];
        match &maker.unlike {
            Some(Unlike::Person) => {
                let key = self.plan.tables[table].columns[column].key;
                let cell = Cell {
                    person,
                    ..Cell::new(&key, row, self.plan.as_of_micros)
                };
                maker.natural(&cell)
            }
            _ => self.by_index(table, column, row),
        }
    }

    /// One of a column's distinct values.
    fn by_index(&self, table: usize, column: usize, row: u64) -> Value {
        let unlike = self.plan.values[table].makers[column].unlike.as_ref();
        match (unlike, self.index(table, column, row)) {
            (Some(unlike), Some(index)) => unlike.index(index),
            _ => Value::Null,
        }
    }

    /// Which of its distinct values a column holds in a row.
    fn index(&self, table: usize, column: usize, row: u64) -> Option<u64> {
        let own = &self.plan.tables[table];
        match own.columns[column].origin {
            Origin::Tied(first) => self.index(table, first, row),
            Origin::Digit(tuple) => self.rank(table, (tuple, column), row),
            Origin::Ordinal { .. } => Some(self.ancestry.ordinal(table, row)),
            _ => Some(own.place(row)),
        }
    }
}

/// A whole number as a value of an integer or decimal type.
pub(crate) fn number(value: i64, data_type: &Type) -> Value {
    match data_type.base() {
        Type::Decimal { .. } | Type::Money => Value::Decimal(value.into()),
        Type::Text { .. } => Value::Text(value.to_string()),
        _ => Value::Int(value),
    }
}
