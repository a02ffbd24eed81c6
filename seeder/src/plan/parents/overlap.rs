//! Foreign keys that share columns: `tenant_id` in several of them.
//!
//! The shared column follows from an ancestor, and every table on the way there is laid out in the
//! order of its parents. So all rows of an ancestor are one block in each of them, and a parent with
//! the same ancestor is found by arithmetic.

use std::collections::BTreeSet;

use crate::plan::problem::Problems;
use crate::plan::table::{Choice, Origin, TablePlan};

/// Chains of layouts are followed this far; foreign keys in a circle would never end.
const STEPS_MAX: usize = 32;

const HINT: &str = "give the table rows of its own by a migration, or none with rows = 0";

/// Decides how overlapping foreign keys are chosen.
pub(in crate::plan) fn overlap(tables: &mut [TablePlan], problems: &mut Problems) {
    for position in 0..tables.len() {
        same_columns(tables, position, problems);
    }
    own_columns(tables);
    let shared: Vec<BTreeSet<usize>> = tables.iter().map(shared_columns).collect();
    lay_out(tables, &shared, problems);
    for table in tables.iter_mut() {
        if let Some(layout) = table.layout {
            table.parents[layout].choice = Choice::Layout;
            table.parents[layout].nulls_per_million = 0;
        }
    }
    for (position, columns) in shared.iter().enumerate() {
        if !columns.is_empty() {
            narrow(tables, position, columns, problems);
        }
    }
}

/// Two foreign keys of exactly the same columns choose the same row of two numbered tables.
fn same_columns(tables: &mut [TablePlan], position: usize, problems: &mut Problems) {
    for later in 1..tables[position].parents.len() {
        let own = |link: usize| -> BTreeSet<usize> {
            let columns = &tables[position].parents[link].columns;
            columns.iter().map(|(own, _)| *own).collect()
        };
        let Some(first) = (0..later).find(|&first| own(first) == own(later)) else {
            continue;
        };
        let numbered = |link: usize| {
            let link = &tables[position].parents[link];
            let parent = &tables[link.parent];
            match link.columns[..] {
                [(_, there)] => match parent.columns[there].origin {
                    Origin::Serial { start, step } if parent.filled.is_none() => {
                        Some((start, step))
                    }
                    _ => None,
                },
                _ => None,
            }
        };
        if numbered(first).is_some() && numbered(first) == numbered(later) {
            tables[position].parents[later].choice = Choice::Same(first);
        } else {
            let names =
                [first, later].map(|link| tables[position].parents[link].constraint.clone());
            problems.add(
                &tables[position].name.clone(),
                format!(
                    "foreign keys \"{}\" and \"{}\" give the same columns to two parents whose keys \
                     are not numbered alike",
                    names[0], names[1]
                ),
                HINT,
            );
        }
    }
}

/// Finds columns of composite keys that lead back to the table itself: the parent has them from it.
fn own_columns(tables: &mut [TablePlan]) {
    for position in 0..tables.len() {
        for link in 0..tables[position].parents.len() {
            let plan = &tables[position].parents[link];
            if plan.columns.len() < 2 || plan.parent == position {
                continue;
            }
            let back = plan.columns.iter().filter(|(own, there)| {
                let parent = &tables[plan.parent];
                parent.parents.iter().any(|up| {
                    up.parent == position
                        && up.columns.contains(&(*there, *own))
                        && up.columns.len() == 1
                })
            });
            let back: Vec<usize> = back.map(|(own, _)| *own).collect();
            if back.len() < plan.columns.len() {
                tables[position].parents[link].own_columns = back;
            }
        }
    }
}

/// Columns that several foreign keys have and that none of them has alone with another.
fn shared_columns(table: &TablePlan) -> BTreeSet<usize> {
    let mut shared = BTreeSet::new();
    for (position, column) in table.columns.iter().enumerate() {
        let links = links_with(table, position);
        let several = links
            .iter()
            .any(|&link| table.parents[link].columns.len() > 1);
        let own = table
            .parents
            .iter()
            .any(|link| link.own_columns.contains(&position));
        if (links.len() > 1 && several || own) && !column.generated {
            shared.insert(position);
        }
    }
    shared
}

/// Foreign keys that contain a column and choose by themselves.
fn links_with(table: &TablePlan, column: usize) -> Vec<usize> {
    (0..table.parents.len())
        .filter(|&link| {
            let link = &table.parents[link];
            !matches!(link.choice, Choice::Same(_))
                && link.columns.iter().any(|(own, _)| *own == column)
        })
        .collect()
}

fn column_there(table: &TablePlan, link: usize, column: usize) -> usize {
    let pair = table.parents[link]
        .columns
        .iter()
        .find(|(own, _)| *own == column);
    pair.map_or(column, |(_, there)| *there)
}

