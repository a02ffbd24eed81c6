//! Reseed: the seed data made again where what it depends on has changed, else a clone.

use rules::config::Source;
use rules::target::Place;

use super::super::base::key_of;
use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};

/// What a record says when the snapshot of the environment is still what its source would make.
const UNCHANGED: &str = "unchanged, cloned";

impl Environments {
    /// Leads a seeded environment to what its source makes now: schema, seed, scale, rules, engine.
    ///
    /// With none of them changed it is as fast as a reset.
    ///
    /// # Errors
    /// When its source has no seed, is protected, or cannot be migrated or filled; the old
    /// generation then goes on serving.
    pub async fn reseed(
        &self,
        place: &Place,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        let settings = self.settings();
        let environment = settings.environment(&place.environment)?;
        self.must_be_seeded(place, environment, Operation::Reseed.passive())?;
        let mut turn = self.turn(place, Operation::Reseed, caller, report).await?;
        let outcome = self.reseed_in(&mut turn).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome)
    }

    async fn reseed_in(&self, turn: &mut Turn) -> Result<(), EnvironmentError> {
        self.may_swing(turn)?;
        let settings = self.settings();
        let environment = settings.environment(&turn.place.environment)?.clone();
        let before = turn.state.pointer.load_full();
        let before = before.and_then(|now| self.inner.pool.snapshot(&now.base));
        let base = self.base_for(turn, &environment).await?;
        let after = self.inner.pool.snapshot(&base);
        let key = |snapshot: Option<&_>| snapshot.and_then(key_of).map(str::to_owned);
        let (before, after) = (key(before.as_deref()), key(after.as_deref()));
        // Where the key cannot know, the migrations have run again.
        let unseen = match &environment.source {
            Source::Migrations { migrations, .. } => migrations.are_unseen(),
            _ => false,
        };
        turn.note = (before.is_some() && before == after && !unseen).then_some(UNCHANGED);
        let ready = self.prepare(turn, &base).await?;
        self.swing(turn, ready).await
    }
}
