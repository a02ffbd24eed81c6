//! Warm spares: branches of a place's snapshot that are awake before anybody asks.
//!
//! A spare is born with its own id, and seen to answer, and is taken by a change of its manifest,
//! never by renaming a running directory. It serves once, and only the snapshot that it was made of.
//! The change is on the disk a little later than the pointer that leads to it: what a pointer leads
//! to is no spare, whatever its manifest says after a crash.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rules::config::{AccessMode, Durability};
use rules::name::{EnvironmentName, UserName};
use rules::target::Place;

use super::access::access;
use super::error::chain;
use super::settings::Settings;
use super::turn::{Turn, answers};
use super::{EnvironmentError, Environments, Operation};
use crate::branches::{Activity, BranchId, BranchSpec, Lease, Origin, SnapshotId};

/// How long the server of a place stays awake that has no table any more, and so no client.
const ORPHAN_IDLE: std::time::Duration = std::time::Duration::from_secs(1);

/// What a spare must have in common with the branch that is asked for.
///
/// The environment is part of it: a spare serves the table that pays for it with memory, and not
/// whichever sibling of the same snapshot comes first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SpareKey {
    pub(super) environment: EnvironmentName,
    pub(super) base: SnapshotId,
    pub(super) durability: Durability,
    /// It is started with these rights.
    pub(super) access: AccessMode,
    pub(super) entrants: Vec<(UserName, AccessMode)>,
}

/// The spares that are there, each kept awake by a lease.
#[derive(Default)]
pub(super) struct Spares {
    ready: Mutex<HashMap<SpareKey, Vec<Lease>>>,
    /// One refill at a time, so that two never make the same spare.
    refilling: tokio::sync::Mutex<()>,
}

fn has_ended(spare: &Lease) -> bool {
    spare.server().exited().borrow().is_some()
}

impl Spares {
    /// Takes one that lives; those that do not wait for [`Spares::dead`].
    fn take(&self, key: &SpareKey) -> Option<Lease> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let spares = ready.get_mut(key)?;
        let living = spares.iter().rposition(|spare| !has_ended(spare))?;
        Some(spares.remove(living))
    }

    fn put(&self, key: SpareKey, spare: Lease) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.entry(key).or_default().push(spare);
    }

    fn count(&self, key: &SpareKey) -> usize {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.get(key).map_or(0, Vec::len)
    }

    /// Forgets the spares whose server has ended, for want of memory or by itself, and names them.
    fn dead(&self) -> Vec<BranchId> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dead = Vec::new();
        for spares in ready.values_mut() {
            let (ended, living) = std::mem::take(spares).into_iter().partition(has_ended);
            *spares = living;
            let ended: Vec<Lease> = ended;
            dead.extend(ended.iter().map(|spare| spare.branch().clone()));
        }
        dead
    }

    fn any_dead(&self) -> bool {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.values().flatten().any(has_ended)
    }

    /// Drops the spares beyond what `wanted` asks for, and names them.
    fn trim(&self, wanted: &HashMap<SpareKey, usize>) -> Vec<BranchId> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = Vec::new();
        ready.retain(|key, spares| {
            let keep = wanted.get(key).copied().unwrap_or(0).min(spares.len());
            dropped.extend(spares.drain(keep..).map(|spare| spare.branch().clone()));
            !spares.is_empty()
        });
        dropped
    }

    pub(super) fn branches(&self) -> Vec<(SpareKey, BranchId)> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = |(key, spares): (&SpareKey, &Vec<Lease>)| {
            spares
                .iter()
                .map(|spare| (key.clone(), spare.branch().clone()))
                .collect::<Vec<_>>()
        };
        ready.iter().flat_map(of_key).collect()
    }
}

