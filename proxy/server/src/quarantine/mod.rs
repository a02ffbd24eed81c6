//! Makes a copy of a running server unable to act on the world, before its first normal start.
//!
//! A copy carries its source's subscriptions, archive commands, primaries and passwords with it. Its
//! files are dealt with first, then its catalogues in single-user mode, where nothing of it can run;
//! the settings that no file may override are in [`pins`] and on every server's command line.

mod catalogue;
mod files;
pub mod pins;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cluster::{ClusterState, SingleUser, SingleUserError, write_configuration};
use super::{Account, ControlError, Home, Installation, control_data};

/// The first session replays the WAL that came with the copy: tens of gigabytes at worst.
const RECOVERY_WITHIN: Duration = Duration::from_secs(3600);

/// What was found in a copy that could have acted on the world, all of it dealt with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineReport {
    /// Signal files that were removed: the copy would have followed a primary.
    pub signals: Vec<String>,
    /// WAL segments that waited to be archived.
    pub unarchived: usize,
    /// Directories of replication slots that were removed.
    pub slots: Vec<String>,
    /// Subscriptions that were dropped, as `database.subscription`, their publishers not contacted.
    pub subscriptions: Vec<String>,
    /// Prepared transactions that were rolled back, as `database: identifier`.
    pub prepared: Vec<String>,
    /// Replication origins that were dropped.
    pub origins: usize,
    /// Roles whose password was taken away.
    pub passwords: usize,
    /// Names of settings that were taken away from roles and databases.
    pub settings: Vec<String>,
}

impl fmt::Display for QuarantineReport {
    /// Counts what there was, `nothing to disarm` where there was nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            ("signal files", self.signals.len()),
            ("unarchived segments", self.unarchived),
            ("replication slots", self.slots.len()),
            ("subscriptions", self.subscriptions.len()),
            ("prepared transactions", self.prepared.len()),
            ("replication origins", self.origins),
            ("passwords", self.passwords),
            ("settings", self.settings.len()),
        ];
        let mut separator = "";
        for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            write!(f, "{separator}{what}: {count}")?;
            separator = ", ";
        }
        if separator.is_empty() {
            f.write_str("nothing to disarm")?;
        }
        Ok(())
    }
}

/// Why a copy could not be made harmless. It must then not be started.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// Something in the data directory is a link or no file at all: writing through it would reach
    /// what is not ours.
    #[error("{path:?} is neither a file nor a directory")]
    Link {
        /// The first one found.
        path: PathBuf,
    },
    /// A file could not be read or removed.
    #[error("clear the files of {directory:?}")]
    Files {
        /// The copy's home.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A statement failed.
    #[error("clear the catalogues")]
    Statement(#[from] SingleUserError),
    /// A name cannot be handed to single-user mode.
    #[error("the name {name:?} holds a line break")]
    Name {
        /// The name.
        name: String,
    },
    /// The copy has no `template1`, in which all of this happens.
    #[error("the copy has no database \"template1\"")]
    NoTemplate,
    /// The control file could not be read.
    #[error("read the state of the copy")]
    Control(#[from] ControlError),
    /// The copy did not end as a shut down cluster.
    #[error("the copy is {state:?} after its quarantine")]
    NotShutDown {
        /// What its control file says.
        state: ClusterState,
    },
}

/// Makes the cluster in `home` harmless while nothing runs on it, and leaves it shut down.
///
/// Afterwards: no signal file, nothing to archive, no slot, no subscription, no prepared
/// transaction, no password, no library of a role or database, no membership in a role that can
/// leave the database, and `standin` is a superuser.
pub async fn offline(
    installation: &Installation,
    account: &Account,
    home: &Home,
) -> Result<QuarantineReport, QuarantineError> {
    let mut report = files::clear(home)?;
    let fail = |source| QuarantineError::Files {
        directory: home.directory.clone(),
        source,
    };
    home.prepare(account).map_err(fail)?;
    // `postgresql.conf` was rewritten by whoever made the copy, or is of no effect.
    let configuration = std::fs::read_to_string(home.pgdata().join("postgresql.conf"));
    let ours = configuration
        .ok()
        .filter(|text| text.starts_with(super::CONFIGURATION_MARK));
    let ours = ours.unwrap_or_else(|| super::CONFIGURATION_MARK.to_owned());
    write_configuration(account, home, &ours).map_err(fail)?;
    let control = control_data(installation, account, &home.pgdata()).await?;
    let single = SingleUser {
        installation,
        account,
        home,
        max_prepared_transactions: control.max_prepared_transactions,
        within: RECOVERY_WITHIN,
    };
    catalogue::clear(&single, &mut report).await?;
    files::clear_after_recovery(home)?;
    let state = control_data(installation, account, &home.pgdata())
        .await?
        .state;
    if state == ClusterState::ShutDown {
        Ok(report)
    } else {
        Err(QuarantineError::NotShutDown { state })
    }
}
