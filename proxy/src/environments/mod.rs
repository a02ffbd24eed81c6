//! Named settings that people share: which generation each place serves, and the operations that
//! build the next one aside, verify it, and swing the pointer.
//!
//! Never touches a data directory (it asks `branches`), never speaks to clients (it hands out an
//! [`Entered`] and ends sessions through a channel), never reads the configuration file.

mod access;
mod base;
mod enter;
mod error;
mod history;
mod listing;
mod operations;
mod place;
mod pointer;
mod progress;
mod room;
mod settings;
mod spare;
mod sweep;
mod turn;

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use dashmap::DashMap;
use rules::target::Place;

use crate::branches::{BranchId, Pool, SnapshotId};

pub use base::{Cell, ManifestLine, Proof, SeedChange};
pub use enter::{Entered, EnteredUpstream, Way};
pub use error::{EnvironmentError, Kind, chain};
pub use history::Record;
pub use listing::{BranchLine, EnvironmentLine, GenerationLine, SeedLine, SnapshotLine, SpareLine};
pub use operations::{DiffRequest, Difference, From, Suspect};
pub use place::{Cause, Closing, Failure, Running};
pub use pointer::{Generation, Operation, Pointer, Protection};
pub use progress::{CopyProgress, LoadProgress, Progress};
pub use settings::{Masking, Settings, UpstreamAddress};
pub use turn::{Caller, Report};

use history::History;
use place::PlaceState;
use pointer::Pointers;

/// All environments of one pool; clones share them.
#[derive(Clone)]
pub struct Environments {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    pointers: Pointers,
    settings: ArcSwap<Settings>,
    places: DashMap<Place, Arc<PlaceState>>,
    history: History,
    tasks: turn::Tasks,
    /// Held while a branch is counted in.
    admission: Mutex<()>,
    spares: spare::Spares,
    /// One builder per base, so that two environments of one source share what the first makes.
    base_locks: DashMap<String, Arc<tokio::sync::Mutex<()>>>,
    /// Branches and snapshots of operations under way, which no pointer names yet.
    held_branches: turn::Holds<BranchId>,
    held_snapshots: turn::Holds<SnapshotId>,
    /// Pointer files that could not be read, for `doctor`; while there is one, nothing is collected.
    unreadable: Vec<String>,
    /// Places whose pointer on the disk may be another than the one in memory, and why; while there is
    /// one, nothing is collected. The next write that succeeds settles it.
    doubts: DashMap<Place, String>,
}

impl Environments {
    /// Reads every pointer of the pool.
    ///
    /// # Errors
    /// When the directory of pointers cannot be read or made; a single unreadable pointer is kept
    /// for the listing instead.
    pub fn open(pool: Pool, settings: Settings) -> Result<Self, EnvironmentError> {
        let directory = pool.facts().path;
        let pointers = Pointers::open(pool.environments_directory())?;
        let (whole, broken) = pointers.load()?;
        let unreadable: Vec<String> = broken.iter().map(error::chain).collect();
        for problem in &unreadable {
            tracing::error!(
                problem,
                "a pointer is unreadable; nothing will be collected"
            );
        }
        let history = History::open(&directory)?;
        let places = DashMap::new();
        for pointer in whole {
            history.catch_up(&pointer);
            let place = pointer.place.clone();
            places.insert(place.clone(), Arc::new(PlaceState::pointed(pointer)));
        }
        let inner = Inner {
            history,
            tasks: turn::Tasks::default(),
            admission: Mutex::new(()),
            pool,
            pointers,
            settings: ArcSwap::from_pointee(settings),
            places,
            spares: spare::Spares::default(),
            base_locks: DashMap::new(),
            held_branches: turn::Holds::default(),
            held_snapshots: turn::Holds::default(),
            unreadable,
            doubts: DashMap::new(),
        };
        let environments = Self {
            inner: Arc::new(inner),
        };
        let _applied = environments.apply_table();
        environments.find_spares();
        Ok(environments)
    }

    /// Takes new settings. What is running goes on under those that it began with, but for what clients
    /// may do: a generation whose rights changed ends its sessions, sleeps and wakes with the new ones, and
    /// has fallen asleep when the returned future completes. Dropping that future stops nothing.
    pub fn reload(&self, settings: Settings) -> impl Future<Output = ()> + Send + use<> {
        self.inner.settings.store(Arc::new(settings));
        let applied = self.apply_table();
        let environments = self.clone();
        let _refilled = self.spawn(async move { environments.refill_spares().await });
        for place in self.orphans(&self.settings()) {
            tracing::warn!(%place, "has no table any more; \"standin environment drop\" removes it");
        }
        async move { applied.await.unwrap_or_default() }
    }

    /// Runs an operation to its end, whoever waits for it; `None` when the daemon stops first.
    pub fn spawn<T, F>(&self, work: F) -> impl Future<Output = Option<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.inner.tasks.spawn(work)
    }

    /// Gives up the operations under way, each leaving its place as it was, and takes no more.
    pub async fn close(&self) {
        self.inner.tasks.stop().await;
    }

    /// The pool that the environments live in.
    pub fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    /// Pointers that `status` and `doctor` report.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.inner.unreadable.clone();
        for doubt in &self.inner.doubts {
            let (place, why) = doubt.pair();
            problems.push(format!(
                "the disk failed to confirm the pointer of \"{place}\": {why}"
            ));
        }
        problems
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.inner.settings.load_full()
    }
}
