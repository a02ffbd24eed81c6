//! Where one cell comes from: its column's origin, the draw that decided it, and its row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::{Job, SeedError, plan};
use crate::engine::Engine;
use crate::plan::{Plan, TablePlan};
use crate::value::{Type, Value, write_text};

/// A cell and its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The row's number, from 0.
    pub row: u64,
    /// Rows of the table.
    pub rows: u64,
    /// The value in its text form; `None` for NULL and for what the server computes.
    pub value: Option<String>,
    /// What the column's values are.
    pub from: String,
    /// Why.
    pub because: String,
    /// Share of NULLs in thousandths.
    pub nulls_per_mille: u32,
    /// What the column's key is derived from: the seed, then the names.
    pub key: Vec<String>,
    /// The row's first draw under that key, in hexadecimal.
    pub draw: String,
    /// Whose data the row holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Which child of which parent the row is, where rows are laid out by a parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Every column of the row with its value, in the table's order.
    pub cells: Vec<(String, Option<String>)>,
}

/// Why a cell could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The database cannot be planned.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// No table has such a column, or several have.
    #[error("no column \"{column}\"{}", also(.meant))]
    NoColumn {
        /// What was asked for.
        column: String,
        /// What may be meant.
        meant: Vec<String>,
    },
    /// The table's rows are not ours.
    #[error("{table} holds rows already, which no seed explains")]
    Filled {
        /// The table.
        table: String,
    },
    /// The table has fewer rows.
    #[error("{table} has {rows} rows, numbered from 0: there is no row {row}")]
    NoRow {
        /// The table.
        table: String,
        /// Its rows.
        rows: u64,
        /// What was asked for.
        row: u64,
    },
}

/// Names that may be meant, for the end of a sentence.
const MEANT_MAX: usize = 5;
/// Letters that are wrong, missing or swapped in a name that is still known.
const SLIPS_MAX: usize = 2;

fn also(meant: &[String]) -> String {
    match meant {
        [] => "; it is written table.column".to_owned(),
        meant => format!("; is one of these meant: {}?", meant.join(", ")),
    }
}

/// Explains one cell of what a database would be filled with; `column` is `table.column` or
/// `schema.table.column`.
///
/// # Errors
/// When the database cannot be planned, or there is no such cell.
pub async fn explain(
    client: &Client,
    job: &Job,
    column: &str,
    row: u64,
) -> Result<Explained, ExplainError> {
    let (_, plan) = plan(client, job).await?;
    let (table, position) = find(&plan, column)?;
    let own = &plan.tables[table];
    let name = own.name.to_string();
    if own.filled.is_some() {
        return Err(ExplainError::Filled { table: name });
    }
    if row >= own.rows {
        let rows = own.rows;
        return Err(ExplainError::NoRow {
            table: name,
            rows,
            row,
        });
    }
    let engine = Engine::new(Arc::new(plan));
    Ok(explained(&engine, job, (table, position), row)?)
}

fn explained(
    engine: &Engine,
    job: &Job,
    (table, column): (usize, usize),
    row: u64,
) -> Result<Explained, SeedError> {
    let own = &engine.plan().tables[table];
    let values = engine.row(table, row)?;
    let mut shown = engine.plan().shown().tables.swap_remove(table);
    let shown = shown.columns.swap_remove(column);
    let mut cells = own.columns.iter().zip(&values);
    let cell = |(column, value): (&crate::plan::ColumnPlan, &Value)| {
        (column.name.clone(), text(value, &column.data_type))
    };
    let cells: Vec<_> = cells.by_ref().map(cell).collect();
    let rules = job.rules.tables.get(&own.name);
    let rule = rules.and_then(|rules| rules.columns.get(&shown.name));
    let keyed = rule.and_then(|rule| rule.was.clone());
    let draw = engine.key(table, column).draw(row, 0, 0);
    Ok(Explained {
        table: own.name.to_string(),
        row,
        rows: own.rows,
        value: cells[column].1.clone(),
        from: shown.from,
        because: shown.because,
        nulls_per_mille: shown.nulls_per_mille,
        key: vec![
            job.seed.seed.to_string(),
            own.name.schema.clone(),
            own.name.name.clone(),
            keyed.unwrap_or_else(|| shown.name.clone()),
        ],
        draw: format!("{:032x}", draw.bits()),
        person: engine.plan().person_shown(table),
        place: engine.child(table, row).map(|place| {
            let layout = own.layout.map(|layout| own.parents[layout].parent);
            let parent = layout.map_or(&own.name, |parent| &engine.plan().tables[parent].name);
            format!(
                "{} of the {} rows of row {} of {parent}",
                place.ordinal + 1,
                place.siblings,
                place.parent,
            )
        }),
        column: shown.name,
        cells,
    })
}

fn text(value: &Value, data_type: &Type) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let mut out = Vec::new();
    write_text(value, data_type, &mut out);
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Positions of the table and the column of this name.
fn find(plan: &Plan, wanted: &str) -> Result<(usize, usize), ExplainError> {
    let mut found = Vec::new();
    let mut alike = Vec::new();
    let mut likely = Vec::new();
    for (position, table) in plan.tables.iter().enumerate() {
        for (column, own) in table.columns.iter().enumerate() {
            let whole = format!("{}.{}", table.name, own.name);
            if whole == wanted {
                return Ok((position, column));
            }
            if is_short(table, &own.name, wanted) {
                found.push((position, column));
                alike.push(whole);
            } else if own.name == wanted {
                alike.push(whole);
            } else if is_like(&format!("{}.{}", table.name.name, own.name), wanted) {
                likely.push(whole);
            }
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        _ => {
            if alike.is_empty() {
                alike = likely;
            }
            alike.truncate(MEANT_MAX);
            Err(ExplainError::NoColumn {
                column: wanted.to_owned(),
                meant: alike,
            })
        }
    }
}

/// Whether one may be a slip of the other.
fn is_like(name: &str, wanted: &str) -> bool {
    strsim::damerau_levenshtein(name, wanted) <= SLIPS_MAX
}

fn is_short(table: &TablePlan, column: &str, wanted: &str) -> bool {
    let rest = wanted.strip_prefix(table.name.name.as_str());
    rest.and_then(|rest| rest.strip_prefix('.')) == Some(column)
}
