//! Keys that a scenario's row shares with another row, found before any is written.

use rules::schema::{ConstraintKind, Name, Schema};

use super::PlannedRow;
use super::find::{ROWS_MAX, is_same};
use crate::check::{Check, Truth};
use crate::engine::{cell_of, row_of};
use crate::plan::{Origin, Plan, TablePlan, columns_in, columns_of};
use crate::value::{Type, Value};

/// A unique key.
struct UniqueKey {
    name: String,
    columns: Vec<usize>,
    /// Whether texts that differ in case only are the same to it.
    caseless: bool,
    nulls_equal: bool,
    /// Which rows it is about; `None` for every one.
    of: Option<Check>,
}

/// A key of a scenario's row that another row has.
pub(super) struct Conflict {
    pub(super) scenario: String,
    pub(super) handle: String,
    pub(super) table: Name,
    pub(super) reason: String,
}

/// Every key of a scenario's row that another row has.
pub(super) fn conflicts(plan: &Plan, schema: &Schema) -> Vec<Conflict> {
    let mut found = Vec::new();
    let rows: Vec<(&str, &PlannedRow)> = plan
        .scenarios
        .iter()
        .flat_map(|scenario| {
            scenario
                .rows
                .iter()
                .map(|row| (scenario.name.as_str(), row))
        })
        .collect();
    for (position, table) in plan.tables.iter().enumerate() {
        let rows: Vec<Told<'_>> = rows
            .iter()
            .filter(|(_, row)| row.table == position)
            .filter_map(|(scenario, row)| {
                Some(Told {
                    scenario,
                    handle: &row.handle,
                    row: row.row,
                    cells: row_of(plan, position, row.row).ok()?,
                })
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        for key in keys(schema, plan, table) {
            among(table, &key, &rows, &mut found);
            generated(plan, (position, &key), &rows, &mut found);
        }
    }
    found
}

/// A row with its cells, and what it is called.
struct Told<'p> {
    scenario: &'p str,
    handle: &'p str,
    row: u64,
    cells: Vec<Value>,
}

fn keys(schema: &Schema, plan: &Plan, table: &TablePlan) -> Vec<UniqueKey> {
    let model = &schema.tables[&table.name];
    let columns = columns_of(plan.as_of_micros, table, model);
    let mut keys = Vec::new();
    for (name, constraint) in &model.constraints {
        let (ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns }) =
            &constraint.kind
        else {
            continue;
        };
        keys.push(UniqueKey {
            name: name.clone(),
            columns: columns
                .iter()
                .filter_map(|name| table.column(name))
                .collect(),
            caseless: false,
            nulls_equal: constraint.definition.contains("NULLS NOT DISTINCT"),
            of: None,
        });
    }
    for (name, index) in model.indexes.iter().filter(|(_, index)| index.unique) {
        let predicate = index.predicate.as_deref();
        let of = predicate.map(|predicate| Check::compile(predicate, &columns));
        // Of which rows it is, the server alone knows.
        let Ok(of) = of.transpose() else {
            continue;
        };
        let folded = |element: &String| {
            let element = element.trim_start();
            element.starts_with("lower(") || element.starts_with("upper(")
        };
        let mut found: Vec<usize> = Vec::new();
        for element in &index.keys {
            found.extend(columns_in(element, table));
        }
        found.dedup();
        keys.push(UniqueKey {
            name: name.clone(),
            columns: found,
            caseless: index.keys.iter().all(folded),
            nulls_equal: index.definition.contains("NULLS NOT DISTINCT"),
            of,
        });
    }
    let known = |key: &UniqueKey| {
        let mut columns = key.columns.iter();
        !key.columns.is_empty() && columns.all(|&column| !table.columns[column].generated)
    };
    keys.retain(known);
    keys
}

impl UniqueKey {
    /// Whether the key says something of a row.
    fn is_of(&self, cells: &[Value]) -> bool {
        let whole = self.nulls_equal || self.columns.iter().all(|&column| !cells[column].is_null());
        let about = |check: &Check| check.eval(cells) == Truth::True;
        whole && self.of.as_ref().is_none_or(about)
    }

