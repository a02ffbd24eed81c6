//! Which columns a change may touch, and which of their cells: the contract, written down a second
//! time and apart from the planner.
//!
//! - A column, table or index more or less touches no other cell, but those of a unique key's columns
//!   and of the keys that share one with it.
//! - A CHECK touches the columns that CHECKs and unique keys tie to its own.
//! - NOT NULL touches the cells that were NULL.
//! - More rows touch no cell of those before, but choices that the plan marks; a row that chose one
//!   parent of many alike keeps it or takes a new one.
//! - A foreign key, and when a row came to be, touch what follows from it: whose data the row holds,
//!   and its moments, which are not earlier than its parents'. A foreign key may lay rows out anew.
//! - A column that is a part of what another tells, or made of others, touches these: a state and its
//!   moments, a country and its cities, a total and its parts.

use std::collections::{BTreeMap, BTreeSet};

use seeder::plan::{Moment, Origin};

use super::data::Data;
use super::model::{Foreign, Model, Table, Unique};
use super::related::Related;

/// What may change of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Every one.
    All,
    /// Those that were NULL, or are.
    Nulls,
    /// They refer to the same row, or to one that is new or gone: position among the foreign keys.
    Newer(usize),
    /// They refer to the same row, of which another value is copied: position among the foreign keys.
    Copied(usize),
    /// Those of rows whose parents are others, or their parents' parents.
    Follows,
}

/// A column of a table.
type Place = (String, String);

/// What a change may touch.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    /// Columns that it may touch.
    pub(super) columns: BTreeMap<Place, BTreeSet<Reach>>,
    /// Tables of which every row counts as one with other parents.
    pub(super) moved: BTreeSet<String>,
    /// Tables of which some rows may have other parents, or parents that have.
    follow: BTreeSet<String>,
}

/// Two models with their rows; names in `after` are those before.
pub(super) struct Pair<'m> {
    pub(super) before: &'m Model,
    pub(super) after: &'m Model,
    pub(super) old: &'m Data,
    pub(super) new: &'m Data,
}

impl Allowed {
    pub(super) fn of(pair: &Pair<'_>) -> Self {
        let mut allowed = Self::default();
        for (was, is) in pair.tables() {
            allowed.constraints(was, is);
            allowed.circles(pair, was, is);
            allowed.nulls(was, is);
            allowed.rows(pair, was);
            allowed.came_to_be(pair, was);
            allowed.related(pair, was);
        }
        loop {
            let before = (allowed.columns.clone(), allowed.follow.len());
            for (was, is) in pair.tables() {
                for table in [was, is] {
                    allowed.follow(pair, table);
                }
            }
            if before == (allowed.columns.clone(), allowed.follow.len()) {
                return allowed;
            }
        }
    }

    fn add(&mut self, table: &str, columns: &[String], reach: Reach) {
        for column in columns {
            let place = (table.to_owned(), column.clone());
            self.columns.entry(place).or_default().insert(reach);
        }
    }

    fn reached(&self, table: &str, column: &str) -> Option<&BTreeSet<Reach>> {
        self.columns.get(&(table.to_owned(), column.to_owned()))
    }

    /// Constraints that only one of the two has.
    fn constraints(&mut self, was: &Table, is: &Table) {
        for (own, other) in [(was, is), (is, was)] {
            for check in own
                .checks
                .iter()
                .filter(|check| !other.checks.contains(check))
            {
                let group = tied(own, &check.columns);
                // Whether a row has a parent is decided anew, and it was not made before its parent.
                if group.iter().any(|column| is_optional(own, column)) {
                    self.moved.insert(own.name.clone());
                }
                // A key is carried by the column that has the most values left.
                self.add(&own.name, &keyed(was, is, &group), Reach::All);
            }
            for unique in own
                .uniques
                .iter()
                .filter(|unique| !other.uniques.contains(unique))
            {
                self.add(&own.name, &unique.columns, Reach::All);
                self.add(&own.name, &keyed(was, is, &unique.columns), Reach::All);
                // Rows in a chain may be as old as the one before them.
                let itself = |one: &&Foreign| one.table == own.name;
                let mut chains = own.foreign.iter().filter(itself);
                if chains.any(|one| one.columns.iter().any(|own| unique.columns.contains(own))) {
                    self.moved.insert(own.name.clone());
                }
            }
            for foreign in own
                .foreign
                .iter()
                .filter(|one| !other.foreign.contains(one))
            {
                self.add(&own.name, &foreign.columns, Reach::All);
                self.add(&own.name, &keyed(was, is, &foreign.columns), Reach::All);
                self.moved.insert(own.name.clone());
                if foreign.columns.len() > 1 {
                    // Rows of the whole family are laid out by the column that they share.
                    let all: Vec<String> = own
                        .foreign
                        .iter()
                        .flat_map(|one| one.columns.clone())
                        .collect();
                    self.add(&own.name, &all, Reach::All);
                }
            }
        }
    }

