//! What goes over the control socket: requests and answers as programs see them with `--json`.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::branches::{Check, SnapshotId};
use crate::environments::{
    BranchLine, Cell, EnvironmentLine, Progress, Record, SeedChange, SnapshotLine, SpareLine,
};
use crate::relay::{SessionInfo, SessionState};

/// An error with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}")]
pub struct Problem {
    /// `not-found`, `forbidden`, `busy`, `limit`, `unsupported`, `failed`, `invalid`,
    /// `configuration`.
    pub kind: String,
    /// What and where, with its causes.
    pub error: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// Of a configuration: each mistake with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Mistake>,
}

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// Line, the first is 1.
    pub line: usize,
    /// Column in characters, the first is 1.
    pub column: usize,
    /// What was found.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// All of it for people, with the line and a mark under it.
    pub rendered: String,
}

impl Mistake {
    /// A problem of the file of this name.
    pub fn of(file: &str, problem: &rules::config::Problem) -> Self {
        Self {
            file: file.to_owned(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
            expected: problem.expected.clone(),
            hint: problem.hint.clone(),
            rendered: problem.rendered(file).to_string(),
        }
    }
}

/// The answer to `reload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// Keys that only a restart of the daemon brings into effect.
    pub restart: Vec<String>,
}

/// The answer to `snapshot`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// The snapshot's id.
    pub id: SnapshotId,
    /// What was done.
    #[serde(flatten)]
    pub record: Record,
}

/// One line of the answer to an operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It goes on.
    Progress(Progress),
    /// It is done; the last line.
    Done(serde_json::Value),
    /// It was refused or failed; the last line.
    Problem(Problem),
}

/// `GET /v1/status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// When it started.
    pub since: Timestamp,
    /// Where clients connect.
    pub endpoints: Vec<String>,
    /// The pool.
    pub pool: PoolLine,
    /// Sessions of clients.
    pub sessions: usize,
    /// Environments.
    pub environments: Vec<EnvironmentLine>,
    /// Named branches.
    pub branches: Vec<BranchLine>,
    /// Warm spares.
    pub spares: Vec<SpareLine>,
    /// Snapshots.
    pub snapshots: Vec<SnapshotLine>,
    /// What could not be read and is left alone, and what the disk failed to confirm.
    pub problems: Vec<String>,
}

/// The pool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PoolLine {
    /// Its directory.
    pub path: PathBuf,
    /// How it clones: `btrfs`, `reflink` or `copy`.
    pub driver: String,
    /// Bytes of its filesystem.
    pub total_bytes: u64,
    /// Of these, free.
    pub free_bytes: u64,
    /// What branches hold beside what they share, as of the last minute.
    #[serde(default)]
    pub own_bytes: u64,
    /// What people should know.
    pub notes: Vec<String>,
}

/// One client in `GET /v1/sessions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionLine {
    /// Number within the daemon's life.
    pub id: u64,
    /// Who.
    pub user: String,
    /// Where to.
    pub place: String,
    /// Where from; none for a unix socket.
    pub peer: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What the client calls itself.
    pub application_name: String,
    /// `idle`, `active`, `idle in transaction`, `idle in transaction (aborted)`, as in
    /// `pg_stat_activity`.
    pub state: String,
}

impl From<SessionInfo> for SessionLine {
    fn from(session: SessionInfo) -> Self {
        let state = match session.state {
            SessionState::Idle => "idle",
            SessionState::Active => "active",
            SessionState::IdleInTransaction => "idle in transaction",
            SessionState::FailedTransaction => "idle in transaction (aborted)",
        };
        Self {
            id: session.id,
            user: session.user.to_string(),
            place: session.place,
            peer: session.peer.map(|peer| peer.to_string()),
            since: session.since.try_into().ok(),
            application_name: session.application_name,
            state: state.to_owned(),
        }
    }
}

/// Body of an operation on an environment or branch; each verb reads what it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `promote`: the source. `create`: a place or snapshot to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `create`: scenarios on top of what the environment's source makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
    /// `undo`: the generation's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// `wake`: also where a power cut may have torn the data.
    #[serde(default)]
    pub accept_suspect: bool,
    /// `protect`: seconds that it holds; none holds until it is taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
    /// `diff`, `seed-audit`: the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// `snapshot`: how it is looked at; none is as the configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// `diff`: name at most this many changed rows per table by their keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// `seed-plan`, `seed-explain`: what to plan with instead.
    #[serde(default)]
    pub seed: SeedChange,
    /// `seed-explain`: the cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Cell>,
}
