//! Scenarios that a schema alone is enough for: what each sets by the kind of a column.
//!
//! A value that the constraints of its column refuse is left out of the row, and a row of which nothing
//! is left is not made.

mod length;
mod times;
mod unicode;

use std::collections::BTreeMap;

use rules::seed::Builtin;

use super::PlannedRow;
use super::link::{self, Reference};
use super::place::{Placing, Refused, number};
use crate::engine;
use crate::plan::{Origin, Plan, TablePlan};
use crate::scenario::AddedRow;
use crate::value::{Type, Value};

/// Columns of one row with the values that they shall have.
type Wishes = Vec<(usize, Value)>;

/// Makes the rows of a built-in scenario in a table.
pub(super) fn rows(
    placing: &mut Placing<'_, '_>,
    kind: Builtin,
    (table, refused): (usize, &Refused),
) {
    let wishes = match kind {
        Builtin::UnicodeNames => unicode::wishes(placing.plan, table),
        Builtin::MaxLengthText => length::wishes(placing.plan, table),
        Builtin::NullHeavy => nulls(&placing.plan.tables[table]),
        Builtin::FutureDates => times::ahead(placing.plan, table),
        Builtin::DstEdge => times::edges(placing.plan, table),
    };
    // How many rows are left out for the same reason.
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for (position, wishes) in wishes.into_iter().enumerate() {
        let handle = handle(&placing.plan.tables[table], position);
        let known = refused.get(&(placing.planned.name.clone(), handle.clone()));
        let reason = match known {
            Some(reason) => Some(reason.clone()),
            None => row(placing, table, (&handle, position), wishes).err(),
        };
        if let Some(reason) = reason {
            *left_out.entry(reason).or_default() += 1;
        }
    }
    let name = &placing.plan.tables[table].name;
    for (reason, rows) in left_out {
        let rows = if rows == 1 {
            "1 row".to_owned()
        } else {
            format!("{rows} rows")
        };
        placing
            .planned
            .left_out
            .push(format!("{name}, {rows}: {reason}"));
    }
}

/// Makes one row, of what can be granted of its wishes; why not, where it cannot be.
fn row(
    placing: &mut Placing<'_, '_>,
    table: usize,
    (handle, position): (&str, usize),
    mut wishes: Wishes,
) -> Result<(), String> {
    let mut row = number(&placing.planned.name, handle);
    while placing.plan.tables[table].added.is_taken(row) {
        row += 1;
    }
    let groups = placing.plan.values[table].groups_of(row);
    wishes.retain(|(column, value)| {
        let mut domains = groups.iter().filter_map(|group| group.domain(*column));
        domains.all(|domain| domain.contains(value))
    });
    if wishes.is_empty() {
        return Ok(());
    }
    let own: Vec<PlannedRow> = placing.planned.rows.clone();
    let mut draft = Draft {
        table,
        row,
        set: Vec::new(),
        references: Vec::new(),
    };
    draft.refer(placing.plan, &own, position);
    if draft.made(placing.plan).is_none() {
        // Without it, the row would need a parent that all other rows leave it.
        return Err("nothing is left that it could refer to".to_owned());
    }
    let granted = draft.grant(placing.plan, wishes);
    let Some(added) = draft.made(placing.plan).filter(|_| granted > 0) else {
        return Ok(());
    };
    let placed = placing.add(table, handle, added);
    placed.map_err(|refusal| refusal.reason())
}

/// A row that takes shape.
struct Draft {
    table: usize,
    row: u64,
    set: Wishes,
    /// Columns of foreign keys with the scenario's own rows that they refer to.
    references: Vec<(usize, (usize, u64))>,
}

impl Draft {
    /// Refers to the scenario's own rows where the row must refer to something: they have room for it.
    fn refer(&mut self, plan: &mut Plan, rows: &[PlannedRow], position: usize) {
        let links = plan.tables[self.table].parents.iter();
        let wanted: Vec<(usize, usize)> = links
            .filter(|link| link.null_columns.is_empty() && link.own_columns.is_empty())
            .map(|link| (link.columns[0].0, link.parent))
            .collect();
        for (column, parent) in wanted {
            let there: Vec<&PlannedRow> = rows.iter().filter(|row| row.table == parent).collect();
            let Some(chosen) = position.checked_rem(there.len()).map(|at| there[at]) else {
                continue;
            };
            self.references.push((column, (parent, chosen.row)));
            if self.made(plan).is_none() {
                self.references.pop();
            }
        }
    }

    /// Takes as many of the wishes as the row can have at once, the first ones first; how many.
    fn grant(&mut self, plan: &mut Plan, wishes: Wishes) -> usize {
        let mut granted = 0;
        for (column, value) in wishes {
            self.set.push((column, value));
            match self.made(plan) {
                Some(_) => granted += 1,
                None => {
                    self.set.pop();
                }
            }
        }
        granted
    }

    /// The row as it is now, if it can be made.
    fn made(&self, plan: &mut Plan) -> Option<AddedRow> {
        let mut added = AddedRow {
            row: self.row,
            set: self.set.clone(),
            ..AddedRow::default()
        };
        let references = self.references.iter().map(|&(column, target)| Reference {
            column,
            handle: "",
            target,
        });
        let references: Vec<Reference<'_>> = references.collect();
        link::resolve(plan, self.table, &mut added, &references).ok()?;
        is_possible(plan, self.table, &added).then_some(added)
    }
}

/// `customers_1`; with its schema where that is not the usual one.
fn handle(table: &TablePlan, position: usize) -> String {
    let name = &table.name;
    let schema = match name.schema.as_str() {
        "public" => String::new(),
        schema => format!("{schema}_"),
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let whole: String = format!("{schema}{}", name.name)
        .chars()
        .map(plain)
        .collect();
    format!("{whole}_{}", position + 1)
}

fn is_possible(plan: &mut Plan, table: usize, added: &AddedRow) -> bool {
    plan.tables[table].added.push(added.clone());
    let made = engine::row_of(plan, table, added.row);
    plan.tables[table].added.pop();
    let columns = &plan.tables[table].columns;
    made.is_ok_and(|cells| {
        let mut pairs = cells.iter().zip(columns);
        pairs.all(|(cell, column)| !cell.is_null() || column.nullable || column.generated)
    })
}

/// One row with NULL wherever it is allowed.
fn nulls(table: &TablePlan) -> Vec<Wishes> {
    let nullable = (0..table.columns.len()).filter(|&column| {
        let own = &table.columns[column];
        own.nullable && !own.generated
    });
    vec![nullable.map(|column| (column, Value::Null)).collect()]
}

/// Columns of text that values are made for by name, not chosen from a list or of a foreign key.
fn texts(plan: &Plan, table: usize) -> impl Iterator<Item = usize> + '_ {
    let own = &plan.tables[table];
    (0..own.columns.len()).filter(move |&column| {
        let column_plan = &own.columns[column];
        let free = matches!(column_plan.origin, Origin::Free | Origin::Distinct);
        let listed = plan.values[table].makers[column].weighted.is_some();
        free && !listed && matches!(column_plan.data_type.base(), Type::Text { .. })
    })
}
