//! Protection: who may not be surprised.

use jiff::Timestamp;
use rules::target::Place;

use super::super::pointer::{Pointer, Protection};
use super::super::turn::Caller;
use super::super::{EnvironmentError, Environments};

impl Environments {
    /// Protects a place from reset, drop and expiry until a moment, for ever, or (`None`) no more.
    ///
    /// # Errors
    /// When the place does not exist or its pointer cannot be written.
    pub async fn protect(
        &self,
        place: &Place,
        protection: Option<Protection>,
        caller: &Caller,
    ) -> Result<(), EnvironmentError> {
        self.must_be_managed(place, "be protected")?;
        tracing::info!(%place, by = caller.name, on = protection.is_some(), "protect");
        self.annotate(place, |pointer| pointer.protection = protection)
            .await
    }

    /// Changes what a pointer says beside its generations.
    pub(in super::super) async fn annotate(
        &self,
        place: &Place,
        change: impl FnOnce(&mut Pointer),
    ) -> Result<(), EnvironmentError> {
        let missing = || EnvironmentError::missing(place);
        let state = self.known(place).ok_or_else(missing)?;
        // The turn keeps a swing from writing the same file at the same moment.
        let _turn = state.turn.lock().await;
        let mut pointer = (*state.pointer.load_full().ok_or_else(missing)?).clone();
        change(&mut pointer);
        pointer.version += 1;
        self.write_pointer(&pointer).await?;
        state.annotate(pointer);
        Ok(())
    }

    /// Refuses what a protection forbids; one that has run out forbids nothing.
    pub(in super::super) fn must_be_unprotected(
        &self,
        pointer: &Pointer,
    ) -> Result<(), EnvironmentError> {
        match &pointer.protection {
            Some(held) if held.until.is_none_or(|until| until > Timestamp::now()) => {
                Err(EnvironmentError::Protected {
                    place: pointer.place.to_string(),
                    by: held.by.clone(),
                    until: held.until,
                })
            }
            _ => Ok(()),
        }
    }
}
