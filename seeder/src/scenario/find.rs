//! The row of a table that has certain values, wherever it comes from.

use crate::check::equal;
use crate::engine::cell_of;
use crate::plan::{Origin, Plan, TablePlan};
use crate::value::{Type, Value};

/// Generated rows that are looked through; in a larger table the server finds what does not fit.
pub(super) const ROWS_MAX: u64 = 1_000_000;

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The row of this number.
    Row(u64),
    /// No row.
    Nothing,
    /// More rows than are looked through.
    Unknown,
}

/// The first row of a table whose columns have these values: generated ones first, then scenarios'.
pub(super) fn row(plan: &Plan, table: usize, wanted: &[(usize, Value)]) -> Found {
    let own = &plan.tables[table];
    let fits = |row: u64| {
        wanted.iter().all(|(column, value)| {
            let cell = cell_of(plan, table, *column, row);
            cell.is_ok_and(|cell| is_same(&cell, value, &own.columns[*column].data_type))
        })
    };
    let added = || own.added.iter().map(|added| added.row);
    // Where scenarios set no number a numbered row is where its number says.
    let numbered = wanted
        .iter()
        .find_map(|(column, value)| numbered(own, *column, value));
    let generated = match numbered {
        Some(place) => place.filter(|place| *place < own.rows && fits(*place)),
        None if own.rows > ROWS_MAX => return Found::Unknown,
        None => (0..own.rows).find(|row| fits(*row)),
    };
    match generated.or_else(|| added().find(|row| fits(*row))) {
        Some(row) => Found::Row(row),
        None => Found::Nothing,
    }
}

/// The place that a numbered column's value says; the outer `None` for any other column.
fn numbered(table: &TablePlan, column: usize, value: &Value) -> Option<Option<u64>> {
    let Origin::Serial { start, step } = table.columns[column].origin else {
        return None;
    };
    if table.filled.is_some() {
        return None;
    }
    let number = match value {
        Value::Int(number) => i128::from(*number),
        Value::Decimal(number) => number.trunc().mantissa(),
        _ => return Some(None),
    };
    let distance = number - i128::from(start);
    let step = i128::from(step);
    let whole = step != 0 && distance % step == 0;
    Some(whole.then(|| u64::try_from(distance / step).ok()).flatten())
}

/// Whether two values of a type are equal, as a unique index of it sees them; NULL equals nothing.
pub(super) fn is_same(left: &Value, right: &Value, data_type: &Type) -> bool {
    if left.is_null() || right.is_null() {
        return false;
    }
    match (left, right, data_type.base()) {
        (Value::Text(left), Value::Text(right), Type::Text { caseless: true, .. }) => {
            left.to_lowercase() == right.to_lowercase()
        }
        _ => equal(left, right),
    }
}
