//! What a copy tells: events while it runs, a report when it is done.

use std::sync::Arc;
use std::time::Duration;

use rules::schema::Name;
use seeder::load::SequenceReport;
use serde::{Deserialize, Serialize};

use super::rows::See;

/// Is told what happens, from several threads at once.
pub type Progress = Arc<dyn Fn(&Event) + Send + Sync>;

/// Gives whoever sees what is replaced in some rows of the table at this place of the plan; they are
/// seen by several threads at once, each with its own.
pub type Witness = Arc<dyn Fn(usize) -> Box<dyn See> + Send + Sync>;

/// What happens in a copy.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Rows of a subset were found, before the first phase.
    Collected(Collected),
    /// A phase begins.
    Phase(Phase),
    /// Rows were written.
    Rows(Moved),
}

/// How far a subset's rows are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The table of the last ones.
    pub table: Name,
    /// Rows of that table so far.
    pub rows: u64,
}

/// How far rows have come.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The table of the last ones.
    pub table: Name,
    /// Rows of that table so far.
    pub rows: u64,
    /// Rows of that table in all, as estimated.
    pub of: u64,
    /// Rows of all tables so far.
    pub all_rows: u64,
    /// Rows of all tables, as estimated.
    pub all_of: u64,
    /// Bytes of production's COPY text so far, of all tables.
    pub all_bytes: u64,
    /// Since the first row was asked for.
    pub elapsed: Duration,
}

impl Moved {
    /// Rows of all tables in a second so far.
    pub fn rows_per_second(&self) -> f64 {
        self.all_rows as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Bytes of all tables in a second so far.
    pub fn bytes_per_second(&self) -> f64 {
        self.all_bytes as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// What the rows still take at the rate so far; `None` before there are any.
    pub fn left(&self) -> Option<Duration> {
        if self.all_rows == 0 {
            return None;
        }
        let left = self.all_of.saturating_sub(self.all_rows) as f64;
        let seconds = self.elapsed.as_secs_f64() * left / self.all_rows as f64;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// The phases of a copy, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The schema is dumped.
    Dump,
    /// What rows need of it is restored.
    Schema,
    /// Rows are copied.
    Rows,
    /// Indexes and constraints are made, materialised views filled.
    Constraints,
    /// Sequences are moved behind the rows.
    Sequences,
    /// Tables are vacuumed and analysed.
    Vacuum,
}

/// What a copy did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The tables, in the order of the plan.
    pub tables: Vec<TableReport>,
    /// The phases, in their order.
    pub phases: Vec<PhaseReport>,
    /// Sequences that were moved.
    pub sequences: Vec<SequenceReport>,
    /// Parts of the schema that were not restored, by kind and name.
    pub left_out: Vec<String>,
    /// Roles that policies name and that were made, without any right.
    pub roles: Vec<String>,
    /// From the first statement to the last.
    pub seconds: f64,
}

impl Report {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableReport {
    /// Which.
    pub table: Name,
    /// Rows that were copied.
    pub rows: u64,
    /// Bytes of production's COPY text.
    pub bytes: u64,
    /// How they were written.
    pub way: Way,
}

/// How the rows of a table were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By one `COPY FREEZE` for each table or leaf, without WAL.
    Frozen,
    /// By plain COPY: several at once, or by the root of a partitioned table.
    Plain,
    /// By way of a table of its own, from which columns are computed.
    Derived,
}

/// How long a phase took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// Which.
    pub phase: Phase,
    /// How long.
    pub seconds: f64,
}
