//! Taking things away: one by order, or all that nothing refers to.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use server::{Home, adopt, clear_runtime};

use super::branch::{Branch, State};
use super::error::DropError;
use super::{Pool, Snapshot, blocking, read, write};
use crate::branches::disk::Pressure;
use crate::branches::garbage::{BranchNode, Graph, garbage};
use crate::branches::manifest::now;
use crate::branches::{BranchId, SnapshotId, disk};

/// What was made within this time is kept although nothing refers to it yet: no operation needs
/// longer between making a branch and pointing at it, and roots that were read are never older.
pub const UNCLAIMED_FOR: Duration = Duration::from_secs(600);

/// What refers to branches and snapshots from outside the pool.
#[derive(Debug, Clone)]
pub struct Roots {
    /// Branches that pointers, their histories and names refer to.
    pub branches: BTreeSet<BranchId>,
    /// Snapshots that environments, ladders and running operations refer to.
    pub snapshots: BTreeSet<SnapshotId>,
    /// How long what this process made is kept unclaimed.
    pub unclaimed_for: Duration,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            branches: BTreeSet::new(),
            snapshots: BTreeSet::new(),
            unclaimed_for: UNCLAIMED_FOR,
        }
    }
}

/// What a collection took away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Branches.
    pub branches: Vec<BranchId>,
    /// Snapshots.
    pub snapshots: Vec<SnapshotId>,
}

impl Pool {
    /// Takes away what neither `roots` nor anything in the pool refers to.
    ///
    /// Age alone never takes anything away. What is protected, held, a spare, awake, being cloned or
    /// younger than `roots.unclaimed_for` stays.
    pub async fn collect(&self, roots: &Roots) -> Collected {
        let found = garbage(&self.graph(roots));
        let mut collected = Collected::default();
        for id in found.branches {
            match self.drop_branch(&id).await {
                Ok(()) => collected.branches.push(id),
                Err(error) => tracing::info!(branch = %id, %error, "branch stays"),
            }
        }
        for id in found.snapshots {
            match self.drop_snapshot(&id).await {
                Ok(()) => collected.snapshots.push(id),
                Err(error) => tracing::info!(snapshot = %id, %error, "snapshot stays"),
            }
        }
        if self.pressure() >= Pressure::Collect {
            // Where room is short it must be there when this returns.
            if let Err(error) = self.empty_trash().await {
                tracing::warn!(%error, "trash was not emptied");
            }
        }
        collected
    }

    fn graph(&self, roots: &Roots) -> Graph {
        let young = |born: Option<std::time::Instant>| {
            born.is_some_and(|born| born.elapsed() < roots.unclaimed_for)
        };
        let node = |branch: &Arc<Branch>| {
            let manifest = branch.manifest();
            let kept = manifest.spec.protect
                || manifest.spec.spare
                || manifest.held_at(now()).is_some()
                || young(branch.born);
            let resting = matches!(*branch.state(), State::Asleep { readers: 0 });
            let suspect = matches!(*branch.state(), State::Suspect | State::Failed { .. });
            BranchNode {
                base: manifest.base.clone(),
                pinned: kept || !(resting || suspect),
            }
        };
        let pinned = |one: &Arc<Snapshot>| {
            one.manifest.protect || young(one.born) || one.readers.load(Ordering::Acquire) > 0
        };
        Graph {
            branches: read(&self.0.branches)
                .iter()
                .map(|(id, branch)| (id.clone(), node(branch)))
                .collect(),
            snapshots: read(&self.0.snapshots)
                .iter()
                .map(|(id, one)| (id.clone(), pinned(one)))
                .collect(),
            wanted_branches: roots.branches.clone(),
            wanted_snapshots: roots.snapshots.clone(),
        }
    }

