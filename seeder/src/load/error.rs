//! What can go wrong in a load, in words that hold no value of any row.
//!
//! A server's message, detail and context may quote rows ("Key (email)=(…)", "COPY t, line 3: …"),
//! so none of them is passed on: only SQLSTATE, names and the row's number are.

use std::fmt;

use rules::schema::{Name, Table};
use tokio_postgres::error::SqlState;

use super::CHUNK_ROWS;

/// What a source says when it cannot write a chunk; its words are shown as they are.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// Why a load did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It was not begun.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It was begun.
    #[error("{failure}; {left}")]
    Failed {
        /// What went wrong.
        #[source]
        failure: Failure,
        /// What the database is now.
        left: Left,
    },
}

impl LoadError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.hint(),
            Self::Failed { failure, .. } => failure.hint(),
        }
    }
}

/// What a failed load has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// Every table of the load is empty again, and the schema as it was.
    Nothing,
    /// The database is neither as it was nor loaded.
    Changed {
        /// What could not be put back, and why.
        not: Vec<String>,
    },
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => {
                f.write_str("the tables are empty again and the schema is as it was before")
            }
            Self::Changed { not } => write!(
                f,
                "throw the database away, it could not be put back: {}",
                not.join(", ")
            ),
        }
    }
}

/// Why a load was not begun; nothing has been changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A table is not there, or holds no rows of its own.
    #[error("table {table} is none that can be loaded")]
    NoTable {
        /// Which.
        table: Name,
    },
    /// A table is named twice, by itself or by one of its partitions.
    #[error("table {table} would be loaded twice, also as a part of {root}")]
    Twice {
        /// Which.
        table: Name,
        /// As a part of what.
        root: Name,
    },
    /// A column is not there, or is computed by the server.
    #[error("column {table}.{column} is none that can be written")]
    NoColumn {
        /// Of which table.
        table: Name,
        /// Which.
        column: String,
    },
    /// Chunks and rows do not fit.
    #[error("table {table}: {rows} rows do not fit into {chunks} chunks of {CHUNK_ROWS}")]
    Chunks {
        /// Which table.
        table: Name,
        /// Its rows.
        rows: u64,
        /// Its chunks.
        chunks: u64,
    },
    /// A table has rows already.
    #[error("table {table} has rows already")]
    Filled {
        /// Which.
        table: Name,
    },
    /// The server said no, or could not be reached.
    #[error(transparent)]
    Server(#[from] Failure),
}

impl Refusal {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Filled { .. } => {
                Some("say that the table keeps its rows, or empty it in a migration")
            }
            Self::Twice { .. } => Some("load a partitioned table by its root only"),
            Self::Server(failure) => failure.hint(),
            Self::NoTable { .. } | Self::NoColumn { .. } | Self::Chunks { .. } => None,
        }
    }
}

/// One step of a load that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server refused it.
    #[error("{step}: {fault}")]
    Refused {
        /// The step: verb and object.
        step: String,
        /// What the server said, without values.
        fault: Box<Fault>,
    },
    /// The connection could not be made, or broke.
    #[error("{step}: {reason}")]
    Connection {
        /// The step: verb and object.
        step: String,
        /// What the connection says.
        reason: String,
    },
    /// The source could not write a chunk.
    #[error("write rows of {table} from row {first} on: {source}")]
    Source {
        /// Of which table.
        table: Name,
        /// The first row of the chunk, counted from 0.
        first: u64,
        /// What the source says.
        source: SourceError,
    },
    /// The source stopped where it should not: it panicked.
    #[error("write rows of {table}: the source broke off")]
    SourcePanic {
        /// Of which table.
        table: Name,
    },
    /// The server took another number of rows than was announced.
    #[error("load table {table}: {rows} rows arrived instead of {announced}")]
    Rows {
        /// Which table.
        table: Name,
        /// Rows that the server counted.
        rows: u64,
        /// Rows that the source was to write.
        announced: u64,
    },
    /// A trigger or a constraint is not what it was, though the server took every statement.
    #[error("{what} is not as it was before the load")]
    NotRestored {
        /// Which one.
        what: String,
    },
}

impl Failure {
    /// Turns a driver's error into one without values.
    pub fn new(step: impl Into<String>, error: &tokio_postgres::Error) -> Self {
        let step = step.into();
        match error.as_db_error() {
            Some(error) => Self::Refused {
                step,
                fault: Box::new(Fault::new(error)),
            },
            None => Self::Connection {
                step,
                // Of an error of the server's the text would quote rows; this one is the driver's.
                reason: error.to_string(),
            },
        }
    }

    /// Names the column and the row that a COPY failed in, where the server told them; `before` is
    /// the number of rows that earlier statements have brought.
    pub(super) fn in_copy(
        step: impl Into<String>,
        error: &tokio_postgres::Error,
        (table, before): (&Table, u64),
    ) -> Self {
        let mut failure = Self::new(step, error);
        let context = error.as_db_error().and_then(|error| error.where_());
        if let (Self::Refused { fault, .. }, Some(context)) = (&mut failure, context) {
            let columns = table.columns.iter().map(|column| column.name.as_str());
            fault.locate(context, columns, before);
        }
        failure
    }

    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { fault, .. } => Some(fault.hint()),
            Self::Connection { .. } => {
                Some("look into the server's log, then load into a fresh database")
            }
            _ => None,
        }
    }
}

/// What a server said about a statement, without any value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The SQLSTATE.
    pub code: String,
    /// What it means.
    pub what: String,
    /// The table that it is about.
    pub table: Option<Name>,
    /// The column that it is about.
    pub column: Option<String>,
    /// The constraint or unique index that refused.
    pub constraint: Option<String>,
    /// The row of the table, counted from 0, near which it happened.
    pub row: Option<u64>,
}

