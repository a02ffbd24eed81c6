//! A unique column that a CHECK ties to what the row has otherwise: `left(code, 2) = country` beside a
//! foreign key of the country.
//!
//! Where the column's own values do not fit, every row gets one that does, made before any row is: the
//! parents of a row are known by its number.

use super::list::{LISTED_MAX, List, Source};
use super::tuple::fit_because;
use super::{Tied, ties};
use crate::engine::{Programs, Rows};
use crate::plan::Plan;
use crate::plan::problem::Problems;
use crate::plan::table::Origin;
use crate::plan::unlike::{Unlike, unlike};
use crate::value::Value;

/// Gives unique columns values that fit to those of the row's parents; what else a table is must be decided.
pub(in crate::plan) fn give(plan: &mut Plan, position: usize, problems: &mut Problems) {
    for number in 0..plan.values[position].groups.len() {
        let Some(column) = tied_column(plan, position, number) else {
            continue;
        };
        if fits(plan, position, (number, column)) {
            continue;
        }
        let listed = listed(plan, position, (number, column));
        let size = listed.len() as u64;
        if size == 0 {
            // The rows that are tried before the load name it.
            continue;
        }
        let why = format!(
            "CHECKs and parents leave unique column \"{}\" values for",
            plan.tables[position].columns[column].name
        );
        plan.values[position].makers[column].unlike = Some(Unlike::Given(listed));
        fit_because(&mut plan.tables[position], (size, &why), problems);
    }
}

/// The only unique column of a group, where nothing but the group's own tells what it holds.
fn tied_column(plan: &Plan, position: usize, number: usize) -> Option<usize> {
    let table = &plan.tables[position];
    let group = &plan.values[position].groups[number];
    let unique = |column: &usize| {
        let own = matches!(table.columns[*column].origin, Origin::Distinct);
        let plain = !matches!(
            plan.values[position].makers[*column].unlike,
            Some(Unlike::Listed(..) | Unlike::Given(_) | Unlike::Person) | None
        );
        own && plain
    };
    let mut found = group.columns().iter().copied().filter(unique);
    let column = found.next().filter(|_| found.next().is_none())?;
    let tied = group
        .columns()
        .iter()
        .any(|&other| other != column && group.links(column, other));
    let known = group.columns().iter().all(|&other| {
        // A parent's key is not there yet where the parent is of this table, or comes after it.
        match table.columns[other].origin {
            Origin::Parent(link) => plan.tables[table.parents[link].parent].level < table.level,
            Origin::Free | Origin::Distinct | Origin::Serial { .. } => true,
            _ => false,
        }
    });
    (tied && known).then_some(column)
}

/// What a row has in a group before its unique column is looked at.
fn given(
    maker: &mut Rows<'_>,
    (plan, position): (&Plan, usize),
    number: usize,
    row: u64,
) -> Vec<(usize, Value)> {
    let table = &plan.tables[position];
    let group = &plan.values[position].groups[number];
    let mut given = Vec::new();
    for &column in group.columns() {
        match table.columns[column].origin {
            Origin::Parent(link) => {
                let parent = maker.parent(position, link, row, 0);
                let link = &table.parents[link];
                let pair = link.columns.iter().find(|(own, _)| *own == column);
                let value = parent.zip(pair).map(|(parent, &(_, there))| {
                    let cell = maker.cell(link.parent, there, parent);
                    cell.unwrap_or(Value::Null)
                });
                given.push((column, value.unwrap_or(Value::Null)));
            }
            Origin::Serial { start, step } => {
                let number = start.saturating_add((row as i64).saturating_mul(step));
                let data_type = &table.columns[column].data_type;
                given.push((column, crate::engine::number(number, data_type)));
            }
            _ => {}
        }
    }
    given
}

/// Whether the column's own values fit in every row, as far as that is tried.
fn fits(plan: &Plan, position: usize, (number, column): (usize, usize)) -> bool {
    let own = Tied::new();
    let source = source(plan, position, (number, column), &own);
    let values = plan.values[position].makers[column].unlike.as_ref();
    let rows = plan.tables[position].rows.min(LISTED_MAX);
    let programs = Programs::new(plan.tables.len());
    let mut maker = Rows::new(plan, &programs);
    (0..rows).all(|row| {
        let mut fixed = given(&mut maker, (plan, position), number, row);
        let alone = fixed.clone();
        fixed.push((
            column,
            values.map_or(Value::Null, |values| values.index(row)),
        ));
        // What fails without the column as well is not for the column to solve.
        source.filled(&fixed, row).is_some() || source.filled(&alone, row).is_none()
    })
}

/// A value for each row, as far as there are any.
fn listed(plan: &Plan, position: usize, (number, column): (usize, usize)) -> Vec<Value> {
    let table = &plan.tables[position];
    let mut own = Tied::new();
    own.extend(
        unlike(&table.columns[column].key, &plan.values[position], column)
            .map(|values| (column, values)),
    );
    let mut list = List::new(source(plan, position, (number, column), &own), &[column]);
    let rows = table.rows.min(LISTED_MAX);
    let programs = Programs::new(plan.tables.len());
    let mut maker = Rows::new(plan, &programs);
    let values = (0..rows).map_while(|row| {
        let given = given(&mut maker, (plan, position), number, row);
        let found = list.next(&given, row)?;
        found.into_iter().next()
    });
    values.collect()
}

fn source<'s>(
    plan: &'s Plan,
    position: usize,
    (number, column): (usize, usize),
    own: &'s Tied,
) -> Source<'s> {
    let table = &plan.tables[position];
    Source {
        table,
        group: &plan.values[position].groups[number],
        own,
        key: table.columns[column].key.part(ties::KEY),
    }
}