impl Environments {
    /// Forgets the spares of an earlier run: they are stopped and collected, and made anew. What else it
    /// left awake and no pointer names was killed on its way to one: it is put to sleep, and collected.
    pub(super) fn find_spares(&self) {
        // Before anybody makes another.
        let (found, taken) = (self.inner.pool.branches(), self.taken());
        let environments = self.clone();
        let _found = self.spawn(async move {
            for view in found {
                let (branch, spec) = (&view.manifest.id, &view.manifest.spec);
                let pool = &environments.inner.pool;
                let settled = match taken.get(branch) {
                    Some(_) if !spec.spare => continue,
                    Some((place, operation)) => {
                        let settings = environments.settings();
                        let spec = environments.spec_of(&settings, place, *operation);
                        let edited = pool.edit(branch, |manifest| manifest.spec = spec).await;
                        edited.map_err(|error| chain(&error))
                    }
                    None if spec.spare => {
                        let dropped = pool.drop_branch(branch).await;
                        dropped.map_err(|error| chain(&error))
                    }
                    None => {
                        environments.rest(branch).await;
                        Ok(())
                    }
                };
                if let Err(error) = settled {
                    tracing::warn!(%branch, error, "a spare of an earlier run stays one");
                }
            }
            environments.refill_spares().await;
            environments.collect().await;
        });
    }

    /// Every branch that a pointer holds, and of which place and operation it is.
    fn taken(&self) -> HashMap<BranchId, (Place, Operation)> {
        let mut taken = HashMap::new();
        for entry in &self.inner.places {
            let (place, state) = entry.pair();
            let Some(pointer) = state.pointer.load_full() else {
                continue;
            };
            let generations = std::iter::once(&pointer.current).chain(&pointer.earlier);
            taken.extend(generations.map(|generation| {
                let of = (place.clone(), generation.operation);
                (generation.branch.clone(), of)
            }));
        }
        taken
    }

    /// Takes a spare for the turn's place, if there is one of this very snapshot that still runs.
    pub(super) async fn take_spare(&self, turn: &mut Turn, base: &SnapshotId) -> Option<Lease> {
        let settings = self.settings();
        let durability = self.durability(&settings, &turn.place);
        let spare = self.inner.spares.take(&SpareKey {
            environment: turn.place.environment.clone(),
            base: base.clone(),
            durability,
            access: access(&settings, &turn.place.environment),
            entrants: settings.config.entrants(&turn.place.environment),
        })?;
        turn.step("take a spare");
        let branch = spare.branch();
        turn.hold_branch(branch);
        let spec = self.spec_of(&settings, &turn.place, turn.operation);
        let claimed = self
            .inner
            .pool
            .edit_ahead(branch, |manifest| manifest.spec = spec)
            .await;
        if let Err(error) = claimed {
            tracing::warn!(%branch, error = chain(&error), "a spare was lost");
            return None;
        }
        // From here on nobody puts it to sleep for want of room; who did just before was quicker.
        let view = self.inner.pool.branch(branch);
        let awake = view.is_some_and(|view| matches!(view.activity, Activity::Awake { .. }));
        if !awake || has_ended(&spare) {
            tracing::info!(%branch, "a spare had ended; it is left to the collector");
            return None;
        }
        Some(spare)
    }

    /// Makes the spares that the settings ask for and drops those that nobody can use any more.
    pub(super) async fn refill_spares(&self) {
        let _one = self.inner.spares.refilling.lock().await;
        let wanted = self.wanted_spares();
        let dead = self.inner.spares.dead();
        for branch in dead.into_iter().chain(self.inner.spares.trim(&wanted)) {
            if let Err(error) = self.inner.pool.drop_branch(&branch).await {
                tracing::warn!(%branch, error = chain(&error), "a stale spare stays");
            }
        }
        for (key, count) in wanted {
            while self.inner.spares.count(&key) < count {
                if let Err(error) = self.make_spare(&key).await {
                    // Without a spare the next reset is a little slower, nothing more.
                    tracing::info!(base = %key.base, error = chain(&error), "no spare was made");
                    break;
                }
            }
        }
    }

