//! What a verification looked at and found, without any value.

use serde::{Deserialize, Serialize};

/// Values of production where none may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leak {
    /// A column, a file, or what else the server keeps.
    pub place: String,
    /// How many.
    pub hits: u64,
}

/// A column whose replacements were the values themselves more often than chance has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchanged {
    /// The column.
    pub place: String,
    /// Values that are not NULL.
    pub values: u64,
    /// Those that were replaced by themselves.
    pub unchanged: u64,
}

/// What was looked at and found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Values of production that must not turn up.
    pub values: u64,
    /// The share of all such values that was kept to be looked for, in thousandths.
    pub share_per_mille: u64,
    /// Cells that were looked at.
    pub cells: u64,
    /// Their bytes, and those of other texts.
    pub bytes: u64,
    /// Files that were looked at; 0 where the directory was not given.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Values that were looked for in files.
    pub samples: u64,
    /// Constraints and sequences that were asked again.
    pub constraints: u64,
    /// Rows that were replaced by themselves, by column.
    pub unchanged: Vec<Unchanged>,
    /// Values where none may be.
    pub leaks: Vec<Leak>,
    /// Constraints that do not hold, row counts that are not those planned.
    pub violations: Vec<String>,
}

impl Report {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.leaks.is_empty() && self.violations.is_empty() && self.unchanged.is_empty()
    }
}
