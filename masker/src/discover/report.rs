//! What discovery found: counts, classes and shapes, and no value.

use std::collections::BTreeMap;

use rules::mask::Choice;
use rules::schema::Name;
use serde::{Deserialize, Serialize};

use crate::detect::Kind;

use super::class::{Class, Confidence};

/// What discovery found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Tables that are no partitions, in order.
    pub tables: Vec<TableReport>,
    /// Tables that were not read, or not as they should have been, and why.
    pub unread: Vec<Unread>,
    /// What is otherwise than an earlier run or the rules have it; empty at the first.
    pub changes: Vec<Change>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    /// Its name.
    pub table: Name,
    /// Rows, as estimated.
    pub rows: u64,
    /// Rows that were looked at.
    pub sampled: u64,
    /// Whether the rarest values of columns with few were asked for, and given.
    pub rarest: bool,
    /// Why its rows might be left out altogether, where that is usual.
    pub drop: Option<String>,
    /// Columns in the table's order.
    pub columns: Vec<ColumnReport>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// Its name.
    pub column: String,
    /// Its type.
    pub data_type: String,
    /// What it holds; `None` for what is not recognised.
    pub class: Option<Class>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why, in counts and kinds.
    pub why: String,
    /// Values that were there, different ones, NULLs.
    pub counts: Counts,
    /// How many different values are of a kind that leads to a person, in a column of no class.
    pub traces: BTreeMap<Kind, u32>,
    /// Shapes that ten values or more have: `Aaaaa`.
    pub shapes: Vec<String>,
    /// Leaves of documents, elements and fields by path.
    pub parts: Vec<PartReport>,
    /// What is proposed.
    pub proposal: Proposal,
}

/// How many values were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Values that were there.
    pub values: u32,
    /// Different ones.
    pub distinct: u32,
    /// NULLs.
    pub nulls: u32,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReport {
    /// Where it is: `user.emails[]`; keys that look like values are `*`.
    pub path: String,
    /// What it holds.
    pub class: Option<Class>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why.
    pub why: String,
    /// What is proposed for it.
    pub choice: Option<Choice>,
}

/// What is proposed for a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposal {
    /// This becomes of it, and the plan has nothing against it.
    Choice(Choice),
    /// What becomes of the column that it refers to.
    Follows {
        /// `public.customers.id`
        to: String,
    },
    /// A person decides.
    Open {
        /// Why nothing is proposed.
        why: String,
    },
    /// The rules that there are decide.
    Ruled,
    /// The server computes it.
    Generated,
}

/// A table that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// Which.
    pub table: Name,
    /// Why, and what to do.
    pub why: String,
}

/// What is otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// The table, or the pattern of a rule.
    pub table: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What changed.
    pub kind: ChangeKind,
}

/// Kinds of changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was not there before.
    New,
    /// A rule, or an earlier run, names it, and it is not there.
    Gone,
    /// It is of another type.
    Retyped {
        /// The type that it was of.
        before: String,
        /// The type that it is of.
        now: String,
    },
    /// Its rule does not go with it any more.
    Unfit {
        /// What the plan says.
        problem: String,
    },
}

impl Report {
    /// Names and types of all columns, for a later run to compare with.
    pub fn types(&self) -> BTreeMap<(String, String), String> {
        let mut types = BTreeMap::new();
        for table in &self.tables {
            for column in &table.columns {
                let place = (table.table.to_string(), column.column.clone());
                types.insert(place, column.data_type.clone());
            }
        }
        types
    }

    /// How many columns a person has to decide about.
    pub fn open(&self) -> usize {
        let columns = self.tables.iter().flat_map(|table| &table.columns);
        columns
            .filter(|column| matches!(column.proposal, Proposal::Open { .. }))
            .count()
    }
}
