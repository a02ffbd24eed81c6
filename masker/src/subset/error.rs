//! Why the rows of a subset were not found, in words that hold no value of any row.

use seeder::load::Failure;

use crate::source::{self, SourceError};

/// Why the rows of a subset were not found.
#[derive(Debug, thiserror::Error)]
pub enum SubsetError {
    /// Production's catalogue could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Rows could not be looked up.
    #[error(transparent)]
    Read(Failure),
    /// There are too many.
    #[error("the subset has {rows} rows and more: their places take more than {megabytes} MB")]
    Many {
        /// How many were found.
        rows: u64,
        /// What their places may take, in MB.
        megabytes: u64,
    },
    /// A row is where no row of a heap is, or in a table that was not looked at.
    #[error("production gives a place that no table of the subset has")]
    Place,
}

impl SubsetError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Read(failure) => match failure {
                // What an expression of the rules does with some row.
                Failure::Refused { fault, .. } if is_of_a_row(&fault.code) => {
                    Some("see which row the expression fails for; `where` is read by production")
                }
                failure => source::hint(failure),
            },
            Self::Many { .. } => Some(
                "begin with fewer rows, name references in `not_followed`, or large tables in \
                 `whole`",
            ),
            Self::Place => Some("this is a fault of the masker"),
        }
    }
}

/// Whether a code tells of a value, or of a subquery with more rows than one.
fn is_of_a_row(code: &str) -> bool {
    code.starts_with("22") || code.starts_with("21")
}
