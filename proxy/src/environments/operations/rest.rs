//! Sleep and wake: the server of a place, not its data.

use rules::target::Place;

use super::super::{EnvironmentError, Environments};

/// What becomes of a branch that may be torn by a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect {
    /// It is not woken.
    Refuse,
    /// It is woken all the same; PostgreSQL's recovery decides.
    Accept,
}

impl Environments {
    /// Stops the server of a place; the next connection starts it again.
    ///
    /// # Errors
    /// When the place does not exist, has sessions, or its server does not stop.
    pub async fn sleep(&self, place: &Place) -> Result<(), EnvironmentError> {
        self.must_be_managed(place, "be put to sleep")?;
        let missing = || EnvironmentError::missing(place);
        let state = self.known(place).ok_or_else(missing)?;
        let _turn = state.turn.lock().await;
        let pointer = state.pointer.load_full().ok_or_else(missing)?;
        let sessions = state.sessions();
        if sessions > 0 {
            let reason = format!("{sessions} sessions are in it");
            let place = place.to_string();
            return Err(EnvironmentError::Impossible {
                place,
                verb: "sleep",
                reason,
            });
        }
        let slept = self.inner.pool.sleep(&pointer.current.branch).await;
        slept.map_err(|source| EnvironmentError::Step {
            step: "stop the server",
            place: place.to_string(),
            source: source.into(),
        })
    }

    /// Starts the server of a place, so that the next connection does not wait for it.
    ///
    /// A branch that may be torn by a power cut is woken only where `suspect` says so.
    ///
    /// # Errors
    /// When the place does not exist or its server does not start.
    pub async fn wake(&self, place: &Place, suspect: Suspect) -> Result<(), EnvironmentError> {
        self.must_be_managed(place, "be woken")?;
        let missing = || EnvironmentError::missing(place);
        let state = self.known(place).ok_or_else(missing)?;
        let pointer = state.pointer.load_full().ok_or_else(missing)?;
        if suspect == Suspect::Accept {
            let accepted = self
                .inner
                .pool
                .accept_suspect(&pointer.current.branch)
                .await;
            accepted.map_err(|source| EnvironmentError::Step {
                step: "accept the suspect data",
                place: place.to_string(),
                source: source.into(),
            })?;
        }
        let woken = self.inner.pool.enter(&pointer.current.branch).await;
        woken.map(drop).map_err(|source| EnvironmentError::Wake {
            place: place.to_string(),
            source,
        })
    }
}
