//! The gate that a copy passes before anybody may use it: nothing of production is in it, and all of
//! its shape.
//!
//! Whatever is found is told by place and number, never by value.

mod collect;
mod files;
mod form;
mod known;
mod redacted;
mod report;
mod scan;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rules::mask::Transformer;
use rules::schema::Name;
use seeder::audit::{Audit, AuditError, audit};
use tokio_postgres::{Client, Config, NoTls};

pub use collect::{Collector, Watched};
pub use report::{Leak, Report, Unchanged};

use collect::{Collected, Seen};
#[cfg(test)]
pub(crate) use redacted::strangers;

/// Why a copy could not be looked at; it counts as not clean.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The copy could not be read.
    #[error("read the copy")]
    Read(#[source] tokio_postgres::Error),
    /// A table gave no row for ten minutes.
    #[error(
        "table {table} gave no row for ten minutes: somebody holds it, or code that it is read by never ends"
    )]
    Stuck {
        /// Which.
        table: String,
    },
    /// A part of the work ended by itself.
    #[error("a part of the verification ended early")]
    Ended,
    /// A file could not be read.
    #[error("read {path:?}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The values to look for take too much memory.
    #[error("the values to look for in files take too much memory")]
    Values,
    /// The constraints could not be asked again.
    #[error("audit the copy")]
    Audit(#[from] AuditError),
}

/// How long one constraint is asked of the rows of a table: of the largest ones that takes minutes.
const ASKED_WITHIN: Duration = Duration::from_secs(1800);

/// What is verified.
pub struct Gate<'a> {
    /// The copy, as its superuser: for the texts that the server keeps beside the rows.
    pub config: &'a Config,
    /// The copy, as a login that reads every row and is no superuser: rows are read and constraints
    /// asked as it, because views, constraints and the functions in them may be anybody's code.
    pub deputy: &'a Config,
    /// Its data directory, stopped or running; `None` where it cannot be reached.
    pub directory: Option<&'a Path>,
    /// Rows that were loaded, by table.
    pub rows: &'a BTreeMap<Name, u64>,
    /// Tables that are looked at side by side.
    pub workers: usize,
}

/// Looks for every value that was collected while the copy was made, and at its shape.
///
/// # Errors
/// When the copy cannot be read. What is found is in the report.
pub async fn verify(gate: &Gate<'_>, collector: Collector) -> Result<Report, GateError> {
    let collected = Arc::new(collector.finish());
    let scanned = scan::cells(gate.deputy, &collected, gate.workers).await?;
    let texts = scan::texts(gate.config, &collected).await?;
    let mut report = Report {
        values: collected.gone.len() as u64,
        share_per_mille: collected.gone.share_per_mille(),
        cells: scanned.cells + texts.cells,
        bytes: scanned.bytes + texts.bytes,
        samples: collected.samples.len() as u64,
        leaks: scanned.leaks,
        ..Report::default()
    };
    report.leaks.extend(texts.leaks);
    if let Some(directory) = gate.directory {
        let (directory, collected) = (directory.to_owned(), Arc::clone(&collected));
        let looked =
            tokio::task::spawn_blocking(move || files::look(&directory, &collected.samples));
        let looked = looked.await.map_err(|_| GateError::Ended)??;
        report.files = looked.files;
        report.file_bytes = looked.bytes;
        report.leaks.extend(looked.leaks);
    }
    report.leaks.extend(strange_texts(&collected));
    report.unchanged = unchanged(&collected);
    shape(gate, &mut report).await?;
    Ok(report)
}

/// Constraints asked again, and rows counted.
async fn shape(gate: &Gate<'_>, report: &mut Report) -> Result<(), GateError> {
    let client = connect(gate.deputy).await?;
    let asked = Audit {
        within: ASKED_WITHIN,
        ..Audit::default()
    };
    let findings = audit(&client, &asked).await?;
    report.constraints = findings.checked.values().sum();
    let violations = findings.violations();
    report.violations = violations.map(ToString::to_string).collect();
    for (table, planned) in gate.rows {
        let kind = "SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass($1::text)";
        let row = client.query_one(kind, &[&table.quoted()]).await;
        // Rows of tables that inherit from it are theirs; those of partitions are its own.
        let only = match row.map_err(GateError::Read)?.get(0) {
            true => "",
            false => "ONLY ",
        };
        let sql = format!("SELECT count(*) FROM {only}{}", table.quoted());
        let row = client.query_one(&sql, &[]).await.map_err(GateError::Read)?;
        let found = row.get::<_, i64>(0).unsigned_abs();
        if found != *planned {
            report.violations.push(format!(
                "{table} has {found} rows, and {planned} were copied"
            ));
        }
    }
    Ok(())
}

async fn connect(config: &Config) -> Result<Client, GateError> {
    let (client, connection) = config.connect(NoTls).await.map_err(GateError::Read)?;
    // The client's own calls report the same error.
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// Columns whose redacted texts hold what nothing accounts for.
fn strange_texts(collected: &Collected) -> impl Iterator<Item = Leak> {
    let columns = collected.columns.iter();
    let strange = columns.filter(|(_, seen)| seen.strangers > 0);
    strange.map(|(watched, seen)| Leak {
        place: format!("what redact made of {}.{}", watched.table, watched.column),
        hits: seen.strangers,
    })
}

/// Columns whose values were replaced by themselves more often than chance has it.
fn unchanged(collected: &Collected) -> Vec<Unchanged> {
    let columns = collected.columns.iter();
    let strange = columns.filter(|(watched, seen)| seen.unchanged > tolerated(watched.with, *seen));
    strange
        .map(|(watched, seen)| Unchanged {
            place: format!("{}.{}", watched.table, watched.column),
            values: seen.values,
            unchanged: seen.unchanged,
        })
        .collect()
}

/// How many values may be replaced by themselves.
fn tolerated(with: Transformer, seen: Seen) -> u64 {
    use Transformer as T;
    let share = match with {
        // Few values there are, and what is in a class already stays.
        T::Label
        | T::DateTrunc
        | T::Bucket
        | T::Noise
        | T::Country
        | T::Region
        | T::DateShift
        | T::Geo
        | T::Static
        | T::Password
        | T::Redact
        | T::Derive => return u64::MAX,
        // Lists of some dozens, and documents whose leaves may all be kept or empty.
        T::FirstName
        | T::LastName
        | T::City
        | T::Postcode
        | T::Company
        | T::Json
        | T::Array
        | T::Hstore
        | T::Fields
        | T::Range => 0.1,
        // Values that repeat, so that many rows get one like theirs.
        T::Shuffle => 0.5,
        // A space of some thousand and more.
        T::Int | T::Name | T::Street | T::Address | T::Code | T::Digits | T::Ip | T::Lorem => 0.01,
        _ => 0.0,
    };
    (seen.values as f64 * share).ceil() as u64 + if share > 0.0 { 3 } else { 0 }
}
