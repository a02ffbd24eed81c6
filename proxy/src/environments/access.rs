//! What clients may do to the data of a place, as its table says it: given to every generation before
//! anybody enters it.

use std::sync::Arc;

use jiff::Timestamp;
use rules::config::AccessMode;
use rules::name::{EnvironmentName, UserName};
use rules::target::Place;

use super::error::chain;
use super::place::{Cause, Closing, DRAIN_MAX, PlaceState};
use super::settings::Settings;
use super::{EnvironmentError, Environments};
use crate::branches::BranchId;

/// Who changes rights: nobody but the file does.
const BY: &str = "a reload of the configuration";

/// The access mode, and who may enter with which.
type Rights = (AccessMode, Vec<(UserName, AccessMode)>);

/// What clients may do to an environment's data; in one that has no table any more, nothing new.
pub(super) fn access(settings: &Settings, name: &EnvironmentName) -> AccessMode {
    let table = settings.config.environment_for(name);
    table.map_or(AccessMode::ReadOnly, |table| table.access)
}

/// Whether everybody may do everything: who does enters by a role that is made when it is needed.
fn is_full((access, entrants): &Rights) -> bool {
    let mut modes = entrants.iter().map(|(_, mode)| *mode);
    *access == AccessMode::ReadWrite && modes.all(|mode| mode == AccessMode::ReadWrite)
}

impl Environments {
    /// Gives every generation the idle time and the rights of its environment's table.
    pub(super) fn apply_table(&self) -> impl Future<Output = Option<()>> + Send + use<> {
        let environments = self.clone();
        self.spawn(async move {
            environments.set_access().await;
            environments.set_idle().await;
        })
    }

    /// Gives every generation the rights of its environment's table. Who lets clients in waits for this.
    pub async fn set_access(&self) {
        let places = self.inner.places.iter();
        let places: Vec<_> = places
            .map(|entry| (entry.key().clone(), Arc::clone(entry.value())))
            .collect();
        for (place, state) in places {
            // A place that keeps its old rights lets nobody in, and tries again for who comes.
            if let Err(error) = self.change_access(&place, &state).await {
                tracing::warn!(%place, error = chain(&error), "its access was not changed");
            }
        }
    }

    /// Whether the generation that sessions enter has other rights than its table gives.
    pub(super) fn has_other_access(
        &self,
        settings: &Settings,
        place: &Place,
        state: &PlaceState,
    ) -> bool {
        let live = state.live();
        live.is_some_and(|live| self.other_access(settings, place, &live.branch).is_some())
    }

    /// Gives a place the rights of its table, whoever waits for it.
    pub(super) async fn give_access(
        &self,
        place: &Place,
        state: &Arc<PlaceState>,
    ) -> Result<(), EnvironmentError> {
        let (environments, of, state) = (self.clone(), place.clone(), Arc::clone(state));
        let given = self.spawn(async move { environments.change_access(&of, &state).await });
        given
            .await
            .unwrap_or_else(|| Err(not_changed(place, "standin is stopping".into())))
    }

    /// The rights that a branch should have, where they are not those that it has.
    fn other_access(
        &self,
        settings: &Settings,
        place: &Place,
        branch: &BranchId,
    ) -> Option<Rights> {
        let view = self.inner.pool.branch(branch)?;
        let spec = &view.manifest.spec;
        let found = (spec.access, spec.entrants.clone());
        let wanted = (
            access(settings, &place.environment),
            settings.config.entrants(&place.environment),
        );
        let same = found == wanted || (is_full(&found) && is_full(&wanted));
        (!same).then_some(wanted)
    }

    /// Changes the rights of all generations of a place that have others than its table gives. The
    /// sessions in it end with a reason before its server stops; who comes meanwhile waits.
    async fn change_access(
        &self,
        place: &Place,
        state: &PlaceState,
    ) -> Result<(), EnvironmentError> {
        let branches = || match state.pointer.load_full() {
            Some(pointer) => pointer.branches().cloned().collect(),
            None => Vec::new(),
        };
        let settings = self.settings();
        let changes = |branch: &BranchId| self.other_access(&settings, place, branch).is_some();
        if !branches().iter().any(changes) {
            return Ok(());
        }
        // Nobody enters between the old rights and the new.
        let _gate = state.gate.write().await;
        let settings = self.settings();
        let mut changed = Ok(());
        for branch in branches() {
            let Some((access, entrants)) = self.other_access(&settings, place, &branch) else {
                continue;
            };
            let live = state.live().filter(|live| live.branch == branch);
            if let Some(live) = &live {
                live.close(Closing {
                    cause: Cause::Access,
                    by: BY.to_owned(),
                    at: Timestamp::now(),
                });
                live.drained(DRAIN_MAX).await;
            }
            let set = self.inner.pool.set_access(&branch, access, entrants).await;
            match (set, live) {
                (Ok(()), Some(_)) => state.reopen(),
                (Ok(()), None) => {}
                (Err(error), Some(_)) => {
                    state.reopen();
                    changed = Err(not_changed(place, error.into()));
                }
                (Err(error), None) => {
                    tracing::warn!(%branch, error = chain(&error), "its access was not changed");
                }
            }
        }
        changed
    }

    async fn set_idle(&self) {
        let settings = self.settings();
        let mut changed = Vec::new();
        for entry in &self.inner.places {
            let (place, state) = entry.pair();
            let Some(pointer) = state.pointer.load_full() else {
                continue;
            };
            let idle = self.idle(&settings, &place.environment);
            let view = self.inner.pool.branch(&pointer.current.branch);
            if view.is_some_and(|view| view.manifest.spec.idle != idle) {
                changed.push((pointer.current.branch.clone(), idle));
            }
        }
        for (branch, idle) in changed {
            if let Err(error) = self.inner.pool.set_idle(&branch, idle).await {
                tracing::warn!(%branch, error = chain(&error), "its idle time was not changed");
            }
        }
    }
}

fn not_changed(
    place: &Place,
    source: Box<dyn std::error::Error + Send + Sync>,
) -> EnvironmentError {
    EnvironmentError::Step {
        step: "change the access",
        place: place.to_string(),
        source,
    }
}
