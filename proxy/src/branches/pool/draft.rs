//! Drafts: a cluster aside, awake, to be filled by the caller and then sealed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rules::config::Durability;
use tokio_postgres::Client;

use super::create::Aside;
use super::error::{DraftError, SealError};
use super::seal::Seal;
use super::{Pool, blocking};
use crate::branches::SnapshotId;
use crate::branches::disk::PGDATA;
use crate::branches::manifest::SealLabel;
use crate::branches::server::{
    AdminError, Database, Installation, Server, Settings, create_database, databases, initialise,
    start,
};
use crate::branches::step::step;

/// A draft is filled once and by us alone: more memory than a branch gets, and no waiting for the
/// disk, because sealing syncs.
const DRAFT_BUFFERS_MB: u32 = 128;
/// A checkpoint of everything that was loaded, on a slow disk.
const STOP_WITHIN: Duration = Duration::from_secs(300);

/// What a draft begins as.
#[derive(Debug, Clone)]
pub enum DraftPlan {
    /// An empty cluster with one database.
    Fresh {
        /// Major version; `None` takes the pool's.
        major: Option<u16>,
        /// The database's name.
        database: String,
    },
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
        let DraftPlan::Fresh { major, database } = plan;
        let phase = |phase| {
            progress(Progress {
                phase,
                done_bytes: 0,
                total_bytes: None,
            });
        };
        phase("initialise the cluster");
        let installations = &self.0.installations;
        let installation = match major.or(self.0.settings.version) {
            Some(major) => installations.of_major(major)?,
            None => installations.newest()?,
        };
        let (driver, account) = (self.0.driver, self.0.account.clone());
        let data = aside.directory().join(PGDATA);
        blocking(move || driver.make_data(&data, &account).map_err(DraftError::from)).await?;
        initialise(installation, &self.0.account, &aside.home()).await?;
        step("draft.filled")?;
        phase("start the server");
        let settings = Settings {
            durability: Durability::Process,
            shared_buffers_mb: DRAFT_BUFFERS_MB,
            ..Settings::default()
        };
        let server = start(installation, &self.0.account, &aside.home(), &settings).await?;
        let mut draft = Draft {
            pool: self.clone(),
            id,
            aside: Some(aside),
            installation: installation.clone(),
            server,
            databases: Vec::new(),
            began,
        };
        step("draft.started")?;
        create_database(&draft.server, &database).await?;
        draft.databases = databases(&draft.server).await?;
        Ok(draft)
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

    /// The databases that it began with.
    pub fn databases(&self) -> &[Database] {
        &self.databases
    }

    /// Stops the server and makes the cluster a snapshot.
    pub async fn seal(mut self, label: SealLabel) -> Result<SnapshotId, SealError> {
        let databases = databases(&self.server).await?;
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
        };
        self.pool.seal(aside, &self.installation, seal).await
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let Some(aside) = self.aside.take() else {
            return;
        };
        let server = self.server.clone();
        self.pool.0.runtime.spawn(async move {
            if let Err(error) = server.stop().await {
                tracing::warn!(%error, "draft was not stopped");
                // A living server's directory is found and cleared at the next start.
                aside.keep();
            }
        });
    }
}
