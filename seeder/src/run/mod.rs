//! Fills a database from nothing but its schema: read, plan, generate, load, audit.

mod explain;
mod filled;
mod fingerprint;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use rules::config::Seed;
use rules::schema::{Name, Schema};
use rules::seed::{AsOf, LoadMode, SeedRules, TriggerPolicy};
use tokio_postgres::{Client, Config, NoTls};

use crate::audit::{self, Audit, AuditError, Finding, Findings};
use crate::engine::{CHUNK_ROWS, Engine, Unfillable, row_of};
use crate::introspect::{IntrospectError, introspect};
use crate::load::{
    self, Event, Failure, FilledPolicy, LoadError, Mode, Options, Refusal, SourceError, TableLoad,
};
use crate::plan::{self, Plan, Unplannable};
use crate::scenario::{self, ScenarioError, ScenarioTold};
use crate::value::days_since_epoch;

pub use explain::{ExplainError, Explained, explain};
pub use fingerprint::fingerprint;

/// Rows of a table that are made before anything is loaded, to see that its CHECKs can be met.
const ROWS_TRIED: u64 = 200;

/// SQLSTATE of a full disk (PostgreSQL documentation, appendix "PostgreSQL Error Codes").
const DISK_FULL: &str = "53100";

/// Why a database could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// No session, or none any more.
    #[error("connect to the database that is to be filled")]
    Connect(#[source] tokio_postgres::Error),
    /// The schema could not be read.
    #[error("read the schema")]
    Introspect(#[from] IntrospectError),
    /// A table could not be looked at.
    #[error("read the rows of {table}: {reason}")]
    Read {
        /// The table.
        table: Name,
        /// SQLSTATE and message, without values.
        reason: String,
    },
    /// The chosen scenarios cannot be added; nothing was written.
    #[error("scenarios cannot be added:\n{0}")]
    Scenarios(ScenarioError),
    /// The schema cannot be filled as it is; nothing was written.
    #[error("parts of the schema cannot be filled:\n{0}")]
    Plan(Unplannable),
    /// A row satisfies no try; nothing was written, or the load was given up.
    #[error(transparent)]
    Row(#[from] Unfillable),
    /// The rows could not be loaded.
    #[error("load the rows")]
    Load(#[from] LoadError),
    /// The server refused a row of a scenario.
    #[error("load row \"{handle}\" of scenario \"{scenario}\"")]
    Added {
        /// The scenario.
        scenario: String,
        /// What the row is called.
        handle: String,
        /// What the server said.
        #[source]
        source: Box<LoadError>,
    },
    /// The audit could not run.
    #[error("audit the rows")]
    Audit(#[from] AuditError),
    /// The audit found what the schema does not allow.
    #[error("the audit found what must not be:\n{}", .0.join("\n"))]
    Violations(Vec<String>),
    /// What the scenarios ask for is not so.
    #[error("assertions of scenarios do not hold:\n{}", .0.join("\n"))]
    Assertions(Vec<String>),
}

impl From<ScenarioError> for SeedError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenarios(error)
    }
}

impl From<Unplannable> for SeedError {
    fn from(problems: Unplannable) -> Self {
        Self::Plan(problems)
    }
}

impl SeedError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Plan(_) => {
                Some("`standin seed plan` tells whether it can be filled, and builds nothing")
            }
            Self::Row(_) => {
                Some("give the columns of these constraints values under [seed.tables]")
            }
            Self::Load(error) => error.hint(),
            Self::Violations(_) => Some("this is a fault of the seeder: nothing was published"),
            Self::Scenarios(ScenarioError::Unknown { .. }) => {
                Some("`standin seed scenarios` lists what there is")
            }
            Self::Scenarios(_) | Self::Added { .. } => {
                Some("correct the scenario under [[seed.scenario]]")
            }
            Self::Assertions(_) => Some(
                "nothing was published: correct the assertion, set more columns, or keep generated \
                 rows out with exclusive = true",
            ),
            Self::Connect(_) | Self::Introspect(_) | Self::Read { .. } | Self::Audit(_) => None,
        }
    }

    /// Whether the server had no room left.
    pub fn is_full(&self) -> bool {
        let failure = self.failure();
        failure.is_some_and(
            |failure| matches!(failure, Failure::Refused { fault, .. } if fault.code == DISK_FULL),
        )
    }

    /// Whether the server was lost in the middle of a load.
    pub fn is_lost(&self) -> bool {
        matches!(self.failure(), Some(Failure::Connection { .. }))
    }

    fn failure(&self) -> Option<&Failure> {
        let error = match self {
            Self::Load(error) => error,
            Self::Added { source, .. } => source.as_ref(),
            _ => return None,
        };
        match error {
            LoadError::Failed { failure, .. } | LoadError::Refused(Refusal::Server(failure)) => {
                Some(failure)
            }
            LoadError::Refused(_) => None,
        }
    }

    pub(crate) fn read(table: &Name, error: &tokio_postgres::Error) -> Self {
        let reason = match error.as_db_error() {
            Some(error) => format!("{} ({})", error.message(), error.code().code()),
            None => error.to_string(),
        };
        Self::Read {
            table: table.clone(),
            reason,
        }
    }
}