/// What a server's error response says of itself, apart from what may quote rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'a> {
    /// The SQLSTATE.
    pub code: &'a str,
    /// The primary message; may quote a row, and is passed on only where its code rules that out.
    pub message: &'a str,
    /// The schema and the table that it is about.
    pub table: Option<(&'a str, &'a str)>,
    /// The column that it is about.
    pub column: Option<&'a str>,
    /// The constraint that it is about.
    pub constraint: Option<&'a str>,
}

impl Fault {
    fn new(error: &tokio_postgres::error::DbError) -> Self {
        Self::of(&Told {
            code: error.code().code(),
            message: error.message(),
            table: error.schema().zip(error.table()),
            column: error.column(),
            constraint: error.constraint(),
        })
    }

    /// Leaves out what may quote a row.
    pub fn of(told: &Told<'_>) -> Self {
        Self {
            code: told.code.to_owned(),
            what: meaning(told),
            table: told.table.map(|(schema, table)| Name::new(schema, table)),
            column: told.column.map(str::to_owned),
            constraint: told.constraint.map(str::to_owned),
            row: None,
        }
    }

    /// What the server said of a row that was copied alone.
    pub(crate) fn of_row(error: &tokio_postgres::error::DbError, table: &Table) -> Self {
        let mut fault = Self::new(error);
        if let Some(context) = error.where_() {
            let columns = table.columns.iter().map(|column| column.name.as_str());
            fault.locate(context, columns, 0);
        }
        fault.table = None;
        fault.row = None;
        fault
    }

    /// Reads `COPY t, line 3, column a: "…"`: the words up to the colon, never what follows; `columns`
    /// are those that the COPY may name, `before` the rows before its first.
    pub fn locate<'c>(
        &mut self,
        context: &str,
        columns: impl IntoIterator<Item = &'c str>,
        before: u64,
    ) {
        // What the type's own reader says of the value, such as "JSON data, line 1: …", stands before it.
        let copy = context.lines().find(|line| line.starts_with("COPY "));
        let Some((_, rest)) = copy.unwrap_or(context).split_once(", line ") else {
            return;
        };
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let (line, rest) = rest.split_at(digits.unwrap_or(rest.len()));
        self.row = line
            .parse::<u64>()
            .ok()
            .map(|line| before + line.saturating_sub(1));
        let Some(rest) = rest.strip_prefix(", column ") else {
            return;
        };
        let named = columns.into_iter().find(|column| {
            let after = rest.strip_prefix(*column);
            after.is_some_and(|after| after.starts_with(": "))
        });
        if let (None, Some(column)) = (&self.column, named) {
            self.column = Some(column.to_owned());
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.code.as_str() {
            "23503" => "make every key of the child one of a row of the parent",
            "23505" => "give the columns more distinct values, or the table fewer rows",
            "23502" => "give the column a value in every row",
            "23514" | "23P01" => "give the columns a rule that satisfies the constraint",
            "42501" => "connect as a superuser or as the owner of every table",
            "55P03" => "end the other sessions of the database",
            "53100" => "make room on the disk of the server",
            "22P04" => "write as many fields as there are columns",
            code if code.starts_with("22") => "give the column a rule that fits its type",
            code if code.starts_with("57") || code.starts_with("08") => {
                "load into a fresh database once the server runs again"
            }
            _ => "look into the server's log",
        }
    }
}

/// The server's words where they cannot quote a row, else those of the SQLSTATE (PostgreSQL
/// documentation, appendix "PostgreSQL Error Codes").
fn meaning(told: &Told<'_>) -> String {
    let code = &SqlState::from_code(told.code);
    let known = match code {
        c if *c == SqlState::UNIQUE_VIOLATION => "a key is there twice",
        c if *c == SqlState::FOREIGN_KEY_VIOLATION => "a row has no parent",
        c if *c == SqlState::NOT_NULL_VIOLATION => "a value is missing",
        c if *c == SqlState::CHECK_VIOLATION => "a row does not pass a check",
        c if *c == SqlState::EXCLUSION_VIOLATION => "two rows exclude each other",
        c if *c == SqlState::STRING_DATA_RIGHT_TRUNCATION => "a value is too long",
        c if *c == SqlState::NUMERIC_VALUE_OUT_OF_RANGE => "a number is out of range",
        c if *c == SqlState::BAD_COPY_FILE_FORMAT => "a row has not the right number of fields",
        c if *c == SqlState::UNTRANSLATABLE_CHARACTER => {
            "a character is none of the database's encoding"
        }
        c if *c == SqlState::RAISE_EXCEPTION => "a function or trigger raised an exception",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    // Connections, authorisation, resources, prerequisites, interventions, the system: about the
    // server and not about rows.
    const ABOUT_THE_SERVER: [&str; 8] = ["08", "28", "3D", "53", "54", "55", "57", "58"];
    let class = code.code().get(..2).unwrap_or_default();
    let owner = *code == SqlState::INSUFFICIENT_PRIVILEGE;
    if owner || ABOUT_THE_SERVER.contains(&class) {
        return told.message.to_owned();
    }
    let general = match class {
        "22" => "a value is none of its type",
        "23" => "a row does not satisfy a constraint",
        "25" | "40" => "the transaction cannot go on",
        "42" => "a statement or function refers to what is not there or does not fit",
        _ => "the server refused it",
    };
    general.to_owned()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {}", self.what, self.code)?;
        if let Some(table) = &self.table {
            write!(f, ", table {table}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        if let Some(constraint) = &self.constraint {
            write!(f, ", constraint {constraint:?}")?;
        }
        if let Some(row) = self.row {
            write!(f, ", near row {row}")?;
        }
        f.write_str(")")
    }
}
