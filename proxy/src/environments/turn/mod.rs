//! A place's turn: who works on it, since when, at which step, and what became of it.

mod holds;
mod swing;
mod tasks;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::Timestamp;
use rules::target::Place;
use tokio::sync::OwnedMutexGuard;

use super::error::chain;
use super::place::{Failure, PlaceState, Running};
use super::pointer::{Generation, Operation, Pointer};
use super::{EnvironmentError, Environments, Progress, Record};
use crate::branches::{BranchId, SnapshotId};

pub(super) use holds::Holds;
pub(super) use swing::answers;
pub(super) use tasks::Tasks;

/// Operations that may wait for one place: enough for every button of a team, few enough that a
/// loop gone wild is told so.
const QUEUE_MAX: usize = 8;

/// Who asks for an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A user's name, `schedule`, or `connect:<user>`.
    pub name: String,
}

/// Where the progress of an operation goes.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(Progress) + Send + Sync>);

impl Report {
    /// Sends every line to `sink`.
    pub fn to(sink: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Drops every line: the operation's record says enough.
    pub fn quiet() -> Self {
        Self::to(|_| {})
    }

    pub(super) fn send(&self, progress: Progress) {
        (self.0)(progress);
    }
}

/// The right to change one place.
pub(super) struct Turn {
    pub(super) place: Place,
    pub(super) state: Arc<PlaceState>,
    pub(super) operation: Operation,
    pub(super) caller: Caller,
    pub(super) report: Report,
    pub(super) ended_sessions: usize,
    /// What is worth knowing of what was done.
    pub(super) note: Option<&'static str>,
    environments: Environments,
    /// What was current when the turn began.
    from: Option<BranchId>,
    at: Timestamp,
    began: Instant,
    step: Option<(&'static str, Instant)>,
    steps_ms: Vec<(String, u64)>,
    held_branches: Vec<BranchId>,
    held_snapshots: Vec<SnapshotId>,
    _guard: OwnedMutexGuard<()>,
    _place: Queued,
}

/// A place in the queue, given back when dropped.
struct Queued(Arc<PlaceState>);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Environments {
    /// Waits for the place's turn.
    ///
    /// # Errors
    /// When the place is not ours to change, or too many wait already.
    pub(super) async fn turn(
        &self,
        place: &Place,
        operation: Operation,
        caller: &Caller,
        report: &Report,
    ) -> Result<Turn, EnvironmentError> {
        self.must_be_ours(place, operation)?;
        let (state, queued, guard) = loop {
            let state = self.state_of(place);
            let waiting = state.queued.fetch_add(1, Ordering::AcqRel);
            let queued = Queued(Arc::clone(&state));
            if waiting > QUEUE_MAX {
                return Err(EnvironmentError::QueueFull {
                    place: place.to_string(),
                    waiting,
                });
            }
            if let Some(running) = state.running() {
                let (verb, by, since) = (running.operation.as_str(), running.by, running.since);
                let step = format!("waiting: {by} runs {verb} since {since:.0}");
                report.send(Progress::step(step));
            }
            let guard = Arc::clone(&state.turn).lock_owned().await;
            // Whoever had the turn before may have dropped the place: then this is nobody's state.
            if self
                .known(place)
                .is_some_and(|known| Arc::ptr_eq(&known, &state))
            {
                break (state, queued, guard);
            }
        };
        let pointer = state.pointer.load_full();
        let from = pointer.map(|pointer| pointer.current.branch.clone());
        let at = Timestamp::now();
        state.set_running(Some(Running {
            operation,
            by: caller.name.clone(),
            since: at,
            step: "prepare".into(),
        }));
        Ok(Turn {
            place: place.clone(),
            state,
            operation,
            caller: caller.clone(),
            report: report.clone(),
            ended_sessions: 0,
            note: None,
            environments: self.clone(),
            from,
            at,
            began: Instant::now(),
            step: None,
            steps_ms: Vec::new(),
            held_branches: Vec::new(),
            held_snapshots: Vec::new(),
            _guard: guard,
            _place: queued,
        })
    }
}

impl Turn {
    /// Names the step that begins now.
    pub(super) fn step(&mut self, step: &'static str) {
        self.close_step();
        self.state.step(step);
        self.report.send(Progress::step(step));
        self.step = Some((step, Instant::now()));
    }

