//! A copy that is only counted, and a place that is looked through for what production holds now.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio_postgres::Config;

use crate::copy::{self, Progress, Rehearsal, Replaced, See, Witness};
use crate::key::MaskKey;
use crate::plan::TablePlan;
use crate::verify::{self, Gate, LookedFor};

use super::watching::{Watching, unlooked};
use super::{Looked, MaskError, Opened};

/// What a copy of production as it is now would hold.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsed {
    /// The tables whose rows would be copied.
    pub tables: Vec<RehearsedTable>,
    /// From the first row to the last.
    pub seconds: f64,
}

/// What would become of a table's rows.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsedTable {
    /// Its name.
    pub table: String,
    /// Rows.
    pub rows: u64,
    /// Bytes of production's COPY text.
    pub bytes: u64,
    /// Columns with values that would be replaced.
    pub columns: Vec<RehearsedColumn>,
}

/// What would become of a column's values; those that are kept, and NULLs, are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RehearsedColumn {
    /// Its name.
    pub column: String,
    /// Values that would be replaced by others.
    pub replaced: u64,
    /// Values that would become NULL.
    pub nulled: u64,
    /// Values whose replacement would be the value itself.
    pub unchanged: u64,
}

/// A place that is looked through.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The database, as a superuser.
    pub config: Config,
    /// The database, as a login that reads every row and is no superuser: what is read there may run
    /// code of its users.
    pub deputy: Config,
    /// The data directory of its cluster; `None` where it is out of reach.
    pub directory: Option<PathBuf>,
    /// Tables that are read at the same time.
    pub workers: usize,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    replaced: u64,
    nulled: u64,
    unchanged: u64,
}

/// Counts on its own, and adds what it has to all when it is done.
struct Counting {
    table: usize,
    own: Vec<Counts>,
    all: Arc<Mutex<Vec<Vec<Counts>>>>,
}

impl See for Counting {
    fn cell(&mut self, cell: Replaced<'_>) {
        if self.own.len() <= cell.column {
            self.own.resize(cell.column + 1, Counts::default());
        }
        let counts = &mut self.own[cell.column];
        match cell.masked {
            None => counts.nulled += 1,
            Some(masked) if masked == cell.original => counts.unchanged += 1,
            Some(_) => counts.replaced += 1,
        }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        for (counts, own) in all[self.table].iter_mut().zip(&self.own) {
            counts.replaced += own.replaced;
            counts.nulled += own.nulled;
            counts.unchanged += own.unchanged;
        }
    }
}

impl Opened {
    /// Reads and masks all that a copy would hold, writes nothing, and counts.
    ///
    /// # Errors
    /// Whatever would keep a copy from being made before a row is written.
    pub async fn rehearse(
        self,
        key: &MaskKey,
        workers: usize,
        progress: Progress,
    ) -> Result<(Rehearsed, Looked), MaskError> {
        let tables = self.tables()?;
        let picked = self.picked(key, &progress).await?;
        let counted: Vec<Vec<Counts>> = tables
            .iter()
            .map(|table| vec![Counts::default(); table.columns.len()])
            .collect();
        let counted = Arc::new(Mutex::new(counted));
        let all = Arc::clone(&counted);
        let witness: Witness = Arc::new(move |table| {
            Box::new(Counting {
                table,
                own: Vec::new(),
                all: Arc::clone(&all),
            })
        });
        let job = Rehearsal {
            plan: tables,
            picked: picked.as_ref(),
            workers,
            rows_max: None,
            witness: Some(witness),
            progress,
        };
        let read = copy::rehearse(&self.source, &job).await;
        let counted = counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let shown = read.map(|read| Rehearsed {
            tables: tables
                .iter()
                .zip(&read.tables)
                .zip(&counted)
                .map(|((plan, read), counts)| RehearsedTable {
                    table: plan.table.to_string(),
                    rows: read.rows,
                    bytes: read.bytes,
                    columns: columns(plan, counts),
                })
                .collect(),
            seconds: read.seconds,
        });
        let looked = self.close().await;
        Ok((shown?, looked))
    }

    /// Looks through a place for every value of production that a copy would replace, and asks its
    /// constraints again.
    ///
    /// # Errors
    /// When production or the place cannot be read, or the rules do not fit production as it is now.
    /// What is found is in the report.
    pub async fn verify(
        self,
        key: &MaskKey,
        placed: &Placed,
        progress: Progress,
    ) -> Result<(verify::Report, Looked), MaskError> {
        let tables = self.tables()?;
        let picked = self.picked(key, &progress).await?;
        let watching = Watching::new(key, tables);
        let job = Rehearsal {
            plan: tables,
            picked: picked.as_ref(),
            workers: placed.workers,
            rows_max: None,
            witness: Some(watching.witness()),
            progress,
        };
        let read = copy::rehearse(&self.source, &job).await;
        let unlooked = unlooked(&self.looked, tables);
        let looked = self.close().await;
        read?;
        let gate = Gate {
            config: &placed.config,
            deputy: &placed.deputy,
            directory: placed.directory.as_deref(),
            // What is there now is up to who works there.
            loaded: None,
            workers: placed.workers,
        };
        let looked_for = LookedFor::new(watching.finish(), unlooked);
        Ok((verify::verify(&gate, &looked_for).await?, looked))
    }

    pub(super) fn tables(&self) -> Result<&[TablePlan], MaskError> {
        match &self.looked.plan {
            Ok(plan) => Ok(&plan.tables),
            Err(problems) => Err(MaskError::Plan(problems.clone())),
        }
    }
}

fn columns(plan: &TablePlan, counts: &[Counts]) -> Vec<RehearsedColumn> {
    let columns = plan.columns.iter().zip(counts);
    let columns = columns.map(|(column, counts)| RehearsedColumn {
        column: column.column.clone(),
        replaced: counts.replaced,
        nulled: counts.nulled,
        unchanged: counts.unchanged,
    });
    columns
        .filter(|column| column.replaced + column.nulled + column.unchanged > 0)
        .collect()
}
