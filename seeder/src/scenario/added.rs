//! The rows that scenarios add to a table, behind the generated ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::value::Value;

/// A row of a scenario.
#[derive(Debug, Clone, Default)]
pub struct AddedRow {
    /// Its number, which its draws are made with: from [`SCENARIO_ROWS`](crate::engine::SCENARIO_ROWS)
    /// on, and the same whatever else is chosen.
    pub row: u64,
    /// Values that are set, by position of the column.
    pub set: Vec<(usize, Value)>,
    /// The same, of types of which only the server knows what a text means.
    pub texts: Vec<(usize, Value)>,
    /// The rows that foreign keys refer to, by position in `parents`, where the row does not choose.
    pub parents: Vec<(usize, Option<u64>)>,
    /// Its place among the rows of its layout's parent, from 0 on.
    pub ordinal: u64,
}

impl AddedRow {
    /// The value that a column is set to.
    pub fn value(&self, column: usize) -> Option<&Value> {
        let mut set = self.set.iter().chain(&self.texts);
        set.find_map(|(own, value)| (*own == column).then_some(value))
    }

    /// The row that a foreign key refers to; the outer `None` where the row chooses as any other.
    pub fn parent(&self, link: usize) -> Option<Option<u64>> {
        let mut parents = self.parents.iter();
        parents.find_map(|(own, parent)| (*own == link).then_some(*parent))
    }
}

/// Bits of a row's number that say which person behind the generated ones its data is of: few enough for
/// believable addresses, and more than there are rows.
const PERSON_BITS: u32 = 30;

/// The rows of scenarios in a table, in their order.
#[derive(Debug, Clone, Default)]
pub struct AddedRows {
    rows: Vec<AddedRow>,
    places: BTreeMap<u64, usize>,
    /// The persons of the rows.
    persons: BTreeSet<u64>,
}

impl AddedRows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &AddedRow> {
        self.rows.iter()
    }

    /// The row that comes behind so many others.
    pub fn get(&self, place: usize) -> Option<&AddedRow> {
        self.rows.get(place)
    }

    /// How many rows come before the one of this number.
    pub fn place(&self, row: u64) -> Option<usize> {
        self.places.get(&row).copied()
    }

    /// Whether a number cannot be another row's: it is one's already, or its person is.
    pub fn is_taken(&self, row: u64) -> bool {
        self.places.contains_key(&row) || self.persons.contains(&Self::person(row))
    }

    /// Which person behind those of the generated rows a row's data is of.
    pub fn person(row: u64) -> u64 {
        row & ((1 << PERSON_BITS) - 1)
    }

    /// Puts a row behind the others; its number must not be taken.
    pub fn push(&mut self, row: AddedRow) {
        self.persons.insert(Self::person(row.row));
        self.places.insert(row.row, self.rows.len());
        self.rows.push(row);
    }

    /// Takes the last row away.
    pub fn pop(&mut self) {
        if let Some(row) = self.rows.pop() {
            self.places.remove(&row.row);
            self.persons.remove(&Self::person(row.row));
        }
    }

    /// Says of the last row which place it has among its siblings.
    pub fn set_ordinal(&mut self, ordinal: u64) {
        if let Some(last) = self.rows.last_mut() {
            last.ordinal = ordinal;
        }
    }

    /// Takes all rows away.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.places.clear();
        self.persons.clear();
    }
}