    fn close_step(&mut self) {
        if let Some((step, began)) = self.step.take() {
            let elapsed = began.elapsed();
            metrics::histogram!(
                "standin_operation_step_seconds",
                "operation" => self.operation.as_str(), "step" => step
            )
            .record(elapsed);
            self.steps_ms
                .push((step.to_owned(), elapsed.as_millis() as u64));
        }
    }

    /// Keeps a branch from being collected until the turn is over.
    pub(super) fn hold_branch(&mut self, branch: &BranchId) {
        self.environments.inner.held_branches.hold(branch);
        self.held_branches.push(branch.clone());
    }

    /// Keeps a snapshot from being collected until the turn is over.
    pub(super) fn hold_snapshot(&mut self, snapshot: &SnapshotId) {
        self.environments.inner.held_snapshots.hold(snapshot);
        self.held_snapshots.push(snapshot.clone());
    }

    /// The pointer as it stands.
    ///
    /// # Errors
    /// When the place has none.
    pub(super) fn pointer(&self) -> Result<Arc<Pointer>, EnvironmentError> {
        self.state
            .pointer
            .load_full()
            .ok_or_else(|| EnvironmentError::missing(&self.place))
    }

    /// The generation that this turn would make of `branch`.
    pub(super) fn generation(&self, branch: BranchId, base: SnapshotId) -> Generation {
        let pointer = self.state.pointer.load();
        Generation {
            number: pointer.as_ref().map_or(1, |pointer| pointer.next_number()),
            branch,
            base,
            operation: self.operation,
            by: self.caller.name.clone(),
            since: Timestamp::now(),
        }
    }

    /// An error of a step, with its cause.
    pub(super) fn failed<E>(
        &self,
        step: &'static str,
    ) -> impl FnOnce(E) -> EnvironmentError + use<E>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let place = self.place.to_string();
        move |source| EnvironmentError::Step {
            step,
            place,
            source: source.into(),
        }
    }

    /// Ends the turn, writes it down and says what became of it.
    ///
    /// # Errors
    /// The error that was given.
    pub(super) fn finish(
        mut self,
        outcome: Result<(), EnvironmentError>,
    ) -> Result<Record, EnvironmentError> {
        self.close_step();
        let error = outcome.as_ref().err().map(chain);
        let to = self
            .state
            .pointer
            .load()
            .as_ref()
            .map(|now| now.current.branch.to_string());
        let took = self.began.elapsed();
        let record = Record {
            at: self.at,
            place: self.place.to_string(),
            operation: self.operation,
            by: self.caller.name.clone(),
            from: self.from.take().map(|branch| branch.to_string()),
            to: to.filter(|_| error.is_none()),
            took_ms: took.as_millis() as u64,
            steps_ms: std::mem::take(&mut self.steps_ms),
            ended_sessions: self.ended_sessions,
            note: self.note.filter(|_| error.is_none()).map(str::to_owned),
            error: error.clone(),
        };
        let (operation, place) = (self.operation.as_str(), &self.place);
        let result = if error.is_some() { "failed" } else { "done" };
        metrics::histogram!(
            "standin_operation_seconds", "operation" => operation, "result" => result
        )
        .record(took);
        match &error {
            None => {
                tracing::info!(%place, operation, by = record.by, took_ms = record.took_ms, "done");
            }
            Some(error) => tracing::warn!(%place, operation, by = record.by, error, "failed"),
        }
        let failure = error.map(|error| Failure {
            operation: self.operation,
            at: self.at,
            error,
        });
        self.state.set_failure(failure);
        self.environments.inner.history.append(record.clone());
        outcome.map(|()| record)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.state.set_running(None);
        for branch in &self.held_branches {
            self.environments.inner.held_branches.release(branch);
        }
        for snapshot in &self.held_snapshots {
            self.environments.inner.held_snapshots.release(snapshot);
        }
    }
}
