//! Promote: make one environment's state another's.

use rules::target::Place;

use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};

impl Environments {
    /// Leads `to` to a copy of the present state of `from`, which goes on undisturbed.
    ///
    /// `to` keeps its own access, users and schedules; its reset goes back to the promoted state.
    ///
    /// # Errors
    /// When either does not exist, `from` is raw and `to` does not allow raw data, or the copy does
    /// not start; `to` is then as it was.
    pub async fn promote(
        &self,
        from: &Place,
        to: &Place,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        self.must_be_managed(from, "be promoted")?;
        if from == to {
            let reason = "source and destination are the same".to_owned();
            let place = to.to_string();
            return Err(EnvironmentError::Impossible {
                place,
                verb: "promote",
                reason,
            });
        }
        let mut turn = self.turn(to, Operation::Promote, caller, report).await?;
        let outcome = self.promote_in(&mut turn, from).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome)
    }

    async fn promote_in(&self, turn: &mut Turn, from: &Place) -> Result<(), EnvironmentError> {
        self.may_swing(turn)?;
        let base = self.snapshot_for(turn, from).await?;
        let ready = self.prepare(turn, &base).await?;
        self.swing(turn, ready).await
    }
}
