//! A branch in memory: its manifest, its state, and who is in it.
//!
//! One lock admits sessions and decides to stop, so no session enters a server that stops.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rules::config::AccessMode;
use rules::name::UserName;
use server::Server;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::WakeFailure;
use crate::branches::driver::Weight;
use crate::branches::manifest::BranchManifest;

/// How long a failed branch answers with its failure before a start is tried again.
const FAILED_FOR: Duration = Duration::from_secs(30);
/// Ends of a server by itself after which it is not started again for a while.
const CRASHES_MAX: usize = 3;
/// Within which time they count together.
const CRASHES_WITHIN: Duration = Duration::from_secs(60);

/// One branch.
#[derive(Debug)]
pub(super) struct Branch {
    manifest: Mutex<Arc<BranchManifest>>,
    /// Held while the manifest is being written: writes happen one after the other.
    pub(super) writing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    scales: Mutex<Scales>,
    /// Ends of its servers that nobody asked for; they outlive each server.
    crashes: Mutex<Vec<Instant>>,
    /// Somebody wants to enter while its files are being written anew.
    pub(super) hurry: AtomicBool,
    /// When this process made it; absent for what was found.
    pub(super) born: Option<Instant>,
}

/// What a branch weighed when it was last looked at, and whether it can have changed since.
#[derive(Debug, Default)]
struct Scales {
    weight: Option<Weight>,
    /// How often it fell asleep.
    sleeps: u64,
    /// Whether it was weighed since then.
    fresh: bool,
}

/// When a weighing began: what is measured before a branch falls asleep is not what lies there then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighing(u64);

/// What a branch is doing.
#[derive(Debug)]
pub(super) enum State {
    /// No process; `readers` clone it at the moment, and a start must wait for them.
    Asleep { readers: usize },
    /// No process; its files are being written anew, each in one piece.
    Gathering,
    /// A server is being started.
    Waking,
    /// A server runs.
    Awake(Awake),
    /// The server is being stopped.
    Stopping,
    /// It may be torn after a power cut; nobody enters unasked.
    Suspect,
    /// Starts failed.
    Failed {
        why: Arc<WakeFailure>,
        at: Instant,
        until: Instant,
    },
    /// It is on its way to the trash.
    Gone,
}

/// A running server and who is in it.
#[derive(Debug)]
pub(super) struct Awake {
    pub(super) server: Server,
    pub(super) sessions: usize,
    pub(super) since: Instant,
    /// When the last session left, or the server started.
    pub(super) idle_since: Instant,
    /// Users whose roles are in place.
    pub(super) ready_for: HashSet<(UserName, AccessMode)>,
    /// The right to be awake; absent for a server that was found running.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl Branch {
    /// What it weighed when it was last looked at.
    pub(super) fn weight(&self) -> Option<Weight> {
        locked(&self.scales).weight
    }

    /// What it weighs for sure, as long as it sleeps.
    pub(super) fn resting_weight(&self) -> Option<Weight> {
        let scales = locked(&self.scales);
        scales.weight.filter(|_| scales.fresh)
    }

    pub(super) fn weighing(&self) -> Weighing {
        Weighing(locked(&self.scales).sleeps)
    }

    /// Notes what a weighing found; how much more it holds alone than at the one before.
    pub(super) fn weighed(&self, weighing: Weighing, weight: Weight) -> Option<u64> {
        let mut scales = locked(&self.scales);
        scales.fresh = scales.sleeps == weighing.0;
        let before = scales.weight.replace(weight)?;
        Some(
            weight
                .exclusive_bytes
                .saturating_sub(before.exclusive_bytes),
        )
    }

    /// What it weighed while it ran says nothing for sure any more.
    pub(super) fn fell_asleep(&self) {
        let mut scales = locked(&self.scales);
        (scales.sleeps, scales.fresh) = (scales.sleeps + 1, false);
    }

    pub(super) fn new(manifest: BranchManifest, state: State, born: Option<Instant>) -> Arc<Self> {
        Arc::new(Self {
            manifest: Mutex::new(Arc::new(manifest)),
            writing: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
            scales: Mutex::default(),
            crashes: Mutex::default(),
            hurry: AtomicBool::new(false),
            born,
        })
    }

    pub(super) fn manifest(&self) -> Arc<BranchManifest> {
        Arc::clone(&locked(&self.manifest))
    }

    /// Puts a manifest that is on disk in the place of the one in memory.
    pub(super) fn replace(&self, manifest: BranchManifest) {
        *locked(&self.manifest) = Arc::new(manifest);
    }

    /// The state, for a short look or change; never held across an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Moves on and tells whoever waits.
    pub(super) fn become_state(&self, state: State) {
        *self.state() = state;
        self.tell();
    }

    pub(super) fn tell(&self) {
        self.changed
            .send_modify(|turn| *turn = turn.wrapping_add(1));
    }

    /// Sees every change from now on.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The server, if it runs.
    pub(super) fn server(&self) -> Option<Server> {
        match &*self.state() {
            State::Awake(awake) => Some(awake.server.clone()),
            _ => None,
        }
    }

    /// A server ended that nobody stopped: the branch sleeps, or fails if that happens often.
    pub(super) fn server_ended(&self, pid: u32) -> bool {
        let mut state = self.state();
        match &*state {
            State::Awake(awake) if awake.server.pid() == pid => {}
            _ => return false,
        }
        let count = self.count_crash(Instant::now());
        *state = if count >= CRASHES_MAX {
            State::failed(Arc::new(WakeFailure::Crashes { count }))
        } else {
            State::Asleep { readers: 0 }
        };
        drop(state);
        self.tell();
        true
    }

    /// How many ends there were lately, with the one of now.
    fn count_crash(&self, now: Instant) -> usize {
        let mut crashes = locked(&self.crashes);
        crashes.retain(|at| now.duration_since(*at) < CRASHES_WITHIN);
        crashes.push(now);
        crashes.len()
    }
}

impl State {
    pub(super) fn failed(why: Arc<WakeFailure>) -> Self {
        let at = Instant::now();
        let pause = if why.is_lasting() {
            FAILED_FOR
        } else {
            Duration::ZERO
        };
        Self::Failed {
            why,
            at,
            until: at + pause,
        }
    }
}

/// Locks, also after a panic elsewhere: every change under these locks is one assignment.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
