//! Build: a place's first generation.

use rules::name::{EnvironmentName, EnvironmentPattern};
use rules::target::Place;

use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};
use crate::branches::SnapshotId;

impl Environments {
    /// Builds an environment that has no generation yet; one that has is left as it is.
    ///
    /// # Errors
    /// When its source cannot be read, or the branch does not start; nothing is left behind.
    pub async fn build(
        &self,
        name: &EnvironmentName,
        caller: &Caller,
        report: &Report,
    ) -> Result<Option<Record>, EnvironmentError> {
        let place = Place::environment(name.clone());
        let mut turn = self.turn(&place, Operation::Build, caller, report).await?;
        if turn.state.pointer.load().is_some() {
            return Ok(None);
        }
        let outcome = self.build_in(&mut turn).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome).map(Some)
    }

    async fn build_in(&self, turn: &mut Turn) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let environment = settings.environment(&turn.place.environment)?.clone();
        if let EnvironmentPattern::Prefix(_) = environment.pattern {
            self.admit(turn)?;
        }
        let base = self.base_for(turn, &environment).await?;
        let ready = self.prepare(turn, &base).await?;
        self.swing(turn, ready).await
    }

    /// Builds what a connection asks for and does not find; joins a build under way.
    ///
    /// Runs in a task of its own, so that a client that gives up waiting does not stop a build that
    /// others wait for.
    pub(in super::super) async fn build_on_connect(
        &self,
        place: &Place,
        caller: &Caller,
    ) -> Result<(), EnvironmentError> {
        let (environments, place, caller) = (self.clone(), place.clone(), caller.clone());
        let vanished = EnvironmentError::Vanished {
            operation: Operation::Build,
            place: place.to_string(),
        };
        let task = self.spawn(async move {
            let report = Report::quiet();
            match &place.branch {
                None => environments
                    .build(&place.environment, &caller, &report)
                    .await
                    .map(drop),
                Some(_) => {
                    let made = environments
                        .create_branch(&place, None, &caller, &report)
                        .await;
                    match made {
                        // Somebody else's connection was faster: its branch is the one asked for.
                        Err(EnvironmentError::AlreadyExists(_)) => Ok(()),
                        made => made.map(drop),
                    }
                }
            }
        });
        task.await.unwrap_or(Err(vanished))
    }

    /// The snapshot that a place resets to.
    ///
    /// # Errors
    /// When the place is not built yet.
    pub(in super::super) fn base_of(&self, place: &Place) -> Result<SnapshotId, EnvironmentError> {
        let pointer = self
            .inner
            .places
            .get(place)
            .and_then(|state| state.pointer.load_full());
        let missing = || EnvironmentError::missing(place);
        Ok(pointer.ok_or_else(missing)?.base.clone())
    }

    /// Drops the run-time state of a place that only a connection named and that was not built.
    pub(in super::super) fn forget_if_empty(&self, turn: &Turn) {
        let settings = self.settings();
        let table = settings.config.environment_for(&turn.place.environment);
        let wild =
            table.is_some_and(|table| matches!(table.pattern, EnvironmentPattern::Prefix(_)));
        if turn.state.pointer.load().is_none() && (wild || turn.place.branch.is_some()) {
            self.inner.places.remove(&turn.place);
        }
    }
}
