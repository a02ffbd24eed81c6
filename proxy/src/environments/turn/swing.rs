//! The swing: sessions of the old generation end, the pointer moves, new sessions go to the new one.

use std::time::Duration;

use jiff::Timestamp;
use rules::target::Place;
use rules::unit::Bytes;

use super::super::error::chain;
use super::super::place::{Cause, Closing, DRAIN_MAX};
use super::super::pointer::{Generation, Kept, Pointer, PointerError};
use super::super::{EnvironmentError, Environments, Progress};
use super::Turn;
use crate::branches::{BranchId, BranchSpec, Driver, Lease, Origin, SnapshotId};

/// How long what follows a swing, stopping the old server and starting the next spare, gives way to
/// the clients that come in: on a small machine they would wait for it.
const GIVE_WAY: Duration = Duration::from_millis(250);

/// What is noted of an operation whose pointer is in its place and may not survive a power cut.
const UNCONFIRMED: &str = "the disk failed to confirm it";

/// A branch that is awake, verified, and not yet pointed at.
pub(in super::super) struct Ready {
    pub(super) generation: Generation,
    /// Keeps it awake until the swing is over.
    _lease: Lease,
}

impl Ready {
    fn of(turn: &Turn, lease: Lease, base: SnapshotId) -> Self {
        Self {
            generation: turn.generation(lease.branch().clone(), base),
            _lease: lease,
        }
    }
}

