//! Fills the tables of a database by COPY, whoever makes the rows.
//!
//! The life of a load is [`load`]: what is refused is refused before anything is touched; then
//! triggers are put to sleep, foreign keys dropped, tables copied, foreign keys added again and
//! validated by the server, sequences moved, tables vacuumed, materialised views refreshed, triggers
//! woken. Whatever fails, every table of the load is emptied and the schema put back; where that
//! fails too, the error says that the database is to be thrown away.
//!
//! Knows nothing of generators: a source writes the text of a chunk. Never sets
//! `session_replication_role`, under which foreign keys stay unchecked and count as validated. Never
//! puts a row's value into an error or an event.

mod catalogue;
mod copy;
mod error;
mod finish;
mod foreign_keys;
mod live;
mod pipeline;
mod report;
pub(crate) mod sequence;
mod session;
mod triggers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use rules::schema::{Name, Schema};
use tokio_postgres::Config;

pub use error::{Failure, Fault, Left, LoadError, Refusal, SourceError, Told};
pub use finish::vacuum;
pub use report::{Event, Outcome, Phase, PhaseReport, Report, SequenceReport, TableReport};
pub use sequence::advance;
pub use session::{SETTINGS, Sessions};

use catalogue::Catalogue;
use pipeline::Pipeline;
use report::Watch;

/// Rows that one chunk may hold: the unit of generation, whatever the number of workers.
pub const CHUNK_ROWS: u64 = 8_192;

/// One table to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLoad {
    /// The table; the root of a partitioned one.
    pub table: Name,
    /// The columns that the source writes, in its order.
    pub columns: Vec<String>,
    /// How many rows the source writes.
    pub rows: u64,
    /// In how many chunks, numbered from 0; at most [`CHUNK_ROWS`] rows in each.
    pub chunks: u64,
}

impl TableLoad {
    /// A table with as many chunks as its rows need.
    pub fn new(table: Name, columns: Vec<String>, rows: u64) -> Self {
        Self {
            table,
            columns,
            rows,
            chunks: rows.div_ceil(CHUNK_ROWS),
        }
    }
}

/// What to load into which database.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// How to connect, as a superuser or as the owner of every table; without TLS.
    pub config: &'a Config,
    /// What [`crate::introspect`] read from that database.
    pub schema: &'a Schema,
    /// The tables, parents before children: those of one level are loaded side by side.
    pub levels: &'a [Vec<TableLoad>],
    /// How to load them.
    pub options: &'a Options,
}

/// How tables are loaded.
#[derive(Debug, Clone)]
pub struct Options {
    /// What becomes of foreign keys.
    pub mode: Mode,
    /// Chunks that are generated at the same time, each on a thread.
    pub workers: usize,
    /// Sessions that copy, validate and vacuum at the same time.
    pub sessions: usize,
    /// Whether triggers fire, where `triggers_of` says nothing.
    pub triggers: TriggerPolicy,
    /// Whether triggers fire, by table.
    pub triggers_of: BTreeMap<Name, TriggerPolicy>,
    /// Whether event triggers fire by the load's own DDL.
    pub event_triggers: TriggerPolicy,
    /// What becomes of a table that has rows already, where `filled_of` says nothing.
    pub filled: FilledPolicy,
    /// What becomes of a table that has rows already, by table.
    pub filled_of: BTreeMap<Name, FilledPolicy>,
    /// Whether the tables are vacuumed and analysed afterwards.
    pub vacuum: bool,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            mode: Mode::Rebuild,
            workers: cores,
            sessions: cores.min(8),
            triggers: TriggerPolicy::Suppress,
            triggers_of: BTreeMap::new(),
            event_triggers: TriggerPolicy::Suppress,
            filled: FilledPolicy::Refuse,
            filled_of: BTreeMap::new(),
            vacuum: true,
        }
    }
}