    /// A foreign key that closes or opens a circle changes who comes first in it, and which parents are
    /// known before their children: CHECKs choose among those.
    fn circles(&mut self, pair: &Pair<'_>, was: &Table, is: &Table) {
        for (own, other, model) in [(was, is, pair.before), (is, was, pair.after)] {
            let changed = own
                .foreign
                .iter()
                .filter(|one| !other.foreign.contains(one));
            for foreign in changed.filter(|one| model.above(&one.table).contains(&own.name)) {
                let around = model.above(&foreign.table).into_iter();
                for name in around.filter(|name| model.above(name).contains(&own.name)) {
                    if let Some(table) = model.table(&name) {
                        self.add(&name, &checked_links(table), Reach::All);
                    }
                    self.moved.insert(name);
                }
            }
        }
    }

    fn nulls(&mut self, was: &Table, is: &Table) {
        for column in &was.columns {
            let now = is.column(&column.name);
            if now.is_some_and(|now| now.nullable != column.nullable) {
                let own = std::slice::from_ref(&column.name);
                let several = |foreign: &&Foreign| {
                    foreign.columns.len() > 1 && foreign.columns.contains(&column.name)
                };
                self.add(&was.name, own, Reach::Nulls);
                for foreign in was.foreign.iter().filter(several) {
                    self.add(&was.name, &foreign.columns, Reach::Nulls);
                }
                if was
                    .checks
                    .iter()
                    .any(|check| check.columns.contains(&column.name))
                {
                    self.add(&was.name, &tied(was, own), Reach::All);
                }
            }
        }
    }

    /// Choices among parents of which there are more or fewer.
    fn rows(&mut self, pair: &Pair<'_>, table: &Table) {
        let scaled = |name: &str| {
            let count = |data: &Data| data.rows(name).len();
            count(pair.old) != count(pair.new)
        };
        let near = table.foreign.iter().map(|foreign| &foreign.table);
        let near: Vec<&String> = near.chain([&table.name]).collect();
        // Layouts depend on tables further up as well.
        let any =
            near.iter().any(|name| scaled(name)) || pair.tables().any(|(own, _)| scaled(&own.name));
        for column in table.columns.iter().filter(|_| any) {
            if pair.moves(&table.name, &column.name) {
                self.add(&table.name, std::slice::from_ref(&column.name), Reach::All);
            }
        }
        for (position, foreign) in table.foreign.iter().enumerate() {
            if scaled(&foreign.table) {
                self.add(&table.name, &foreign.columns, Reach::Newer(position));
            }
        }
    }

    /// Children are not older than their parents, whose age may be known only now.
    fn came_to_be(&mut self, pair: &Pair<'_>, table: &Table) {
        let aged = |data: &Data| {
            let planned = data.planned(&table.name);
            planned.is_some_and(|(_, values)| {
                values
                    .makers
                    .iter()
                    .any(|maker| maker.moment == Some(Moment::Created))
            })
        };
        if aged(pair.old) != aged(pair.new) {
            let refers = |child: &&Table| child.foreign.iter().any(|one| one.table == table.name);
            for child in pair.after.tables.iter().filter(refers) {
                self.moved.insert(child.name.clone());
            }
        }
    }

    /// Columns that are made of others than before, people who are others, rows that another parent lays
    /// out.
    fn related(&mut self, pair: &Pair<'_>, table: &Table) {
        let related = Related::of(pair, &table.name);
        let changed: Vec<String> = related.changed().into_iter().collect();
        self.add(&table.name, &changed, Reach::All);
        if related.other_people {
            self.moved.insert(table.name.clone());
        }
        if related.laid_anew {
            self.moved.insert(table.name.clone());
            for foreign in &table.foreign {
                self.add(&table.name, &foreign.columns, Reach::All);
            }
        }
    }

    /// What follows within a table, and from the tables that it refers to.
    fn follow(&mut self, pair: &Pair<'_>, table: &Table) {
        let name = &table.name;
        for (position, foreign) in table.foreign.iter().enumerate() {
            for (own, there) in foreign.columns.iter().zip(&foreign.referenced) {
                if self.reached(&foreign.table, there).is_some() {
                    self.add(name, std::slice::from_ref(own), Reach::Copied(position));
                }
            }
        }
        let by_parents =
            |column: &String| table.foreign.iter().any(|one| one.columns.contains(column));
        let related = Related::of(pair, name);
        let mut moves = self.moved.contains(name);
        for column in table.columns.iter().map(|column| &column.name) {
            let Some(reach) = self.reached(name, column).cloned() else {
                continue;
            };
            moves |= by_parents(column);
            let group = tied(table, std::slice::from_ref(column));
            // Among parents with other values a CHECK lets others pass.
            let read = table
                .checks
                .iter()
                .any(|check| check.columns.contains(column));
            if group.len() > 1 || read && by_parents(column) {
                self.add(name, &group, Reach::All);
            }
            self.add(name, &related.made_of(column), Reach::All);
            // Rows that are laid out anew have another place among their siblings.
            if by_parents(column) && reach.contains(&Reach::All) {
                let placed = pair.placed(name);
                self.add(name, &placed, Reach::All);
            }
        }
        let above = table
            .foreign
            .iter()
            .any(|one| self.follow.contains(&one.table));
        if moves || above {
            self.follow.insert(name.clone());
            let following = pair.following(name);
            self.add(name, &following, Reach::Follows);
        }
    }
}