    fn is_same(&self, table: &TablePlan, column: usize, (left, right): (&Value, &Value)) -> bool {
        match (left, right) {
            (Value::Null, Value::Null) => self.nulls_equal,
            (Value::Text(left), Value::Text(right)) if self.caseless => {
                left.to_lowercase() == right.to_lowercase()
            }
            (left, right) => {
                let data_type: &Type = &table.columns[column].data_type;
                is_same(left, right, data_type)
            }
        }
    }
}

/// Rows of scenarios that have the same key.
fn among(table: &TablePlan, key: &UniqueKey, rows: &[Told<'_>], found: &mut Vec<Conflict>) {
    for (position, row) in rows
        .iter()
        .enumerate()
        .filter(|(_, row)| key.is_of(&row.cells))
    {
        let same = |other: &&Told<'_>| {
            key.is_of(&other.cells)
                && key.columns.iter().all(|&column| {
                    key.is_same(table, column, (&row.cells[column], &other.cells[column]))
                })
        };
        if let Some(other) = rows[..position].iter().find(same) {
            let there = match other.scenario == row.scenario {
                true => format!("row \"{}\"", other.handle),
                false => format!(
                    "row \"{}\" of scenario \"{}\"",
                    other.handle, other.scenario
                ),
            };
            found.push(row.conflict(table, key, &there));
        }
    }
}

/// Generated rows that have the key of a scenario's row, where one could.
fn generated(
    plan: &Plan,
    (position, key): (usize, &UniqueKey),
    rows: &[Told<'_>],
    found: &mut Vec<Conflict>,
) {
    let table = &plan.tables[position];
    let mut open: Vec<&Told<'_>> = rows
        .iter()
        .filter(|row| key.is_of(&row.cells) && !is_apart(table, key, row.row))
        .collect();
    if table.rows > ROWS_MAX {
        return;
    }
    for row in 0..table.rows {
        if open.is_empty() {
            return;
        }
        let mut cells: Vec<Option<Value>> = vec![None; key.columns.len()];
        let hit = open.iter().position(|told| {
            let mut pairs = key.columns.iter().zip(&mut cells);
            let same = pairs.all(|(&column, cell)| {
                let cell = cell.get_or_insert_with(|| {
                    cell_of(plan, position, column, row).unwrap_or(Value::Null)
                });
                key.is_same(table, column, (cell, &told.cells[column]))
            });
            same && (key.of.is_none()
                || row_of(plan, position, row).is_ok_and(|cells| key.is_of(&cells)))
        });
        if let Some(hit) = hit {
            let told = open.swap_remove(hit);
            found.push(told.conflict(table, key, "a generated row"));
        }
    }
}

/// Whether a row's key is another than that of any generated row for certain: it refers to a row of a
/// scenario, which no generated row does, or goes on with numbers or values that are all different.
fn is_apart(table: &TablePlan, key: &UniqueKey, row: u64) -> bool {
    let Some(added) = table.added(row) else {
        return false;
    };
    let inside = |column: &usize| key.columns.contains(column);
    let by_parent = added.parents.iter().any(|(link, parent)| {
        let columns = &table.parents[*link].columns;
        parent.is_some_and(|parent| parent >= crate::engine::SCENARIO_ROWS)
            && columns.iter().all(|(own, _)| inside(own))
    });
    let by_place = key.columns.iter().any(|&column| {
        let unlike = matches!(
            table.columns[column].origin,
            Origin::Serial { .. } | Origin::Distinct
        );
        unlike && added.value(column).is_none()
    });
    by_parent || by_place
}

impl Told<'_> {
    fn conflict(&self, table: &TablePlan, key: &UniqueKey, there: &str) -> Conflict {
        let names = key
            .columns
            .iter()
            .map(|&column| table.columns[column].name.as_str());
        let names: Vec<&str> = names.collect();
        Conflict {
            scenario: self.scenario.to_owned(),
            handle: self.handle.to_owned(),
            table: table.name.clone(),
            reason: format!(
                "column \"{}\" is what {there} has already in unique key \"{}\"",
                names.join("\", \""),
                key.name
            ),
        }
    }
}
