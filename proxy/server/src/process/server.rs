//! A running server: what may be asked of it while it lives, and when it ends.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio_postgres::{Client, NoTls};

use super::{identity, log, sys};
use crate::deputy::DEPUTY;
use crate::{Account, Home};

/// Name of the socket that a server with port 1 makes.
const SOCKET: &str = ".s.PGSQL.1";
/// Our role in every cluster.
pub(crate) const SUPERUSER: &str = "standin";
/// What a database or a configuration file could set otherwise for any session of ours, by the first major
/// version that knows it.
const OWN_SETTINGS: [(u16, &str); 6] = [
    (0, "role=none"),
    // A space in an option is written so. A standby has no stricter one.
    (0, "default_transaction_isolation=read\\ committed"),
    (0, "lock_timeout=0"),
    (0, "idle_in_transaction_session_timeout=0"),
    (14, "idle_session_timeout=0"),
    (17, "transaction_timeout=0"),
];
/// A library that is not there, which an owner may name for a database, would end each login.
const NO_LOCAL_LIBRARIES: &str = "-c local_preload_libraries= ";
/// The same of the statements of our superuser alone.
const PLAIN_SETTINGS: [&str; 4] = [
    "search_path=pg_catalog",
    "default_transaction_read_only=off",
    // What we write is relied on at once, whatever a crash may cost the clients' own.
    "synchronous_commit=on",
    "statement_timeout=0",
];
/// Before 17 nothing but this keeps event triggers from running with our rights, and only those that
/// [`crate::ownership`] leaves: not the ones for replicas.
const NO_EVENT_TRIGGERS_BEFORE_17: &str = "-c session_replication_role=replica ";
/// How long one statement may take that runs code of a database's users: reading the largest tables
/// takes minutes, and code that never ends must not keep a place from its next operation.
pub const DEPUTY_STATEMENT_WITHIN: Duration = Duration::from_secs(1800);
/// A local login takes milliseconds; a server that needs longer is stuck.
const LOGIN_WITHIN: Duration = Duration::from_secs(5);
/// How often a log is looked at; at 100 MB/s it may outgrow its bound by a gigabyte.
const LOG_LOOK_EVERY: Duration = Duration::from_secs(10);

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Its status; an adopted server is not our child, so the system does not tell.
    pub status: Option<ExitStatus>,
}

/// A PostgreSQL server that runs over one data directory.
///
/// Dropping the last clone neither stops it nor forgets it: it can be adopted again.
#[derive(Debug, Clone)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    account: Account,
    home: Home,
    major: u16,
    pid: Pid,
    handle: OwnedFd,
    run: OwnedFd,
    exited: watch::Receiver<Option<Exit>>,
}

/// A login of our own failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The socket could not be reached.
    #[error("reach the server of {database:?}")]
    Socket {
        /// The database that was asked for.
        database: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server refused.
    #[error("log in to database {database:?}")]
    Login {
        /// The database that was asked for.
        database: String,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The server did not answer.
    #[error("database {database:?} did not answer within {} s", LOGIN_WITHIN.as_secs())]
    Silent {
        /// The database that was asked for.
        database: String,
    },
}

/// What is known of a process that became a server.
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) handle: OwnedFd,
    /// Absent for a server that another process of ours started.
    pub(super) child: Option<tokio::process::Child>,
    pub(super) log: File,
}

impl Server {
    pub(super) fn watched(
        account: &Account,
        home: &Home,
        major: u16,
        process: Process,
    ) -> io::Result<Self> {
        let (sender, exited) = watch::channel(None);
        let Process {
            pid,
            handle,
            child,
            log,
        } = process;
        match child {
            Some(child) => tokio::spawn(watch_child(child, log, sender)),
            None => tokio::spawn(watch_handle(
                sys::pollable(handle.try_clone()?)?,
                log,
                sender,
            )),
        };
        Ok(Self(Arc::new(Inner {
            account: account.clone(),
            run: home.open_run()?,
            home: home.clone(),
            major,
            pid,
            handle,
            exited,
        })))
    }

    /// Path of its socket, of a length that always fits; valid in this process while any clone of
    /// the server lives.
    pub fn socket(&self) -> PathBuf {
        format!("/proc/self/fd/{}/{SOCKET}", self.0.run.as_raw_fd()).into()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Its major version.
    pub fn major(&self) -> u16 {
        self.0.major
    }

    /// Where its files are.
    pub fn home(&self) -> &Home {
        &self.0.home
    }

    /// Who owns its files.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    pub(super) fn handle(&self) -> &OwnedFd {
        &self.0.handle
    }

    pub(super) fn raw_pid(&self) -> Pid {
        self.0.pid
    }

    /// Tells when it has ended, and how.
    pub fn exited(&self) -> watch::Receiver<Option<Exit>> {
        self.0.exited.clone()
    }

    /// Logs in as our superuser, with the settings of the database; the session ends when the client is
    /// dropped. Where users may have been, [`Server::admin_plain`] is the one to use: in a search path of
    /// theirs every function and operator may be their code.
    pub async fn admin(&self, database: &str) -> Result<Client, AdminError> {
        self.login_within(database, SUPERUSER, String::new()).await
    }

    /// As [`Server::admin`], but none of the settings of the database or of its configuration file
    /// can change what our own statements mean, and no event trigger runs.
    pub async fn admin_plain(&self, database: &str) -> Result<Client, AdminError> {
        let options = self.plain_settings() + NO_LOCAL_LIBRARIES;
        self.login_within(database, SUPERUSER, options).await
    }

