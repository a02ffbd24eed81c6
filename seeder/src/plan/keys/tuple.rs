//! Unique keys that several columns and parents carry together, and how many rows there is room for.

use super::find::UniqueKey;
use super::{Tied, shared};
use crate::plan::problem::Problems;
use crate::plan::table::{Choice, Digit, Origin, ParentPlan, TablePlan, TuplePlan};

/// Products of digits beyond this need no more digits: no table has as many rows.
const PRODUCT_MAX: u64 = 1 << 62;

/// Makes the rows of a key different by digits of one number.
pub(super) fn tuple(
    tables: &mut [TablePlan],
    position: usize,
    key: &UniqueKey,
    digits: Vec<Digit>,
    problems: &mut Problems,
) {
    let Some(digits) = shared::settle(tables, position, (key, digits), problems) else {
        return;
    };
    let size = tuple_size(tables, position, &digits);
    level_tuple(tables, position, (&digits, &key.name), problems);
    let table = &mut tables[position];
    let number = table.tuples.len();
    let plan = TuplePlan {
        constraint: key.name.clone(),
        key: table.key.part(&key.name),
        digits: digits.clone(),
        within: steps_up(table, &digits),
        apart: are_twins(table, &digits),
        ascends: None,
    };
    for digit in digits {
        match digit {
            Digit::Parent(link) => {
                let link = &mut table.parents[link];
                link.nulls_per_million = 0;
                if matches!(link.choice, Choice::Uniform) {
                    link.choice = Choice::Digit(number);
                }
            }
            Digit::Column { column, .. } => table.columns[column].origin = Origin::Digit(number),
        }
    }
    table.tuples.push(plan);
    fit(table, &key.name, size.min(PRODUCT_MAX), problems);
}

/// Steps of layout up to the ancestor among whose rows tuples differ; `None` for all rows.
fn steps_up(table: &TablePlan, digits: &[Digit]) -> Option<usize> {
    digits.iter().find_map(|digit| match digit {
        Digit::Parent(link) => match table.parents[*link].choice {
            Choice::Within { up, .. } => Some(up),
            Choice::Layout => Some(1),
            _ => None,
        },
        Digit::Column { .. } => None,
    })
}

/// Whether two digits are rows of one table, both of them anywhere in it.
fn are_twins(table: &TablePlan, digits: &[Digit]) -> bool {
    let parents: Vec<usize> = digits
        .iter()
        .filter_map(|digit| match digit {
            Digit::Parent(link) => Some(table.parents[*link].parent),
            Digit::Column { .. } => None,
        })
        .collect();
    steps_up(table, digits).is_none() && parents.len() == 2 && parents[0] == parents[1]
}

/// How many tuples there are of some digits.
pub(super) fn tuple_size(tables: &[TablePlan], position: usize, digits: &[Digit]) -> u64 {
    let table = &tables[position];
    let product = |size: &dyn Fn(&ParentPlan) -> u64| {
        digits.iter().fold(1, |product: u64, digit| {
            product.saturating_mul(match digit {
                Digit::Parent(link) => size(&table.parents[*link]),
                Digit::Column { size, .. } => *size,
            })
        })
    };
    if are_twins(table, digits) {
        let rows = digits.iter().find_map(|digit| match digit {
            Digit::Parent(link) => Some(tables[table.parents[*link].parent].rows),
            Digit::Column { .. } => None,
        });
        return twins_size(rows.unwrap_or(0), digits);
    }
    match steps_up(table, digits) {
        // Blocks of equal size, the smallest of them: a tuple must fit into every one.
        Some(up) => {
            let blocks = tables[ancestor(tables, position, up)].rows.max(1);
            let in_block = |link: &ParentPlan| match link.choice {
                Choice::Layout => 1,
                Choice::Within { .. } => tables[link.parent].rows / blocks,
                _ => tables[link.parent].rows,
            };
            product(&in_block).saturating_mul(blocks)
        }
        None => product(&|link| tables[link.parent].rows),
    }
}

