//! Which choices move when a table grows: what "more rows change no row that was there" leaves out.

use std::collections::BTreeSet;

use crate::plan::table::{Choice, Digit, Origin, TablePlan};
use crate::plan::unlike::Unlike;
use crate::plan::values::Values;

/// Chains of layouts are followed this far.
const STEPS_MAX: usize = 32;

/// Tables whose growth makes rows that are there choose anew in a column; `None` where they keep their
/// values, or take a new parent at most.
pub(super) fn moves(
    tables: &[TablePlan],
    (table, values): (&TablePlan, &Values),
    column: usize,
) -> Option<String> {
    let mut by = BTreeSet::new();
    of_column(tables, (table, values), column, &mut by);
    let names: Vec<&str> = by.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn of_column(
    tables: &[TablePlan],
    (table, values): (&TablePlan, &Values),
    column: usize,
    by: &mut BTreeSet<String>,
) {
    match table.columns[column].origin {
        Origin::Parent(link) => of_link(tables, table, link, by),
        Origin::Digit(tuple) => of_tuple(tables, table, tuple, by),
        Origin::Tied(first) => of_column(tables, (table, values), first, by),
        Origin::Ordinal { .. } => of_layout(tables, table, by),
        Origin::Slot(slot, _) if table.slots[slot].by_parent => of_layout(tables, table, by),
        Origin::Free if is_place(values, column) => of_layout(tables, table, by),
        // Listed row by row beside what the group's parents are.
        Origin::Distinct if matches!(values.makers[column].unlike, Some(Unlike::Given(_))) => {
            let group = values.makers[column].group;
            let others = group.map_or(&[][..], |group| values.groups[group].columns());
            for &other in others {
                if let Origin::Parent(link) = table.columns[other].origin {
                    by.insert(tables[table.parents[link].parent].name.to_string());
                    of_link(tables, table, link, by);
                }
            }
        }
        _ => {}
    }
}

/// Whether a column holds the place of a row among its siblings.
fn is_place(values: &Values, column: usize) -> bool {
    let generator = values.makers[column].generator.as_ref();
    generator.is_some_and(|generator| generator.name() == "position")
}

fn of_link(tables: &[TablePlan], table: &TablePlan, link: usize, by: &mut BTreeSet<String>) {
    let plan = &table.parents[link];
    match plan.choice {
        Choice::Uniform | Choice::Earlier | Choice::Previous => {}
        Choice::Spread(..) | Choice::Once(_) => {
            by.insert(tables[plan.parent].name.to_string());
        }
        Choice::Layout => of_layout(tables, table, by),
        Choice::Within { .. } => {
            of_layout(tables, table, by);
            of_layout(tables, &tables[plan.parent], by);
        }
        Choice::Digit(tuple) => of_tuple(tables, table, tuple, by),
        Choice::Same(first) => of_link(tables, table, first, by),
    }
}

/// Rows that are laid out in the order of their parents: the table itself, and those above.
fn of_layout(tables: &[TablePlan], table: &TablePlan, by: &mut BTreeSet<String>) {
    let mut at = table;
    for _ in 0..STEPS_MAX {
        let Some(layout) = at.layout else {
            return;
        };
        by.insert(at.name.to_string());
        at = &tables[at.parents[layout].parent];
        by.insert(at.name.to_string());
    }
}

/// A tuple with parents in it: how many there are is part of its order.
fn of_tuple(tables: &[TablePlan], table: &TablePlan, tuple: usize, by: &mut BTreeSet<String>) {
    let plan = &table.tuples[tuple];
    for digit in &plan.digits {
        if let Digit::Parent(link) = digit {
            by.insert(tables[table.parents[*link].parent].name.to_string());
        }
    }
    if plan.within.is_some() {
        of_layout(tables, table, by);
    }
}
