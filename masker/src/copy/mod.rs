//! From production's snapshot to a fresh cluster: schema, masked rows, constraints.
//!
//! The life of a copy is [`copy`]: what is refused is refused before the target is touched; then the
//! schema is dumped and its first part restored, rows stream through the masker, and indexes,
//! constraints and materialised views follow. Nothing of production lies on a disk on the way.
//! Whatever fails, the caller throws the target away; every session of production that was opened
//! here is closed by then.

mod error;
mod lane;
#[cfg(feature = "leak-points")]
mod plant;
mod rehearse;
mod report;
mod rows;
mod schedule;
mod schema;
mod target;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use seeder::load::{Failure, Sessions};
use tokio::task::JoinSet;
use tokio_postgres::Config;

use crate::plan::TablePlan;
use crate::source::Source;
use crate::step::step;
use crate::subset::Picked;

pub use crate::wire::sweep;
pub use error::CopyError;
pub use rehearse::{Rehearsal, rehearse};
pub use report::{
    Collected, Event, Moved, Phase, PhaseReport, Progress, Report, TableReport, Way, Witness,
};
pub use rows::{Replaced, ReplacedPart, See};
pub use schema::{ProgramError, Programs};

use lane::{Lane, Shared};
use schedule::{Cut, Table, Unit};
use schema::{Archive, Section};
use target::Target;

/// What is cut off a table that would keep one worker busy when the others are done.
pub const CHUNK_BYTES: u64 = 96 * 1024 * 1024;

/// No copy has more workers: each takes two sessions and some megabytes.
pub const WORKERS_MAX: usize = 16;

/// What to copy, and where to.
#[derive(Clone)]
pub struct Job<'a> {
    /// What becomes of each table; those that are not in it have no rows in the copy.
    pub plan: &'a [TablePlan],
    /// The rows of a subset; `None` for all rows.
    pub picked: Option<&'a Picked>,
    /// An empty database of a fresh cluster, by its socket, as its superuser and without a password.
    pub target: &'a Config,
    /// The programs of the target's installation.
    pub programs: &'a Programs,
    /// Tables, or parts of one, that are copied at the same time; at most [`WORKERS_MAX`].
    pub workers: usize,
    /// What is cut off a table at once, in bytes of it: [`CHUNK_BYTES`].
    pub chunk_bytes: u64,
    /// Sees what was replaced.
    pub witness: Option<Witness>,
    /// Is told what happens.
    pub progress: Progress,
}

/// Copies a snapshot of production. The source stays open, so that the copy can be verified by it.
///
/// Memory stays below 256 MiB at any size. When the future is dropped, the sessions of production
/// are closed and their statements ended.
///
/// # Errors
/// Whatever fails; the target is to be thrown away then.
pub async fn copy(source: &Source, job: &Job<'_>) -> Result<Report, CopyError> {
    let begun = Instant::now();
    let mut watch = Watch::new(job.progress.clone());
    let facts = source.facts().await?;
    if !facts.refused.is_empty() {
        return Err(CopyError::Refused(facts.refused));
    }
    let target = Target::connect(job.target).await?;
    target.fits(&facts).await?;
    let tables = schedule::tables(source, job.plan, job.picked, false).await?;
    watch.phase(Phase::Dump);
    let empty = source.foreign_views().await?;
    let archive = Archive::dump(source, job.programs, &empty).await?;
    watch.phase(Phase::Schema);
    let has_public = source.has_schema("public").await?;
    watch.report.roles = target.prepare(&facts, has_public).await?;
    restore(&archive, Section::Before, 1, &target).await?;
    step("mask.schema");
    watch.phase(Phase::Rows);
    rows(source, job, &target, &tables).await?;
    step("mask.loaded");
    watch.phase(Phase::Constraints);
    restore(&archive, Section::After, job.workers(), &target).await?;
    step("mask.constraints");
    watch.phase(Phase::Sequences);
    let sessions = Sessions::new(&target.config, job.workers());
    let filled = target.filled().await?;
    let moved = seeder::load::advance(&sessions, &filled.tables).await;
    watch.report.sequences = moved.map_err(CopyError::Write)?;
    step("mask.sequences");
    watch.phase(Phase::Vacuum);
    let vacuumed = seeder::load::vacuum(&sessions, filled.vacuum.iter().collect()).await;
    vacuumed.map_err(CopyError::Write)?;
    step("mask.vacuumed");
    #[cfg(feature = "leak-points")]
    plant::plant(source, &target, &job.progress).await?;
    watch.report.left_out = archive.left_out;
    Ok(watch.done(begun, &tables))
}

