//! What happens to servers between sessions: idle ones sleep, ended ones are noticed,
//! everything stops at the end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rules::config::{AccessMode, Durability};
use rules::name::UserName;
use server::{Exit, Server};
use tokio::time::timeout;

use super::branch::{Awake, Branch, State};
use super::error::{EditError, SleepError};
use super::{Pool, blocking};
use crate::branches::manifest::{BranchManifest, now};
use crate::branches::step::step;
use crate::branches::{BranchId, disk};

/// How long the end of a pool waits for all its servers.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(30);

/// How long a manifest may be ahead of the disk where the caller allows it: its write would stand in
/// the way of the pointer's, for which a client waits.
const AHEAD: Duration = Duration::from_millis(100);

impl Pool {
    /// Stops the server of a branch and brings everything to the disk; does nothing where it sleeps.
    ///
    /// Ends the sessions that are left; whoever wants to be polite has done so before.
    pub async fn sleep(&self, id: &BranchId) -> Result<(), SleepError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| SleepError::Unknown(id.clone()))?;
        let mut changes = branch.watch();
        loop {
            changes.mark_unchanged();
            if let Some(server) = begin_stop(&branch, |_| true) {
                return self.stop_branch(&branch, &server).await;
            }
            match *branch.state() {
                State::Waking | State::Stopping => {}
                // It has just become so.
                State::Awake(_) => continue,
                _ => return Ok(()),
            }
            // The sender lives in the branch that is held here.
            changes.changed().await.ok();
        }
    }

    /// Puts a branch to sleep unless it has sessions; somebody may come in at the same moment.
    pub async fn rest(&self, id: &BranchId) -> Result<(), SleepError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| SleepError::Unknown(id.clone()))?;
        match begin_stop(&branch, |awake| awake.sessions == 0) {
            Some(server) => self.stop_branch(&branch, &server).await,
            None => Ok(()),
        }
    }

    /// Trusts a branch that may be torn; from now on it wakes like any other.
    pub async fn accept_suspect(&self, id: &BranchId) -> Result<(), EditError> {
        self.edit(id, |manifest| manifest.awake = None).await?;
        if let Some(branch) = self.branch_entry(id)
            && matches!(*branch.state(), State::Suspect)
        {
            branch.become_state(State::Asleep { readers: 0 });
        }
        Ok(())
    }

    /// Sets how long a branch stays awake without sessions.
    pub async fn set_idle(&self, id: &BranchId, idle: Option<Duration>) -> Result<(), EditError> {
        self.edit(id, |manifest| manifest.spec.idle = idle).await?;
        if let Some(branch) = self.branch_entry(id) {
            self.sleep_when_idle(&branch);
        }
        Ok(())
    }

    /// Sets what clients may do to a branch's data. One that is awake goes to sleep, and its sessions
    /// end: they began with other rights.
    pub async fn set_access(
        &self,
        id: &BranchId,
        access: AccessMode,
        entrants: Vec<(UserName, AccessMode)>,
    ) -> Result<(), EditError> {
        let edit = |manifest: &mut BranchManifest| {
            (manifest.spec.access, manifest.spec.entrants) = (access, entrants);
        };
        self.edit(id, edit).await?;
        self.sleep(id).await.map_err(|error| EditError::Io {
            id: id.clone(),
            source: std::io::Error::other(error),
        })
    }

    /// Changes the manifest of a branch, durably.
    pub async fn edit(
        &self,
        id: &BranchId,
        edit: impl FnOnce(&mut BranchManifest),
    ) -> Result<(), EditError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| EditError::Unknown(id.clone()))?;
        let changed = self.change(&branch, edit).await;
        changed.map_err(|source| EditError::Io {
            id: id.clone(),
            source,
        })
    }

    /// Changes the manifest of a branch at once in memory, and on the disk soon.
    ///
    /// For what the caller finds out again after a crash: the disk may still hold the old one then.
    pub async fn edit_ahead(
        &self,
        id: &BranchId,
        edit: impl FnOnce(&mut BranchManifest),
    ) -> Result<(), EditError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| EditError::Unknown(id.clone()))?;
        {
            let _turn = branch.writing.lock().await;
            let mut manifest = BranchManifest::clone(&branch.manifest());
            edit(&mut manifest);
            branch.replace(manifest);
        }
        let (pool, working) = (self.clone(), self.0.work.stop());
        self.0.runtime.spawn(async move {
            let _working = working;
            tokio::time::sleep(AHEAD).await;
            let written = pool.change(&branch, |_| {}).await;
            // What was dropped meanwhile needs no manifest.
            let gone = matches!(*branch.state(), State::Gone);
            if let Err(error) = written
                && !gone
            {
                let id = &branch.manifest().id;
                tracing::warn!(branch = %id, %error, "a manifest is older on the disk than in memory");
            }
        });
        Ok(())
    }

    /// Stops every server, also those of drafts, and starts none from now on.
    ///
    /// Waits for what is under way, within a bound; what does not stop is adopted, or cleared away,
    /// by the next daemon.
    pub async fn shutdown(&self) {
        self.0.work.close();
        let stopping = async {
            self.stop_all().await;
            self.0.work.done().await;
            // What was starting when the pool closed runs by now.
            self.stop_all().await;
            self.0.work.done().await;
        };
        if timeout(SHUTDOWN_WITHIN, stopping).await.is_err() {
            tracing::warn!("servers are still stopping");
        }
    }

    async fn stop_all(&self) {
        tokio::join!(self.stop_branches(), self.stop_drafts());
    }

    async fn stop_branches(&self) {
        let stops = self.entries().into_iter().filter_map(|branch| {
            let server = begin_stop(&branch, |_| true)?;
            let pool = self.clone();
            Some(async move { pool.stop_branch(&branch, &server).await })
        });
        for stopped in join_all(stops).await {
            if let Err(error) = stopped {
                tracing::warn!(%error, "branch did not sleep");
            }
        }
    }

    /// Whoever fills a draft learns it from his sessions, and drops it.
    async fn stop_drafts(&self) {
        let drafts = self.0.work.drafts();
        for stopped in join_all(drafts.iter().map(Server::stop)).await {
            if let Err(error) = stopped {
                tracing::warn!(%error, "draft was not stopped");
            }
        }
    }

    /// Puts a branch to sleep once it has been without sessions for as long as it may.
    pub(super) fn sleep_when_idle(&self, branch: &Arc<Branch>) {
        let Some(idle) = branch.manifest().spec.idle else {
            return;
        };
        let idle_since = match &*branch.state() {
            State::Awake(awake) if awake.sessions == 0 => awake.idle_since,
            _ => return,
        };
        // The timer keeps neither the pool nor the branch.
        let (pool, branch) = (Arc::downgrade(&self.0), Arc::downgrade(branch));
        self.0.runtime.spawn(async move {
            tokio::time::sleep_until((idle_since + idle).into()).await;
            let (Some(pool), Some(branch)) = (pool.upgrade(), branch.upgrade()) else {
                return;
            };
            // Whoever came and went meanwhile has left a timer of its own.
            if branch.manifest().spec.idle != Some(idle) {
                return;
            }
            let still = |awake: &Awake| awake.sessions == 0 && awake.idle_since == idle_since;
            if let Some(server) = begin_stop(&branch, still)
                && let Err(error) = Self(pool).stop_branch(&branch, &server).await
            {
                tracing::warn!(%error, "idle branch did not sleep");
            }
        });
    }

    /// Notices when a server ends that nobody stopped.
    pub(super) fn watch_server(&self, branch: Arc<Branch>, server: Server) {
        let pool = Arc::downgrade(&self.0);
        self.0.runtime.spawn(async move {
            let mut exited = server.exited();
            // An error means that the watching task is gone, and with it the runtime.
            if exited.wait_for(Option::<Exit>::is_some).await.is_ok()
                && branch.server_ended(server.pid())
            {
                if let Some(inner) = pool.upgrade() {
                    inner.freed.notify_one();
                }
                let id = &branch.manifest().id;
                tracing::warn!(branch = %id, pid = server.pid(), "server ended by itself");
            }
        });
    }

    /// Stops the server of a branch that is taken out of service already.
    ///
    /// In a task of its own: a caller that gives up must not leave it half stopped.
    pub(super) async fn stop_branch(
        &self,
        branch: &Arc<Branch>,
        server: &Server,
    ) -> Result<(), SleepError> {
        let (pool, branch, server) = (self.clone(), Arc::clone(branch), server.clone());
        let id = branch.manifest().id.clone();
        let working = self.0.work.stop();
        let stopping = async move {
            let _working = working;
            pool.stop_and_settle(&branch, &server).await
        };
        let stopped = self.0.runtime.spawn(stopping).await;
        stopped.unwrap_or_else(|error| {
            let source = std::io::Error::other(error);
            Err(SleepError::Io { id, source })
        })
    }

    async fn stop_and_settle(
        &self,
        branch: &Arc<Branch>,
        server: &Server,
    ) -> Result<(), SleepError> {
        let id = branch.manifest().id.clone();
        let stopped = server.stop().await;
        let stopped = match stopped {
            Ok(stopped) => stopped,
            Err(source) => {
                // It is neither awake nor asleep: nobody may enter, and nobody may clone it.
                branch.become_state(State::Suspect);
                return Err(SleepError::Stop { id, source });
            }
        };
        if !stopped.clean {
            tracing::warn!(branch = %id, "server was killed, the next start recovers");
        }
        let settled = self.settle(branch).await;
        branch.fell_asleep();
        branch.become_state(State::Asleep { readers: 0 });
        self.0.freed.notify_one();
        settled.map_err(|source| SleepError::Io { id, source })
    }

    /// Brings what a stopped server wrote to the disk, and only then says that it sleeps.
    async fn settle(&self, branch: &Branch) -> std::io::Result<()> {
        step("sleep.stopped")?;
        let manifest = branch.manifest();
        if manifest.spec.durability != Durability::Process && manifest.awake.is_none() {
            return Ok(());
        }
        let root = self.0.layout.root().to_owned();
        blocking(move || disk::sync(&root)).await?;
        step("sleep.synced")?;
        let marked = self.change(branch, |manifest| {
            manifest.awake = None;
            manifest.used_at = now();
        });
        marked.await?;
        step("sleep.marked")
    }
}

/// Takes an awake branch out of service if it fits.
pub(super) fn begin_stop(branch: &Branch, fit: impl Fn(&Awake) -> bool) -> Option<Server> {
    let mut state = branch.state();
    let server = match &*state {
        State::Awake(awake) if fit(awake) => awake.server.clone(),
        _ => return None,
    };
    *state = State::Stopping;
    drop(state);
    branch.tell();
    Some(server)
}