/// What to fill a database with.
#[derive(Debug, Clone)]
pub struct Job {
    /// Rules of the configuration.
    pub rules: SeedRules,
    /// Seed, scale, scenarios.
    pub seed: Seed,
    /// The day of the run, in UTC.
    pub today: Date,
    /// Threads that make rows; `None` for one each core.
    pub workers: Option<usize>,
}

impl Job {
    /// The moment that the data is as of, in microseconds since 1970.
    pub fn as_of_micros(&self) -> i64 {
        let day = match self.rules.as_of {
            AsOf::Day(day) => day,
            AsOf::Today => self.today,
        };
        i64::from(days_since_epoch(day)) * 86_400_000_000
    }
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Filled {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Rows, bytes and seconds of the load.
    pub load: load::Report,
    /// What the audit found: figures, and no violation.
    pub audit: Findings,
    /// The scenarios with the keys of their rows.
    pub scenarios: Vec<ScenarioTold>,
    /// How long everything took.
    pub took: Duration,
}

/// A session of a database; its connection ends with it.
pub async fn connect(config: &Config) -> Result<Client, SeedError> {
    let (client, connection) = config.connect(NoTls).await.map_err(SeedError::Connect)?;
    tokio::spawn(async move {
        // The client's own calls report the same error.
        connection.await.ok();
    });
    Ok(client)
}

/// Reads a database and plans how to fill it; nothing is written.
///
/// # Errors
/// When it cannot be read, everything that keeps it from being filled, or a row that satisfies no try.
pub async fn plan(client: &Client, job: &Job) -> Result<(Schema, Plan), SeedError> {
    scenario::chosen(&job.rules, &job.seed)?;
    let schema = introspect(client).await?;
    let filled = filled::filled(client, &schema).await?;
    let request = plan::Request {
        schema: &schema,
        rules: &job.rules,
        seed: &job.seed,
        as_of_micros: job.as_of_micros(),
    };
    let mut plan = Plan::make(request, filled)?;
    scenario::add(client, &mut plan, request).await?;
    try_rows(&plan)?;
    Ok((schema, plan))
}

/// Fills every table of a database that is empty, and proves it.
///
/// # Errors
/// Whatever keeps a row from being made, loaded or valid; the database is then to be thrown away.
pub async fn fill(
    config: &Config,
    job: &Job,
    progress: &(dyn Fn(&Event) + Send + Sync),
) -> Result<Filled, SeedError> {
    let began = std::time::Instant::now();
    let client = connect(config).await?;
    let (schema, plan) = plan(&client, job).await?;
    let plan = Arc::new(plan);
    let engine = Engine::new(Arc::clone(&plan));
    let options = options(job);
    let (levels, positions) = levels(&plan);
    let request = load::Request {
        config,
        schema: &schema,
        levels: &levels,
        options: &options,
    };
    let source = move |table: usize, chunk: u64, out: &mut Vec<u8>| {
        engine
            .write_chunk(positions[table], chunk, out)
            .map_err(SourceError::from)
    };
    let load = load::load(request, source, progress).await;
    let load = load.map_err(|error| in_scenario(&plan, error))?;
    let scenarios = plan.scenarios_told(&schema);
    Ok(Filled {
        load,
        audit: proven(&client, &schema, &scenarios).await?,
        plan,
        scenarios,
        took: began.elapsed(),
    })
}

/// Audits what was loaded, and asks what the scenarios ask.
async fn proven(
    client: &Client,
    schema: &Schema,
    scenarios: &[ScenarioTold],
) -> Result<Findings, SeedError> {
    let questions = scenarios.iter().flat_map(|told| &told.assertions);
    let questions: Vec<_> = questions.cloned().collect();
    let request = Audit {
        before: Some(schema),
        assertions: &questions,
        ..Audit::default()
    };
    let audit = audit::audit(client, &request).await?;
    let (asked, violations): (Vec<_>, Vec<_>) = audit
        .violations()
        .partition(|finding| finding.expected.is_some());
    let lines = |found: Vec<&Finding>| found.iter().map(ToString::to_string).collect();
    if !violations.is_empty() {
        return Err(SeedError::Violations(lines(violations)));
    }
    if !asked.is_empty() {
        return Err(SeedError::Assertions(lines(asked)));
    }
    Ok(audit)
}

/// Says of a row that the server refused which scenario it is of, where it is of one.
fn in_scenario(plan: &Plan, error: LoadError) -> SeedError {
    let place = match &error {
        LoadError::Failed {
            failure: Failure::Refused { fault, .. },
            ..
        } => fault.table.as_ref().zip(fault.row),
        _ => None,
    };
    let of = place.and_then(|(table, place)| {
        let table = plan.table(table)?;
        let own = &plan.tables[table];
        let number = usize::try_from(place.checked_sub(own.rows)?).ok()?;
        let row = own.added.get(number)?.row;
        let of = |scenario: &'_ scenario::Planned| {
            let rows = scenario.rows.iter();
            let mut rows = rows.filter(|other| (other.table, other.row) == (table, row));
            Some((scenario.name.clone(), rows.next()?.handle.clone()))
        };
        plan.scenarios.iter().find_map(of)
    });
    match of {
        Some((scenario, handle)) => SeedError::Added {
            scenario,
            handle,
            source: Box::new(error),
        },
        None => SeedError::Load(error),
    }
}

