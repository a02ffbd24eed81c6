//! One place at run time: its pointer, who is in, who works on it.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, RwLock, watch};

use super::pointer::{Operation, Pointer};
use crate::branches::BranchId;

/// What sessions get to leave before their server goes without them: a COMMIT under way may answer
/// within it; the relay closes everybody by then.
pub(super) const DRAIN_MAX: Duration = Duration::from_millis(150);

/// Why sessions of a generation must end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// What was done.
    pub cause: Cause,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What ends the sessions of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An operation on the place.
    Operation(Operation),
    /// Its rights changed: its server stops and comes back with others.
    Access,
}

/// An operation that runs now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Running {
    /// Which.
    pub operation: Operation,
    /// Who asked.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// What it does just now.
    pub step: String,
}

/// The last failure of an operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failure {
    /// Which.
    pub operation: Operation,
    /// When.
    pub at: Timestamp,
    /// The error and its causes.
    pub error: String,
}

/// One place at run time.
pub(super) struct PlaceState {
    /// `None` until the first generation is built.
    pub(super) pointer: ArcSwapOption<Pointer>,
    /// Held while an operation runs: one at a time.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    /// Operations that hold the turn or wait for it.
    pub(super) queued: AtomicUsize,
    /// Read by who enters, written by the swing: new connections wait while it is written.
    pub(super) gate: RwLock<()>,
    /// Whether it counts against its environment's maximum of branches.
    pub(super) admitted: AtomicBool,
    /// When a session last came in, in seconds of the epoch; 0 in this run not yet. The pointer's
    /// `used` follows within a minute.
    entered: AtomicI64,
    live: Mutex<Option<Arc<Live>>>,
    running: Mutex<Option<Running>>,
    failure: Mutex<Option<Failure>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values are replaced whole, so a panic elsewhere cannot leave half of one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PlaceState {
    /// A place without a generation.
    pub(super) fn empty() -> Self {
        Self {
            pointer: ArcSwapOption::empty(),
            turn: Arc::default(),
            queued: AtomicUsize::new(0),
            gate: RwLock::new(()),
            admitted: AtomicBool::new(false),
            entered: AtomicI64::new(0),
            live: Mutex::new(None),
            running: Mutex::new(None),
            failure: Mutex::new(None),
        }
    }

    /// A place as its pointer says.
    pub(super) fn pointed(pointer: Pointer) -> Self {
        let state = Self::empty();
        state.admitted.store(true, Ordering::Release);
        state.point(pointer);
        state
    }

    /// Takes a pointer and opens its generation to sessions.
    pub(super) fn point(&self, pointer: Pointer) {
        *locked(&self.live) = Some(Arc::new(Live::new(pointer.current.branch.clone())));
        self.pointer.store(Some(Arc::new(pointer)));
    }

    /// Takes a pointer that leads to the same generation.
    pub(super) fn annotate(&self, pointer: Pointer) {
        self.pointer.store(Some(Arc::new(pointer)));
    }

    /// Opens a generation that was closed to sessions again.
    pub(super) fn reopen(&self) {
        let mut live = locked(&self.live);
        if let Some(closed) = &*live {
            let branch = closed.branch.clone();
            *live = Some(Arc::new(Live::new(branch)));
        }
    }

    /// The generation that sessions enter.
    pub(super) fn live(&self) -> Option<Arc<Live>> {
        locked(&self.live).clone()
    }

    /// Whether an operation is at it, or waits to be.
    pub(super) fn is_busy(&self) -> bool {
        self.queued.load(Ordering::Acquire) > 0
    }

    /// How many sessions are in.
    pub(super) fn sessions(&self) -> usize {
        self.live()
            .map_or(0, |live| live.sessions.load(Ordering::Acquire))
    }

    /// Notes that the place is in use.
    pub(super) fn note_use(&self, now: Timestamp) {
        self.entered.fetch_max(now.as_second(), Ordering::AcqRel);
    }

    /// When the place was last used, as far as it is known; `None` where nothing is built.
    pub(super) fn used(&self) -> Option<Timestamp> {
        let used = self.pointer.load().as_ref()?.used;
        let entered = Timestamp::from_second(self.entered.load(Ordering::Acquire)).ok();
        Some(entered.map_or(used, |entered| entered.max(used)))
    }

    /// Whether nobody is in and nobody was for longer than `lifetime`.
    pub(super) fn outlived(&self, lifetime: Duration, now: Timestamp) -> bool {
        self.sessions() == 0
            && self.used().is_some_and(|used| {
                let unused = now.duration_since(used);
                unused.is_positive() && unused.unsigned_abs() > lifetime
            })
    }

    /// What runs now.
    pub(super) fn running(&self) -> Option<Running> {
        locked(&self.running).clone()
    }

    pub(super) fn set_running(&self, running: Option<Running>) {
        *locked(&self.running) = running;
    }

    pub(super) fn step(&self, step: &str) {
        if let Some(running) = locked(&self.running).as_mut() {
            step.clone_into(&mut running.step);
        }
    }

    /// What failed last.
    pub(super) fn failure(&self) -> Option<Failure> {
        locked(&self.failure).clone()
    }

    pub(super) fn set_failure(&self, failure: Option<Failure>) {
        *locked(&self.failure) = failure;
    }
}

/// The sessions of one generation.
pub(super) struct Live {
    pub(super) branch: BranchId,
    closing: watch::Sender<Option<Closing>>,
    sessions: AtomicUsize,
    left: Notify,
}

impl Live {
    fn new(branch: BranchId) -> Self {
        Self {
            branch,
            closing: watch::Sender::new(None),
            sessions: AtomicUsize::new(0),
            left: Notify::new(),
        }
    }

