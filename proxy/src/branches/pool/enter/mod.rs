//! Entering a branch: wakes it if it sleeps, joins a start that is under way, counts the session.

mod start;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rules::name::UserName;
use server::{AdminError, Database, RolesError, Server, ensure_deputy, ensure_login, login_role};
use tokio::time::timeout_at;

use crate::branches::disk::Pressure;
use crate::branches::manifest::BranchManifest;
use crate::branches::pool::branch::{Awake, Branch, State};
use crate::branches::pool::error::{Closed, WakeError, WakeFailure};
use crate::branches::pool::{Pool, blocking};
use crate::branches::step::step;
use crate::branches::{BranchId, disk};
use rules::config::{AccessMode, Durability};

/// A session in a branch; while it lives the branch stays awake.
#[derive(Debug)]
pub struct Lease {
    pool: Pool,
    branch: Arc<Branch>,
    manifest: Arc<BranchManifest>,
    server: Server,
}

/// Why nobody could read a database without a superuser's rights.
#[derive(Debug, thiserror::Error)]
pub enum DeputyError {
    /// The role could not be made.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// The server refused the login.
    #[error(transparent)]
    Login(#[from] AdminError),
}

impl Lease {
    /// The branch.
    pub fn branch(&self) -> &BranchId {
        &self.manifest.id
    }

    /// Its manifest when it was entered.
    pub fn manifest(&self) -> &BranchManifest {
        &self.manifest
    }

    /// Path of the server's socket; valid in this process while the lease lives.
    pub fn socket(&self) -> PathBuf {
        self.server.socket()
    }

    /// The databases that clients may enter.
    pub fn databases(&self) -> &[Database] {
        &self.manifest.cluster.databases
    }

    /// The server itself: its process id, its end, sessions of our own.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A session as our superuser.
    pub async fn admin(&self, database: &str) -> Result<tokio_postgres::Client, AdminError> {
        self.server.admin(database).await
    }

    /// A session as our own low role, to read what runs code of the database's users; the role is made
    /// where an earlier version left the branch without.
    pub async fn deputy(&self, database: &str) -> Result<tokio_postgres::Client, DeputyError> {
        ensure_deputy(&self.server, self.databases()).await?;
        Ok(self.server.deputy(database).await?)
    }

    /// As [`Lease::deputy`], for whoever needs several sessions; valid in this process while the lease
    /// lives.
    pub async fn deputy_config(
        &self,
        database: &str,
    ) -> Result<tokio_postgres::Config, DeputyError> {
        ensure_deputy(&self.server, self.databases()).await?;
        Ok(self.server.deputy_config(database))
    }

