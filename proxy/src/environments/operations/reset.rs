//! Reset: back to the place's snapshot.

use rules::target::Place;

use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};

impl Environments {
    /// Leads a place to a fresh branch of its snapshot; what was there can be had back by undo.
    ///
    /// # Errors
    /// When the place does not exist, is protected or not ours, or the new branch does not start;
    /// the place is then as it was.
    pub async fn reset(
        &self,
        place: &Place,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        let mut turn = self.turn(place, Operation::Reset, caller, report).await?;
        let outcome = self.reset_in(&mut turn).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome)
    }

    async fn reset_in(&self, turn: &mut Turn) -> Result<(), EnvironmentError> {
        let pointer = turn.pointer()?;
        self.must_be_unprotected(&pointer)?;
        let ready = self.prepare(turn, &pointer.base).await?;
        self.swing(turn, ready).await
    }
}
