//! Undo: back to the generation before.

use rules::target::Place;

use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};

impl Environments {
    /// Leads a place to its previous generation, or to the one numbered `to`.
    ///
    /// It is a swing like any other, so undoing it is an undo too.
    ///
    /// # Errors
    /// When there is no such generation, or it does not wake; the place is then as it was.
    pub async fn undo(
        &self,
        place: &Place,
        to: Option<u64>,
        caller: &Caller,
        report: &Report,
    ) -> Result<Record, EnvironmentError> {
        let mut turn = self.turn(place, Operation::Undo, caller, report).await?;
        let outcome = self.undo_in(&mut turn, to).await;
        self.forget_if_empty(&turn);
        turn.finish(outcome)
    }

    async fn undo_in(&self, turn: &mut Turn, to: Option<u64>) -> Result<(), EnvironmentError> {
        let pointer = turn.pointer()?;
        self.must_be_unprotected(&pointer)?;
        let wanted = match to {
            None => pointer.earlier.first(),
            Some(number) => pointer
                .earlier
                .iter()
                .find(|earlier| earlier.number == number),
        };
        let earlier = wanted.cloned().ok_or_else(|| {
            let numbers = pointer
                .earlier
                .iter()
                .map(|earlier| earlier.number.to_string());
            let numbers: Vec<String> = numbers.collect();
            let reason = if numbers.is_empty() {
                "it has no earlier generation".to_owned()
            } else {
                let kept = numbers.join(", ");
                match to {
                    Some(number) => format!("generation {number} is not kept; there is {kept}"),
                    None => format!("of its earlier generations there is {kept}"),
                }
            };
            EnvironmentError::Impossible {
                place: turn.place.to_string(),
                verb: "undo",
                reason,
            }
        })?;
        turn.hold_branch(&earlier.branch);
        turn.hold_snapshot(&earlier.base);
        let ready = self.ready(turn, earlier.branch, earlier.base).await?;
        self.swing(turn, ready).await
    }
}
