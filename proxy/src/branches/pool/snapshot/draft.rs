//! Drafts: a cluster aside, awake, to be filled by the caller and then sealed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rules::config::{AccessMode, Durability};
use rules::name::UserName;
use server::{
    self, AdminError, ConnectionString, Database, Installation, RolesError, Server, Settings,
    TextForm, copy_running, create_database, create_database_in, databases, ensure_deputy,
    ensure_login, initialise, lengths, login_role, major_of, start, take_ownership,
};
use tokio::net::UnixStream;
use tokio_postgres::{Client, NoTls};

use super::prove::ProofError;
use super::seal::Seal;
use crate::branches::SnapshotId;
use crate::branches::disk::PGDATA;
use crate::branches::manifest::{Check, SealLabel};
use crate::branches::pool::create::Aside;
use crate::branches::pool::error::{DraftError, SealError};
use crate::branches::pool::{Pool, blocking};
use crate::branches::step::step;

/// A draft is filled once and by us alone: more memory than a branch gets, and no waiting for the
/// disk, because sealing syncs.
const DRAFT_BUFFERS_MB: u32 = 128;
/// A checkpoint of everything that was loaded, on a slow disk.
const STOP_WITHIN: Duration = Duration::from_secs(300);

/// The user as whom migrations run.
const MIGRATOR: &str = "migrations";

/// Why nobody could work as the owner of a database.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// The role could not be made.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// The socket could not be reached.
    #[error("reach the server of the draft")]
    Socket(#[source] std::io::Error),
    /// The server refused the login.
    #[error("log in as the owner of the database")]
    Login(#[from] tokio_postgres::Error),
}

/// What a draft begins as.
#[derive(Clone, PartialEq, Eq)]
pub enum DraftPlan {
    /// An empty cluster with one database.
    Fresh {
        /// Major version; `None` takes the pool's.
        major: Option<u16>,
        /// The database's name.
        database: String,
    },
    /// An empty cluster with one database whose text is encoded and ordered as another's.
    Like {
        /// Major version; `None` takes the pool's.
        major: Option<u16>,
        /// The database's name.
        database: String,
        /// How text is encoded and ordered.
        form: TextForm,
    },
    /// A physical copy of a running server, made harmless before its first start.
    Mirror {
        /// Connection URL of a login that may replicate; never shown or written down.
        url: String,
    },
}

impl std::fmt::Debug for DraftPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fresh { major, database } => f
                .debug_struct("Fresh")
                .field("major", major)
                .field("database", database)
                .finish(),
            Self::Like {
                major, database, ..
            } => f
                .debug_struct("Like")
                .field("major", major)
                .field("database", database)
                .finish(),
            Self::Mirror { .. } => f.write_str("Mirror"),
        }
    }
}

/// How far a long operation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: &'static str,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes that there are, where that is known.
    pub total_bytes: Option<u64>,
}

/// A cluster aside, awake. Dropped unsealed, it is stopped and goes to the trash.
pub struct Draft {
    pool: Pool,
    id: SnapshotId,
    aside: Option<Aside>,
    installation: Installation,
    server: Server,
    databases: Vec<Database>,
    logins: Vec<UserName>,
    notes: Option<String>,
    began: Instant,
}

