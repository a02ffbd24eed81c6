//! Refresh: a new base from the source, then a fresh branch of it.

use rules::config::Source;
use rules::target::Place;

use super::super::base::Age;
use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};

impl Environments {
    /// Reads the source of an environment again and leads it there.
    ///
    /// A mirror is copied anew, migrations run again when they changed, an environment that is fed
    /// by another takes that one's present snapshot. Named branches keep their base.
    ///
    /// # Errors
    /// When the source cannot be read or does not verify; the old copy then goes on serving.
    pub async fn refresh(
        &self,
        place: &Place,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        let mut turn = self.turn(place, Operation::Refresh, caller, report).await?;
        let outcome = self.refresh_in(&mut turn).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome)
    }

    async fn refresh_in(&self, turn: &mut Turn) -> Result<(), EnvironmentError> {
        self.may_swing(turn)?;
        let settings = self.settings();
        let environment = settings.environment(&turn.place.environment)?.clone();
        let base = match (&turn.place.branch, &environment.source) {
            // A branch follows its environment, and keeps its scenarios.
            (Some(_), _) => {
                let pointer = turn.pointer()?;
                let own = self.own_scenarios(&turn.place, &pointer.base);
                let parent = Place::environment(turn.place.environment.clone());
                match own.is_empty() {
                    true => self.base_of(&parent)?,
                    false => self.base_with(turn, &own).await?,
                }
            }
            (None, Source::Production) => self.masked(turn, Age::New).await?,
            (None, Source::Mirror) => self.copy_production(turn).await?,
            (None, _) => self.base_for(turn, &environment).await?,
        };
        let ready = self.prepare(turn, &base).await?;
        self.swing(turn, ready).await
    }
}
