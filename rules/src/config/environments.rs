//! `[environments.NAME]`: what each environment is, and what may be done in it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::EnvironmentPattern;
use crate::schedule::Cron;

use super::defaults;
use super::limits::{StatementLimits, span_or_never, statement_limits};
use super::pool::{DISK_MIN, bytes};
use super::source::{Source, source};
use super::text::{Later, ProblemKind, Report, Table, Value};

/// Most generations, spares and branches of one environment: each is a directory, spares are a
/// running server besides.
const GENERATIONS_MAX: u64 = 100;
const SPARES_MAX: u64 = 16;
const BRANCHES_MAX: u64 = 10_000;

/// Most tables of environments: a wildcard makes as many environments as wanted, and looking one up
/// walks the tables.
const ENVIRONMENTS_MAX: usize = 1_000;

/// Undo must reach at least this many generations back.
pub const GENERATIONS_MIN: usize = 3;

/// Sleeping and dropping sooner than this would race with the clients that cause them.
const SPAN_MIN: Duration = Duration::from_secs(1);

/// `[environments.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The table's key.
    pub pattern: EnvironmentPattern,
    /// What it is filled from.
    pub source: Source,
    /// What clients may do.
    pub access: AccessMode,
    /// Bounds of its sessions' statements.
    pub limits: StatementLimits,
    /// Named branches within it.
    pub branches: Branches,
    /// When it is reset by itself.
    pub reset: Option<Cron>,
    /// When its base is copied anew by itself (mirror).
    pub refresh: Option<Cron>,
    /// A TCP port of its own, on the address of `[listen] postgres`, where any database name means
    /// this environment.
    pub port: Option<u16>,
    /// What a crash may cost.
    pub durability: Durability,
    /// How long without sessions until the server is stopped; `None` never.
    pub idle: Option<Duration>,
    /// Earlier generations kept for undo, at least 3.
    pub generations: usize,
    /// Servers started ahead for the next reset.
    pub spares: usize,
}

/// What clients may do to the data; the later ones include the earlier.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccessMode {
    /// SELECT.
    ReadOnly,
    /// SELECT and INSERT.
    Append,
    /// Everything within the database.
    #[default]
    ReadWrite,
}

/// What a crash may cost, shown in every listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Durability {
    /// Survives kill -9, not a power cut (`fsync=off`).
    Process,
    /// Survives a power cut but for under a second (`synchronous_commit=off`).
    Consistent,
    /// Survives a power cut.
    Machine,
}

/// `branches` of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// How a branch comes to be.
    pub create: CreateBranch,
    /// Lifetime since last use; `None` for ever.
    pub ttl: Option<Duration>,
    /// How many may exist at once.
    pub max: usize,
    /// Bytes that they may hold alone, all together, before no more are made; `None` is no bound.
    pub disk_bytes: Option<u64>,
    /// Servers started ahead for branches that do not exist yet.
    pub spares: usize,
    /// What a crash may cost a branch.
    pub durability: Durability,
}

/// How a branch comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateBranch {
    /// By command only.
    Command,
    /// Also by connecting to a name that does not exist.
    OnConnect,
}

const DURABILITIES: [(&str, Durability); 3] = [
    (Durability::Process.as_str(), Durability::Process),
    (Durability::Consistent.as_str(), Durability::Consistent),
    (Durability::Machine.as_str(), Durability::Machine),
];

pub(super) const ACCESSES: [(&str, AccessMode); 3] = [
    (AccessMode::ReadWrite.as_str(), AccessMode::ReadWrite),
    (AccessMode::Append.as_str(), AccessMode::Append),
    (AccessMode::ReadOnly.as_str(), AccessMode::ReadOnly),
];

const CREATES: [(&str, CreateBranch); 2] = [
    (CreateBranch::Command.as_str(), CreateBranch::Command),
    (CreateBranch::OnConnect.as_str(), CreateBranch::OnConnect),
];

const LATER: [Later; 2] = [
    Later {
        key: "ladder",
        today: "`standin snapshot create` takes a snapshot by hand, and the last generations are \
                kept for undo; remove this key",
    },
    Later {
        key: "drill",
        today: "snapshots are verified when they are sealed; remove this key",
    },
];

impl AccessMode {
    /// The word as it is written in the configuration and shown in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Append => "append",
            Self::ReadWrite => "read-write",
        }
    }
}

impl fmt::Display for AccessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Durability {
    /// The word as it is written in the configuration and shown in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Consistent => "consistent",
            Self::Machine => "machine",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl CreateBranch {
    /// The word as it is written in the configuration and shown in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::OnConnect => "on-connect",
        }
    }
}

impl fmt::Display for CreateBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Default for Branches {
    fn default() -> Self {
        Self {
            create: defaults::BRANCH_CREATE,
            ttl: None,
            max: defaults::BRANCH_MAX,
            disk_bytes: None,
            spares: defaults::BRANCH_SPARES,
            durability: defaults::BRANCH_DURABILITY,
        }
    }
}

