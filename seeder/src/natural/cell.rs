//! What a generator is told about the cell that it fills.

use crate::key::{Draw, Key};
use crate::person::Person;

/// A cell to be filled.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The column's key.
    pub key: &'a Key,
    /// The row.
    pub row: u64,
    /// Tries before this one to satisfy a constraint.
    pub attempt: u32,
    /// The person of the row, or of the row that owns it.
    pub person: Option<&'a Person>,
    /// The present, in microseconds since 1970.
    pub as_of_micros: i64,
    /// The row's position among the rows of its parent; the row itself where it has none.
    pub ordinal: u64,
}

impl<'a> Cell<'a> {
    /// A cell of a row without person or parent.
    pub fn new(key: &'a Key, row: u64, as_of_micros: i64) -> Self {
        Self {
            key,
            row,
            attempt: 0,
            person: None,
            as_of_micros,
            ordinal: row,
        }
    }

    /// One of the cell's draws.
    #[inline]
    pub fn draw(&self, part: u32) -> Draw {
        self.key.draw(self.row, self.attempt, part)
    }

    /// The cell's person; one of its own where none is given, or where the given one has failed.
    #[inline]
    pub(crate) fn person(&self) -> Person {
        match self.person {
            Some(person) if self.attempt == 0 => *person,
            _ => Person::drawn(self.draw(0), self.row),
        }
    }
}
