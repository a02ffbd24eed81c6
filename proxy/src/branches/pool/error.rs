//! What can go wrong in a pool, one type per operation.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rules::unit::Bytes;
use server::{
    AccessError, AccountError, ClusterState, ConnectionStringError, ControlError, CopyError,
    FindError, InitError, RolesError, StartError, StopError,
};

use super::snapshot::ProofError;
use crate::branches::disk::Space;
use crate::branches::driver::{CloneError, Driver, ProbeError};
use crate::branches::manifest::Hold;
use crate::branches::{BranchId, SnapshotId};

/// Why a pool was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another daemon uses it.
    #[error("pool {path:?} is in use by {}", process(*pid))]
    Held {
        /// The pool.
        path: PathBuf,
        /// The other daemon, if it said who it is.
        pid: Option<u32>,
    },
    /// It was made for a better way to clone than works now.
    #[error("pool {path:?} was made for driver {recorded}, and only {found} works now")]
    DriverChanged {
        /// The pool.
        path: PathBuf,
        /// What `pool.toml` says.
        recorded: Driver,
        /// What works.
        found: Driver,
    },
    /// `pool.toml` is not of a format that is known here.
    #[error("{path:?} is no manifest of a pool that this version knows: {why}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What the file system can do was not found out.
    #[error("find out how to clone")]
    Probe(#[from] ProbeError),
    /// Nobody to run servers as.
    #[error("choose the user of the servers")]
    Account(#[from] AccountError),
    /// The user of the servers cannot get into the pool.
    #[error("operating-system user {user:?} cannot enter {directory:?}")]
    Barred {
        /// The user of the servers.
        user: String,
        /// The first directory on the way that is closed to it.
        directory: PathBuf,
    },
    /// The system refused.
    #[error("use {path:?}")]
    Io {
        /// A directory or file of the pool.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Held { .. } => {
                Some("stop the other daemon, or give this one another [pool] path".to_owned())
            }
            Self::DriverChanged { recorded, .. } => Some(format!(
                "mount the file system that the pool was made on (\"standin setup\" does), or move the pool \
                 away and make a new one; {recorded} clones are not replaced by full copies silently"
            )),
            Self::Barred { user, directory } => Some(format!(
                "put the pool where {user:?} can reach it, for example below /var/lib, or run \"chmod o+x {}\"",
                directory.display()
            )),
            Self::Account(error) => error.hint(),
            _ => None,
        }
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

/// No server is started any more: the pool is being closed.
#[derive(Debug, thiserror::Error)]
#[error("the pool is being closed")]
pub struct Closed(pub(super) ());

/// Why nothing new is made.
#[derive(Debug, thiserror::Error)]
pub enum Full {
    /// The file system has no room.
    #[error("the pool is {}% full, {} are free", _0.used_percent(), Bytes(_0.free_bytes))]
    Space(Space),
    /// Branches hold as much as they may.
    #[error("branches hold {} of their own, of {} allowed", Bytes(*used_bytes), Bytes(*max_bytes))]
    Budget {
        /// What they hold.
        used_bytes: u64,
        /// The bound.
        max_bytes: u64,
        /// The largest of them.
        largest: Vec<String>,
    },
}

/// Why a branch was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// What it should be cloned from does not exist.
    #[error("there is no snapshot {0}")]
    NoSnapshot(SnapshotId),
    /// What it should be cloned from does not exist.
    #[error("there is no branch {0}")]
    NoBranch(BranchId),
    /// The pool is nearly full.
    #[error(transparent)]
    Full(#[from] Full),
    /// The source could not be brought into a state to clone it.
    #[error("branch {id} cannot be cloned: {why}")]
    Unfit {
        /// The source.
        id: BranchId,
        /// Why not.
        why: &'static str,
    },
    /// The files could not be cloned.
    #[error("clone the data directory")]
    Clone(#[from] CloneError),
    /// The backup of a running server failed.
    #[error("back up branch {id}")]
    Backup {
        /// The source.
        id: BranchId,
        /// What failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The clone could not be started.
    #[error(transparent)]
    Wake(#[from] WakeError),
    /// The system refused.
    #[error("make the branch")]
    Io(#[from] io::Error),
}

/// Why a server could not be had.
#[derive(Debug, thiserror::Error)]
pub enum WakeError {
    /// There is no such branch.
    #[error("there is no branch {0}")]
    Unknown(BranchId),
    /// The machine lost power while it was awake.
    #[error(
        "branch {0} was awake with fsync=off when the machine or the mount went away, so its data may be torn"
    )]
    Suspect(BranchId),
    /// It took too long.
    #[error("branch {id} was not ready within {} s", waited.as_secs())]
    Waited {
        /// The branch.
        id: BranchId,
        /// The bound.
        waited: Duration,
    },
    /// Its server did not start.
    #[error("branch {id} does not start")]
    Failed {
        /// The branch.
        id: BranchId,
        /// Why not.
        #[source]
        why: Arc<WakeFailure>,
    },
}

impl WakeError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Suspect(_) => Some("reset it, or wake it with --accept-suspect".to_owned()),
            Self::Failed { why, .. } => why.hint(),
            _ => None,
        }
    }
}