/// Makes the first and the last rows of every table, which tells CHECKs that nothing satisfies.
fn try_rows(plan: &Plan) -> Result<(), SeedError> {
    for (position, table) in plan.tables.iter().enumerate() {
        if table.filled.is_some() {
            continue;
        }
        let first = 0..table.rows.min(ROWS_TRIED);
        let last = table.rows.saturating_sub(ROWS_TRIED / 4)..table.rows;
        for row in first.chain(last) {
            let cells = row_of(plan, position, row)?;
            let mut columns = table.columns.iter().zip(&cells);
            let missing = columns
                .find(|(column, cell)| cell.is_null() && !column.nullable && !column.generated);
            if let Some((column, _)) = missing {
                return Err(SeedError::Row(Unfillable {
                    table: table.name.clone(),
                    row,
                    constraints: vec![format!("NOT NULL of \"{}\"", column.name)],
                }));
            }
        }
    }
    Ok(())
}

fn options(job: &Job) -> Options {
    let policy = |policy| match policy {
        TriggerPolicy::Suppress => load::TriggerPolicy::Suppress,
        TriggerPolicy::Fire => load::TriggerPolicy::Fire,
    };
    let of_tables = job.rules.tables.iter();
    let of_tables = of_tables.filter_map(|(name, own)| Some((name.clone(), policy(own.triggers?))));
    let mut options = Options {
        mode: match job.rules.mode {
            LoadMode::Rebuild => Mode::Rebuild,
            LoadMode::Live => Mode::Live,
        },
        triggers: policy(job.rules.triggers),
        triggers_of: of_tables.collect(),
        filled: FilledPolicy::Keep,
        ..Options::default()
    };
    if let Some(workers) = job.workers {
        options.workers = workers;
    }
    options
}

/// What the loader gets, and the plan's position of each of its tables.
fn levels(plan: &Plan) -> (Vec<Vec<TableLoad>>, Vec<usize>) {
    let mut levels: Vec<Vec<TableLoad>> = Vec::new();
    let mut positions = Vec::new();
    for (position, table) in plan.tables.iter().enumerate() {
        if table.filled.is_some() {
            continue;
        }
        if levels.len() <= table.level {
            levels.resize_with(table.level + 1, Vec::new);
        }
        let columns = table
            .sent()
            .map(|column| table.columns[column].name.clone());
        let load = TableLoad {
            table: table.name.clone(),
            columns: columns.collect(),
            rows: table.all_rows(),
            chunks: table.rows.div_ceil(CHUNK_ROWS)
                + table.added.len().div_ceil(CHUNK_ROWS as usize) as u64,
        };
        levels[table.level].push(load);
        // Tables of a plan are in the order of their levels.
        positions.push(position);
    }
    (levels, positions)
}
