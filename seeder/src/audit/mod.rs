//! Checks the rows of a database against every constraint in its catalogue, whoever loaded them.
//!
//! Reads the catalogue and the rows, never a plan: what is wrong in both the plan and the load shows
//! here. Each constraint is asked again as a query, whether the server counts it as validated or not,
//! with every optimisation off that would take the constraint's word for it. Counts and names come
//! out, never a value.

mod assertion;
mod catalogue;
mod coherence;
mod domains;
mod keys;
mod rows;
mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use rules::schema::{Name, Schema};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use catalogue::Catalogue;

/// Rows up to which an exclusion constraint is checked pair by pair; above, a sample of its rows is
/// compared with all others.
pub const EXCLUSION_ROWS_MAX: u64 = 3_000;

/// What an audit looks at beyond the catalogue.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audit<'a> {
    /// The schema as it is to be: what differs from it is a violation.
    pub before: Option<&'a Schema>,
    /// Queries and what they must give.
    pub assertions: &'a [Assertion],
    /// Whether rows are asked for what names say of them, which no constraint demands.
    pub coherence: bool,
    /// How long one of its queries may take, whose code may be anybody's: what takes longer counts as
    /// not checked. Zero is as long as it takes.
    pub within: Duration,
}

/// A query and its first value as PostgreSQL writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// What it is called in the findings.
    pub name: String,
    /// One statement that reads.
    pub sql: String,
    /// What the first column of the first row must be: `true`, `1`, `null`.
    pub expected: String,
}

/// What an audit has found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Tables with rows of their own, partitions too.
    pub tables: Vec<TableFigures>,
    /// How many of each kind were checked.
    pub checked: BTreeMap<Kind, u64>,
    /// What is wrong, or worth knowing.
    pub findings: Vec<Finding>,
}

impl Findings {
    /// What must not be.
    pub fn violations(&self) -> impl Iterator<Item = &Finding> {
        let all = self.findings.iter();
        all.filter(|finding| finding.kind.is_violation())
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    fn checked(&mut self, kind: Kind) {
        *self.checked.entry(kind).or_default() += 1;
    }

    fn found(&mut self, kind: Kind, table: &Name, name: &str, count: u64) {
        self.findings.push(Finding {
            kind,
            table: Some(table.clone()),
            name: name.to_owned(),
            count,
            expected: None,
            got: None,
        });
    }
}

/// How much a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFigures {
    /// Which.
    pub table: Name,
    /// The table that it is a partition of.
    pub partition_of: Option<Name>,
    /// Its rows.
    pub rows: u64,
    /// Its bytes on disk, with indexes and long values.
    pub bytes: u64,
}

/// One thing that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What is wrong.
    pub kind: Kind,
    /// Of which table.
    pub table: Option<Name>,
    /// The constraint, index, column, sequence, trigger or assertion.
    pub name: String,
    /// How many rows, or how far a sequence is behind; 0 where nothing is counted.
    pub count: u64,
    /// What an assertion must give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What it gave instead, where that is a number or a truth value, else what kind of thing it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.kind.words())?;
        if let Some(table) = &self.table {
            write!(f, "{table}.")?;
        }
        write!(f, "{}", self.name)?;
        if let (Some(expected), Some(got)) = (&self.expected, &self.got) {
            write!(f, ": expected {expected}, got {got}")?;
        }
        match self.count {
            0 => Ok(()),
            count => write!(f, " ({count})"),
        }
    }
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Rows without the row that they refer to.
    ForeignKey,
    /// Rows beyond the first with the same key.
    Unique,
    /// Pairs of rows that exclude each other.
    Exclusion,
    /// Pairs that exclude each other among a sample and all rows.
    ExclusionSample,
    /// Rows that a CHECK is false for.
    Check,
    /// Rows with a value that a domain refuses.
    Domain,
    /// Rows with NULL where none may be.
    NotNull,
    /// Rows whose stored generated column is not what its expression gives.
    Generated,
    /// Rows in a partition whose bounds exclude them.
    PartitionBound,
    /// A sequence that would give a number that is there.
    Sequence,
    /// A foreign key whose triggers are disabled.
    Unenforced,
    /// An index that queries or constraints cannot rely on.
    InvalidIndex,
    /// A trigger in another state than before.
    TriggerState,
    /// Another difference from the schema before.
    Schema,
    /// An assertion that does not give what it must.
    Assertion,
    /// A constraint whose query the server refused: some row makes its expression fail.
    Unchecked,
    /// A constraint that the server has not validated; its rows were checked all the same.
    NotValidated,
    /// A partition without rows.
    EmptyPartition,
    /// Rows that came to be before what they refer to.
    EarlierThanParent,
    /// Rows in which something happened before they came to be.
    EarlierThanRow,
    /// Rows whose address or user name is of another name than theirs.
    OtherName,
}