impl Pool {
    /// Makes a cluster aside and starts it.
    pub async fn draft(
        &self,
        plan: DraftPlan,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Draft, DraftError> {
        self.refuse_when_full()?;
        let began = Instant::now();
        let id = SnapshotId::draw();
        let aside = Aside::make(self, id.as_str())?;
        step("draft.directory")?;
        let (driver, account) = (self.0.driver, self.0.account.clone());
        let data = aside.directory().join(PGDATA);
        blocking(move || driver.make_data(&data, &account).map_err(DraftError::from)).await?;
        let (installation, database) = match plan {
            DraftPlan::Fresh { major, database } => {
                progress(Progress::phase("initialise the cluster"));
                (self.fresh(major, &aside).await?, Some((database, None)))
            }
            DraftPlan::Like {
                major,
                database,
                form,
            } => {
                progress(Progress::phase("initialise the cluster"));
                (
                    self.fresh(major, &aside).await?,
                    Some((database, Some(form))),
                )
            }
            DraftPlan::Mirror { url } => (self.mirror(&url, &aside, &progress).await?, None),
        };
        step("draft.filled")?;
        progress(Progress::phase("start the server"));
        let settings = Settings {
            durability: Durability::Process,
            shared_buffers_mb: DRAFT_BUFFERS_MB,
            // A mirror has the log of a backup to replay. What is proved before it is sealed is logged again.
            loading: database.is_some(),
            ..Settings::default()
        };
        let working = self.0.work.start()?;
        let server = start(&installation, &self.0.account, &aside.home(), &settings).await?;
        self.0.work.add_draft(&id, &server);
        drop(working);
        let mut draft = Draft {
            pool: self.clone(),
            id,
            aside: Some(aside),
            installation,
            server,
            databases: Vec::new(),
            logins: Vec::new(),
            notes: None,
            began,
        };
        step("draft.started")?;
        match database {
            Some((database, None)) => create_database(&draft.server, &database).await?,
            Some((database, Some(form))) => {
                create_database_in(&draft.server, &database, form).await?;
            }
            None => take_ownership(&draft.server).await?,
        }
        draft.databases = databases(&draft.server).await?;
        ensure_deputy(&draft.server, &draft.databases).await?;
        Ok(draft)
    }

    async fn fresh(&self, major: Option<u16>, aside: &Aside) -> Result<Installation, DraftError> {
        let installations = &self.0.installations;
        let installation = match major.or(self.0.settings.version) {
            Some(major) => installations.of_major(major)?,
            None => installations.newest()?,
        };
        initialise(installation, &self.0.account, &aside.home()).await?;
        Ok(installation.clone())
    }

    async fn mirror(
        &self,
        url: &str,
        aside: &Aside,
        progress: &(impl Fn(Progress) + Send + Sync),
    ) -> Result<Installation, DraftError> {
        let source: ConnectionString = url.parse()?;
        let (installations, account) = (&self.0.installations, &self.0.account);
        let home = aside.home();
        progress(Progress::phase("look at the source"));
        let major = major_of(installations.newest()?, account, &home, &source).await?;
        let installation = installations.of_major(major)?;
        let copied = |copied: server::Progress| {
            progress(Progress {
                phase: "copy the source",
                done_bytes: copied.copied_bytes,
                total_bytes: Some(copied.total_bytes),
            });
        };
        let copy = copy_running(installation, account, &home, &source, &copied).await?;
        tracing::info!(quarantine = %copy.quarantine, "copied a running server");
        Ok(installation.clone())
    }
}

impl Progress {
    fn phase(phase: &'static str) -> Self {
        Self {
            phase,
            done_bytes: 0,
            total_bytes: None,
        }
    }
}

impl Draft {
    /// Path of the server's socket; valid in this process while the draft lives.
    pub fn socket(&self) -> PathBuf {
        self.server.socket()
    }

    /// The server itself.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A session as our superuser.
    pub async fn admin(&self, database: &str) -> Result<Client, AdminError> {
        self.server.admin(database).await
    }

    /// How to connect as our superuser, several times; valid in this process while the draft lives.
    pub fn admin_config(&self, database: &str) -> tokio_postgres::Config {
        self.server.admin_config(database)
    }

    /// How to connect as our own low role, several times: for whatever runs code of the databases;
    /// valid in this process while the draft lives.
    pub fn deputy_config(&self, database: &str) -> tokio_postgres::Config {
        self.server.deputy_config(database)
    }

    /// The programs of its PostgreSQL.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The data directory.
    pub fn data(&self) -> Option<PathBuf> {
        let aside = self.aside.as_ref();
        aside.map(|aside| aside.directory().join(PGDATA))
    }

    /// User and group of the server, where it runs as another than we do.
    pub fn account(&self) -> Option<(u32, u32)> {
        self.pool.account()
    }

    /// Makes what a superuser made belong to the owner of its database.
    pub async fn take_ownership(&self) -> Result<(), RolesError> {
        take_ownership(&self.server).await
    }

    /// The databases that it began with.
    pub fn databases(&self) -> &[Database] {
        &self.databases
    }

    /// Writes a text beside the data of the snapshot that this becomes; [`Pool::notes`] reads it.
    pub fn note(&mut self, text: String) {
        self.notes = Some(text);
    }