impl Model {
    /// The tables that a table refers to, itself first, and those above them.
    fn above(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_owned()];
        let mut at = 0;
        while at < found.len() {
            let own = self.table(&found[at]);
            let names = own.into_iter().flat_map(|own| &own.foreign);
            let names: Vec<String> = names.map(|foreign| foreign.table.clone()).collect();
            for name in names {
                if !found.contains(&name) {
                    found.push(name);
                }
            }
            at += 1;
        }
        found
    }
}

impl Pair<'_> {
    /// Tables that both have.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&Table, &Table)> {
        let was = self.before.tables.iter();
        was.filter_map(|was| Some((was, self.after.table(&was.name)?)))
    }

    /// The name that a column has now.
    pub(super) fn now<'n>(&'n self, table: &str, column: &'n str) -> &'n str {
        let planned = self.new.planned(table).map(|(own, _)| own);
        if planned.is_some_and(|own| own.column(column).is_some()) {
            return column;
        }
        let own = self.after.table(table).and_then(|own| own.column(column));
        own.and_then(|own| own.was.as_deref()).unwrap_or(column)
    }

    /// The name that a column had.
    pub(super) fn was(&self, table: &str, column: &str) -> String {
        let own = self.before.table(table);
        let mut columns = own.into_iter().flat_map(|own| &own.columns);
        let known = columns.find(|own| self.now(table, &own.name) == column);
        known.map_or_else(|| column.to_owned(), |own| own.name.clone())
    }

    fn moves(&self, table: &str, column: &str) -> bool {
        self.old.moves(table, column) || self.new.moves(table, self.now(table, column))
    }

    /// Columns that hold a row's place among its siblings.
    fn placed(&self, table: &str) -> Vec<String> {
        self.columns(table, |own, maker| {
            let place = maker
                .generator
                .as_ref()
                .is_some_and(|one| one.name() == "position");
            place || matches!(own.origin, Origin::Ordinal { .. } | Origin::Slot(..))
        })
    }

    /// Columns that hold a person's data or a moment.
    fn following(&self, table: &str) -> Vec<String> {
        self.columns(table, |_, maker| {
            let person = maker.generator.as_ref().is_some_and(|one| one.of_person());
            person || maker.moment.is_some()
        })
    }

    fn columns(
        &self,
        table: &str,
        is: impl Fn(&seeder::plan::ColumnPlan, &seeder::plan::Maker) -> bool,
    ) -> Vec<String> {
        let Some((own, values)) = self.old.planned(table) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (column, maker) in own.columns.iter().zip(&values.makers) {
            let new = self.new.planned(table).and_then(|(own, values)| {
                let at = own.column(self.now(table, &column.name))?;
                Some((&own.columns[at], &values.makers[at]))
            });
            if is(column, maker) || new.is_some_and(|(column, maker)| is(column, maker)) {
                found.push(column.name.clone());
            }
        }
        found
    }
}

/// Whether a column is of a foreign key that a row may go without.
fn is_optional(table: &Table, column: &String) -> bool {
    let nullable = table.column(column).is_some_and(|own| own.nullable);
    let mut foreign = table.foreign.iter();
    nullable && foreign.any(|one| one.columns.contains(column))
}

/// Columns of foreign keys that a CHECK reads.
fn checked_links(table: &Table) -> Vec<String> {
    let read = |column: &String| {
        table
            .checks
            .iter()
            .any(|check| check.columns.contains(column))
    };
    let columns = table.foreign.iter().flat_map(|foreign| &foreign.columns);
    columns.filter(|column| read(column)).cloned().collect()
}

/// Columns that CHECKs tie to some, these among them.
fn tied(table: &Table, columns: &[String]) -> Vec<String> {
    let sets = table.checks.iter().map(|check| &check.columns);
    closure(&sets.collect::<Vec<_>>(), columns)
}

/// Columns of unique keys that share one with some, before or after.
fn keyed(was: &Table, is: &Table, columns: &[String]) -> Vec<String> {
    let uniques = |table: &'_ Table| -> Vec<Vec<String>> {
        let uniques = table
            .uniques
            .iter()
            .map(|unique: &Unique| unique.columns.clone());
        uniques.chain([table.primary.clone()]).collect()
    };
    let sets: Vec<Vec<String>> = uniques(was).into_iter().chain(uniques(is)).collect();
    closure(&sets.iter().collect::<Vec<_>>(), columns)
}

fn closure(sets: &[&Vec<String>], columns: &[String]) -> Vec<String> {
    let mut found: BTreeSet<String> = columns.iter().cloned().collect();
    loop {
        let before = found.len();
        for set in sets {
            if set.iter().any(|column| found.contains(column)) {
                found.extend(set.iter().cloned());
            }
        }
        if found.len() == before {
            return found.into_iter().collect();
        }
    }
}
