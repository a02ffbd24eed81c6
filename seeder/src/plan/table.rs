//! What a plan says of each table.

use std::sync::Arc;

use rules::schema::Name;
use rules::seed::Distribution;

use crate::key::{Key, Permutation};
use crate::natural::distribution::FanOut;
use crate::scenario::{AddedRow, AddedRows};
use crate::value::{Type, Value};

/// A table that is filled, or one that is filled already and only referred to.
#[derive(Debug)]
pub struct TablePlan {
    /// Its name; the root of a partitioned one.
    pub name: Name,
    /// The key of its rows.
    pub key: Key,
    /// Generated rows, numbered from 0; those that are there already for a filled table.
    pub rows: u64,
    /// Why so many.
    pub rows_because: String,
    /// The highest level that it refers to, and one more.
    pub level: usize,
    /// Key values of the rows that are there already; `None` for a table that is filled by us.
    pub filled: Option<Filled>,
    /// Every column in the table's order.
    pub columns: Vec<ColumnPlan>,
    /// Foreign keys, those that others are chosen by first.
    pub parents: Vec<ParentPlan>,
    /// The foreign key in whose parents' order the rows are laid out, by position in `parents`.
    pub layout: Option<usize>,
    /// How many rows each parent of the layout has; `None` where each has as many as the other.
    pub fan_out: Option<FanOut>,
    /// Unique keys that several columns carry together.
    pub tuples: Vec<TuplePlan>,
    /// Exclusion constraints: places on a line.
    pub slots: Vec<SlotPlan>,
    /// Rows of scenarios, which come after the generated ones.
    pub added: AddedRows,
}

/// The rows of a table that somebody else filled, as far as others refer to them.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// Positions of the columns that are known.
    pub columns: Vec<usize>,
    /// Their values, row by row in the order of the first columns.
    pub rows: Vec<Vec<Value>>,
}

/// A column.
#[derive(Debug)]
pub struct ColumnPlan {
    /// Its name.
    pub name: String,
    /// The name that its values are made by: its own, or the former one that a rule declares.
    pub known_as: String,
    /// Its key.
    pub key: Key,
    /// Its type.
    pub data_type: Type,
    /// Whether NULL is allowed, by the column and its domains.
    pub nullable: bool,
    /// Whether the server computes it, so that nothing is sent.
    pub generated: bool,
    /// Where its values come from.
    pub origin: Origin,
}

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The server computes it.
    Generated,
    /// The row's number, times `step`, plus `start`.
    Serial {
        /// Value of row 0.
        start: i64,
        /// From row to row.
        step: i64,
    },
    /// A column of a chosen parent row: position in `parents`.
    Parent(usize),
    /// All different by itself, whatever the other columns are.
    Distinct,
    /// One of the digits of a tuple: position in `tuples`.
    Digit(usize),
    /// Another one for each value of a column that CHECKs tie it to: position of that column.
    Tied(usize),
    /// The row's place among the rows of its layout's parent, times `step`, plus `start`.
    Ordinal {
        /// Value of the first.
        start: i64,
        /// From one to the next.
        step: i64,
    },
    /// A place on a line that no other row has: position in `slots`.
    Slot(usize, SlotPart),
    /// Believable, or what its CHECKs ask for.
    Free,
}

