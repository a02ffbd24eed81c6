//! Disk that the named branches of an environment may hold.

use rules::target::Place;

use super::{EnvironmentError, Environments};

impl Environments {
    /// Refuses one more branch once those of its environment hold as much as their table allows.
    ///
    /// What is awake is weighed for it; what it writes afterwards stops the next one.
    pub(super) async fn must_have_room(&self, place: &Place) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let table = settings.environment(&place.environment)?;
        let Some(max_bytes) = table.branches.disk_bytes else {
            return Ok(());
        };
        self.inner.pool.weigh().await;
        let environment = place.environment.to_string();
        let own = self.inner.pool.own_bytes(|spec| {
            spec.environment.as_ref() == Some(&environment) && spec.name.is_some()
        });
        if own.bytes < max_bytes {
            return Ok(());
        }
        Err(EnvironmentError::TooManyBytes {
            environment,
            used_bytes: own.bytes,
            max_bytes,
            largest: own.largest,
        })
    }
}
