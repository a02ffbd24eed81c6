//! What is written beside a data directory: `snapshot.toml`, `branch.toml`, `pool.toml`.
//!
//! The manifests are the truth; what memory holds is read from them at start. They hold no secret
//! and no row.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rules::config::{AccessMode, Durability};
use rules::name::UserName;
use serde::{Deserialize, Serialize};
use server::Database;

use super::disk::Epoch;
use super::driver::{Driver, Weight};
use super::{BranchId, SnapshotId};

/// The format of all manifests; another one is not touched.
pub const FORMAT: u32 = 1;

/// What something was cloned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A sealed snapshot.
    Snapshot(SnapshotId),
    /// A branch, asleep or awake.
    Branch(BranchId),
}

/// What the maker of a snapshot says about it; opaque here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealLabel {
    /// What it is: `raw`, `migrations`, `seed`, …; travels to every branch.
    pub kind: String,
    /// Where it came from, in words, without credentials.
    pub source: String,
    /// The environment that it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// More facts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// A database as manifests hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DatabaseEntry {
    name: String,
    owner: String,
}

/// Facts about a cluster that all its clones share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Major version of its files.
    pub major: u16,
    /// Which cluster it descends from.
    pub system_identifier: String,
    /// Databases that clients may enter.
    #[serde(with = "databases")]
    pub databases: Vec<Database>,
    /// Users whose roles are in it, so that nobody need ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logins: Vec<UserName>,
}

/// How much of a cluster is looked at before it becomes a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// It starts, every database answers, every file is there: milliseconds.
    #[default]
    Answers,
    /// Every table and index is read and compared as well: minutes for gigabytes.
    Integrity,
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Answers => "answers",
            Self::Integrity => "integrity",
        })
    }
}

/// `snapshot.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Its id, which is also the directory's name.
    pub id: SnapshotId,
    /// When it was taken, in seconds since 1970.
    pub taken_at: u64,
    /// How long that took.
    pub took_ms: u64,
    /// What it was taken of; `None` for a base.
    pub origin: Option<Origin>,
    /// Whether only an explicit order may take it away.
    #[serde(default)]
    pub protect: bool,
    /// What its maker says.
    pub label: SealLabel,
    /// The server that proved it, `15.18`; empty where that was not yet written down.
    #[serde(default)]
    pub server_version: String,
    /// How it was looked at.
    #[serde(default)]
    pub checked: Check,
    /// Its cluster.
    pub cluster: Cluster,
    /// What it weighed when it was sealed.
    pub weight: Weight,
}

/// A person who needs a branch for a while; beats its lifetime and quotas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who holds it.
    pub holder: String,
    /// Until when, in seconds since 1970.
    pub until: u64,
}

/// How a branch is to be served; chosen at its birth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchSpec {
    /// The environment that it belongs to; opaque here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Its name within the environment; opaque here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The operation that makes it; opaque here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What clients may do to its data.
    #[serde(default)]
    pub access: AccessMode,
    /// Who may enter, and what each may do: their roles are there before a server is a standby.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrants: Vec<(UserName, AccessMode)>,
    /// What a crash may cost.
    #[serde(with = "durability")]
    pub durability: Durability,
    /// Whether it waits, started, to become somebody's branch.
    #[serde(default)]
    pub spare: bool,
    /// Whether only an explicit order may take it away.
    #[serde(default)]
    pub protect: bool,
    /// How long it stays awake without sessions; `None` for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Duration>,
    /// Memory for its server's page cache.
    pub shared_buffers_mb: u32,
    /// Sessions at once.
    pub max_connections: u32,
    /// Libraries that its server loads at start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preload: Vec<String>,
}

impl BranchSpec {
    /// Whether somebody may do less than everything to its data.
    pub(super) fn restricts(&self) -> bool {
        let mut modes = self.entrants.iter().map(|(_, mode)| *mode);
        self.access != AccessMode::ReadWrite || modes.any(|mode| mode != AccessMode::ReadWrite)
    }

    /// A branch of nobody, asleep after ten minutes.
    pub fn new(durability: Durability) -> Self {
        Self {
            environment: None,
            name: None,
            operation: None,
            access: AccessMode::ReadWrite,
            entrants: Vec::new(),
            durability,
            spare: false,
            protect: false,
            idle: Some(Duration::from_secs(600)),
            shared_buffers_mb: 16,
            max_connections: 100,
            preload: Vec::new(),
        }
    }
}

/// `branch.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Its id, which is also the directory's name.
    pub id: BranchId,
    /// When it was made, in seconds since 1970.
    pub created_at: u64,
    /// When a session last entered or left, as far as it was written down.
    pub used_at: u64,
    /// How long making it took.
    pub took_ms: u64,
    /// What it was cloned from.
    pub origin: Origin,
    /// The snapshot at the beginning of its line.
    pub base: Option<SnapshotId>,
    /// What the maker of that snapshot said.
    pub label: SealLabel,
    /// In which epoch its server was started and not yet stopped with everything on disk.
    pub awake: Option<Epoch>,
    /// Who holds it.
    pub hold: Option<Hold>,
    /// How it is served.
    pub spec: BranchSpec,
    /// Its cluster.
    pub cluster: Cluster,
}

/// `pool.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PoolManifest {
    pub(super) format: u32,
    /// What the pool was made for; a weaker one later is an error.
    pub(super) driver: Driver,
    pub(super) kernel: String,
}

impl BranchManifest {
    /// Whether somebody holds it at `now` (seconds since 1970).
    pub fn held_at(&self, now: u64) -> Option<&Hold> {
        self.hold.as_ref().filter(|hold| hold.until > now)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Milliseconds as manifests hold them.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

mod durability {
    use rules::config::Durability;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    pub(super) fn serialize<S: Serializer>(value: &Durability, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Durability, D::Error> {
        let word = String::deserialize(from)?;
        let all = [
            Durability::Process,
            Durability::Consistent,
            Durability::Machine,
        ];
        let mut fitting = all.into_iter().filter(|one| one.as_str() == word);
        fitting
            .next()
            .ok_or_else(|| D::Error::custom(format!("{word:?} is no durability")))
    }
}

mod databases {
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::Serializer;

    use super::{Database, DatabaseEntry};

    pub(super) fn serialize<S: Serializer>(all: &[Database], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(all.iter().map(|one| DatabaseEntry {
            name: one.name.clone(),
            owner: one.owner.clone(),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Database>, D::Error> {
        let all = Vec::<DatabaseEntry>::deserialize(from)?;
        let database = |DatabaseEntry { name, owner }| Database { name, owner };
        Ok(all.into_iter().map(database).collect())
    }
}