/// Lays tables and their ancestors out so that rows with the same values of the shared columns are
/// together.
fn lay_out(tables: &mut [TablePlan], shared: &[BTreeSet<usize>], problems: &mut Problems) {
    let mut needs: Vec<BTreeSet<usize>> = shared.to_vec();
    for (position, columns) in shared.iter().enumerate() {
        for &column in columns {
            for link in links_with(&tables[position], column) {
                let parent = tables[position].parents[link].parent;
                if parent != position {
                    needs[parent].insert(column_there(&tables[position], link, column));
                }
            }
        }
    }
    // Each round goes one table further up; foreign keys in a circle would never end.
    for _ in 0..STEPS_MAX {
        let before = needs.clone();
        for position in 0..tables.len() {
            let Some(up) = layout_for(&tables[position], position, &needs[position]) else {
                continue;
            };
            tables[position].layout = Some(up);
            let parent = tables[position].parents[up].parent;
            for &column in &before[position] {
                if leads_to(tables, position, up, column) {
                    needs[parent].insert(column_there(&tables[position], up, column));
                }
            }
        }
        if needs == before {
            break;
        }
    }
    for (position, needs) in needs.iter().enumerate() {
        unmet(tables, position, needs, problems);
    }
}

/// The foreign key to another table that decides the most of the columns; of those the narrowest.
fn layout_for(table: &TablePlan, position: usize, needs: &BTreeSet<usize>) -> Option<usize> {
    let covers = |link: usize| {
        let columns = &table.parents[link].columns;
        columns
            .iter()
            .filter(|(own, _)| needs.contains(own))
            .count()
    };
    (0..table.parents.len())
        .filter(|&link| table.parents[link].parent != position && covers(link) > 0)
        .filter(|&link| table.parents[link].own_columns.is_empty())
        .filter(|&link| !matches!(table.parents[link].choice, Choice::Same(_)))
        .min_by_key(|&link| {
            (
                usize::MAX - covers(link),
                table.parents[link].columns.len(),
                link,
            )
        })
}

/// Names a column that the layout does not decide although a foreign key could.
fn unmet(tables: &[TablePlan], position: usize, needs: &BTreeSet<usize>, problems: &mut Problems) {
    let table = &tables[position];
    let Some(laid) = table.layout else {
        return;
    };
    for &column in needs {
        let other = links_with(table, column).into_iter().find(|&link| {
            let link = &table.parents[link];
            link.parent != position && link.own_columns.is_empty()
        });
        if let (Some(other), false) = (other, leads_to(tables, position, laid, column)) {
            problems.add(
                &table.name,
                format!(
                    "column \"{}\" is shared by foreign keys, and rows can be laid out by \"{}\" or \
                     by \"{}\" only",
                    table.columns[column].name,
                    table.parents[laid].constraint,
                    table.parents[other].constraint
                ),
                HINT,
            );
        }
    }
}

/// Whether a foreign key decides a column.
fn leads_to(tables: &[TablePlan], position: usize, link: usize, column: usize) -> bool {
    tables[position].parents[link]
        .columns
        .iter()
        .any(|(own, _)| *own == column)
}

/// The tables on the way up by layout, itself first, with the column's position in each.
fn way_up(tables: &[TablePlan], position: usize, column: usize) -> Vec<(usize, usize)> {
    let mut way = vec![(position, column)];
    while way.len() < STEPS_MAX {
        let (at, column) = way[way.len() - 1];
        let Some(up) = tables[at].layout else {
            break;
        };
        if !leads_to(tables, at, up, column) {
            break;
        }
        way.push((
            tables[at].parents[up].parent,
            column_there(&tables[at], up, column),
        ));
    }
    way
}

/// Makes every other foreign key of shared columns choose within the row's ancestor.
fn narrow(
    tables: &mut [TablePlan],
    position: usize,
    columns: &BTreeSet<usize>,
    problems: &mut Problems,
) {
    let layout = tables[position].layout;
    for link in 0..tables[position].parents.len() {
        let plan = &tables[position].parents[link];
        let own: Vec<usize> = plan
            .columns
            .iter()
            .map(|(own, _)| *own)
            .filter(|own| columns.contains(own))
            .collect();
        if Some(link) == layout || own.is_empty() || matches!(plan.choice, Choice::Same(_)) {
            continue;
        }
        let meets: Option<Vec<(usize, usize)>> = own
            .iter()
            .map(|&column| meet(tables, position, link, column))
            .collect();
        let free: Vec<usize> = plan
            .null_columns
            .iter()
            .copied()
            .filter(|own| !columns.contains(own))
            .collect();
        // The nearest ancestor decides all of the columns that a further one does.
        match meets.and_then(|meets| meets.into_iter().min()) {
            Some((up, down)) => {
                let plan = &mut tables[position].parents[link];
                plan.choice = Choice::Within { up, down };
                if free.is_empty() {
                    plan.nulls_per_million = 0;
                }
                plan.null_columns = free;
            }
            None => {
                let table = &tables[position];
                problems.add(
                    &table.name.clone(),
                    format!(
                        "foreign key \"{}\" shares column \"{}\" with others, and their parents have \
                         no ancestor in common",
                        plan.constraint, table.columns[own[0]].name
                    ),
                    HINT,
                );
            }
        }
    }
}

/// Steps up from the row and down to the parent, by the nearest ancestor that both have.
fn meet(
    tables: &[TablePlan],
    position: usize,
    link: usize,
    column: usize,
) -> Option<(usize, usize)> {
    let parent = tables[position].parents[link].parent;
    let there = column_there(&tables[position], link, column);
    let own_way = way_up(tables, position, column);
    let their_way = way_up(tables, parent, there);
    let own = tables[position].parents[link].own_columns.contains(&column);
    own_way
        .iter()
        .enumerate()
        .skip(usize::from(!own))
        .find_map(|(up, at)| {
            let down = their_way.iter().position(|other| other == at)?;
            Some((up, down))
        })
}