    /// Counts one session in; it is counted out when the value is dropped.
    pub(super) fn join(self: &Arc<Self>) -> Joined {
        self.sessions.fetch_add(1, Ordering::AcqRel);
        Joined {
            live: Arc::clone(self),
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }

    /// Tells every session to end.
    pub(super) fn close(&self, closing: Closing) {
        self.closing.send_replace(Some(closing));
    }

    /// Waits until every session is out, but not longer than `bound`; says how many are left.
    pub(super) async fn drained(&self, bound: Duration) -> usize {
        let all_out = async {
            loop {
                let left = self.left.notified();
                tokio::pin!(left);
                // Enabled before the look, so that a leave between look and wait is not missed.
                left.as_mut().enable();
                if self.sessions.load(Ordering::Acquire) == 0 {
                    return;
                }
                left.await;
            }
        };
        let _ = tokio::time::timeout(bound, all_out).await;
        self.sessions.load(Ordering::Acquire)
    }
}

/// A session that is counted in.
pub(super) struct Joined {
    live: Arc<Live>,
}

impl Joined {
    pub(super) fn closing(&self) -> watch::Receiver<Option<Closing>> {
        self.live.closing.subscribe()
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.live.sessions.fetch_sub(1, Ordering::AcqRel);
        self.live.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::super::pointer::Generation;
    use super::*;
    use crate::branches::SnapshotId;

    #[test]
    fn a_place_that_only_short_sessions_use_does_not_outlive_its_lifetime() {
        let start = Timestamp::from_second(1_700_000_000).expect("a moment");
        let at = |hours: u64| start + Duration::from_secs(hours * 3600);
        let generation = Generation {
            number: 1,
            branch: BranchId::draw(),
            base: SnapshotId::draw(),
            operation: Operation::Build,
            by: "test".into(),
            since: start,
        };
        let place = "qa.fix".parse().expect("a place");
        let base = generation.base.clone();
        let state = PlaceState::pointed(Pointer::first(place, base, generation));
        let day = Duration::from_secs(24 * 3600);
        assert!(!state.outlived(day, at(24)));
        assert!(state.outlived(day, at(25)));
        // In and out again before anybody looks.
        let live = state.live().expect("is pointed");
        drop(live.join());
        state.note_use(at(20));
        assert_eq!(state.used(), Some(at(20)));
        assert!(!state.outlived(day, at(25)));
        assert!(state.outlived(day, at(45)));
        let _in = live.join();
        assert!(!state.outlived(day, at(45)));
    }
}
