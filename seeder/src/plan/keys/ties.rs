//! Unique keys that a CHECK ties to one another: `valid_to > valid_from` where both are unique, or
//! `left(iso3, 1) = left(iso2, 1)`.
//!
//! Each alone could be made different in every row, but not without looking at the other. So one
//! column leads and the other follows: as a function of its value where the CHECK orders the two, else
//! by a list of combinations that is made before any row is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::find::UniqueKey;
use super::pair::Pair;
use crate::plan::table::{Digit, Origin, TablePlan};
use crate::plan::unlike::Unlike;
use crate::plan::values::Values;

/// The part of a column's key that ties are drawn with.
pub(super) const KEY: &str = "tied";

/// The distinct values of columns that are tied.
pub(in crate::plan) type Tied = BTreeMap<usize, Unlike>;

/// Makes a column of a unique key follow one that is different already in the rows that the key compares,
/// and gives the one that leads; `None` where nothing ties one of `wanted` to such a column. Columns that
/// are unique by themselves (`alone`) and tied to these follow at once.
pub(super) fn follow(
    table: &mut TablePlan,
    values: &Values,
    (key, wanted, alone): (&UniqueKey, &[usize], &[usize]),
    tied: &mut Tied,
) -> Option<usize> {
    for &follower in wanted {
        let Some(group) = values.makers[follower].group else {
            continue;
        };
        let group = &values.groups[group];
        let mut leads: Vec<usize> = group.columns().to_vec();
        leads.retain(|&column| column != follower && leads_in(table, key, column));
        // What a CHECK compares it with comes before what is tied to that.
        leads.sort_by_key(|&column| !group.links(column, follower));
        for lead in leads {
            let pair = Pair::new((table, values, group), (lead, follower, alone), tied);
            if let Some(found) = pair.tie() {
                let root = pair.root(lead);
                for &column in found.keys() {
                    if table.columns[column].origin == Origin::Free {
                        table.columns[column].origin = Origin::Tied(root);
                    }
                }
                table.columns[follower].origin = Origin::Tied(lead);
                tied.extend(found);
                return Some(root);
            }
        }
    }
    None
}

/// Columns of one key that a CHECK ties become one digit, whose values are the combinations that it
/// allows: `PRIMARY KEY (low, high)` beside `low < high`.
pub(super) fn combine(
    table: &mut TablePlan,
    values: &Values,
    mut digits: Vec<Digit>,
    tied: &mut Tied,
) -> Vec<Digit> {
    let columns: Vec<usize> = digits.iter().filter_map(Digit::column).collect();
    for (number, group) in values.groups.iter().enumerate() {
        let own = |column: &&usize| values.makers[**column].group == Some(number);
        let among: Vec<usize> = columns.iter().filter(own).copied().collect();
        let linked = |column: &usize| {
            among
                .iter()
                .any(|own| own != column && group.links(*own, *column))
        };
        let members: Vec<usize> = among.iter().copied().filter(linked).collect();
        let [first, .., last] = members[..] else {
            continue;
        };
        let pair = Pair::new((table, values, group), (first, last, &members), tied);
        let Some(combinations) = pair.allowed(&members) else {
            continue;
        };
        let size = combinations.len() as u64;
        let combinations = Arc::new(combinations);
        for (at, &column) in members.iter().enumerate() {
            tied.insert(column, Unlike::Listed(Arc::clone(&combinations), at));
            if column != first {
                table.columns[column].origin = Origin::Tied(first);
            }
        }
        digits.retain(|digit| {
            digit
                .column()
                .is_none_or(|column| !members.contains(&column))
        });
        digits.push(Digit::Column {
            column: first,
            size,
        });
    }
    digits
}

/// Whether a column is different in every row, or in those whose other columns of the key are equal.
fn leads_in(table: &TablePlan, key: &UniqueKey, column: usize) -> bool {
    let in_key = |own: usize| key.columns.contains(&own);
    let whole = |link: usize| {
        table.parents[link]
            .columns
            .iter()
            .all(|(own, _)| in_key(*own))
    };
    match table.columns[column].origin {
        Origin::Serial { .. } | Origin::Distinct => true,
        Origin::Tied(first) => leads_in(table, key, first),
        Origin::Ordinal { .. } => table.layout.is_some_and(whole),
        Origin::Digit(tuple) => table.tuples[tuple].digits.iter().all(|digit| match digit {
            Digit::Column { column: own, .. } => *own == column || in_key(*own),
            Digit::Parent(parent) => whole(*parent),
        }),
        _ => false,
    }
}