    /// Makes sure that each user has a login role, so that no branch need make it.
    pub async fn ensure_logins(&mut self, users: &[UserName]) -> Result<(), RolesError> {
        for user in users {
            ensure_login(&self.server, user, AccessMode::ReadWrite, &self.databases).await?;
            if !self.logins.contains(user) {
                self.logins.push(user.clone());
            }
        }
        Ok(())
    }

    /// A session that works as the owner of `database`: what it makes belongs to the owner.
    pub async fn owner(&self, database: &str) -> Result<Client, OwnerError> {
        let role = self.migrator().await?;
        let stream = UnixStream::connect(self.server.socket()).await;
        let stream = stream.map_err(OwnerError::Socket)?;
        let mut config = tokio_postgres::Config::new();
        config
            .user(role)
            .dbname(database)
            .options(format!("-c role={}", escaped(self.owner_of(database))));
        let (client, connection) = config.connect_raw(stream, NoTls).await?;
        // The client's own calls report the same error.
        tokio::spawn(connection);
        Ok(client)
    }

    /// The URL of such a session for programs that we start; valid while the draft lives.
    pub async fn url(&self, database: &str) -> Result<String, OwnerError> {
        let role = self.migrator().await?;
        let socket = self.server.socket();
        let directory = socket.parent().unwrap_or(&socket).display().to_string();
        // The path names a descriptor of this process; another one finds it under our own number.
        let directory = directory.replace("/proc/self", &format!("/proc/{}", std::process::id()));
        let options = percent(&format!("-c role={}", escaped(self.owner_of(database))));
        let (database, host) = (percent(database), percent(&directory));
        Ok(format!(
            "postgresql://{role}@/{database}?host={host}&port=1&options={options}"
        ))
    }

    fn owner_of<'a>(&'a self, database: &'a str) -> &'a str {
        let mut known = self.databases.iter();
        let known = known.find(|known| known.name == database);
        known.map_or(database, |known| known.owner.as_str())
    }

    /// The login role of migrations: that of a user whom no configuration knows.
    async fn migrator(&self) -> Result<String, RolesError> {
        let user: UserName = MIGRATOR.parse().expect("the name is legal");
        ensure_login(&self.server, &user, AccessMode::ReadWrite, &self.databases).await?;
        Ok(login_role(&user, AccessMode::ReadWrite))
    }

    /// Stops the server and makes the cluster a snapshot.
    pub async fn seal(self, label: SealLabel) -> Result<SnapshotId, SealError> {
        let check = self.pool.0.settings.check;
        self.seal_checked(label, check).await
    }

    /// As [`Draft::seal`], looked at as `check` says before it is a snapshot.
    pub async fn seal_checked(
        mut self,
        label: SealLabel,
        check: Check,
    ) -> Result<SnapshotId, SealError> {
        let databases = databases(&self.server).await?;
        // What filled it may have made more of them.
        ensure_deputy(&self.server, &databases).await?;
        let lengths = lengths(&self.server).await.map_err(ProofError::from)?;
        self.server.stop_within(STOP_WITHIN).await?;
        let Some(aside) = self.aside.take() else {
            return Err(std::io::Error::other("the draft is sealed already").into());
        };
        let seal = Seal {
            id: self.id.clone(),
            label,
            origin: None,
            began: self.began,
            databases,
            logins: std::mem::take(&mut self.logins),
            check,
            proven: false,
            lengths: Some(lengths),
            notes: self.notes.take(),
        };
        self.pool.seal(aside, &self.installation, seal).await
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let work = &self.pool.0.work;
        let working = work.stop();
        work.remove_draft(&self.id);
        let Some(aside) = self.aside.take() else {
            return;
        };
        let server = self.server.clone();
        self.pool.0.runtime.spawn(async move {
            let _working = working;
            if let Err(error) = server.stop().await {
                tracing::warn!(%error, "draft was not stopped");
                // A living server's directory is found and cleared at the next start.
                aside.keep();
            }
        });
    }
}

/// A value within `options`: a backslash takes blanks and backslashes out of their meaning.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(' ', "\\ ")
}

/// A part of a URL with everything but letters and digits encoded (RFC 3986 §2.3).
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |encoded, byte| {
        if plain(byte) {
            encoded + char::from(byte).encode_utf8(&mut [0; 4])
        } else {
            format!("{encoded}%{byte:02X}")
        }
    })
}
