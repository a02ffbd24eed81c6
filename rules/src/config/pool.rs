//! `[pool]` and `[postgres]`: where branches live, and which PostgreSQL serves them.

use std::path::PathBuf;

use crate::unit::Bytes;

use super::defaults;
use super::text::{Report, Table, Value};

/// PostgreSQL versions that are supported.
pub const VERSIONS: std::ops::RangeInclusive<u16> = 13..=18;

/// Most branches that may ever be awake at once on one machine.
const AWAKE_MAX_MAX: u64 = 10_000;

/// Smallest loopback pool: XFS needs 300 MB, and a fresh cluster should fit behind it.
const SIZE_MIN: u64 = 1_000_000_000;

/// Smallest memory bound: one server and its neighbour.
const MEMORY_MIN: u64 = 64_000_000;

/// Smallest disk bound: a fresh branch alone writes a few megabytes.
pub(super) const DISK_MIN: u64 = 64_000_000;

/// `[pool]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The pool's directory, relative to the configuration file.
    pub path: PathBuf,
    /// Bytes that `standin setup` gives a loopback pool; `None` leaves the choice to it.
    pub size_bytes: Option<u64>,
    /// Memory that all awake branches together may take (sum of PSS); `None` is no bound.
    pub memory_bytes: Option<u64>,
    /// Bytes that all branches together may hold alone before nothing new is made; `None` is no bound
    /// but the file system's.
    pub disk_bytes: Option<u64>,
    /// Awake branches at once; a connect beyond it waits, bounded.
    pub awake_max: usize,
    /// How a snapshot is looked at before it is one.
    pub check: Check,
}

/// How much of a cluster is looked at before it becomes a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It starts, every database answers, every file is there.
    Answers,
    /// Every table and index is read and compared as well.
    Integrity,
}

const CHECKS: [(&str, Check); 2] = [
    (Check::Answers.as_str(), Check::Answers),
    (Check::Integrity.as_str(), Check::Integrity),
];

impl Check {
    /// The word as it is written in the configuration and shown in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Integrity => "integrity",
        }
    }
}

/// `[postgres]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Postgres {
    /// `bin` directories looked at before the well-known places.
    pub bin: Vec<PathBuf>,
    /// Major version for fresh clusters; `None` takes the newest found.
    pub version: Option<u16>,
    /// Operating-system user of the servers when the daemon is root; `None` is `postgres`.
    pub user: Option<String>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            path: PathBuf::from(defaults::POOL_PATH),
            size_bytes: None,
            memory_bytes: None,
            disk_bytes: None,
            awake_max: defaults::AWAKE_MAX,
            check: defaults::CHECK,
        }
    }
}

pub(super) fn pool(table: Option<Table<'_, '_>>, report: &mut Report<'_>) -> Pool {
    let mut pool = Pool::default();
    let Some(mut table) = table else { return pool };
    if let Some(value) = table.get("path", report)
        && let Some(path) = value.filled("a directory", report)
    {
        pool.path = PathBuf::from(path);
    }
    pool.size_bytes = table
        .get("size", report)
        .and_then(|value| bytes(&value, SIZE_MIN, report));
    pool.memory_bytes = table
        .get("memory", report)
        .and_then(|value| bytes(&value, MEMORY_MIN, report));
    pool.disk_bytes = table
        .get("disk", report)
        .and_then(|value| bytes(&value, DISK_MIN, report));
    if let Some(value) = table.get("awake_max", report)
        && let Some(number) = value.count(1..=AWAKE_MAX_MAX, report)
    {
        pool.awake_max = number;
    }
    if let Some(value) = table.get("check", report)
        && let Some(check) = value.word(&CHECKS, report)
    {
        pool.check = check;
    }
    table.finish(&[], report);
    pool
}

pub(super) fn postgres(table: Option<Table<'_, '_>>, report: &mut Report<'_>) -> Postgres {
    let mut postgres = Postgres::default();
    let Some(mut table) = table else {
        return postgres;
    };
    let expected = "an array of directories, for example [\"/usr/lib/postgresql/17/bin\"]";
    if let Some(value) = table.get("bin", report)
        && let Some(values) = value.array(expected, report)
    {
        let path = |value: &Value<'_, '_>, report: &mut Report<'_>| {
            value.filled("a directory", report).map(PathBuf::from)
        };
        postgres.bin = values
            .iter()
            .filter_map(|value| path(value, report))
            .collect();
    }
    let versions = u64::from(*VERSIONS.start())..=u64::from(*VERSIONS.end());
    postgres.version = table
        .get("version", report)
        .and_then(|value| value.number(versions, report))
        .and_then(|version| u16::try_from(version).ok());
    postgres.user = table
        .get("user", report)
        .and_then(|value| value.filled("the name of an operating-system user", report))
        .map(str::to_owned);
    table.finish(&[], report);
    postgres
}

/// A size with its unit, at least `min`.
pub(super) fn bytes(value: &Value<'_, '_>, min: u64, report: &mut Report<'_>) -> Option<u64> {
    let expected = format!(
        "a size of at least {} with its unit, such as \"20GB\" or \"512MiB\"",
        Bytes(min)
    );
    let Bytes(bytes) = value.parsed(&expected, report)?;
    if bytes < min {
        value.wrong("is too small", &expected, report);
        return None;
    }
    Some(bytes)
}
