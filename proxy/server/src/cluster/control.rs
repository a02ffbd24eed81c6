//! What the control file says of a cluster: how it ended, who it is, what it needs.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::process::{Tool, ToolError};
use crate::{Account, Installation};

/// `pg_controldata` reads one file.
const READ_WITHIN: Duration = Duration::from_secs(10);
/// Where `DBState` lies in `global/pg_control`, in every version so far
/// (`src/include/catalog/pg_control.h`: system identifier, format, catalogue version before it).
const STATE_OFFSET: usize = 16;

/// How the cluster was when its control file was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterState {
    /// Never started.
    StartingUp,
    /// Shut down; starts without recovery.
    ShutDown,
    /// A standby that was shut down.
    ShutDownInRecovery,
    /// Was within its shutdown.
    ShuttingDown,
    /// Recovers from a crash.
    InCrashRecovery,
    /// Recovers from a backup or follows a primary.
    InArchiveRecovery,
    /// Runs, or crashed.
    InProduction,
}

impl ClusterState {
    /// All states in the order of their numbers, with the words of `pg_controldata`.
    const ALL: [(Self, &'static str); 7] = [
        (Self::StartingUp, "starting up"),
        (Self::ShutDown, "shut down"),
        (Self::ShutDownInRecovery, "shut down in recovery"),
        (Self::ShuttingDown, "shutting down"),
        (Self::InCrashRecovery, "in crash recovery"),
        (Self::InArchiveRecovery, "in archive recovery"),
        (Self::InProduction, "in production"),
    ];

    /// Reads the state straight from the control file, without proving its checksum.
    pub fn read(pgdata: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(pgdata.join("global/pg_control"))?;
        let number = bytes
            .get(STATE_OFFSET..STATE_OFFSET + 4)
            .and_then(|word| word.try_into().ok())
            .map(u32::from_ne_bytes);
        let state = number.and_then(|number| Self::ALL.get(number as usize));
        state
            .map(|(state, _)| *state)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no cluster state"))
    }

    fn from_words(words: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, name)| *name == words).map(|(state, _)| state)
    }

    /// Whether the next start needs no recovery.
    pub fn is_shut_down(self) -> bool {
        matches!(self, Self::ShutDown | Self::ShutDownInRecovery)
    }
}

impl fmt::Display for ClusterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Self::ALL.into_iter().find(|(state, _)| state == self);
        f.pad(words.map_or("", |(_, words)| words))
    }
}

/// What `pg_controldata` prints, as far as it matters to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlData {
    /// How the cluster ended.
    pub state: ClusterState,
    /// Which cluster it is; copies share it.
    pub system_identifier: u64,
    /// `Catalog version number`: which server can read it.
    pub catalog_version: u64,
    /// Where the latest checkpoint lies, `0/1A2B3C`.
    pub checkpoint_lsn: String,
    /// Where recovery from that checkpoint begins.
    pub redo_lsn: String,
    /// The timeline of that checkpoint.
    pub timeline: u32,
    /// Whether pages have checksums.
    pub data_checksums: bool,
    /// Bytes of one WAL segment.
    pub wal_segment_bytes: u64,
    /// The least `max_connections` of a standby of it.
    pub max_connections: u32,
    /// The least `max_prepared_transactions` of a standby of it.
    pub max_prepared_transactions: u32,
    /// The least `max_locks_per_transaction` of a standby of it.
    pub max_locks_per_transaction: u32,
    /// The least `max_worker_processes` of a standby of it.
    pub max_worker_processes: u32,
}

/// Why the control file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The program failed.
    #[error("read the control file")]
    Tool(#[from] ToolError),
    /// The checksum of the control file is wrong.
    #[error("the control file is damaged: its checksum does not match")]
    Damaged,
    /// A line is missing or not what it should be.
    #[error("the control file has no usable {name:?}")]
    Line {
        /// What stands before the colon.
        name: &'static str,
    },
}

/// Reads the control file of a data directory, and demands that its checksum is right.
pub async fn control_data(
    installation: &Installation,
    account: &Account,
    pgdata: &Path,
) -> Result<ControlData, ControlError> {
    let tool = Tool::new(installation, account, "pg_controldata", pgdata);
    let text = tool
        .args(["-D".as_ref(), pgdata.as_os_str()])
        .run("", READ_WITHIN)
        .await?;
    parse(&text)
}

fn parse(text: &str) -> Result<ControlData, ControlError> {
    if text.contains("WARNING: Calculated CRC checksum does not match") {
        return Err(ControlError::Damaged);
    }
    let line = |name: &'static str| -> Result<&str, ControlError> {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(before, _)| before.trim() == name);
        found
            .map(|(_, after)| after.trim())
            .ok_or(ControlError::Line { name })
    };
    let number = |name: &'static str| -> Result<u64, ControlError> {
        line(name)?.parse().map_err(|_| ControlError::Line { name })
    };
    let setting = |name: &'static str| -> Result<u32, ControlError> {
        u32::try_from(number(name)?).map_err(|_| ControlError::Line { name })
    };
    let state = ClusterState::from_words(line("Database cluster state")?);
    Ok(ControlData {
        state: state.ok_or(ControlError::Line {
            name: "Database cluster state",
        })?,
        system_identifier: number("Database system identifier")?,
        catalog_version: number("Catalog version number")?,
        checkpoint_lsn: line("Latest checkpoint location")?.to_owned(),
        redo_lsn: line("Latest checkpoint's REDO location")?.to_owned(),
        timeline: setting("Latest checkpoint's TimeLineID")?,
        data_checksums: number("Data page checksum version")? > 0,
        wal_segment_bytes: number("Bytes per WAL segment")?,
        max_connections: setting("max_connections setting")?,
        max_prepared_transactions: setting("max_prepared_xacts setting")?,
        max_locks_per_transaction: setting("max_locks_per_xact setting")?,
        max_worker_processes: setting("max_worker_processes setting")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{ControlError, parse};

    #[test]
    fn a_damaged_control_file_is_never_believed() {
        let warning = "WARNING: Calculated CRC checksum does not match value stored in file.\n\
                       Database cluster state:               shut down\n";
        assert!(matches!(parse(warning), Err(ControlError::Damaged)));
        assert!(matches!(parse(""), Err(ControlError::Line { .. })));
    }
}
