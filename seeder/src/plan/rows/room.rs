//! How many children of one parent the unique keys of a table have room for.

use std::collections::BTreeSet;

use rules::schema::Schema;

use crate::plan::keys::{self, Capacity, Places};
use crate::plan::table::{Choice, Origin, TablePlan};

/// Places that a column's CHECKs are asked about; a parent seldom has as many children.
const PLACES_MAX: u64 = 1_000;

/// A column with so many times as many values as there may be rows makes every row another by itself.
const SPARE: u64 = 16;

/// What a table's unique keys are made of.
pub(in crate::plan) struct Room<'a> {
    pub(in crate::plan) schema: &'a Schema,
    pub(in crate::plan) capacity: &'a Capacity<'a>,
    pub(in crate::plan) places: &'a Places<'a>,
    /// Whether CHECKs say something of a column.
    pub(in crate::plan) tied: &'a dyn Fn(usize) -> bool,
    /// Whether a column may hold a number.
    pub(in crate::plan) accepts: &'a dyn Fn(usize, i64) -> bool,
}

impl Room<'_> {
    /// The most children that one parent may have, and the key that says so; the reason where rows
    /// cannot be laid out by this parent with numbers of children of their own.
    pub(super) fn children(
        &self,
        tables: &[TablePlan],
        position: usize,
        link: usize,
    ) -> Result<(u64, String), String> {
        if let Some(key) = self.counted_upon(tables, position) {
            return Err(format!(
                "unique key \"{key}\" counts on equally many rows for each parent"
            ));
        }
        let mut least = (u64::MAX, String::new());
        let table = &tables[position];
        let own: Vec<usize> = table.parents[link]
            .columns
            .iter()
            .map(|(own, _)| *own)
            .collect();
        for key in keys::keys_of(self.schema, table) {
            if !key.columns.iter().any(|column| own.contains(column)) {
                continue;
            }
            let cap = self.of_key(tables, position, link, &key)?;
            if cap < least.0 {
                least = (cap, format!("unique key \"{}\"", key.name));
            }
        }
        Ok(least)
    }

    fn of_key(
        &self,
        tables: &[TablePlan],
        position: usize,
        link: usize,
        key: &keys::UniqueKey,
    ) -> Result<u64, String> {
        let table = &tables[position];
        let own = |column: &usize| table.parents[link].columns.iter().any(|(c, _)| c == column);
        let numbered = |column: &usize| {
            matches!(
                table.columns[*column].origin,
                Origin::Serial { .. } | Origin::Slot(..)
            )
        };
        if key.columns.iter().any(numbered) {
            return Ok(u64::MAX);
        }
        let mut free = Vec::new();
        let mut room = 1_u64;
        let mut others = BTreeSet::new();
        for column in key.columns.iter().filter(|column| !own(column)) {
            match table.columns[*column].origin {
                Origin::Parent(other) if other != link => {
                    others.insert(other);
                }
                Origin::Free => free.push(*column),
                _ => {}
            }
        }
        for &other in &others {
            let plan = &table.parents[other];
            if plan.parent == table.parents[link].parent {
                return Err(format!(
                    "unique key \"{}\" holds two rows of {}",
                    key.name, tables[plan.parent].name
                ));
            }
            room = room.saturating_mul(plan.choices(tables[plan.parent].rows));
        }
        let ordinal = free.len() == 1 && others.is_empty() && keys::is_ordinal(table, free[0]);
        if let Some((start, step)) =
            (self.places)(free.first().copied().unwrap_or(0)).filter(|_| ordinal)
        {
            let fits = |place: &u64| (self.accepts)(free[0], start + *place as i64 * step);
            return Ok((0..PLACES_MAX).take_while(fits).count() as u64);
        }
        for &column in &free {
            let size = (self.capacity)(column).unwrap_or(1);
            if size >= table.rows.saturating_mul(SPARE) {
                return Ok(u64::MAX);
            }
            room = room.saturating_mul(size.max(1));
        }
        Ok(room)
    }

    /// A unique key of a table that chooses rows within an ancestor's block, where this table's blocks
    /// are what it counts with.
    fn counted_upon(&self, tables: &[TablePlan], position: usize) -> Option<String> {
        for (at, table) in tables.iter().enumerate() {
            for link in within(table) {
                if !on_the_way(tables, at, link).contains(&position) {
                    continue;
                }
                let columns = &table.parents[link].columns;
                let key = keys::keys_of(self.schema, table).into_iter().find(|key| {
                    let has = |column: usize| key.columns.contains(&column);
                    let serial = |column: &usize| {
                        matches!(table.columns[*column].origin, Origin::Serial { .. })
                    };
                    let owned = |(column, _): &(usize, usize)| {
                        has(*column)
                            && table
                                .layout
                                .is_none_or(|laid| !decides(table, laid, *column))
                    };
                    columns.iter().any(owned) && !key.columns.iter().any(serial)
                });
                if let Some(key) = key {
                    return Some(key.name);
                }
            }
        }
        None
    }
}

fn decides(table: &TablePlan, link: usize, column: usize) -> bool {
    let mut columns = table.parents[link].columns.iter();
    columns.any(|(own, _)| *own == column)
}

/// Foreign keys that choose within an ancestor's block.
fn within(table: &TablePlan) -> impl Iterator<Item = usize> + '_ {
    (0..table.parents.len())
        .filter(|&link| matches!(table.parents[link].choice, Choice::Within { .. }))
}

/// The tables whose layout decides which rows such a foreign key may choose: up to the ancestor, and
/// down to the parent.
fn on_the_way(tables: &[TablePlan], position: usize, link: usize) -> BTreeSet<usize> {
    let plan = &tables[position].parents[link];
    let Choice::Within { up, down } = plan.choice else {
        return BTreeSet::new();
    };
    let mut found = chain(tables, position, up);
    found.extend(chain(tables, plan.parent, down));
    found
}

/// A table and those above it whose layouts lead so many steps up.
fn chain(tables: &[TablePlan], position: usize, steps: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut at = position;
    for _ in 0..steps {
        found.insert(at);
        let Some(layout) = tables[at].layout else {
            break;
        };
        at = tables[at].parents[layout].parent;
    }
    found
}

/// A table that must find a row of this one below each ancestor.
pub(super) fn least_needed(tables: &[TablePlan], position: usize) -> Option<usize> {
    let needs = |table: &TablePlan| {
        let mut links = within(table);
        links.any(|link| {
            let plan = &table.parents[link];
            let Choice::Within { down, .. } = plan.choice else {
                return false;
            };
            chain(tables, plan.parent, down).contains(&position)
        })
    };
    tables.iter().position(needs)
}