impl Job<'_> {
    fn workers(&self) -> usize {
        self.workers.clamp(1, WORKERS_MAX)
    }
}

async fn restore(
    archive: &Archive<'_>,
    section: Section,
    jobs: usize,
    target: &Target,
) -> Result<(), CopyError> {
    let sessions = (&*target.dial, &target.config);
    Ok(archive.restore(section, jobs, sessions).await?)
}

/// Copies all rows, as many units at once as there are workers; the first failure ends all.
async fn rows(
    source: &Source,
    job: &Job<'_>,
    target: &Target,
    tables: &[Arc<Table>],
) -> Result<(), CopyError> {
    let roots: Vec<_> = job.plan.iter().map(|plan| &plan.table).collect();
    let keys = target.keys(&roots).await?;
    let cut = Cut {
        workers: job.workers() as u64,
        chunk_bytes: job.chunk_bytes.max(1),
        version: source.version(),
    };
    let units = schedule::units(tables, job.plan, &keys, &cut);
    for unit in &units {
        unit.note();
    }
    let lanes = job.workers().min(units.len());
    let of = tables.iter().map(|table| table.of).sum();
    let shared = Shared::new(units, of, job.progress.clone(), job.witness.clone());
    let mut working = JoinSet::new();
    for _ in 0..lanes {
        let lane = Lane {
            reader: source.reader().await.map_err(CopyError::Read)?,
            writer: target.writer().await?,
            shared: shared.clone(),
        };
        working.spawn(lane.work());
    }
    all(working).await
}

/// Waits for all workers; the first failure ends the others.
async fn all(mut working: JoinSet<Result<(), CopyError>>) -> Result<(), CopyError> {
    let mut first = Ok(());
    while let Some(ended) = working.join_next().await {
        let ended = match ended {
            Ok(ended) => ended,
            // Aborted behind another's failure.
            Err(error) if error.is_cancelled() => continue,
            Err(_) => Err(CopyError::Write(Failure::Connection {
                step: "copy rows".to_owned(),
                reason: "a worker broke off".to_owned(),
            })),
        };
        if first.is_ok() && ended.is_err() {
            first = ended;
            working.abort_all();
        }
    }
    first
}

/// Collects the report and passes phases on.
struct Watch {
    progress: Progress,
    report: Report,
    phase: Option<(Phase, Instant)>,
}

impl Watch {
    fn new(progress: Progress) -> Self {
        Self {
            progress,
            report: Report::default(),
            phase: None,
        }
    }

    fn phase(&mut self, phase: Phase) {
        self.end_phase();
        (self.progress)(&Event::Phase(phase));
        self.phase = Some((phase, Instant::now()));
    }

    fn end_phase(&mut self) {
        if let Some((phase, begun)) = self.phase.take() {
            let seconds = begun.elapsed().as_secs_f64();
            self.report.phases.push(PhaseReport { phase, seconds });
        }
    }

    fn done(mut self, begun: Instant, tables: &[Arc<Table>]) -> Report {
        self.end_phase();
        self.report.tables = tables.iter().map(|table| table.report()).collect();
        self.report.seconds = begun.elapsed().as_secs_f64();
        self.report
    }
}

impl Unit {
    /// Notes how its table is written.
    fn note(&self) {
        let way = match self.way {
            Way::Frozen => 0,
            Way::Plain => 1,
            Way::Derived => 2,
        };
        self.table.way.fetch_max(way, Ordering::Relaxed);
    }
}

impl Table {
    fn report(&self) -> TableReport {
        TableReport {
            table: self.name.clone(),
            rows: self.rows.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            way: match self.way.load(Ordering::Relaxed) {
                0 => Way::Frozen,
                1 => Way::Plain,
                _ => Way::Derived,
            },
        }
    }
}