    /// Makes sure that `user` can log in with the rights of `mode`, and names the role; asks the
    /// server once per user while it is awake, and not at all for those whose roles were made before.
    pub async fn ensure_login(
        &self,
        user: &UserName,
        mode: AccessMode,
    ) -> Result<String, RolesError> {
        let role = login_role(user, mode);
        let who = (user.clone(), mode);
        let spec = &self.manifest.spec;
        let known = |state: &State| match state {
            State::Awake(awake) => awake.ready_for.contains(&who),
            _ => false,
        };
        let in_snapshot =
            mode == AccessMode::ReadWrite && self.manifest.cluster.logins.contains(user);
        let in_place = spec.restricts() && spec.entrants.contains(&who);
        if in_snapshot || in_place || known(&self.branch.state()) {
            return Ok(role);
        }
        ensure_login(&self.server, user, mode, self.databases()).await?;
        if let State::Awake(awake) = &mut *self.branch.state()
            && awake.server.pid() == self.server.pid()
        {
            awake.ready_for.insert(who);
        }
        Ok(role)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.branch.state();
        if let State::Awake(awake) = &mut *state
            && awake.server.pid() == self.server.pid()
        {
            awake.sessions = awake.sessions.saturating_sub(1);
            if awake.sessions == 0 {
                awake.idle_since = Instant::now();
                drop(state);
                self.branch.tell();
                self.pool.0.freed.notify_one();
                self.pool.sleep_when_idle(&self.branch);
            }
        }
    }
}

impl Pool {
    /// Enters a branch; the session counts until the lease is dropped.
    ///
    /// Waits for a start, at most as long as the pool's `connect_wait`.
    pub async fn enter(&self, id: &BranchId) -> Result<Lease, WakeError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| WakeError::Unknown(id.clone()))?;
        let began = Instant::now();
        let deadline = began + self.0.settings.connect_wait;
        let mut changes = branch.watch();
        loop {
            changes.mark_unchanged();
            if let Some(entered) = self.try_enter(&branch, id, began) {
                return entered;
            }
            let changed = timeout_at(deadline.into(), changes.changed()).await;
            if changed.is_err() {
                return Err(WakeError::Waited {
                    id: id.clone(),
                    waited: self.0.settings.connect_wait,
                });
            }
        }
    }

    /// One look at the state: enters, fails, or says to wait for a change.
    fn try_enter(
        &self,
        branch: &Arc<Branch>,
        id: &BranchId,
        began: Instant,
    ) -> Option<Result<Lease, WakeError>> {
        let mut state = branch.state();
        match &mut *state {
            State::Awake(awake) => {
                awake.sessions += 1;
                let server = awake.server.clone();
                drop(state);
                Some(Ok(Lease {
                    pool: self.clone(),
                    branch: Arc::clone(branch),
                    manifest: branch.manifest(),
                    server,
                }))
            }
            State::Asleep { readers: 0 } => {
                *state = State::Waking;
                drop(state);
                self.spawn_wake(Arc::clone(branch));
                None
            }
            State::Gathering => {
                branch.hurry.store(true, Ordering::Release);
                None
            }
            State::Asleep { .. } | State::Waking | State::Stopping => None,
            State::Suspect => Some(Err(WakeError::Suspect(id.clone()))),
            State::Gone => Some(Err(WakeError::Unknown(id.clone()))),
            State::Failed { why, at, until } => {
                // A failure from before this session came, and long enough ago, is tried again.
                if *at < began && *until <= Instant::now() {
                    *state = State::Waking;
                    drop(state);
                    self.spawn_wake(Arc::clone(branch));
                    return None;
                }
                Some(Err(WakeError::Failed {
                    id: id.clone(),
                    why: Arc::clone(why),
                }))
            }
        }
    }

    /// Starts the server in a task of its own: a session that gives up does not stop the start that
    /// others wait for.
    pub(in crate::branches::pool) fn spawn_wake(&self, branch: Arc<Branch>) {
        let pool = self.clone();
        let working = self.0.work.start();
        self.0.runtime.spawn(async move {
            let woken = match &working {
                Ok(_) => pool.wake(&branch).await,
                Err(Closed(())) => Err(Closed(()).into()),
            };
            match woken {
                Ok(awake) => pool.is_awake(&branch, awake),
                Err(why) => {
                    let id = &branch.manifest().id;
                    tracing::warn!(branch = %id, error = %why, "branch does not wake");
                    branch.become_state(State::failed(Arc::new(why)));
                }
            }
        });
    }

    /// Lets sessions in.
    pub(in crate::branches::pool) fn is_awake(&self, branch: &Arc<Branch>, awake: Awake) {
        let server = awake.server.clone();
        branch.become_state(State::Awake(awake));
        self.watch_server(Arc::clone(branch), server);
        self.sleep_when_idle(branch);
    }

    async fn wake(&self, branch: &Arc<Branch>) -> Result<Awake, WakeFailure> {
        // A server that starts needs new blocks at once, and one that finds none leaves a branch that
        // has to recover; those that run need the rest.
        if let Err(full) = self.refuse_from(Pressure::Critical)
            && !self.may_recover(branch).await
        {
            return Err(full.into());
        }
        let permit = self.admit(&branch.manifest().spec).await?;
        self.mark_awake(branch).await.map_err(WakeFailure::Mark)?;
        let manifest = branch.manifest();
        let server = self.start_branch(&manifest).await?;
        step("wake.started").map_err(WakeFailure::Mark)?;
        Ok(Awake::new(server, Some(permit)))
    }

    /// Notes that from now on the files may be ahead of the disk, where that matters: with `fsync`
    /// on, PostgreSQL recovers by itself.
    async fn mark_awake(&self, branch: &Arc<Branch>) -> std::io::Result<()> {
        let manifest = branch.manifest();
        let marked = manifest.awake.as_ref() == Some(&self.0.epoch);
        if manifest.spec.durability != Durability::Process || marked {
            return Ok(());
        }
        let epoch = self.0.epoch.clone();
        let marked = self.change(branch, move |manifest| manifest.awake = Some(epoch));
        marked.await?;
        step("wake.marked")
    }

    /// Writes a changed manifest to the disk and then to memory.
    pub(in crate::branches::pool) async fn change(
        &self,
        branch: &Branch,
        edit: impl FnOnce(&mut BranchManifest),
    ) -> std::io::Result<()> {
        let _turn = branch.writing.lock().await;
        let mut manifest = BranchManifest::clone(&branch.manifest());
        edit(&mut manifest);
        let text = toml::to_string(&manifest).map_err(std::io::Error::other)?;
        let directory = self.0.layout.branch(&manifest.id);
        let path = directory.join(disk::BRANCH_MANIFEST);
        blocking(move || disk::write(&path, &text)).await?;
        branch.replace(manifest);
        Ok(())
    }
}

impl Awake {
    pub(in crate::branches::pool) fn new(
        server: Server,
        permit: Option<tokio::sync::OwnedSemaphorePermit>,
    ) -> Self {
        let now = Instant::now();
        Self {
            server,
            sessions: 0,
            since: now,
            idle_since: now,
            ready_for: std::collections::HashSet::new(),
            _permit: permit,
        }
    }
}
