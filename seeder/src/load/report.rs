//! What a load tells: events while it runs, a report when it is done.

use std::time::{Duration, Instant};

use rules::schema::Name;
use serde::{Deserialize, Serialize};

use super::catalogue::Work;

/// What happens in a load.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A phase begins.
    Phase(Phase),
    /// A table has rows already and keeps them.
    Kept {
        /// Which.
        table: Name,
    },
    /// Rows of a table were given to the server; the last one has `rows == of`.
    Rows {
        /// Which table.
        table: Name,
        /// Rows so far.
        rows: u64,
        /// Rows in all.
        of: u64,
        /// Bytes of COPY text so far.
        bytes: u64,
        /// Since the table was begun.
        elapsed: Duration,
    },
}

impl Event {
    /// Rows of the table in a second so far.
    pub fn rows_per_second(&self) -> Option<f64> {
        match self {
            Self::Rows { rows, elapsed, .. } if !elapsed.is_zero() => {
                Some(*rows as f64 / elapsed.as_secs_f64())
            }
            _ => None,
        }
    }
}

/// The phases of a load, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Triggers are disabled, foreign keys dropped.
    Prepare,
    /// Rows are generated and copied.
    Copy,
    /// Foreign keys are added and validated.
    ForeignKeys,
    /// Sequences are moved behind the rows.
    Sequences,
    /// Tables are vacuumed and analysed.
    Vacuum,
    /// Materialised views are refreshed.
    Refresh,
    /// Triggers are put back.
    Restore,
}

/// What a load did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The tables, in the order of the request.
    pub tables: Vec<TableReport>,
    /// The phases, in their order.
    pub phases: Vec<PhaseReport>,
    /// Sequences that were moved.
    pub sequences: Vec<SequenceReport>,
    /// From the first change to the last.
    pub seconds: f64,
}

impl Report {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Bytes of COPY text of all tables.
    pub fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| table.bytes).sum()
    }
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableReport {
    /// Which.
    pub table: Name,
    /// Whether it was loaded.
    pub outcome: Outcome,
    /// Rows that were loaded.
    pub rows: u64,
    /// Bytes of COPY text.
    pub bytes: u64,
    /// From its first statement to its commit.
    pub seconds: f64,
}

/// How a table was loaded, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// By `COPY FREEZE`, behind a TRUNCATE in the same transaction.
    Frozen,
    /// By a plain COPY.
    Copied,
    /// It had rows already and keeps them.
    Kept,
}

/// How long a phase took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// Which.
    pub phase: Phase,
    /// How long.
    pub seconds: f64,
}

/// Where a sequence stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceReport {
    /// Which.
    pub sequence: Name,
    /// The value that it gave last.
    pub last: i64,
}

/// Collects the report and passes events on.
pub(super) struct Watch<'a> {
    progress: &'a (dyn Fn(&Event) + Send + Sync),
    report: Report,
    phase: Option<(Phase, Instant)>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(progress: &'a (dyn Fn(&Event) + Send + Sync)) -> Self {
        Self {
            progress,
            report: Report::default(),
            phase: None,
        }
    }

    pub(super) fn progress(&self) -> &'a (dyn Fn(&Event) + Send + Sync) {
        self.progress
    }

    pub(super) fn phase(&mut self, phase: Phase) {
        self.end_phase();
        (self.progress)(&Event::Phase(phase));
        self.phase = Some((phase, Instant::now()));
    }

    /// Puts every table into the report; those that are not kept have no rows yet.
    pub(super) fn kept(&mut self, work: &[Work]) {
        for work in work {
            let table = work.load.table.clone();
            if work.filled {
                (self.progress)(&Event::Kept {
                    table: table.clone(),
                });
            }
            self.report.tables.push(TableReport {
                table,
                outcome: if work.filled {
                    Outcome::Kept
                } else {
                    Outcome::Copied
                },
                rows: 0,
                bytes: 0,
                seconds: 0.0,
            });
        }
    }

    pub(super) fn table(&mut self, index: usize, report: TableReport) {
        self.report.tables[index] = report;
    }

    pub(super) fn sequences(&mut self, moved: Vec<SequenceReport>) {
        self.report.sequences = moved;
    }

    pub(super) fn into_report(mut self, elapsed: Duration) -> Report {
        self.end_phase();
        self.report.seconds = elapsed.as_secs_f64();
        self.report
    }

    fn end_phase(&mut self) {
        if let Some((phase, begun)) = self.phase.take() {
            let seconds = begun.elapsed().as_secs_f64();
            self.report.phases.push(PhaseReport { phase, seconds });
        }
    }
}
