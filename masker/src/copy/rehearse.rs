//! A copy without its second half: production's rows are read and masked, and written nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::plan::TablePlan;
use crate::source::Source;
use crate::subset::Picked;

use super::error::CopyError;
use super::lane::{Rehearsing, Shared};
use super::report::{Phase, Progress, Report, Witness};
use super::schedule::{self, Cut, Table};
use super::{CHUNK_BYTES, WORKERS_MAX, Watch, all};

/// What to read.
#[derive(Clone)]
pub struct Rehearsal<'a> {
    /// What would become of each table.
    pub plan: &'a [TablePlan],
    /// The rows of a subset; `None` for all rows.
    pub picked: Option<&'a Picked>,
    /// Tables, or parts of one, that are read at the same time; at most [`WORKERS_MAX`].
    pub workers: usize,
    /// No more rows of a table, or of each of its leaves, than these; `None` for all.
    pub rows_max: Option<u64>,
    /// Sees what would be replaced.
    pub witness: Option<Witness>,
    /// Is told what happens.
    pub progress: Progress,
}

/// Reads and masks what a copy would hold. The source stays open; memory is that of a copy.
///
/// # Errors
/// Whatever would fail in a copy before a row is written.
pub async fn rehearse(source: &Source, job: &Rehearsal<'_>) -> Result<Report, CopyError> {
    let begun = Instant::now();
    let mut watch = Watch::new(job.progress.clone());
    let facts = source.facts().await?;
    if !facts.refused.is_empty() {
        return Err(CopyError::Refused(facts.refused));
    }
    let tables = schedule::tables(source, job.plan, job.picked, job.rows_max.is_some()).await?;
    watch.phase(Phase::Rows);
    rows(source, job, &tables).await?;
    Ok(watch.done(begun, &tables))
}

async fn rows(
    source: &Source,
    job: &Rehearsal<'_>,
    tables: &[Arc<Table>],
) -> Result<(), CopyError> {
    let workers = job.workers.clamp(1, WORKERS_MAX);
    let units = match job.rows_max {
        Some(most) => schedule::first_rows(tables, most),
        None => {
            let cut = Cut {
                workers: workers as u64,
                chunk_bytes: CHUNK_BYTES,
                version: source.version(),
            };
            schedule::units(tables, job.plan, &BTreeMap::new(), &cut)
        }
    };
    let lanes = workers.min(units.len());
    let of = tables.iter().map(|table| table.of).sum();
    let shared = Shared::new(units, of, job.progress.clone(), job.witness.clone());
    let mut working = JoinSet::new();
    for _ in 0..lanes {
        let lane = Rehearsing {
            reader: source.reader().await.map_err(CopyError::Read)?,
            shared: shared.clone(),
        };
        working.spawn(lane.work());
    }
    all(working).await
}