/// The step of a verification that failed, and why.
type Silent = (&'static str, Box<dyn std::error::Error + Send + Sync>);

/// Sees a branch answer a query in every database that clients may enter.
pub(in super::super) async fn answers(lease: &Lease) -> Result<(), Silent> {
    for database in lease.databases() {
        // The search path of a database is its users': in theirs, `count` may be anything.
        let client = lease.server().admin_plain(&database.name).await;
        let client = client.map_err(|error| ("connect", error.into()))?;
        let read = client
            .query_one("SELECT count(*) FROM pg_catalog.pg_class", &[])
            .await;
        read.map_err(|error| ("read the catalogue", error.into()))?;
    }
    Ok(())
}

impl Environments {
    /// Makes a branch of `base` for the turn's place, awake and answering; a warm spare where there
    /// is one.
    pub(in super::super) async fn prepare(
        &self,
        turn: &mut Turn,
        base: &SnapshotId,
    ) -> Result<Ready, EnvironmentError> {
        turn.hold_snapshot(base);
        if let Some(lease) = self.take_spare(turn, base).await {
            return Ok(Ready::of(turn, lease, base.clone()));
        }
        turn.step("clone");
        if let Some(copy) = self.full_copy(base) {
            turn.report.send(Progress::step(copy));
        }
        let spec = self.spec(turn);
        let lease = self
            .inner
            .pool
            .create_awake(Origin::Snapshot(base.clone()), spec)
            .await;
        let place = turn.place.to_string();
        let lease = lease.map_err(|source| EnvironmentError::Create { place, source })?;
        turn.hold_branch(lease.branch());
        self.verified(turn, lease, base.clone()).await
    }

    /// What a branch of `base` costs where the pool's file system cannot share blocks.
    pub(in super::super) fn full_copy(&self, base: &SnapshotId) -> Option<String> {
        let pool = &self.inner.pool;
        let base = pool
            .snapshot(base)
            .filter(|_| pool.driver() == Driver::Copy)?;
        let bytes = Bytes(base.weight.bytes);
        Some(format!(
            "a full copy of {bytes}, for the file system cannot share blocks"
        ))
    }

    /// Wakes `branch` and sees it answer a query in every database.
    pub(in super::super) async fn ready(
        &self,
        turn: &mut Turn,
        branch: BranchId,
        base: SnapshotId,
    ) -> Result<Ready, EnvironmentError> {
        turn.step("start");
        let place = turn.place.to_string();
        let lease = self.inner.pool.enter(&branch).await;
        let lease = lease.map_err(|source| EnvironmentError::Wake { place, source })?;
        self.verified(turn, lease, base).await
    }

    async fn verified(
        &self,
        turn: &mut Turn,
        lease: Lease,
        base: SnapshotId,
    ) -> Result<Ready, EnvironmentError> {
        turn.step("verify");
        let answered = answers(&lease).await;
        answered.map_err(|(step, source)| turn.failed(step)(source))?;
        Ok(Ready::of(turn, lease, base))
    }

    /// What the pool is told about a branch of the turn's place.
    pub(in super::super) fn spec(&self, turn: &Turn) -> BranchSpec {
        let settings = self.settings();
        self.spec_of(&settings, &turn.place, turn.operation)
    }

    /// Leads the place to `ready`.
    ///
    /// # Errors
    /// When the pointer cannot be written; the old generation then serves again. Where the disk fails
    /// only after the new one is in its place, the swing is done: a restart would find it so.
    pub(in super::super) async fn swing(
        &self,
        turn: &mut Turn,
        ready: Ready,
    ) -> Result<(), EnvironmentError> {
        turn.step("swing");
        let keep = self
            .settings()
            .environment(&turn.place.environment)?
            .generations;
        let state = turn.state.clone();
        let gate = state.gate.write().await;
        let old = state.pointer.load_full();
        if let Some(live) = state.live() {
            turn.ended_sessions = state.sessions();
            live.close(Closing {
                cause: Cause::Operation(turn.operation),
                by: turn.caller.name.clone(),
                at: Timestamp::now(),
            });
            let left = live.drained(DRAIN_MAX).await;
            if left > 0 {
                tracing::info!(place = %turn.place, left, "sessions outlived the drain");
            }
        }
        let next = match &old {
            Some(pointer) => pointer.swung(ready.generation.clone(), keep),
            None => {
                let base = ready.generation.base.clone();
                Pointer::first(turn.place.clone(), base, ready.generation.clone())
            }
        };
        let written = self.write_pointer(&next).await;
        match (written, old) {
            (Ok(doubt), old) => {
                turn.note = turn.note.or(doubt);
                let kept: Vec<BranchId> = next.branches().cloned().collect();
                state.point(next);
                drop(gate);
                if let Some(old) = old {
                    let fallen = old.branches().filter(|branch| !kept.contains(branch));
                    let fallen = fallen.cloned().collect();
                    self.settle(old.current.branch.clone(), fallen);
                } else {
                    self.settle_first();
                }
                Ok(())
            }
            (Err(error), Some(old)) => {
                // The old generation was closed to sessions above: open it again.
                state.point((*old).clone());
                Err(error)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Writes a pointer for good; what is to be noted of it, if the disk failed to confirm it.
    pub(in super::super) async fn write_pointer(
        &self,
        pointer: &Pointer,
    ) -> Result<Option<&'static str>, EnvironmentError> {
        let written = self.inner.pointers.write(&self.inner.pool, pointer).await;
        self.note_doubt(&pointer.place, written)
    }

    /// Keeps in mind whether the disk and memory may differ in the pointer of `place`.
    pub(in super::super) fn note_doubt(
        &self,
        place: &Place,
        changed: Result<Kept, PointerError>,
    ) -> Result<Option<&'static str>, EnvironmentError> {
        let doubts = &self.inner.doubts;
        match changed {
            Ok(Kept::Surely) => {
                doubts.remove(place);
                Ok(None)
            }
            Ok(Kept::UnlessPowerCut(error)) => {
                let error = chain(&error);
                tracing::error!(%place, error, "a pointer stands and is not confirmed by the disk");
                doubts.insert(place.clone(), error);
                Ok(Some(UNCONFIRMED))
            }
            Err(error) => {
                if matches!(error, PointerError::Unknown { .. }) {
                    doubts.insert(place.clone(), chain(&error));
                }
                Err(error.into())
            }
        }
    }

    /// Puts the generation that was left to sleep and discards those that no undo can reach any
    /// more, in the background.
    fn settle(&self, left: BranchId, fallen: Vec<BranchId>) {
        let environments = self.clone();
        let _settled = self.spawn(async move {
            tokio::time::sleep(GIVE_WAY).await;
            // An undo may have come back to it already.
            if !environments.is_current(&left) {
                environments.rest(&left).await;
            }
            environments.discard(fallen).await;
            environments.refill_spares().await;
            environments.collect().await;
        });
    }

    fn is_current(&self, branch: &BranchId) -> bool {
        self.inner.places.iter().any(|entry| {
            let pointer = entry.value().pointer.load();
            pointer
                .as_ref()
                .is_some_and(|now| now.current.branch == *branch)
        })
    }

    /// What follows a place's first generation, in the background.
    fn settle_first(&self) {
        let environments = self.clone();
        let _settled = self.spawn(async move {
            tokio::time::sleep(GIVE_WAY).await;
            environments.refill_spares().await;
        });
    }
}
