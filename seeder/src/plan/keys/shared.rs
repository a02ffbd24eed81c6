//! Unique keys that have a parent in common: `(site, product)` and `(site, shelf)`.
//!
//! One numbering of rows cannot give both keys their parents. So the second goes without the parent
//! where its other columns are enough, or the rows are laid out by the parent, and both keys are
//! numbered among the rows of each. With two parents in common one column of the second key is another
//! for each value of one of the first.

use super::find::UniqueKey;
use super::tuple::{fit, tuple_size};
use crate::plan::problem::Problems;
use crate::plan::table::{Choice, Digit, Origin, TablePlan, TuplePlan};

/// The digits that a key is to be carried by, where other keys have chosen some of its parents already;
/// `None` where it is carried without, or where there is no way, which is a problem then.
pub(super) fn settle(
    tables: &mut [TablePlan],
    position: usize,
    (key, digits): (&UniqueKey, Vec<Digit>),
    problems: &mut Problems,
) -> Option<Vec<Digit>> {
    let table = &tables[position];
    let (taken, own): (Vec<Digit>, Vec<Digit>) = digits.iter().cloned().partition(|digit| {
        let taken = |link: &usize| matches!(table.parents[*link].choice, Choice::Digit(_));
        matches!(digit, Digit::Parent(link) if taken(link))
    });
    if taken.is_empty() {
        return Some(digits);
    }
    if !own.is_empty() && tuple_size(tables, position, &own) >= table.rows {
        return Some(own);
    }
    if let [Digit::Parent(link)] = taken[..]
        && can_lay_out(tables, position, link)
    {
        lay_out(tables, position, link, problems);
        return Some(digits);
    }
    if follows(&mut tables[position], (key, &own)) {
        return None;
    }
    let table = &tables[position];
    let others: Vec<&str> = table
        .tuples
        .iter()
        .filter(|tuple| taken.iter().any(|digit| tuple.digits.contains(digit)))
        .map(|tuple| tuple.constraint.as_str())
        .collect();
    problems.add(
        &table.name.clone(),
        format!(
            "unique key \"{}\" shares foreign keys with \"{}\", and there is no order of rows that \
             makes both different in every row",
            key.name,
            others.join("\", \"")
        ),
        "give one of its columns a generator with distinct values, or the table fewer rows",
    );
    None
}

/// Makes a column another one for each value of a column that, with others of the key, is different
/// already.
fn follows(table: &mut TablePlan, (key, own): (&UniqueKey, &[Digit])) -> bool {
    let in_key = |digit: &Digit| match digit {
        Digit::Column { column, .. } => key.columns.contains(column),
        Digit::Parent(link) => {
            let columns = &table.parents[*link].columns;
            columns.iter().all(|(own, _)| key.columns.contains(own))
        }
    };
    let leads = table.tuples.iter().find_map(|tuple| {
        let mut others = tuple.digits.iter().filter(|digit| !in_key(digit));
        match (others.next(), others.next()) {
            (Some(Digit::Column { column, size }), None) => Some((*column, *size)),
            _ => None,
        }
    });
    let follower = leads.and_then(|(lead, least)| {
        own.iter().find_map(|digit| match digit {
            Digit::Column { column, size } if *size >= least => Some((lead, *column)),
            _ => None,
        })
    });
    if let Some((lead, follower)) = follower {
        table.columns[follower].origin = Origin::Tied(lead);
    }
    follower.is_some()
}

fn can_lay_out(tables: &[TablePlan], position: usize, link: usize) -> bool {
    let table = &tables[position];
    let parent = &table.parents[link];
    let plain = |tuple: &TuplePlan| tuple.within.is_none() && !tuple.apart;
    table.layout.is_none()
        && parent.parent != position
        && parent.eligible.is_none()
        && tables[parent.parent].rows > 0
        && table
            .tuples
            .iter()
            .filter(|tuple| tuple.digits.contains(&Digit::Parent(link)))
            .all(plain)
}

/// Lays rows out by a parent; tuples that have it as a digit are numbered among its rows from now on.
fn lay_out(tables: &mut [TablePlan], position: usize, link: usize, problems: &mut Problems) {
    let table = &mut tables[position];
    table.layout = Some(link);
    table.parents[link].choice = Choice::Layout;
    table.parents[link].nulls_per_million = 0;
    for tuple in 0..tables[position].tuples.len() {
        let plan = &mut tables[position].tuples[tuple];
        if !plan.digits.contains(&Digit::Parent(link)) {
            continue;
        }
        plan.within = Some(1);
        let (digits, name) = (plan.digits.clone(), plan.constraint.clone());
        let size = tuple_size(tables, position, &digits);
        fit(&mut tables[position], &name, size, problems);
    }
}