/// What becomes of foreign keys during the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Those of the loaded tables are dropped, added again and validated at the end.
    Rebuild,
    /// They stay and are checked row by row; tables of a cycle share one transaction, in which keys
    /// that are not deferrable are made so and back.
    Live,
}

/// Whether a table's triggers fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerPolicy {
    /// They are disabled for the load.
    Suppress,
    /// They fire.
    Fire,
}

/// What becomes of a table that has rows before the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilledPolicy {
    /// The load is refused.
    Refuse,
    /// The table keeps its rows and is not loaded.
    Keep,
}

/// Fills tables: `source` writes chunk `chunk` of the table with index `table`, counted through all
/// levels, as COPY text into an empty buffer.
///
/// The source runs on blocking threads, in any order and side by side; a table's chunks reach the
/// server in their order. Needs a tokio runtime. Memory stays below 256 MiB as long as one chunk
/// of each worker's does. When the future is dropped, the database is to be thrown away.
pub async fn load<S>(
    request: Request<'_>,
    source: S,
    progress: &(dyn Fn(&Event) + Send + Sync),
) -> Result<Report, LoadError>
where
    S: Fn(usize, u64, &mut Vec<u8>) -> Result<(), SourceError> + Send + Sync + 'static,
{
    let options = request.options;
    let sessions = Sessions::new(request.config, options.sessions);
    let mut watch = Watch::new(progress);
    let catalogue = catalogue::check(&request, &sessions).await?;
    let run = Run {
        sessions: &sessions,
        catalogue: &catalogue,
        options,
    };
    let pipeline = Pipeline::new(Arc::new(source), options.workers);
    let begun = Instant::now();
    let done = Box::pin(run.all(&pipeline, &mut watch)).await;
    match done {
        Ok(()) => Ok(watch.into_report(begun.elapsed())),
        Err(failure) => {
            let left = Box::pin(run.undo()).await;
            Err(LoadError::Failed { failure, left })
        }
    }
}

/// A load that has been accepted.
struct Run<'a> {
    sessions: &'a Sessions,
    catalogue: &'a Catalogue,
    options: &'a Options,
}

impl Run<'_> {
    async fn all(&self, pipeline: &Pipeline, watch: &mut Watch<'_>) -> Result<(), Failure> {
        watch.kept(&self.catalogue.work);
        watch.phase(Phase::Prepare);
        triggers::suppress(self).await?;
        if self.options.mode == Mode::Rebuild {
            foreign_keys::drop(self).await?;
        }
        watch.phase(Phase::Copy);
        match self.options.mode {
            Mode::Rebuild => copy::levels(self, pipeline, watch).await?,
            Mode::Live => live::units(self, pipeline, watch).await?,
        }
        if self.options.mode == Mode::Rebuild {
            watch.phase(Phase::ForeignKeys);
            foreign_keys::add(self).await?;
        }
        watch.phase(Phase::Sequences);
        let relations: Vec<u32> = self.catalogue.relations.keys().copied().collect();
        watch.sequences(sequence::advance(self.sessions, &relations).await?);
        watch.phase(Phase::Vacuum);
        finish::vacuum_loaded(self).await?;
        watch.phase(Phase::Refresh);
        finish::refresh(self).await?;
        watch.phase(Phase::Restore);
        triggers::restore(self).await
    }

    /// Puts the database back to what it was before the load, as far as it goes.
    async fn undo(&self) -> Left {
        let mut not = Vec::new();
        let steps: [(&str, Result<(), Failure>); 4] = [
            ("silence", triggers::suppress_all(self).await),
            ("rows", finish::empty(self).await),
            ("foreign keys", foreign_keys::add(self).await),
            ("triggers", triggers::restore(self).await),
        ];
        for (what, outcome) in steps {
            if let Err(failure) = outcome {
                not.push(format!("{what} ({failure})"));
            }
        }
        if not.is_empty() {
            Left::Nothing
        } else {
            Left::Changed { not }
        }
    }
}