impl Kind {
    /// Whether it must not be; the others are for information.
    pub fn is_violation(self) -> bool {
        !matches!(
            self,
            Self::NotValidated
                | Self::EmptyPartition
                | Self::EarlierThanParent
                | Self::EarlierThanRow
                | Self::OtherName
        )
    }

    fn words(self) -> &'static str {
        match self {
            Self::ForeignKey => "rows without parent",
            Self::Unique => "repeated keys",
            Self::Exclusion => "rows that exclude each other",
            Self::ExclusionSample => "rows of a sample that exclude others",
            Self::Check => "rows that fail a check",
            Self::Domain => "values that a domain refuses",
            Self::NotNull => "missing values",
            Self::Generated => "generated values that are not their expression's",
            Self::PartitionBound => "rows in the wrong partition",
            Self::Sequence => "sequence behind its column",
            Self::Unenforced => "foreign key that is not enforced",
            Self::InvalidIndex => "invalid index",
            Self::TriggerState => "trigger in another state",
            Self::Schema => "schema differs",
            Self::Assertion => "assertion failed",
            Self::Unchecked => "could not be checked",
            Self::NotValidated => "not validated by the server",
            Self::EmptyPartition => "partition without rows",
            Self::EarlierThanParent => "rows earlier than their parent",
            Self::EarlierThanRow => "moments earlier than their row",
            Self::OtherName => "addresses of another name",
        }
    }
}

/// Why an audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The server refused, or the connection broke.
    #[error("{step} (SQLSTATE {code})")]
    Server {
        /// The step: verb and object.
        step: String,
        /// What the server said; `none` for a broken connection.
        code: String,
    },
    /// A statement went on after its time: code in the database catches what ends it.
    #[error(
        "{step}: the server did not end a statement whose time was up, so code in the database keeps it \
         from ending: look for functions that catch query_canceled"
    )]
    Endless {
        /// The step: verb and object.
        step: String,
    },
    /// The schema could not be read for comparison.
    #[error(transparent)]
    Introspect(#[from] crate::IntrospectError),
}

/// Audits the database that `client` is connected to, as a role that row security does not bind, or as
/// the owner of every table unless row security is forced on one: then its rows count as not checked.
/// What is asked runs code that is in the database, with the rights of that role.
///
/// Opens and ends transactions of its own, so the session must not be inside one; its settings stay.
/// When the future is dropped halfway, or ends with [`AuditError::Endless`], a transaction stays open and
/// the session should be closed.
pub async fn audit(client: &Client, request: &Audit<'_>) -> Result<Findings, AuditError> {
    let now = match request.before {
        Some(_) => Some(crate::introspect(client).await?),
        None => None,
    };
    let session = Session {
        client,
        within: request.within,
    };
    session.run("open a snapshot", BEGIN).await?;
    let audited = Box::pin(session.audit(request)).await;
    if let Err(AuditError::Endless { .. }) = audited {
        // The end of the snapshot would wait for the same statement.
        return audited;
    }
    let ended = session.run("end the snapshot", "ROLLBACK").await;
    let mut findings = audited?;
    ended?;
    if let (Some(before), Some(now)) = (request.before, &now) {
        state::compare(before, now, &mut findings);
    }
    Ok(findings)
}

