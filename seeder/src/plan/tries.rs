//! How often a row is tried, and which parts of it are tried again.

use super::table::TablePlan;
use crate::check::Group;
use crate::key::Key;

/// Groups of CHECKs, and the foreign keys that may be chosen again for them.
///
/// Those that have no column in common are counted apart, so that what one of them needs changes
/// nothing of another.
#[derive(Debug, Default)]
pub struct Tries {
    /// How many are counted apart.
    pub count: usize,
    /// The key of each group's draws.
    pub keys: Vec<Key>,
    /// Which count is that of each group.
    pub groups: Vec<usize>,
    /// Which count is that of each foreign key; `None` for one that no group reads.
    pub links: Vec<Option<usize>>,
}

impl Tries {
    /// Groups are known by their columns' names, not by their place among others.
    pub(crate) fn of(table: &TablePlan, groups: &[Group]) -> Self {
        let mut counts: Vec<usize> = (0..groups.len()).collect();
        let group_of = |column: usize| {
            let tied = |group: &Group| group.columns().contains(&column);
            groups.iter().position(tied)
        };
        let read: Vec<Vec<usize>> = table
            .parents
            .iter()
            .map(|link| {
                let own = link.columns.iter();
                let read = own.filter_map(|(own, _)| group_of(*own));
                read.collect()
            })
            .collect();
        for read in &read {
            for pair in read.windows(2) {
                let (kept, gone) = (counts[pair[0]], counts[pair[1]]);
                for count in counts.iter_mut().filter(|count| **count == gone) {
                    *count = kept;
                }
            }
        }
        let links = read.iter().map(|read| Some(counts[*read.first()?]));
        Self {
            count: groups.len(),
            keys: groups
                .iter()
                .map(|group| key(table, group.columns()))
                .collect(),
            links: links.collect(),
            groups: counts,
        }
    }
}

fn key(table: &TablePlan, columns: &[usize]) -> Key {
    let names = columns
        .iter()
        .map(|&column| &table.columns[column].known_as);
    names.fold(table.key.part("group"), |key, name| key.part(name))
}
