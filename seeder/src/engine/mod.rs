//! Rows of a plan, each a function of the seed and its number.
//!
//! Nothing is remembered between rows: a parent's key is computed again from its number, so that any
//! chunk can be made by any thread in any order.

mod ancestry;
mod follow;
mod free;
mod keys;
mod memo;
mod moment;
mod program;
mod row;
mod slot;
mod write;

use std::sync::Arc;

use rules::schema::Name;

use crate::key::Key;
use crate::plan::{Plan, SlotPart, SlotPlan, TablePlan};
use crate::value::{CopyText, Type, Value, write_copy};

pub use ancestry::SCENARIO_ROWS;
pub(crate) use follow::stage_value;
pub(crate) use keys::number;
pub(crate) use program::Programs;
pub(crate) use row::Rows;

/// Rows of one chunk, whatever the number of threads.
pub const CHUNK_ROWS: u64 = 8_192;

/// Why a row could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table}: row {row} satisfies {} in none of the tries", .constraints.join(", "))]
pub struct Unfillable {
    /// The table.
    pub table: Name,
    /// The row's number.
    pub row: u64,
    /// The constraints that were not satisfied together.
    pub constraints: Vec<String>,
}

/// Which child of its parent a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The parent's row.
    pub parent: u64,
    /// The row's place among the parent's, from 0.
    pub ordinal: u64,
    /// How many rows the parent has.
    pub siblings: u64,
}

/// Makes the rows of a plan.
#[derive(Debug, Clone)]
pub struct Engine {
    plan: Arc<Plan>,
}

impl Engine {
    /// The rows of a plan.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Writes a chunk of a table as COPY text: the columns that are sent, in the table's order.
    pub fn write_chunk(
        &self,
        table: usize,
        chunk: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), Unfillable> {
        let own = &self.plan.tables[table];
        let first = chunk * CHUNK_ROWS;
        let mut maker = Rows::new(&self.plan, &self.plan.programs);
        let mut cells = Vec::new();
        let mut text = CopyText::new(out);
        for row in first..(first + CHUNK_ROWS).min(own.rows) {
            maker.write(table, row, &mut cells, &mut text)?;
        }
        // Rows of scenarios have chunks of their own, behind the last generated one.
        if let Some(chunk) = chunk.checked_sub(own.rows.div_ceil(CHUNK_ROWS)) {
            let skipped = chunk as usize * CHUNK_ROWS as usize;
            for added in own.added.iter().skip(skipped).take(CHUNK_ROWS as usize) {
                let cells = maker.row(table, added.row)?;
                write_row(own, &cells, out);
            }
        }
        Ok(())
    }

    /// One row, every column in the table's order; what the server computes is NULL in it.
    pub fn row(&self, table: usize, row: u64) -> Result<Vec<Value>, Unfillable> {
        row_of(&self.plan, table, row)
    }

    /// The place of a row below its parent; `None` where rows are not laid out by one.
    pub fn child(&self, table: usize, row: u64) -> Option<Child> {
        self.plan.tables[table].layout?;
        Some(ancestry::Ancestry::new(&self.plan.tables).child(table, row))
    }

    /// The key that a cell's draws are made with, for whoever explains it.
    pub fn key(&self, table: usize, column: usize) -> Key {
        self.plan.tables[table].columns[column].key
    }
}

/// What a column holds of a place on the line of an exclusion constraint, on trial.
pub(crate) fn place(slot: &SlotPlan, place: u64, part: SlotPart, data_type: &Type) -> Value {
    let line = slot::Line {
        by_parent: slot.by_parent,
        as_of_micros: 0,
        factor: slot.factor,
    };
    line.value(place, slot.key.draw(place, 0, 0), part, data_type)
}

/// One cell of a row of a plan.
pub(crate) fn cell_of(
    plan: &Plan,
    table: usize,
    column: usize,
    row: u64,
) -> Result<Value, Unfillable> {
    Rows::new(plan, &plan.programs).cell(table, column, row)
}

/// One row of a plan, every column in the table's order.
pub(crate) fn row_of(plan: &Plan, table: usize, row: u64) -> Result<Vec<Value>, Unfillable> {
    Rows::new(plan, &plan.programs).row(table, row)
}

/// The place of a scenario's row, the last that was added to its table, among the rows of its layout's
/// parent; behind all others in a table that is not laid out.
pub(crate) fn ordinal_of(plan: &Plan, table: usize, row: u64) -> u64 {
    let own = &plan.tables[table];
    let ancestry = ancestry::Ancestry::new(&plan.tables);
    let parent = |row: u64| ancestry.parent(table, own.layout?, row, 0);
    match parent(row) {
        Some(above) => {
            let earlier = own.added.iter().filter(|other| other.row != row);
            let beside = earlier.filter(|other| parent(other.row) == Some(above));
            ancestry.siblings(table, above) + beside.count() as u64
        }
        None => own.place(row),
    }
}

pub(crate) fn write_row(table: &TablePlan, cells: &[Value], out: &mut Vec<u8>) {
    let mut first = true;
    for (column, value) in table.columns.iter().zip(cells) {
        if column.generated {
            continue;
        }
        if !first {
            out.push(b'\t');
        }
        first = false;
        write_copy(value, &column.data_type, out);
    }
    out.push(b'\n');
}
