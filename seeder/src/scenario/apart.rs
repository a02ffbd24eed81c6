//! Keeps generated rows from being like a scenario's row: the row's situation, as a condition that they
//! do not satisfy.
//!
//! The situation is what is set to NULL, to a moment (on the same side of the present) or to one of few
//! values. Names and amounts are left out: no other row is likely to have them, and a row that differs
//! in them alone would still be counted by a question about the rest.

use std::cmp::Ordering;

use rules::seed::{Exclusive, ScenarioRow, Setting};

use super::chosen;
use super::value::{self, Fixed};
use crate::check::{Domain, Group};
use crate::plan::{ColumnPlan, Origin, Problems, Request, TablePlan, Values};
use crate::value::{Type, Value, write_text};

/// Values that a column may have at most to tell situations apart.
const FEW: u64 = 64;

/// The conditions that the chosen scenarios put on the generated rows of a table, with their names.
pub(crate) fn apart(
    request: Request<'_>,
    table: &TablePlan,
    values: &Values,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    let mut conditions = Vec::new();
    // A name that there is not is told when the rows are added.
    for scenario in chosen(request.rules, request.seed).unwrap_or_default() {
        for row in &scenario.rows {
            let here = *request.schema.root_of(&row.table) == table.name;
            if !here || row.exclusive == Exclusive::No {
                continue;
            }
            let name = format!(
                "exclusive of scenario \"{}\", row \"{}\"",
                scenario.name, row.handle
            );
            let terms = terms(request.as_of_micros, table, values, row);
            if terms.is_empty() {
                problems.add(
                    &table.name,
                    format!("{name}: nothing that it sets tells generated rows apart from it"),
                    "name columns: exclusive = [\"paid_at\"]",
                );
                continue;
            }
            conditions.push((name, format!("NOT ({})", terms.join(" AND "))));
        }
    }
    conditions
}

fn terms(as_of: i64, table: &TablePlan, values: &Values, row: &ScenarioRow) -> Vec<String> {
    let mut terms = Vec::new();
    for (name, setting) in &row.set {
        let asked = match &row.exclusive {
            Exclusive::Columns(columns) => columns.contains(name),
            _ => true,
        };
        let Some(position) = table.column(name).filter(|_| asked) else {
            continue;
        };
        let column = &table.columns[position];
        let named = matches!(row.exclusive, Exclusive::Columns(_));
        if column.origin == Origin::Free && (named || is_telling(values, position, setting, column))
        {
            terms.extend(term(as_of, column, setting));
        }
    }
    terms
}

/// Whether other rows are likely to be the same in this column.
fn is_telling(values: &Values, position: usize, setting: &Setting, column: &ColumnPlan) -> bool {
    if matches!(setting, Setting::Null | Setting::AsOf(_)) {
        return true;
    }
    let maker = &values.makers[position];
    let group = maker.group.map(|group| &values.groups[group]);
    let few = |group: &Group| {
        group
            .domain(position)
            .map(Domain::size)
            .is_some_and(|size| size <= FEW)
    };
    match column.data_type.base() {
        Type::Bool | Type::Enum(_) | Type::Date | Type::Timestamp { .. } => true,
        _ => maker.weighted.is_some() || group.is_some_and(few),
    }
}

/// What a row of the same situation has in a column.
fn term(as_of: i64, column: &ColumnPlan, setting: &Setting) -> Option<String> {
    let name = format!("\"{}\"", column.name.replace('"', "\"\""));
    let Ok(Fixed::Value(set)) = value::of(setting, column, as_of) else {
        // What it cannot be is told when the rows are added.
        return None;
    };
    if set.is_null() {
        return Some(format!("({name} IS NULL)"));
    }
    let present = value::moment(as_of, &column.data_type);
    let order = match (&set, &present) {
        (Value::Date(day), Some(Value::Date(today))) => Some(day.cmp(today)),
        (Value::Timestamp(at), Some(Value::Timestamp(now))) => Some(at.cmp(now)),
        _ => None,
    };
    let (operator, value) = match (order, present) {
        (Some(Ordering::Less), Some(present)) => ("<=", present),
        (Some(Ordering::Greater), Some(present)) => (">=", present),
        _ => ("=", set),
    };
    let mut text = Vec::new();
    write_text(&value, &column.data_type, &mut text);
    let text = String::from_utf8(text).ok()?.replace('\'', "''");
    Some(format!("({name} {operator} '{text}')"))
}
