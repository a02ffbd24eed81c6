//! Starts a server and lets nobody near it before its safety settings are proven.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags};
use tokio_postgres::SimpleQueryMessage;

use super::ready::{self, Readiness};
use super::server::{AdminError, Process, Server};
use super::{ipc, launch, log, stop, sys};
use crate::installation::Version;
use crate::quarantine::pins;
use crate::{Account, Home, Installation, Settings};

/// A database for the session that proves the settings: every cluster has it.
const PROOF_DATABASE: &str = "template1";

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The server's user cannot get to a directory.
    #[error("operating-system user {user:?} cannot enter {directory:?}")]
    Barred {
        /// The server's user.
        user: String,
        /// The first directory on the way that is closed to it.
        directory: PathBuf,
    },
    /// The data directory belongs to another major version.
    #[error("the data is of PostgreSQL {found}, and the installation is {installed}")]
    Version {
        /// What `PG_VERSION` says.
        found: String,
        /// The installation's major version.
        installed: u16,
    },
    /// A library was asked for that servers may not load at their start.
    #[error("library {name:?} may not be loaded at start")]
    Preload {
        /// Its name.
        name: String,
    },
    /// What an earlier server left could not be cleared.
    #[error("clear what an earlier server left")]
    Leftovers(#[from] ipc::RuntimeError),
    /// Files around the data directory could not be made.
    #[error("prepare {directory:?}")]
    Prepare {
        /// The server's home.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The program could not be run.
    #[error("run {program:?}")]
    Spawn {
        /// Path of the program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The process could not be watched.
    #[error("watch the server's process")]
    Watch(#[source] io::Error),
    /// It ended before it was ready.
    #[error("the server ended while starting: {reason}")]
    Exited {
        /// The telling line of its log.
        reason: String,
    },
    /// It was not ready in time and was killed.
    #[error("the server was not ready within {} s", within.as_secs())]
    TooSlow {
        /// The bound.
        within: Duration,
    },
    /// It was ready, and then refused our own login.
    #[error("prove the settings of the server")]
    Login(#[from] AdminError),
    /// The settings could not be read.
    #[error("read the settings of the server")]
    Settings(#[source] tokio_postgres::Error),
    /// A safety setting is not what it must be; the server was stopped again.
    #[error("setting {name:?} is not pinned on the server's command line")]
    NotPinned {
        /// Its name.
        name: String,
    },
}

impl StartError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Barred { user, directory } => Some(format!(
                "put the pool and PostgreSQL's programs where {user:?} can reach them, for example \
                 below /var/lib, or run \"chmod o+x {}\"",
                directory.display()
            )),
            Self::Preload { .. } => Some(format!(
                "allowed are {}",
                crate::settings::PRELOAD_ALLOWED.join(", ")
            )),
            _ => None,
        }
    }
}

/// Starts the server of `home` and returns when it has answered a session with its safety settings
/// all in place. Dropping the future stops the server.
pub async fn start(
    installation: &Installation,
    account: &Account,
    home: &Home,
    settings: &Settings,
) -> Result<Server, StartError> {
    check(installation, account, home)?;
    if let Some(name) = settings.forbidden_library() {
        return Err(StartError::Preload {
            name: name.to_owned(),
        });
    }
    let prepared = prepare(account, home, settings.standby).await?;
    let (mut process, log_from) = spawn(installation, account, home, settings, prepared)?;
    // From here on an error, or dropping this future, takes the server away again.
    let guard = KillUnlessProven::new(&process)?;
    let (pgdata, within) = (home.pgdata(), settings.ready_within);
    let (pid, handle) = (process.pid.as_raw_nonzero().get(), guard.handle()?);
    let waiting = tokio::task::spawn_blocking(move || ready::wait(&pgdata, pid, &handle, within));
    match waiting.await {
        Ok(Readiness::Ready) => {}
        Ok(Readiness::Exited) => {
            let reason = log::reason(&mut process.log, log_from);
            let reason = reason.unwrap_or_else(|| "it wrote no reason".to_owned());
            return Err(StartError::Exited { reason });
        }
        Ok(Readiness::TimedOut) | Err(_) => return Err(StartError::TooSlow { within }),
    }
    let server =
        Server::watched(account, home, installation.version.major, process).map_err(|source| {
            StartError::Prepare {
                directory: home.directory.clone(),
                source,
            }
        })?;
    let database = settings.first_database.as_deref();
    prove(&server, installation.version, database).await?;
    guard.disarm();
    Ok(server)
}

/// A server that nobody has approved of yet.
struct KillUnlessProven(Option<(Pid, OwnedFd)>);

impl KillUnlessProven {
    fn new(process: &Process) -> Result<Self, StartError> {
        let handle = process.handle.try_clone().map_err(StartError::Watch)?;
        Ok(Self(Some((process.pid, handle))))
    }

    fn handle(&self) -> Result<OwnedFd, StartError> {
        let (_, handle) = self.0.as_ref().expect("armed until it is consumed");
        handle.try_clone().map_err(StartError::Watch)
    }

    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for KillUnlessProven {
    fn drop(&mut self) {
        if let Some((pid, handle)) = &self.0 {
            stop::kill(*pid, handle);
        }
    }
}

fn check(installation: &Installation, account: &Account, home: &Home) -> Result<(), StartError> {
    let barred = |path: &std::path::Path| account.barred_from(path);
    if let Some(directory) = barred(&home.directory).or_else(|| barred(&installation.bin)) {
        return Err(StartError::Barred {
            user: account.name.clone(),
            directory,
        });
    }
    let path = home.pgdata().join("PG_VERSION");
    let found = std::fs::read_to_string(path).map_err(|source| StartError::Prepare {
        directory: home.directory.clone(),
        source,
    })?;
    if found.trim() != installation.version.major.to_string() {
        return Err(StartError::Version {
            found: found.trim().to_owned(),
            installed: installation.version.major,
        });
    }
    Ok(())
}

/// The log and how long it was before.
type Prepared = (File, u64);

async fn prepare(account: &Account, home: &Home, standby: bool) -> Result<Prepared, StartError> {
    let (account, home) = (account.clone(), home.clone());
    let directory = home.directory.clone();
    let fail = |source| StartError::Prepare { directory, source };
    let work = tokio::task::spawn_blocking(move || {
        ipc::clear_runtime(&home)?;
        let log = home
            .prepare(&account)
            .and_then(|()| home.set_standby(standby, &account))
            .and_then(|()| home.open_log(&account));
        Ok::<_, ipc::RuntimeError>(log.and_then(|log| {
            log::bound(&log)?;
            let length = log.metadata()?.len();
            Ok((log, length))
        }))
    });
    match work.await {
        Ok(prepared) => prepared?.map_err(fail),
        Err(_) => Err(fail(io::Error::other("the preparation was aborted"))),
    }
}

fn spawn(
    installation: &Installation,
    account: &Account,
    home: &Home,
    settings: &Settings,
    (log, log_from): Prepared,
) -> Result<(Process, u64), StartError> {
    let pgdata = home.pgdata();
    let mut command = launch::bare(installation, account, "postgres", &pgdata);
    command.env("HOME", &home.directory).arg("-D").arg(&pgdata);
    for (name, value) in settings.command_line(installation.version, home) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    sys::detach(&mut command);
    let child = log.try_clone().and_then(|out| {
        let err = log.try_clone()?;
        command.stdin(Stdio::null()).stdout(out).stderr(err).spawn()
    });
    let child = child.map_err(|source| StartError::Spawn {
        program: installation.program("postgres"),
        source,
    })?;
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let pid = pid.expect("a child that nobody waited for has an id");
    let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty());
    let handle = handle.map_err(|error| StartError::Watch(error.into()))?;
    let process = Process {
        pid,
        handle,
        child: Some(child),
        log,
    };
    Ok((process, log_from))
}

/// Demands that every safety setting stands on the command line with the value that it must have.
///
/// The server accepts settings that it does not know in silence when their names hold a dot, so
/// what was asked for proves nothing; `pg_settings` does.
async fn prove(
    server: &Server,
    version: Version,
    database: Option<&str>,
) -> Result<(), StartError> {
    let Some(database) = database else {
        return pinned(server, version, PROOF_DATABASE).await;
    };
    match pinned(server, version, database).await {
        // A client may have dropped or renamed it since it was written down, or set for it what a client may
        // set: then that is its value's source there, and what the command line says shows elsewhere.
        Err(StartError::Login(AdminError::Login { .. }) | StartError::NotPinned { .. }) => {
            pinned(server, version, PROOF_DATABASE).await
        }
        proved => proved,
    }
}

async fn pinned(server: &Server, version: Version, database: &str) -> Result<(), StartError> {
    let client = server.admin_pinned(database).await?;
    let query = "SELECT name, setting FROM pg_settings WHERE source = 'command line'";
    let answer = client
        .simple_query(query)
        .await
        .map_err(StartError::Settings)?;
    let found: HashMap<&str, &str> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0)?, row.get(1)?)),
            _ => None,
        })
        .collect();
    // With archiving off, its command is shown as this whatever it is.
    let shown = |name, value| {
        if name == "archive_command" {
            "(disabled)"
        } else {
            value
        }
    };
    let mut pins = pins::pinned(version);
    match pins.find(|&(name, value)| found.get(name) != Some(&shown(name, value))) {
        None => Ok(()),
        Some((name, _)) => Err(StartError::NotPinned {
            name: name.to_owned(),
        }),
    }
}
