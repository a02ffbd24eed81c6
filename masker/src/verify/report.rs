//! What a verification looked at and found, without any value.

use std::fmt;

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

/// Where values of production were replaced or left out that were not looked for in the copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unlooked {
    /// A column, its parts, or a table.
    pub place: String,
    /// Why.
    pub why: Why,
}

/// Why values are not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// They stand anywhere by chance, as first names, cities, small numbers and days do.
    Common,
    /// Some of them are too short to be told from what stands anywhere.
    Short,
    /// They stay in the column, in other rows.
    Shuffled,
    /// Some rows keep texts of which the words may be anybody's.
    Kept,
    /// None of all values is told from other bytes of files, as plain numbers and short names are not.
    Indistinct,
    /// Production's values are not read: they are left out, or the copy computes others.
    Unread,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Common => {
                "such values stand anywhere: each was compared with its own replacement"
            }
            Self::Short => "some are of fewer than six letters or ten digits, and stand anywhere",
            Self::Shuffled => "its values stay, in other rows",
            Self::Kept => "some rows keep their texts",
            Self::Indistinct => {
                "no value is told from other bytes: all are short, or plain numbers"
            }
            Self::Unread => "production's values were not read",
        })
    }
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
    /// What was not looked for.
    #[serde(default)]
    pub not_looked_for: Vec<Unlooked>,
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
