//! Why a copy was not made, in words that hold no value of any row.

use rules::mask::Transformer;
use rules::schema::Name;
use seeder::load::Failure;

use crate::facts::Refused;
use crate::source::{self, SourceError};

use super::rows::{HEAD_BYTES_MAX, WINDOW_ROWS_LEAST};
use super::schema::ProgramError;

/// Why a copy was not made. Whoever asked for it throws the target away.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Production could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The login lacks rights.
    #[error("the login cannot read all of production:\n{}", lines(.0))]
    Refused(Vec<Refused>),
    /// The target is older than production.
    #[error("production is PostgreSQL {production}, and the copy's server is {target}")]
    Older {
        /// Production's major version.
        production: u32,
        /// The target's.
        target: u32,
    },
    /// The target's database has another encoding.
    #[error("production's encoding is {production}, and that of the copy's database {target}")]
    Encoding {
        /// Production's.
        production: String,
        /// The target's.
        target: String,
    },
    /// The target's database has tables already.
    #[error("the copy's database is not empty")]
    NotEmpty,
    /// The target's installation lacks extensions.
    #[error("the copy's installation lacks extensions of production: {}", .0.join(", "))]
    Extensions(Vec<String>),
    /// The plan and production do not go together.
    #[error("the plan of {table} cannot be followed: {reason}")]
    Plan {
        /// Which table.
        table: Name,
        /// Why not.
        reason: String,
    },
    /// The schema could not be dumped, in `production`, or restored, in the copy.
    #[error(transparent)]
    Schema {
        /// What went wrong.
        #[from]
        source: ProgramError,
    },
    /// A value has no replacement.
    #[error("mask {table}.{column}{}: a value {reason}", by(*with))]
    Unmaskable {
        /// Of which table.
        table: Name,
        /// Of which column.
        column: String,
        /// What replaces its values, by the rule's name.
        with: Option<Transformer>,
        /// What is the matter with the value.
        reason: &'static str,
    },
    /// A row's cells that are replaced or looked at are too long.
    #[error(
        "mask {table}: the cells of a row that rules replace or look at take more than {} MiB",
        HEAD_BYTES_MAX / 1024 / 1024
    )]
    TooLong {
        /// Which table.
        table: Name,
    },
    /// Rows are too wide to hold enough of them to be shuffled.
    #[error(
        "mask {table}: {WINDOW_ROWS_LEAST} of its rows take more than 8 MiB, and fewer are not shuffled"
    )]
    TooWide {
        /// Which table.
        table: Name,
    },
    /// Production could not be read in the middle of its rows.
    #[error(transparent)]
    Read(Failure),
    /// The copy could not be written.
    #[error(transparent)]
    Write(Failure),
    /// Not all rows arrived.
    #[error("copy {table}: {written} of {read} rows arrived")]
    Rows {
        /// Of which table.
        table: Name,
        /// Rows that production sent.
        read: u64,
        /// Rows that the target took.
        written: u64,
    },
    /// Production gave other rows than those that were chosen in the same snapshot.
    #[error("copy {table}: production gave {read} of {of} rows that were chosen")]
    Missing {
        /// Of which table.
        table: Name,
        /// Rows that production sent.
        read: u64,
        /// Rows that were asked for.
        of: u64,
    },
    /// What masks rows broke off.
    #[error("mask {table}: a transformer broke off")]
    Panic {
        /// Of which table.
        table: Name,
    },
}

impl CopyError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Source(error) => return error.hint(),
            Self::Refused(_) => "run the statements as the tables' owner or as a superuser",
            Self::Older { .. } => "make the copy with an installation of production's version",
            Self::Encoding { .. } => "make the copy's database with production's encoding",
            Self::NotEmpty => "copy into a fresh cluster",
            Self::Extensions(_) => "install their packages for the copy's version of PostgreSQL",
            Self::Plan { .. } => "plan again: the schema or the rules have changed",
            Self::Schema { source } => return schema_hint(source),
            Self::Unmaskable { .. } => {
                "give the column another transformer, or repair the value in production"
            }
            Self::TooLong { .. } => "keep the column, drop it, or make it NULL by \"drop\"",
            Self::TooWide { .. } => {
                "give its shuffled columns another transformer: label, noise, null"
            }
            Self::Read(failure) => return source::hint(failure),
            Self::Write(failure) => return write_hint(failure),
            Self::Rows { .. } | Self::Missing { .. } | Self::Panic { .. } => {
                "this is a fault of the masker"
            }
        })
    }
}

fn schema_hint(error: &ProgramError) -> Option<&'static str> {
    match error {
        ProgramError::Refused { failure, .. } => match failure {
            Failure::Refused { fault, .. } if fault.code == "23505" => {
                Some("give the columns of that key transformers that keep values apart")
            }
            Failure::Refused { fault, .. } if fault.code == "23503" => {
                Some("give the referring columns the transformer and domain of what they refer to")
            }
            Failure::Refused { fault, .. } if fault.code == "42704" => Some(
                "the copy's installation lacks a type, collation or language of production: \
                 install it",
            ),
            failure => write_hint(failure),
        },
        ProgramError::Run { .. } | ProgramError::Failed { .. } => None,
    }
}

fn write_hint(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Refused { fault, .. } if fault.code == "22P05" => {
            Some("give the column a locale whose letters the encoding has")
        }
        Failure::Refused { fault, .. } if fault.code == "23514" => {
            Some("give the column a transformer whose values pass the check")
        }
        Failure::Refused { fault, .. } if fault.code.starts_with("22") => {
            Some("give the column a transformer that fits its type and length")
        }
        failure => failure.hint(),
    }
}

fn by(with: Option<Transformer>) -> String {
    with.map_or_else(String::new, |with| format!(" with \"{}\"", with.name()))
}

fn lines(refused: &[Refused]) -> String {
    let lines: Vec<String> = refused.iter().map(Refused::to_string).collect();
    lines.join("\n")
}
