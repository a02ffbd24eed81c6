//! Named branches: create and drop.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rules::name::EnvironmentPattern;
use rules::target::Place;

use super::super::base::is_raw;
use super::super::place::{Cause, Closing};
use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};
use crate::branches::SnapshotId;

/// Names of long unused branches shown with a refusal.
const SHOWN_MAX: usize = 3;

/// What a named branch begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The present state of a place, taken without stopping it.
    Place(Place),
    /// A snapshot.
    Snapshot(SnapshotId),
    /// What the environment's source makes, with these scenarios on top.
    Scenarios(Vec<String>),
}

impl Environments {
    /// Makes a named branch; without `from`, of the snapshot that its environment resets to.
    ///
    /// # Errors
    /// When it exists, the environment has its maximum, or the branch does not start.
    pub async fn create_branch(
        &self,
        place: &Place,
        from: Option<From>,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        self.must_be_managed(place, "be branched")?;
        if let Some(From::Scenarios(names)) = &from {
            self.must_know(names)?;
        }
        let parent = Place::environment(place.environment.clone());
        if self.state_of(&parent).pointer.load().is_none() {
            self.build(&place.environment, caller, report).await?;
        }
        let mut turn = self.turn(place, Operation::Build, caller, report).await?;
        if turn.state.pointer.load().is_some() {
            return Err(EnvironmentError::AlreadyExists(place.to_string()));
        }
        let outcome = self.create_branch_in(&mut turn, from, &parent).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome)
    }

    async fn create_branch_in(
        &self,
        turn: &mut Turn,
        from: Option<From>,
        parent: &Place,
    ) -> Result<(), EnvironmentError> {
        self.must_have_room(&turn.place).await?;
        self.admit(turn)?;
        let base = match from {
            None => self.base_of(parent)?,
            Some(From::Snapshot(snapshot)) => {
                let known = self.inner.pool.snapshot(&snapshot);
                let raw = known
                    .map(|known| is_raw(&known))
                    .ok_or(EnvironmentError::UnknownSnapshot(snapshot.to_string()))?;
                self.must_allow(raw, &snapshot.to_string(), &turn.place)?;
                snapshot
            }
            Some(From::Place(source)) => self.snapshot_for(turn, &source).await?,
            Some(From::Scenarios(names)) => self.base_with(turn, &names).await?,
        };
        let ready = self.prepare(turn, &base).await?;
        self.swing(turn, ready).await
    }

    /// Counts the turn's place in, or refuses one more than its table allows: branches of one
    /// environment, or environments of one wildcard.
    pub(super) fn admit(&self, turn: &Turn) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let place = &turn.place;
        let table = settings.environment(&place.environment)?;
        let max = table.branches.max;
        // Counted and admitted under one lock: creates at once neither pass the maximum together
        // nor refuse each other below it.
        let _one = self
            .inner
            .admission
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut others = Vec::new();
        for entry in &self.inner.places {
            let (other, state) = entry.pair();
            let alike = match &place.branch {
                Some(_) => other.environment == place.environment && other.branch.is_some(),
                None => other.branch.is_none() && table.pattern.matches(&other.environment),
            };
            if alike && other != place && state.admitted.load(Ordering::Acquire) {
                let used = state.pointer.load().as_ref().map(|pointer| pointer.used);
                others.push((used, other.to_string()));
            }
        }
        if others.len() < max {
            turn.state.admitted.store(true, Ordering::Release);
            return Ok(());
        }
        others.sort();
        let oldest = others.into_iter().filter(|(used, _)| used.is_some());
        Err(EnvironmentError::TooManyBranches {
            environment: match place.branch {
                Some(_) => place.environment.to_string(),
                None => table.pattern.to_string(),
            },
            max,
            oldest: oldest.take(SHOWN_MAX).map(|(_, name)| name).collect(),
        })
    }

    /// Refuses to change a place that is protected, or one that only `create` or a connection may
    /// make: it would come to be past the maximum of its table.
    pub(super) fn may_swing(&self, turn: &Turn) -> Result<(), EnvironmentError> {
        if let Some(pointer) = turn.state.pointer.load().as_ref() {
            return self.must_be_unprotected(pointer);
        }
        let settings = self.settings();
        match settings.environment(&turn.place.environment)?.pattern {
            _ if turn.place.branch.is_some() => turn.pointer().map(drop),
            EnvironmentPattern::Prefix(_) => self.admit(turn),
            EnvironmentPattern::One(_) => Ok(()),
        }
    }

    /// Removes a named branch, or an environment of a wildcard table or of none, with all its
    /// generations.
    ///
    /// # Errors
    /// When it does not exist or is protected, has a table of its own, or its pointer cannot be
    /// removed.
    pub async fn drop_place(
        &self,
        place: &Place,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        self.must_be_disposable(place)?;
        let mut turn = self.turn(place, Operation::Drop, caller, report).await?;
        let outcome = self.drop_in(&mut turn, None).await.map(drop);
        let record = turn.finish(outcome)?;
        self.collect().await;
        Ok(record)
    }

    /// An environment with a table of its own stays as long as its table does.
    fn must_be_disposable(&self, place: &Place) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let table = settings.config.environment_for(&place.environment);
        let named = table.is_some_and(|table| matches!(table.pattern, EnvironmentPattern::One(_)));
        if place.branch.is_some() || !named {
            return Ok(());
        }
        Err(EnvironmentError::Impossible {
            place: place.to_string(),
            verb: "be dropped",
            reason: "it has a table in the configuration; take that out first, or reset it instead"
                .to_owned(),
        })
    }

    /// Removes a place that was not used for its lifetime; one that is used again by now stays.
    pub(in super::super) async fn expire_place(
        &self,
        place: &Place,
        lifetime: Duration,
    ) -> Result<(), EnvironmentError> {
        let caller = Caller {
            name: "lifetime".to_owned(),
        };
        let report = Report::quiet();
        let mut turn = self.turn(place, Operation::Drop, &caller, &report).await?;
        match self.drop_in(&mut turn, Some(lifetime)).await {
            Ok(false) => Ok(()),
            outcome => turn.finish(outcome.map(drop)).map(drop),
        }
    }

    /// Drops the turn's place, with a `lifetime` only if it was not used for so long.
    async fn drop_in(
        &self,
        turn: &mut Turn,
        lifetime: Option<Duration>,
    ) -> Result<bool, EnvironmentError> {
        let pointer = turn.state.pointer.load_full();
        let Some(pointer) = pointer else {
            self.inner.places.remove(&turn.place);
            return Err(EnvironmentError::missing(&turn.place));
        };
        self.must_be_unprotected(&pointer)?;
        turn.step("drop");
        let state = turn.state.clone();
        let _gate = state.gate.write().await;
        // Looked at behind the gate: until here a session may have come in, or a reset.
        if lifetime.is_some_and(|lifetime| !state.outlived(lifetime, jiff::Timestamp::now())) {
            return Ok(false);
        }
        if let Some(live) = state.live() {
            turn.ended_sessions = state.sessions();
            live.close(Closing {
                cause: Cause::Operation(Operation::Drop),
                by: turn.caller.name.clone(),
                at: jiff::Timestamp::now(),
            });
        }
        let inner = &self.inner;
        let removed = inner.pointers.remove(&inner.pool, &turn.place).await;
        match self.note_doubt(&turn.place, removed) {
            Ok(doubt) => turn.note = turn.note.or(doubt),
            Err(error) => {
                // It was closed to sessions above: open it again.
                state.point((*pointer).clone());
                return Err(error);
            }
        }
        state.pointer.store(None);
        self.inner.places.remove(&turn.place);
        self.discard(pointer.branches().cloned().collect()).await;
        Ok(true)
    }
}