    /// Makes spares anew in place of those whose server has ended.
    pub(super) async fn renew_spares(&self) {
        if self.inner.spares.any_dead() {
            self.refill_spares().await;
        }
    }

    async fn make_spare(&self, key: &SpareKey) -> Result<(), EnvironmentError> {
        let mut spec = BranchSpec::new(key.durability);
        spec.spare = true;
        (spec.access, spec.entrants) = (key.access, key.entrants.clone());
        spec.environment = Some(key.environment.to_string());
        spec.operation = Some("spare".to_owned());
        spec.idle = None;
        let place = || format!("spare of {}", key.base);
        let create = |source| EnvironmentError::Create {
            place: place(),
            source,
        };
        let origin = Origin::Snapshot(key.base.clone());
        let lease = self
            .inner
            .pool
            .create_awake(origin, spec)
            .await
            .map_err(create)?;
        if let Err((step, source)) = answers(&lease).await {
            let (branch, place) = (lease.branch().clone(), place());
            drop(lease);
            self.discard(vec![branch]).await;
            return Err(EnvironmentError::Step {
                step,
                place,
                source,
            });
        }
        self.inner.spares.put(key.clone(), lease);
        Ok(())
    }

    /// How many spares each snapshot should have: of each environment that is built, and of the
    /// branches that its table lets connections make.
    fn wanted_spares(&self) -> HashMap<SpareKey, usize> {
        let settings = self.settings();
        let mut wanted: HashMap<SpareKey, usize> = HashMap::new();
        for entry in &self.inner.places {
            let (place, state) = entry.pair();
            let Some(pointer) = state.pointer.load_full() else {
                continue;
            };
            let Ok(environment) = settings.environment(&place.environment) else {
                continue;
            };
            if place.branch.is_some() {
                continue;
            }
            let key = |durability| SpareKey {
                environment: place.environment.clone(),
                base: pointer.base.clone(),
                durability,
                access: environment.access,
                entrants: settings.config.entrants(&place.environment),
            };
            *wanted.entry(key(environment.durability)).or_default() += environment.spares;
            let branches = key(environment.branches.durability);
            *wanted.entry(branches).or_default() += environment.branches.spares;
        }
        wanted.retain(|_, count| *count > 0);
        wanted
    }

    /// What the servers of a place survive: its table says it of the environment and of its named
    /// branches apart.
    pub(super) fn durability(&self, settings: &Settings, place: &Place) -> Durability {
        match settings.config.environment_for(&place.environment) {
            Some(environment) if place.branch.is_none() => environment.durability,
            Some(environment) => environment.branches.durability,
            None => Durability::Process,
        }
    }

    /// What the pool is told about a branch of `place`.
    pub(super) fn spec_of(
        &self,
        settings: &Settings,
        place: &Place,
        operation: Operation,
    ) -> BranchSpec {
        BranchSpec {
            environment: Some(place.environment.to_string()),
            name: place.branch.as_ref().map(ToString::to_string),
            operation: Some(operation.as_str().to_owned()),
            access: access(settings, &place.environment),
            entrants: settings.config.entrants(&place.environment),
            idle: self.idle(settings, &place.environment),
            ..BranchSpec::new(self.durability(settings, place))
        }
    }

    pub(super) fn idle(
        &self,
        settings: &Settings,
        name: &EnvironmentName,
    ) -> Option<std::time::Duration> {
        match settings.config.environment_for(name) {
            Some(environment) => environment.idle,
            None => Some(ORPHAN_IDLE),
        }
    }

    /// Puts a branch to sleep unless somebody is in.
    pub(super) async fn rest(&self, branch: &BranchId) {
        if let Err(error) = self.inner.pool.rest(branch).await {
            tracing::warn!(%branch, error = chain(&error), "a branch left behind did not stop");
        }
    }
}