impl Environment {
    /// An environment of which the configuration says nothing but where its data comes from.
    pub fn new(pattern: EnvironmentPattern, source: Source) -> Self {
        Self {
            pattern,
            source,
            access: defaults::ACCESS,
            limits: StatementLimits::default(),
            branches: Branches::default(),
            reset: None,
            refresh: None,
            port: None,
            durability: defaults::DURABILITY,
            idle: Some(defaults::IDLE),
            generations: defaults::GENERATIONS,
            spares: defaults::SPARES,
        }
    }
}

/// Reads every environment that has a name, also where something is reported about its source.
pub(super) fn environments(
    table: Option<Table<'_, '_>>,
    report: &mut Report<'_>,
) -> Vec<Environment> {
    let mut environments = Vec::new();
    let Some(table) = table else {
        return environments;
    };
    for (name, value) in table.entries(ENVIRONMENTS_MAX, report) {
        let pattern: Option<EnvironmentPattern> = match name.parse() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let problem = report.key(value.path(), ProblemKind::WrongValue, format!("{error}"));
                problem.expected =
                    Some("a name such as qa, or a prefix such as \"test-*\"".to_owned());
                None
            }
        };
        let expected = "a table: [environments.NAME]";
        let Some(table) = value.table(expected, report) else {
            continue;
        };
        // A name that is wrong must not hide what is wrong inside the table.
        let stand_in = EnvironmentPattern::Prefix(String::new());
        let found = environment(pattern.clone().unwrap_or(stand_in), table, report);
        environments.extend(pattern.map(|_| found));
    }
    environments
}

fn environment(
    pattern: EnvironmentPattern,
    mut table: Table<'_, '_>,
    report: &mut Report<'_>,
) -> Environment {
    let source = table
        .require(
            "source",
            "source = { migrations = \"db/migrations\" }",
            report,
        )
        .and_then(|value| source(&value, report));
    // A mirror allows every key, so that only what is wrong for itself is reported.
    let mut environment = Environment::new(pattern, source.unwrap_or(Source::Mirror));
    if let Some(value) = table.get("access", report)
        && let Some(access) = value.word(&ACCESSES, report)
    {
        environment.access = access;
    }
    if let Some(value) = table.get("limits", report) {
        environment.limits = statement_limits(&value, report);
    }
    if let Some(value) = table.get("branches", report) {
        environment.branches = branches(&value, report);
    }
    environment.reset = table
        .get("reset", report)
        .and_then(|value| cron(&value, report));
    environment.refresh = table
        .get("refresh", report)
        .and_then(|value| cron(&value, report));
    environment.port = table
        .get("port", report)
        .and_then(|value| value.number(1..=u64::from(u16::MAX), report))
        .and_then(|port| u16::try_from(port).ok());
    if let Some(value) = table.get("durability", report)
        && let Some(durability) = value.word(&DURABILITIES, report)
    {
        environment.durability = durability;
    }
    if let Some(value) = table.get("idle", report) {
        environment.idle = span_or_never(&value, SPAN_MIN, report);
    }
    let generations = GENERATIONS_MIN as u64..=GENERATIONS_MAX;
    if let Some(value) = table.get("generations", report)
        && let Some(number) = value.count(generations, report)
    {
        environment.generations = number;
    }
    if let Some(value) = table.get("spares", report)
        && let Some(number) = value.count(0..=SPARES_MAX, report)
    {
        environment.spares = number;
    }
    table.finish(&LATER, report);
    environment
}

fn branches(value: &Value<'_, '_>, report: &mut Report<'_>) -> Branches {
    let mut branches = Branches::default();
    let expected = "a table, such as { create = \"on-connect\", ttl = \"8h\", max = 20 }";
    let Some(mut table) = value.table(expected, report) else {
        return branches;
    };
    if let Some(value) = table.get("create", report)
        && let Some(create) = value.word(&CREATES, report)
    {
        branches.create = create;
    }
    if let Some(value) = table.get("ttl", report) {
        branches.ttl = span_or_never(&value, SPAN_MIN, report);
    }
    if let Some(value) = table.get("max", report)
        && let Some(number) = value.count(1..=BRANCHES_MAX, report)
    {
        branches.max = number;
    }
    branches.disk_bytes = table
        .get("disk", report)
        .and_then(|value| bytes(&value, DISK_MIN, report));
    if let Some(value) = table.get("spares", report)
        && let Some(number) = value.count(0..=SPARES_MAX, report)
    {
        branches.spares = number;
    }
    if let Some(value) = table.get("durability", report)
        && let Some(durability) = value.word(&DURABILITIES, report)
    {
        branches.durability = durability;
    }
    table.finish(&[], report);
    branches
}

fn cron(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Cron> {
    let expected = "minute, hour, day of month, month, day of week in UTC, such as \"0 6 * * 1-5\"";
    value.parsed(expected, report)
}
