//! What is shown of one environment, branch, snapshot or spare; the control interface sends these.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::place::{Failure, Running};
use super::super::{Generation, Protection, Record};
use crate::branches::{Check, Finding};

/// One environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnvironmentLine {
    /// Its name, or the pattern of a wildcard table.
    pub name: String,
    /// `built`, `not built`, `pattern`, `upstream`, or `no table` where the configuration has none any
    /// more.
    pub state: String,
    /// What its generation's server does: `awake`, `asleep`, …
    pub server: String,
    /// Where its data comes from.
    pub source: String,
    /// The seed of its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<SeedLine>,
    /// `read-only`, `append` or `read-write`.
    pub access: String,
    /// Whether only the guard stands before the data, for everybody or for those who may do less than
    /// `access`: the server is not ours.
    #[serde(default)]
    pub advisory: bool,
    /// What in its schema could do more than its caller, filled in by `show`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What a crash may cost.
    pub durability: String,
    /// Whether it holds unmasked production data.
    pub raw: bool,
    /// Sessions in it.
    pub sessions: usize,
    /// Named branches of it.
    pub branches: usize,
    /// Databases in it.
    pub databases: Vec<String>,
    /// When its snapshot was taken: how old its data is.
    pub data_as_of: Option<Timestamp>,
    /// Its generation.
    pub generation: Option<GenerationLine>,
    /// Earlier generations, the latest first.
    pub earlier: Vec<GenerationLine>,
    /// Port of its own.
    pub port: Option<u16>,
    /// Who protects it.
    pub protection: Option<Protection>,
    /// What runs on it now.
    pub running: Option<Running>,
    /// How many operations wait.
    pub queued: usize,
    /// What failed last, until something succeeds.
    pub failure: Option<Failure>,
    /// What differs between its source and its snapshot.
    pub drift: Option<String>,
    /// The latest operations, filled in by `show`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Record>,
}

/// The seed of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedLine {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many rows, 1 being the usual number.
    pub scale: f64,
    /// Scenarios on top.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
}

/// One generation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GenerationLine {
    /// Its number.
    pub number: u64,
    /// Its branch directory.
    pub branch: String,
    /// Its snapshot.
    pub base: String,
    /// What made it.
    pub operation: String,
    /// Who asked.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

/// One named branch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BranchLine {
    /// `qa.login-fix`.
    pub name: String,
    /// What its server does.
    pub server: String,
    /// What a crash may cost.
    pub durability: String,
    /// Whether it holds unmasked production data.
    pub raw: bool,
    /// Sessions in it.
    pub sessions: usize,
    /// Its generation.
    pub generation: GenerationLine,
    /// Earlier generations, the latest first.
    pub earlier: Vec<GenerationLine>,
    /// When it was last used, to the minute.
    pub used: Timestamp,
    /// When it will be dropped if nobody uses it.
    pub expires: Option<Timestamp>,
    /// Who protects it.
    pub protection: Option<Protection>,
    /// What runs on it now.
    pub running: Option<Running>,
    /// What failed last.
    pub failure: Option<Failure>,
    /// Bytes that only this branch holds, where they have been counted.
    pub exclusive_bytes: Option<u64>,
    /// Scenarios in the snapshot that it resets to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
    /// The latest operations, filled in by `show`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Record>,
}

/// One snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SnapshotLine {
    /// Its id.
    pub id: String,
    /// Where its data comes from.
    pub source: String,
    /// When it was taken.
    pub taken: Timestamp,
    /// How long sealing took, from the request.
    pub took_ms: u64,
    /// PostgreSQL's major version.
    pub major: u16,
    /// Bytes of its files.
    pub bytes: u64,
    /// Number of its files.
    pub files: u64,
    /// Whether it holds unmasked production data.
    pub raw: bool,
    /// Whether it stays until it is dropped.
    pub kept: bool,
    /// How it was looked at: `answers` or `integrity`.
    pub checked: Check,
    /// Databases in it.
    pub databases: Vec<String>,
    /// Places that reset to it or have a generation of it.
    pub used_by: Vec<String>,
}

/// One warm spare.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpareLine {
    /// Its branch directory.
    pub branch: String,
    /// The environment that it serves.
    pub environment: String,
    /// Its snapshot.
    pub base: String,
}

impl From<&Generation> for GenerationLine {
    fn from(generation: &Generation) -> Self {
        Self {
            number: generation.number,
            branch: generation.branch.to_string(),
            base: generation.base.to_string(),
            operation: generation.operation.as_str().to_owned(),
            by: generation.by.clone(),
            since: generation.since,
        }
    }
}