    /// As [`Server::admin_plain`], for whoever asks which settings the command line has: it sets none of
    /// those, so where a database has a library that is not there, it is refused.
    pub(super) async fn admin_pinned(&self, database: &str) -> Result<Client, AdminError> {
        self.login_within(database, SUPERUSER, self.plain_settings())
            .await
    }

    fn plain_settings(&self) -> String {
        let mut options = self.own_settings();
        for setting in PLAIN_SETTINGS {
            options.push_str(&format!("-c {setting} "));
        }
        if self.0.major < 17 {
            options.push_str(NO_EVENT_TRIGGERS_BEFORE_17);
        }
        options
    }

    /// Logs in as the role of [`crate::ensure_deputy`], to read what runs code of a database's users:
    /// a statement ends after [`DEPUTY_STATEMENT_WITHIN`].
    pub async fn deputy(&self, database: &str) -> Result<Client, AdminError> {
        let options = format!("-c default_transaction_read_only=on {}", self.bounded());
        self.login_within(database, DEPUTY, options).await
    }

    fn own_settings(&self) -> String {
        let known = OWN_SETTINGS.iter();
        let known = known.filter(|(since, _)| self.0.major >= *since);
        known.map(|(_, setting)| format!("-c {setting} ")).collect()
    }

    /// The bound on statements of the deputy, as an option of a login.
    fn bounded(&self) -> String {
        let within = DEPUTY_STATEMENT_WITHIN.as_millis();
        let own = self.own_settings() + NO_LOCAL_LIBRARIES;
        format!("{own}-c statement_timeout={within} ")
    }

    async fn login_within(
        &self,
        database: &str,
        user: &str,
        options: String,
    ) -> Result<Client, AdminError> {
        let login = tokio::time::timeout(LOGIN_WITHIN, self.login(database, user, options));
        let silent = |_| AdminError::Silent {
            database: database.to_owned(),
        };
        login.await.map_err(silent)?
    }

    /// How to connect as our superuser, for whoever needs several sessions; valid in this process
    /// while the server lives.
    pub fn admin_config(&self, database: &str) -> tokio_postgres::Config {
        let mut config = self.config(database, SUPERUSER);
        let mut options = self.own_settings() + NO_LOCAL_LIBRARIES;
        if self.0.major >= 17 {
            // A login trigger of a migration would run with our rights.
            options.push_str("-c event_triggers=off");
        }
        config.options(options);
        config
    }

    /// How to connect as the role of [`crate::ensure_deputy`], for whoever needs several sessions or
    /// writes; valid in this process while the server lives.
    pub fn deputy_config(&self, database: &str) -> tokio_postgres::Config {
        let mut config = self.config(database, DEPUTY);
        config.options(self.bounded());
        config
    }

    fn config(&self, database: &str, user: &str) -> tokio_postgres::Config {
        let socket = self.socket();
        let mut config = tokio_postgres::Config::new();
        if let Some(directory) = socket.parent() {
            config.host_path(directory);
        }
        // Servers listen on a socket of this number alone.
        config
            .port(1)
            .user(user)
            .dbname(database)
            .application_name("standin");
        config
    }

    async fn login(
        &self,
        database: &str,
        user: &str,
        mut options: String,
    ) -> Result<Client, AdminError> {
        let stream =
            UnixStream::connect(self.socket())
                .await
                .map_err(|source| AdminError::Socket {
                    database: database.to_owned(),
                    source,
                })?;
        // Only a superuser may turn them off, and only a superuser need.
        if self.0.major >= 17 && user == SUPERUSER {
            // A login trigger that came with a copy would run with our rights.
            options.push_str("-c event_triggers=off");
        }
        let mut config = tokio_postgres::Config::new();
        config
            .user(user)
            .dbname(database)
            .application_name("standin")
            .options(options);
        let session = config.connect_raw(stream, NoTls).await;
        let (client, connection) = session.map_err(|source| AdminError::Login {
            database: database.to_owned(),
            source,
        })?;
        tokio::spawn(async move {
            // The client's own calls report the same error.
            connection.await.ok();
        });
        Ok(client)
    }

    /// Memory of the server and all its processes, shared pages counted once (sum of PSS).
    pub fn memory_bytes(&self) -> Option<u64> {
        let server = proportional_bytes(self.0.pid)?;
        let children = identity::children(self.0.pid);
        Some(
            server
                + children
                    .into_iter()
                    .filter_map(proportional_bytes)
                    .sum::<u64>(),
        )
    }
}

fn proportional_bytes(pid: Pid) -> Option<u64> {
    let path = format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero());
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

async fn watch_child(
    mut child: tokio::process::Child,
    log: File,
    exited: watch::Sender<Option<Exit>>,
) {
    let status = until(child.wait(), &log).await.ok();
    exited.send_replace(Some(Exit { status }));
}

async fn watch_handle(handle: AsyncFd<OwnedFd>, log: File, exited: watch::Sender<Option<Exit>>) {
    // A handle of a process becomes readable when the process ends (pidfd_open(2)).
    until(handle.readable(), &log).await.ok();
    exited.send_replace(Some(Exit { status: None }));
}

/// Waits for the end and keeps the log within its bound meanwhile.
async fn until<T>(end: impl Future<Output = T>, log: &File) -> T {
    let mut end = std::pin::pin!(end);
    let mut look = tokio::time::interval(LOG_LOOK_EVERY);
    loop {
        tokio::select! {
            ended = &mut end => return ended,
            _ = look.tick() => {
                if let Err(error) = log::bound(log) {
                    tracing::warn!(%error, "cut a server's log");
                }
            }
        }
    }
}
