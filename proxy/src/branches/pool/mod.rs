//! The pool: snapshots and branches of one directory, and the servers of those that are awake.
//!
//! Never knows which environment points at what; callers say so by name when they collect garbage.

mod branch;
mod budget;
mod collect;
mod create;
mod enter;
mod error;
mod open;
mod reserve;
mod snapshot;
mod upkeep;
mod view;
mod work;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use server::{Account, Home, Installations};
use tokio::sync::Semaphore;

use super::disk::{Epoch, Layout, Lock, Space};
use super::driver::Driver;
use super::manifest::{Check, SnapshotManifest};
use super::{BranchId, SnapshotId};
use branch::Branch;
use work::Work;

pub use budget::OwnBytes;
pub use collect::{Collected, Roots, UNCLAIMED_FOR};
pub use enter::{DeputyError, Lease};
pub use error::{
    Closed, CreateError, DraftError, DropError, EditError, Full, OpenError, SealError, SleepError,
    WakeError, WakeFailure,
};
pub use snapshot::{Draft, DraftPlan, OwnerError, Progress, ProofError};
pub use view::{Activity, BranchView, PoolFacts, Trouble};

/// What a pool is opened with.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Its directory.
    pub path: PathBuf,
    /// `bin` directories of PostgreSQL that are looked at first.
    pub bin: Vec<PathBuf>,
    /// Major version of fresh clusters; `None` takes the newest.
    pub version: Option<u16>,
    /// User of the servers when we are root.
    pub user: Option<String>,
    /// Memory that all servers together may take.
    pub memory_bytes: Option<u64>,
    /// Branches awake at once.
    pub awake_max: usize,
    /// Bytes that branches may hold alone before nothing new is made.
    pub disk_bytes: Option<u64>,
    /// How a snapshot is looked at unless somebody asks for more.
    pub check: Check,
    /// How long a session waits for a branch to be ready.
    pub connect_wait: Duration,
}

/// An open pool; clones are the same pool.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: PoolSettings,
    layout: Layout,
    driver: Driver,
    account: Account,
    installations: Installations,
    epoch: Epoch,
    snapshots: RwLock<BTreeMap<SnapshotId, Arc<Snapshot>>>,
    branches: RwLock<BTreeMap<BranchId, Arc<Branch>>>,
    trouble: Mutex<Vec<Trouble>>,
    /// Starts at once; fair, so the first to ask is the first to start.
    starts: Semaphore,
    /// Clones at once: the file system serialises them anyway.
    clones: Semaphore,
    /// Servers at once.
    awake: Arc<Semaphore>,
    /// Held by whoever is next in the queue for a server or memory.
    admission: tokio::sync::Mutex<()>,
    /// Told when a server stops or becomes idle.
    freed: tokio::sync::Notify,
    /// Held while the trash is being emptied.
    emptying: tokio::sync::Mutex<()>,
    /// Starts and stops that nobody else waits for.
    work: Arc<Work>,
    runtime: tokio::runtime::Handle,
    _lock: Lock,
}

/// A sealed snapshot in memory.
#[derive(Debug)]
struct Snapshot {
    manifest: Arc<SnapshotManifest>,
    /// Clones of it that are being made.
    readers: AtomicUsize,
    /// When this process made it; absent for what was found.
    born: Option<Instant>,
}

/// Keeps a snapshot from the trash while it is being read.
struct Reading(Arc<Snapshot>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pool {
    /// All sealed snapshots, in the order of their ids.
    pub fn snapshots(&self) -> Vec<Arc<SnapshotManifest>> {
        let snapshots = read(&self.0.snapshots);
        let manifests = snapshots.values().map(|one| Arc::clone(&one.manifest));
        manifests.collect()
    }

    /// One snapshot.
    pub fn snapshot(&self, id: &SnapshotId) -> Option<Arc<SnapshotManifest>> {
        let snapshots = read(&self.0.snapshots);
        snapshots.get(id).map(|one| Arc::clone(&one.manifest))
    }

    /// What was written beside a snapshot's data, if anything was.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub async fn notes(&self, id: &SnapshotId) -> std::io::Result<Option<String>> {
        let path = self.0.layout.snapshot(id).join(super::disk::NOTES);
        blocking(move || super::disk::read(&path)).await
    }

    /// The PostgreSQL installations that branches can use.
    pub fn installations(&self) -> &Installations {
        &self.0.installations
    }

    /// The pool's own directory.
    pub fn root(&self) -> &std::path::Path {
        self.0.layout.root()
    }

    /// Where pointers to generations are kept; nothing in it is read here.
    pub fn environments_directory(&self) -> PathBuf {
        self.0.layout.environments()
    }

    /// Writes a small file so that after a power cut the old or the new content is there, whole.
    pub async fn write_durably(&self, path: PathBuf, content: String) -> std::io::Result<()> {
        blocking(move || super::disk::write(&path, &content)).await
    }

    /// Removes a small file so that after a power cut it does not come back.
    pub async fn remove_durably(&self, path: PathBuf) -> std::io::Result<()> {
        blocking(move || super::disk::remove(&path)).await
    }

    /// Where a branch lies.
    pub fn branch_directory(&self, id: &BranchId) -> PathBuf {
        self.0.layout.branch(id)
    }

    fn branch_entry(&self, id: &BranchId) -> Option<Arc<Branch>> {
        read(&self.0.branches).get(id).map(Arc::clone)
    }

    fn entries(&self) -> Vec<Arc<Branch>> {
        read(&self.0.branches).values().map(Arc::clone).collect()
    }

    fn home(&self, id: &BranchId) -> Home {
        Home {
            directory: self.0.layout.branch(id),
        }
    }

    fn read_snapshot(&self, id: &SnapshotId) -> Option<Reading> {
        // Counted under the lock under which the collector looks.
        let snapshots = read(&self.0.snapshots);
        let snapshot = snapshots.get(id)?;
        snapshot.readers.fetch_add(1, Ordering::AcqRel);
        Some(Reading(Arc::clone(snapshot)))
    }

    fn space(&self) -> std::io::Result<Space> {
        Space::of(self.0.layout.root())
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Runs file work on a thread where it may block.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<std::io::Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}