/// The planner must not conclude from a constraint that its violation cannot be, nor read a unique
/// index in place of the rows. The savepoint is returned to when one query fails.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC';
SET LOCAL quote_all_identifiers = off; SET LOCAL row_security = off; SET LOCAL constraint_exclusion = off;
SET LOCAL enable_partition_pruning = off; SET LOCAL enable_indexscan = off;
SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off;
SET LOCAL search_path = ''";

const SAVE: &str = "SET LOCAL search_path = DEFAULT; SAVEPOINT standin_audit";

/// How long the server may take to end a statement whose time is up.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// The session during an audit.
#[derive(Clone, Copy)]
struct Session<'a> {
    client: &'a Client,
    within: Duration,
}

impl Session<'_> {
    async fn audit(self, request: &Audit<'_>) -> Result<Findings, AuditError> {
        // Text is deparsed with an empty search path, so that names are qualified; queries run with
        // the database's own, because functions in constraints may rely on it.
        self.bound().await?;
        let catalogue = Catalogue::read(self).await?;
        self.run("mark the snapshot", SAVE).await?;
        let mut findings = Findings::default();
        rows::check(self, &catalogue, &mut findings).await?;
        keys::foreign(self, &catalogue, &mut findings).await?;
        keys::unique(self, &catalogue, &mut findings).await?;
        keys::exclusion(self, &catalogue, &mut findings).await?;
        state::sequences(self, &catalogue, &mut findings).await?;
        state::flags(&catalogue, &mut findings);
        if request.coherence {
            coherence::check(self, &catalogue, &mut findings).await?;
        }
        for assertion in request.assertions {
            assertion::check(self, assertion, &mut findings).await?;
        }
        Ok(findings)
    }

    async fn run(self, step: &str, sql: &str) -> Result<(), AuditError> {
        let done = self.client.batch_execute(sql).await;
        done.map_err(|error| AuditError::new(step, &error))
    }

    /// Bounds the next queries: one before may have run code that took the bound away.
    async fn bound(self) -> Result<(), AuditError> {
        let within_ms = self.within.as_millis();
        let set = format!("SET LOCAL statement_timeout = {within_ms}");
        self.run("bound a query", &set).await
    }

    /// Waits for a query as long as its bound lets it run: code in it may catch what ends it.
    async fn ended<T>(
        self,
        step: &str,
        query: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<Result<T, tokio_postgres::Error>, AuditError> {
        if self.within.is_zero() {
            return Ok(query.await);
        }
        let ended = tokio::time::timeout(self.within + ENDS_WITHIN, query).await;
        ended.map_err(|_| AuditError::Endless {
            step: step.to_owned(),
        })
    }

    /// Runs a query of counts; `None` when the server refuses it, which a row can cause.
    async fn counts(self, sql: &str) -> Result<Option<Vec<u64>>, AuditError> {
        const STEP: &str = "count rows";
        self.bound().await?;
        let row = match self.ended(STEP, self.client.query_one(sql, &[])).await? {
            Ok(row) => row,
            Err(error) if error.as_db_error().is_some() && !self.client.is_closed() => {
                let back = "ROLLBACK TO SAVEPOINT standin_audit";
                self.run("return to the snapshot", back).await?;
                return Ok(None);
            }
            Err(error) => return Err(AuditError::new(STEP, &error)),
        };
        let counts = (0..row.len()).map(|column| {
            let count: i64 = row.try_get(column)?;
            Ok(count.unsigned_abs())
        });
        let counts: Result<Vec<u64>, tokio_postgres::Error> = counts.collect();
        counts
            .map(Some)
            .map_err(|error| AuditError::new(STEP, &error))
    }
}

impl AuditError {
    fn new(step: &str, error: &tokio_postgres::Error) -> Self {
        Self::Server {
            step: step.to_owned(),
            code: error
                .code()
                .map_or_else(|| "none".to_owned(), |code| code.code().to_owned()),
        }
    }
}