    /// Takes a branch away; one without sessions is put to sleep for it.
    pub async fn drop_branch(&self, id: &BranchId) -> Result<(), DropError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| DropError::NoBranch(id.clone()))?;
        let manifest = branch.manifest();
        if manifest.spec.protect {
            return Err(DropError::Protected(format!("branch {id}")));
        }
        if let Some(hold) = manifest.held_at(now()) {
            let hold = hold.clone();
            return Err(DropError::Held {
                id: id.clone(),
                hold,
            });
        }
        let sessions = match &*branch.state() {
            State::Awake(awake) => Some(awake.sessions),
            _ => None,
        };
        match sessions {
            Some(0) => self.sleep(id).await?,
            Some(sessions) => {
                return Err(DropError::InUse {
                    id: id.clone(),
                    sessions,
                });
            }
            None => {}
        }
        // Looked at and changed under one lock: nobody enters or clones it from here on.
        let before = {
            let mut state = branch.state();
            match &*state {
                State::Asleep { readers: 0 } | State::Suspect | State::Failed { .. } => {
                    std::mem::replace(&mut *state, State::Gone)
                }
                State::Gone => return Err(DropError::NoBranch(id.clone())),
                _ => return Err(DropError::Busy(format!("branch {id}"))),
            }
        };
        branch.tell();
        if let Err(error) = self.discard(self.0.layout.branch(id)).await {
            branch.become_state(before);
            return Err(error.into());
        }
        write(&self.0.branches).remove(id);
        Ok(())
    }

    /// Takes a snapshot away that no branch is reset to.
    pub async fn drop_snapshot(&self, id: &SnapshotId) -> Result<(), DropError> {
        let removed = {
            let mut snapshots = write(&self.0.snapshots);
            let found = snapshots.get(id);
            let found = found.ok_or_else(|| DropError::NoSnapshot(id.clone()))?;
            if found.manifest.protect {
                return Err(DropError::Protected(format!("snapshot {id}")));
            }
            if found.readers.load(Ordering::Acquire) > 0 {
                return Err(DropError::Busy(format!("snapshot {id}")));
            }
            let branches = self.entries();
            let users = branches
                .iter()
                .filter(|branch| branch.manifest().base.as_ref() == Some(id));
            match users.count() {
                0 => snapshots.remove(id),
                count => {
                    return Err(DropError::Referenced {
                        id: id.clone(),
                        count,
                    });
                }
            }
        };
        let discarded = self.discard(self.0.layout.snapshot(id)).await;
        if let (Err(_), Some(snapshot)) = (&discarded, removed) {
            write(&self.0.snapshots).insert(id.clone(), snapshot);
        }
        Ok(discarded?)
    }

    async fn discard(&self, directory: PathBuf) -> std::io::Result<()> {
        let layout = self.0.layout.clone();
        let discarded = blocking(move || {
            let home = Home {
                directory: directory.clone(),
            };
            // What a killed server left in shared memory has no other trace than this directory.
            clear_runtime(&home).map_err(std::io::Error::other)?;
            match disk::discard(&layout, &directory) {
                // It has left its place. What a power cut brings back is garbage, and goes again.
                Err(error) if matches!(directory.try_exists(), Ok(false)) => {
                    let directory = directory.display();
                    tracing::warn!(%directory, %error, "the disk failed to confirm what was dropped");
                    Ok(())
                }
                discarded => discarded,
            }
        });
        discarded.await?;
        self.empty_trash_later();
        Ok(())
    }

    /// Moves to the trash what never came to its place, and stops what runs there.
    pub(super) fn discard_later(&self, directory: PathBuf) {
        let pool = self.clone();
        let working = self.0.work.stop();
        self.0.runtime.spawn(async move {
            let _working = working;
            let home = Home {
                directory: directory.clone(),
            };
            if let Ok(Some(server)) = adopt(&pool.0.account, &home).await
                && let Err(error) = server.stop().await
            {
                tracing::warn!(%error, "what was left half made does not stop");
                return;
            }
            if let Err(error) = pool.discard(directory).await {
                tracing::warn!(%error, "what was left half made stays until the next start");
            }
        });
    }

    /// Deletes what is in the trash, in the background and one after the other.
    pub(super) fn empty_trash_later(&self) {
        let pool = self.clone();
        self.0.runtime.spawn(async move {
            match pool.empty_trash().await {
                // A process that ends does not begin it; the next start does.
                Err(error) if !is_cancelled(&error) => {
                    tracing::warn!(%error, "trash was not emptied");
                }
                _ => {}
            }
        });
    }

    /// Deletes what is in the trash, and returns when it is empty.
    pub async fn empty_trash(&self) -> std::io::Result<usize> {
        let _turn = self.0.emptying.lock().await;
        let (layout, driver) = (self.0.layout.clone(), self.0.driver);
        blocking(move || disk::empty(&layout, driver)).await
    }
}

/// Whether work was not begun because the process ends.
fn is_cancelled(error: &std::io::Error) -> bool {
    let cause = error.get_ref();
    let join = cause.and_then(|cause| cause.downcast_ref::<tokio::task::JoinError>());
    join.is_some_and(tokio::task::JoinError::is_cancelled)
}
