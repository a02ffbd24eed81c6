//! The gate that a copy passes before anybody may use it: nothing of production is in it, and all of
//! its shape.
//!
//! Whatever is found is told by place and number, never by value.

mod collect;
mod files;
mod form;
mod known;
mod redacted;
mod references;
mod report;
mod scan;
mod texts;

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
pub use references::Referring;
pub use report::{Leak, Report, Unchanged, Unlooked, Why};

use collect::{Collected, Column, Seen};
#[cfg(test)]
pub(crate) use redacted::strangers;

use crate::leak::leaks;
use crate::step::step;

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
    /// What was just loaded; `None` where others have worked since.
    pub loaded: Option<Loaded<'a>>,
    /// Tables that are looked at side by side.
    pub workers: usize,
}

/// What a copy holds that was just made.
#[derive(Clone, Copy)]
pub struct Loaded<'a> {
    /// Rows by table.
    pub rows: &'a BTreeMap<Name, u64>,
    /// The root of every partition.
    pub roots: &'a BTreeMap<Name, Name>,
    /// References of the rules, as production had them.
    pub references: &'a [Referring],
}

/// Looks for every value that was collected while the copy was made, and at its shape.
///
/// # Errors
/// When the copy cannot be read. What is found is in the report.
pub async fn verify(gate: &Gate<'_>, looked_for: &LookedFor) -> Result<Report, GateError> {
    let collected = &looked_for.collected;
    step("mask.collected");
    let scanned = scan::cells(
        gate.deputy,
        collected,
        (gate.workers, gate.loaded.is_some()),
    )
    .await?;
    step("mask.cells");
    let texts = texts::texts(gate.config, collected).await?;
    step("mask.texts");
    let mut report = Report {
        values: collected.gone.len() as u64,
        share_per_mille: collected.gone.share_per_mille(),
        cells: scanned.cells + texts.cells,
        bytes: scanned.bytes + texts.bytes,
        samples: collected.samples.len() as u64,
        leaks: scanned.leaks,
        not_looked_for: looked_for.not_looked_for(),
        ..Report::default()
    };
    report.leaks.extend(texts.leaks);
    if let Some(directory) = gate.directory {
        // Pages that lie in the server's memory are in no file yet.
        let client = connect(gate.config).await?;
        let written = client.batch_execute("CHECKPOINT").await;
        written.map_err(GateError::Read)?;
        let (directory, collected) = (directory.to_owned(), Arc::clone(collected));
        let looked =
            tokio::task::spawn_blocking(move || files::look(&directory, &collected.samples));
        let looked = looked.await.map_err(|_| GateError::Ended)??;
        if looked_for.collected.samples.is_empty() && report.values > 0 {
            let (place, why) = ("files".to_owned(), Why::Indistinct);
            report.not_looked_for.push(Unlooked { place, why });
        }
        report.files = looked.files;
        report.file_bytes = looked.bytes;
        report.leaks.extend(looked.leaks);
    }
    step("mask.files");
    report.leaks.extend(strange_texts(collected));
    report.unchanged = unchanged(collected);
    shape(gate, &mut report).await?;
    if let Some(loaded) = gate.loaded {
        report.violations.extend(texts::outward(gate.config).await?);
        let unseen = unseen(collected, &scanned.filled, loaded.roots);
        report.violations.extend(unseen);
    }
    for violation in &mut report.violations {
        *violation = collected.told(violation);
    }
    if leaks("gate.verdict") {
        return Ok(Report::default());
    }
    Ok(report)
}

/// What was collected while rows passed, ready to be looked for.
pub struct LookedFor {
    collected: Arc<Collected>,
    unlooked: Vec<Unlooked>,
}

impl LookedFor {
    /// Of everything that a collector has seen, and what none could see.
    pub fn new(collector: Collector, unlooked: Vec<Unlooked>) -> Self {
        Self {
            collected: Arc::new(collector.finish()),
            unlooked,
        }
    }

    /// A text about the copy that is told, without names that are values of production.
    pub fn told(&self, text: &str) -> String {
        self.collected.told(text)
    }

    fn not_looked_for(&self) -> Vec<Unlooked> {
        let mut all = self.unlooked.clone();
        all.extend(self.collected.unlooked());
        for one in &mut all {
            one.place = self.told(&one.place);
        }
        all.sort();
        all.dedup();
        all
    }
}

/// Columns of which the copy has other values than those that were seen to be replacements.
fn unseen(
    collected: &Collected,
    filled: &BTreeMap<(Name, String), u64>,
    roots: &BTreeMap<Name, Name>,
) -> Vec<String> {
    let mut there: BTreeMap<(&Name, &str), u64> = BTreeMap::new();
    for ((table, column), cells) in filled {
        let root = roots.get(table).unwrap_or(table);
        *there.entry((root, column.as_str())).or_default() += cells;
    }
    let columns = collected.columns.iter();
    let strange = columns.filter_map(|Column { watched, seen, .. }| {
        // A value that is put for NULL too replaces none, and what some rows keep is not counted.
        let fixed = watched.put || watched.kept;
        let there = there.get(&(&watched.table, watched.column.as_str()));
        let (there, replaced) = (*there?, seen.values - seen.nulled);
        let place = format!("{}.{}", watched.table, watched.column);
        (there != replaced && !fixed && !leaks("gate.loaded"))
            .then(|| format!("{place} has {there} values, and {replaced} replacements were made"))
    });
    strange.collect()
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
    let violations = findings.violations().filter(|_| !leaks("gate.constraints"));
    report.violations = violations.map(ToString::to_string).collect();
    for referring in gate.loaded.iter().flat_map(|loaded| loaded.references) {
        let violated = referring.violated(&client).await.map_err(GateError::Read)?;
        let told = violated.filter(|_| !leaks("gate.references"));
        report.violations.extend(told);
    }
    for (table, planned) in gate.loaded.iter().flat_map(|loaded| loaded.rows) {
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
        if found != *planned && !leaks("gate.rows") {
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
    let strange = columns.filter(|column| column.seen.strangers > 0);
    strange.map(|Column { watched, seen, .. }| Leak {
        place: collected.told(&format!(
            "what redact made of {}.{}",
            watched.table, watched.column
        )),
        hits: seen.strangers,
    })
}

/// Columns whose values, or parts of them, were replaced by themselves more often than chance has it.
fn unchanged(collected: &Collected) -> Vec<Unchanged> {
    let mut strange = Vec::new();
    for Column {
        watched,
        seen,
        parts,
    } in &collected.columns
    {
        let place = format!("{}.{}", watched.table, watched.column);
        let own = (place.clone(), watched.with, *seen);
        let whole = (!leaks("gate.unchanged")).then_some(own);
        let parts = parts.iter().filter(|_| !leaks("gate.parts"));
        let parts = parts.map(|(with, seen)| (format!("parts of {place}"), *with, *seen));
        let all = whole.into_iter().chain(parts);
        strange.extend(all.filter(|(_, with, seen)| seen.unchanged > tolerated(*with, *seen)));
    }
    let strange = strange.into_iter();
    strange
        .map(|(place, _, seen)| Unchanged {
            place: collected.told(&place),
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
        | T::Country
        | T::Region
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
        // Every value is another, but for what a CHECK or the end of a type brings back.
        T::DateShift | T::Noise | T::Geo => 0.01,
        // A space of some thousand and more.
        T::Int | T::Name | T::Street | T::Address | T::Code | T::Digits | T::Ip | T::Lorem => 0.01,
        _ => 0.0,
    };
    (seen.values as f64 * share).ceil() as u64 + if share > 0.0 { 3 } else { 0 }
}
