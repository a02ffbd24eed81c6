//! Rows as COPY text: columns that nothing else depends on are written without a value in between.

use super::Unfillable;
use super::program::Want;
use super::row::Rows;
use crate::natural::Cell;
use crate::person::Person;
use crate::plan::{Origin, Unlike};
use crate::value::{CopyText, Value};

impl Rows<'_> {
    /// Adds a row: the columns that are sent, in the table's order. `cells` is any buffer.
    pub(super) fn write(
        &mut self,
        table: usize,
        row: u64,
        cells: &mut Vec<Value>,
        out: &mut CopyText<'_>,
    ) -> Result<(), Unfillable> {
        let own = &self.plan.tables[table];
        let program = self.program(table, row);
        let person = self.person(table, row);
        if !program.steps(Want::Made).is_empty() {
            self.fill((table, row), Want::Made, person.as_ref(), cells)?;
        }
        let mut first = true;
        for (column, plan) in own.columns.iter().enumerate() {
            if plan.generated {
                continue;
            }
            if !first {
                out.end_cell();
            }
            first = false;
            if program.made[column] {
                out.value(&cells[column], &plan.data_type);
            } else if let Origin::Free = plan.origin {
                let start = self.start((table, column), row, cells);
                self.write_natural((table, column), row, (person.as_ref(), start), out);
            } else {
                self.write_decided((table, column), row, person.as_ref(), out)?;
            }
        }
        out.end_row();
        Ok(())
    }

    /// Writes a cell that a parent or a key decides.
    fn write_decided(
        &mut self,
        (table, column): (usize, usize),
        row: u64,
        person: Option<&Person>,
        out: &mut CopyText<'_>,
    ) -> Result<(), Unfillable> {
        let own = &self.plan.tables[table].columns[column];
        let maker = &self.plan.values[table].makers[column];
        match (&own.origin, &maker.unlike) {
            (Origin::Distinct, Some(Unlike::Person)) => {
                let cell = Cell {
                    person,
                    ..Cell::new(&own.key, row, self.plan.as_of_micros)
                };
                maker.write(&cell, &own.data_type, out);
            }
            (Origin::Parent(_), _) => {
                // No CHECK has its parent chosen again.
                match self.of_parent((table, column), row, &[])? {
                    Some(value) => out.value(&value, &own.data_type),
                    None => out.null(),
                }
            }
            _ => {
                let value = self.key_cell(table, column, row, person);
                out.value(&value, &own.data_type);
            }
        }
        Ok(())
    }
}
