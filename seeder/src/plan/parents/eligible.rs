//! Parents that a CHECK of the child leaves: `kind = 'physician'` beside a foreign key of which `kind`
//! is a part.

use std::sync::Arc;

use crate::engine::{Programs, Rows};
use crate::plan::Plan;
use crate::plan::problem::Problems;
use crate::plan::table::Choice;
use crate::value::Value;

/// Parents that are looked through at most; with more of them a row's tries must do.
const PARENTS_MAX: u64 = 2_000_000;

/// Restricts the foreign keys of a table to parents whose columns its CHECKs allow.
pub(in crate::plan) fn restrict(plan: &mut Plan, position: usize, problems: &mut Problems) {
    for link in 0..plan.tables[position].parents.len() {
        let Some(rows) = allowed(plan, position, link) else {
            continue;
        };
        let table = &mut plan.tables[position];
        if rows.is_empty() && table.parents[link].null_columns.is_empty() && table.rows > 0 {
            problems.add(
                &table.name.clone(),
                format!(
                    "foreign key \"{}\" finds no parent that the CHECKs of its columns allow",
                    table.parents[link].constraint
                ),
                "ask for more rows of the parent, or leave the table empty with rows = 0",
            );
        }
        table.parents[link].eligible = Some(Arc::new(rows));
    }
}

/// The parents that are allowed; `None` where every one is, or where they are chosen otherwise.
fn allowed(plan: &Plan, position: usize, link: usize) -> Option<Vec<u64>> {
    let table = &plan.tables[position];
    let link = &table.parents[link];
    let parent = &plan.tables[link.parent];
    let free = matches!(link.choice, Choice::Uniform) && link.parent != position;
    if !free || parent.level >= table.level || parent.rows > PARENTS_MAX {
        return None;
    }
    let mut tied: Vec<(usize, usize, usize)> = Vec::new();
    for &(own, there) in &link.columns {
        if let Some(group) = plan.values[position].makers[own].group {
            tied.push((group, own, there));
        }
    }
    if tied.is_empty() {
        return None;
    }
    // Everything about tables up to this one is decided.
    let programs = Programs::new(plan.tables.len());
    let mut maker = Rows::new(plan, &programs);
    let mut rows = Vec::new();
    let mut cells = vec![Value::Null; table.columns.len()];
    for row in 0..parent.rows {
        for &(_, own, there) in &tied {
            cells[own] = maker.cell(link.parent, there, row).unwrap_or(Value::Null);
        }
        let known = |column: usize| tied.iter().any(|(_, own, _)| *own == column);
        let fits = tied.iter().all(|&(group, _, _)| {
            let group = &plan.values[position].groups[group];
            match group.columns().iter().all(|column| known(*column)) {
                true => group.accepts(&cells),
                false => group.has_room(&cells, &known),
            }
        });
        if fits {
            rows.push(row);
        }
    }
    (rows.len() as u64 != parent.rows).then_some(rows)
}