/// Why a start failed; the same for everyone who waited for it.
#[derive(Debug, thiserror::Error)]
pub enum WakeFailure {
    /// There is no server for its version.
    #[error(transparent)]
    Installation(#[from] FindError),
    /// The server failed.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The daemon is about to end.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The pool has no room for another server.
    #[error(transparent)]
    Full(#[from] Full),
    /// The manifest could not be written.
    #[error("mark the branch awake")]
    Mark(#[source] io::Error),
    /// Too many branches are awake, all of them in use.
    #[error("{max} branches are awake and in use")]
    TooManyAwake {
        /// The bound.
        max: usize,
        /// Those of the same environment that take most memory.
        largest: Vec<String>,
    },
    /// The servers take all the memory that they may.
    #[error("the servers take {} of {}, and all of them are in use", Bytes(*used_bytes), Bytes(*max_bytes))]
    Memory {
        /// What they take.
        used_bytes: u64,
        /// The bound.
        max_bytes: u64,
        /// Those of the same environment that take most.
        largest: Vec<String>,
    },
    /// The rights of access modes could not be put in place.
    #[error("put the rights of access modes in place")]
    Rights(#[from] AccessError),
    /// The server that they were put in place by did not stop.
    #[error("stop the server to make it a standby")]
    Restart(#[from] StopError),
    /// Too many starts were waiting.
    #[error("waited too long for other servers to start")]
    Queue,
    /// The server ended by itself again and again.
    #[error("its server ended by itself {count} times in a row")]
    Crashes {
        /// How often.
        count: usize,
    },
}

impl WakeFailure {
    /// Whether the next try would most likely fail in the same way.
    pub(super) fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Installation(_) | Self::Start(_) | Self::Crashes { .. }
        )
    }

    fn hint(&self) -> Option<String> {
        let budget = |largest: &[String], key: &str| {
            let largest = largest.join(", ");
            format!("the largest are {largest}; end their sessions, or raise [pool] {key}")
        };
        match self {
            Self::Full(full) => Some(full.hint()),
            Self::TooManyAwake { largest, .. } => Some(budget(largest, "awake_max")),
            Self::Memory { largest, .. } => Some(budget(largest, "memory")),
            Self::Start(_) | Self::Crashes { .. } => {
                Some("look at the last lines of its log, or reset it".to_owned())
            }
            _ => None,
        }
    }
}

/// Why a branch was not put to sleep.
#[derive(Debug, thiserror::Error)]
pub enum SleepError {
    /// There is no such branch.
    #[error("there is no branch {0}")]
    Unknown(BranchId),
    /// Its server did not end.
    #[error("stop the server of branch {id}")]
    Stop {
        /// The branch.
        id: BranchId,
        /// Why not.
        #[source]
        source: StopError,
    },
    /// What it wrote could not be brought to the disk.
    #[error("put branch {id} to sleep")]
    Io {
        /// The branch.
        id: BranchId,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Why a base could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// No installation fits.
    #[error(transparent)]
    Installation(#[from] FindError),
    /// The pool is nearly full.
    #[error(transparent)]
    Full(#[from] Full),
    /// The data directory could not be made.
    #[error("make the data directory")]
    Clone(#[from] CloneError),
    /// The cluster could not be made.
    #[error(transparent)]
    Initialise(#[from] InitError),
    /// The source is not described by a connection string.
    #[error(transparent)]
    Source(#[from] ConnectionStringError),
    /// The running server could not be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The daemon is about to end.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// Its server failed.
    #[error("start the server of the draft")]
    Start(#[from] StartError),
    /// Its databases could not be made or read.
    #[error("prepare the databases of the draft")]
    Roles(#[from] RolesError),
    /// The system refused.
    #[error("make the draft")]
    Io(#[from] io::Error),
}

impl DraftError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Installation(error) => Some(error.hint()),
            Self::Copy(error) => error.hint(),
            Self::Start(error) => error.hint(),
            Self::Full(error) => Some(error.hint()),
            _ => None,
        }
    }
}

impl Full {
    /// What the operator can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Space(_) => {
                "drop branches or snapshots, or grow the pool with \"standin setup --size\""
                    .to_owned()
            }
            Self::Budget { largest, .. } => format!(
                "the largest are {}; drop some with \"standin branch drop\", or raise [pool] disk",
                largest.join(", ")
            ),
        }
    }
}

/// Why a snapshot was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no such branch.
    #[error("there is no branch {0}")]
    NoBranch(BranchId),
    /// It could not be cloned.
    #[error(transparent)]
    Create(Box<CreateError>),
    /// The databases could not be listed.
    #[error("look at the databases and their roles")]
    Roles(#[from] RolesError),
    /// No program of the right version.
    #[error(transparent)]
    Installation(#[from] FindError),
    /// It is not whole.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The server did not end.
    #[error("stop the server")]
    Stop(#[from] StopError),
    /// The control file could not be read.
    #[error("verify the control file")]
    Control(#[from] ControlError),
    /// The cluster was not shut down cleanly.
    #[error("the cluster is \"{state}\" and not shut down")]
    NotShutDown {
        /// What the control file says.
        state: ClusterState,
    },
    /// Something in the directory cannot be in a snapshot.
    #[error("tidy the data directory")]
    Tidy(#[from] CloneError),
    /// The pool is nearly full.
    #[error(transparent)]
    Full(#[from] Full),
    /// The system refused.
    #[error("seal the snapshot")]
    Io(#[from] io::Error),
}

impl From<CreateError> for SealError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::NoBranch(id) => Self::NoBranch(id),
            other => Self::Create(Box::new(other)),
        }
    }
}

/// Why something was not taken away.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// There is no such branch.
    #[error("there is no branch {0}")]
    NoBranch(BranchId),
    /// There is no such snapshot.
    #[error("there is no snapshot {0}")]
    NoSnapshot(SnapshotId),
    /// It is protected.
    #[error("{0} is protected")]
    Protected(String),
    /// Somebody holds it.
    #[error("branch {id} is held by {:?}", hold.holder)]
    Held {
        /// The branch.
        id: BranchId,
        /// Who holds it until when.
        hold: Hold,
    },
    /// Sessions are in it.
    #[error("branch {id} has {sessions} sessions")]
    InUse {
        /// The branch.
        id: BranchId,
        /// How many.
        sessions: usize,
    },
    /// It is being cloned, or is about to wake.
    #[error("{0} is being used at this moment")]
    Busy(String),
    /// Branches that exist were cloned from it.
    #[error("snapshot {id} is what {count} branches are reset to")]
    Referenced {
        /// The snapshot.
        id: SnapshotId,
        /// How many.
        count: usize,
    },
    /// Its server did not end.
    #[error(transparent)]
    Sleep(#[from] SleepError),
    /// The system refused.
    #[error("move it to the trash")]
    Io(#[from] io::Error),
}

/// Why a manifest was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such branch.
    #[error("there is no branch {0}")]
    Unknown(BranchId),
    /// It could not be written; the branch is as it was.
    #[error("write the manifest of branch {id}")]
    Io {
        /// The branch.
        id: BranchId,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl WakeError {
    /// The want of room that is the cause, if it is.
    pub fn full(&self) -> Option<&Full> {
        match self {
            Self::Failed { why, .. } => match &**why {
                WakeFailure::Full(full) => Some(full),
                _ => None,
            },
            _ => None,
        }
    }
}

impl CreateError {
    /// The want of room that is the cause, if it is.
    pub fn full(&self) -> Option<&Full> {
        match self {
            Self::Full(full) => Some(full),
            Self::Wake(wake) => wake.full(),
            _ => None,
        }
    }
}

impl DraftError {
    /// The want of room that is the cause, if it is.
    pub fn full(&self) -> Option<&Full> {
        match self {
            Self::Full(full) => Some(full),
            _ => None,
        }
    }
}

impl SealError {
    /// The want of room that is the cause, if it is.
    pub fn full(&self) -> Option<&Full> {
        match self {
            Self::Full(full) => Some(full),
            Self::Create(create) => create.full(),
            _ => None,
        }
    }
}