/// Half of the ordered pairs of a table's rows, times the other digits.
fn twins_size(rows: u64, digits: &[Digit]) -> u64 {
    let pairs = rows.saturating_mul(rows.saturating_sub(1)) / 2;
    digits
        .iter()
        .fold(pairs, |product: u64, digit| match digit {
            Digit::Column { size, .. } => product.saturating_mul(*size),
            Digit::Parent(_) => product,
        })
}

/// The table that is `steps` layouts above another.
fn ancestor(tables: &[TablePlan], position: usize, steps: usize) -> usize {
    (0..steps).fold(position, |at, _| match tables[at].layout {
        Some(layout) => tables[at].parents[layout].parent,
        None => at,
    })
}

/// Takes rows away where a column has fewer values since another one follows it.
pub(super) fn refit(
    tables: &mut [TablePlan],
    position: usize,
    (key, lead, tied): (&UniqueKey, usize, &Tied),
    problems: &mut Problems,
) {
    let Some(values) = tied.get(&lead) else {
        return;
    };
    match tables[position].columns[lead].origin {
        Origin::Distinct | Origin::Serial { .. } => {
            fit(&mut tables[position], &key.name, values.size(), problems);
        }
        Origin::Digit(tuple) => {
            let digits = &mut tables[position].tuples[tuple].digits;
            for digit in digits.iter_mut() {
                if let Digit::Column { column, size } = digit
                    && *column == lead
                {
                    *size = values.size();
                }
            }
            let digits = digits.clone();
            let name = tables[position].tuples[tuple].constraint.clone();
            let size = tuple_size(tables, position, &digits);
            level_tuple(tables, position, (&digits, &name), problems);
            fit(&mut tables[position], &name, size, problems);
        }
        Origin::Ordinal { .. } => {
            let layout = tables[position].layout;
            let parent = layout.map(|layout| tables[position].parents[layout].parent);
            let blocks = parent.map_or(1, |parent| tables[parent].rows);
            let table = &mut tables[position];
            level(table, (&key.name, values.size()), problems);
            let size = values.size().saturating_mul(blocks);
            fit(table, &key.name, size, problems);
        }
        _ => {}
    }
}

/// The same as `level` for a key that digits carry among the rows of each parent.
fn level_tuple(
    tables: &mut [TablePlan],
    position: usize,
    (digits, key): (&[Digit], &str),
    problems: &mut Problems,
) {
    if steps_up(&tables[position], digits) == Some(1) {
        let blocks = tables[ancestor(tables, position, 1)].rows.max(1);
        let room = tuple_size(tables, position, digits) / blocks;
        level(&mut tables[position], (key, room), problems);
    }
}

/// Gives parents equally many rows where the most that one would have are too many for a key.
fn level(table: &mut TablePlan, (key, room): (&str, u64), problems: &mut Problems) {
    let counts = table
        .fan_out
        .as_ref()
        .map(|fan_out| fan_out.counts().ends());
    let Some((_, most)) = counts.filter(|(_, most)| *most > room) else {
        return;
    };
    if table.rows_because.contains("configuration") {
        problems.add(
            &table.name.clone(),
            format!(
                "{most} rows for one parent are asked for, and unique key \"{key}\" has room for {room}"
            ),
            "ask for fewer rows for each parent",
        );
    } else {
        table.fan_out = None;
        table.rows_because = format!("unique key \"{key}\" has room for {room} of each parent");
    }
}

/// Takes rows away that a unique key has no room for; those that were asked for are refused.
pub(super) fn fit(table: &mut TablePlan, key: &str, size: u64, problems: &mut Problems) {
    let why = format!("unique key \"{key}\" has room for");
    fit_because(table, (size, &why), problems);
}

/// Takes rows away for which there is no room, as a sentence says that the number ends.
pub(super) fn fit_because(
    table: &mut TablePlan,
    (size, why): (u64, &str),
    problems: &mut Problems,
) {
    if table.rows <= size {
        return;
    }
    if table.rows_because.contains("configuration") {
        problems.add(
            &table.name.clone(),
            format!("{} rows are asked for, and {why} {size}", table.rows),
            "ask for fewer rows, or give a column of the key more values",
        );
    } else {
        table.rows = size;
        table.rows_because = format!("{why} no more");
    }
}
