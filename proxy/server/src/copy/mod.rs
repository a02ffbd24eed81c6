//! Copies a running server, whole and byte for byte, and makes the copy harmless.
//!
//! Reads the source through the replication protocol and one read-only transaction; writes nothing
//! there.

mod basebackup;
mod service;
mod source;
mod survey;

use std::io;
use std::path::PathBuf;

pub use basebackup::Progress;
pub use source::{ConnectionString, ConnectionStringError};

use super::cluster::write_configuration;
use super::quarantine::{self, QuarantineError};
use super::{
    Account, ControlData, ControlError, Home, Installation, QuarantineReport, ToolError,
    control_data,
};
use service::Service;
use survey::Survey;

/// A copy that was made, quarantined and shut down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its control file.
    pub control: ControlData,
    /// What was found in it that could have acted on the world.
    pub quarantine: QuarantineReport,
    /// Whether the source is itself a standby.
    pub of_standby: bool,
}

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The servers' user cannot get to a directory.
    #[error("operating-system user {user:?} cannot enter {directory:?}")]
    Barred {
        /// The servers' user.
        user: String,
        /// The first directory on the way that is closed to it.
        directory: PathBuf,
    },
    /// A directory or file could not be made.
    #[error("prepare {directory:?}")]
    Prepare {
        /// The copy's home.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The source could not be asked what it is.
    #[error("look at the source")]
    Survey(#[source] ToolError),
    /// The source's answer is not what was asked for.
    #[error("read what the source is")]
    Answer(#[source] serde_json::Error),
    /// The source is of another major version.
    #[error("the source is PostgreSQL {source_major}, and the installation is {installed}")]
    Major {
        /// The source's major version.
        source_major: u16,
        /// The installation's.
        installed: u16,
    },
    /// The source has tablespaces, which a copy would share with it or with other copies.
    #[error("the source has tablespaces outside its data directory: {}", names.join(", "))]
    Tablespaces {
        /// Their names.
        names: Vec<String>,
    },
    /// The copying failed.
    #[error("copy the source")]
    Basebackup(#[source] ToolError),
    /// The copy could not be made harmless.
    #[error("quarantine the copy")]
    Quarantine(#[from] QuarantineError),
    /// The copy's control file could not be read.
    #[error("check the copy")]
    Control(#[from] ControlError),
}

impl CopyError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Basebackup(_) => Some(
                "the login needs the attribute REPLICATION, a \"replication\" line in \
                 pg_hba.conf, and two free max_wal_senders"
                    .to_owned(),
            ),
            Self::Major { source_major, .. } => Some(format!(
                "\"standin setup\" installs PostgreSQL {source_major}"
            )),
            Self::Tablespaces { .. } => {
                Some("move the relations to pg_default, or use a masked copy".to_owned())
            }
            _ => None,
        }
    }
}

/// The major version of a running server; decides which installation can copy it.
///
/// `scratch` is a home whose `run/` is used for a moment.
pub async fn major_of(
    installation: &Installation,
    account: &Account,
    scratch: &Home,
    source: &ConnectionString,
) -> Result<u16, CopyError> {
    let service = reach(source, account, scratch)?;
    Ok(Survey::of(installation, account, scratch, &service)
        .await?
        .major())
}

/// Copies the server behind `source` into `home` and makes the copy harmless before it ever
/// starts; afterwards it is shut down, so that it can be sealed.
///
/// The password reaches the programs through a file of mode 0600 that is gone at the end. Dropping
/// the future ends the copying and leaves a directory that is good for nothing.
pub async fn copy_running(
    installation: &Installation,
    account: &Account,
    home: &Home,
    source: &ConnectionString,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Copied, CopyError> {
    let fail = |source| CopyError::Prepare {
        directory: home.directory.clone(),
        source,
    };
    home.make_pgdata(account).map_err(fail)?;
    let barred = account.barred_from(&home.directory);
    if let Some(directory) = barred.or_else(|| account.barred_from(&installation.bin)) {
        return Err(CopyError::Barred {
            user: account.name.clone(),
            directory,
        });
    }
    let service = reach(source, account, home)?;
    let survey = Survey::of(installation, account, home, &service).await?;
    if survey.major() != installation.version.major {
        return Err(CopyError::Major {
            source_major: survey.major(),
            installed: installation.version.major,
        });
    }
    if !survey.tablespaces.is_empty() {
        return Err(CopyError::Tablespaces {
            names: survey.tablespaces,
        });
    }
    basebackup::run(installation, account, home, &service, progress).await?;
    drop(service);
    write_configuration(account, home, &survey.configuration()).map_err(fail)?;
    let quarantine = quarantine::offline(installation, account, home).await?;
    let control = control_data(installation, account, &home.pgdata()).await?;
    Ok(Copied {
        control,
        quarantine,
        of_standby: survey.standby,
    })
}

fn reach(source: &ConnectionString, account: &Account, home: &Home) -> Result<Service, CopyError> {
    std::fs::create_dir_all(&home.directory)
        .and_then(|()| Service::write(source, account, home))
        .map_err(|source| CopyError::Prepare {
            directory: home.directory.clone(),
            source,
        })
}