/// What of a place on a line a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotPart {
    /// The range.
    Whole,
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// An exclusion constraint: each row has a place on a line that no other one overlaps.
#[derive(Debug, Clone)]
pub struct SlotPlan {
    /// The constraint's name.
    pub constraint: String,
    /// Its key.
    pub key: Key,
    /// Whether each parent of the layout has a line of its own.
    pub by_parent: bool,
    /// How many times as long as usual a place is.
    pub factor: i64,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub struct ParentPlan {
    /// The constraint's name.
    pub constraint: String,
    /// Its key.
    pub key: Key,
    /// Position of the parent in the plan.
    pub parent: usize,
    /// Positions of each column in the table and in the parent.
    pub columns: Vec<(usize, usize)>,
    /// How a row's parent is chosen.
    pub choice: Choice,
    /// Columns that are the table's own although they are part of this key: those of a tenant whose
    /// owner is one of its own members.
    pub own_columns: Vec<usize>,
    /// The parents that CHECKs of the child allow, ascending; `None` for all of them.
    pub eligible: Option<Arc<Vec<u64>>>,
    /// How many of a million rows have none.
    pub nulls_per_million: u32,
    /// Positions of the columns that are NULL in such a row.
    pub null_columns: Vec<usize>,
    /// Its place among the foreign keys that are tried together because a CHECK ties their absence to
    /// something: tries of a row go through every pattern of these.
    pub pattern: Option<u32>,
}

/// How a row's parent is chosen.
#[derive(Debug, Clone)]
pub enum Choice {
    /// Each parent as often as the other, and most choices stay when there are more of them.
    Uniform,
    /// A few parents have many children.
    Spread(Distribution, Permutation),
    /// Rows are laid out in the order of their parents.
    Layout,
    /// Each parent at most once.
    Once(Permutation),
    /// Every row's parent is the row before it.
    Previous,
    /// A row before it, of the same table.
    Earlier,
    /// Among the parents that share an ancestor with the row: steps of layout to that ancestor from
    /// the row and from the parent.
    Within {
        /// Steps up from the row.
        up: usize,
        /// Steps down to the parent.
        down: usize,
    },
    /// A digit of a tuple: position in `tuples`.
    Digit(usize),
    /// The row that another foreign key of the same columns chose: position in `parents`.
    Same(usize),
}

/// A unique key that several columns carry together: each row's tuple is another.
#[derive(Debug, Clone)]
pub struct TuplePlan {
    /// The unique key's name.
    pub constraint: String,
    /// Its key.
    pub key: Key,
    /// Its digits.
    pub digits: Vec<Digit>,
    /// Whether tuples differ only among rows of the same ancestor: steps of layout up to it.
    pub within: Option<usize>,
    /// Whether its two digits are rows of one table: every pair of them once, whichever comes first.
    pub apart: bool,
    /// Whether the first of such a pair is the earlier row always, or the later one.
    pub ascends: Option<bool>,
}

/// A digit of a tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digit {
    /// Which parent: position in `parents`.
    Parent(usize),
    /// Which of a column's distinct values.
    Column {
        /// Position of the column.
        column: usize,
        /// How many values there are.
        size: u64,
    },
}

impl ParentPlan {
    /// How many parents there are to choose from, of so many rows.
    pub fn choices(&self, rows: u64) -> u64 {
        self.eligible
            .as_ref()
            .map_or(rows, |some| some.len() as u64)
    }

    /// The parent at a place among those that may be chosen.
    pub fn nth(&self, place: u64) -> u64 {
        match &self.eligible {
            Some(some) => some[place as usize],
            None => place,
        }
    }

    /// The place of a parent among those that may be chosen, or of the next one that may be.
    pub fn place_of(&self, parent: u64) -> u64 {
        match &self.eligible {
            Some(some) => some.partition_point(|own| *own < parent) as u64,
            None => parent,
        }
    }
}

impl Digit {
    /// The column whose values it counts.
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Parent(_) => None,
            Self::Column { column, .. } => Some(*column),
        }
    }
}

impl TablePlan {
    /// The position of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Generated rows and those of scenarios.
    pub fn all_rows(&self) -> u64 {
        self.rows + self.added.len() as u64
    }

    /// A row of a scenario by its number; never one for a generated row.
    pub fn added(&self, row: u64) -> Option<&AddedRow> {
        self.added.get(self.nth_added(row)?)
    }

    /// How many rows of scenarios come before one of them.
    #[inline]
    pub fn nth_added(&self, row: u64) -> Option<usize> {
        if row < crate::engine::SCENARIO_ROWS {
            return None;
        }
        self.added.place(row)
    }

    /// The place of a row among all rows of the table: behind the generated ones for a scenario's.
    pub fn place(&self, row: u64) -> u64 {
        match self.nth_added(row) {
            Some(number) => self.rows + number as u64,
            None => row,
        }
    }

    /// Which person of the table's own a row's data is of.
    pub fn person(&self, row: u64) -> u64 {
        match self.nth_added(row) {
            Some(_) => self.rows + AddedRows::person(row),
            None => row,
        }
    }

    /// Positions of the columns that are sent to the server.
    pub fn sent(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.len()).filter(|&position| !self.columns[position].generated)
    }
}
