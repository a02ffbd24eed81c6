//! Snapshots of a place's present state.

use rules::target::Place;

use super::super::base::{Labelled, is_raw};
use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments, Record};
use crate::branches::{Check, SnapshotId};

impl Environments {
    /// Seals the present state of a place, without stopping it, and keeps it until it is dropped.
    ///
    /// Without a `check` it is looked at as the configuration says.
    ///
    /// # Errors
    /// When the place does not exist or the snapshot does not verify; nothing is left behind.
    pub async fn snapshot(
        &self,
        place: &Place,
        check: Option<Check>,
        caller: &Caller,
        report: &Report,
    ) -> Result<(SnapshotId, Record), EnvironmentError> {
        self.must_be_managed(place, "be snapshotted")?;
        let missing = || EnvironmentError::missing(place);
        self.known(place).ok_or_else(missing)?;
        let mut turn = self
            .turn(place, Operation::Snapshot, caller, report)
            .await?;
        let sealed = self.seal_place(&mut turn, place, (true, check)).await;
        let (sealed, outcome) = match sealed {
            Ok(snapshot) => (Some(snapshot), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let record = turn.finish(outcome)?;
        Ok((sealed.expect("a turn that is done has sealed"), record))
    }

    /// Drops a snapshot that was kept.
    ///
    /// # Errors
    /// When it does not exist, or a place still refers to it.
    pub async fn drop_snapshot(
        &self,
        snapshot: &SnapshotId,
        caller: &Caller,
    ) -> Result<(), EnvironmentError> {
        let known = self.inner.pool.snapshot(snapshot);
        known.ok_or_else(|| EnvironmentError::UnknownSnapshot(snapshot.to_string()))?;
        let users = self.users_of(snapshot);
        if !users.is_empty() {
            return Err(EnvironmentError::InUse {
                snapshot: snapshot.to_string(),
                users,
            });
        }
        tracing::info!(%snapshot, by = caller.name, "drop snapshot");
        let dropped = self.inner.pool.drop_snapshot(snapshot).await;
        dropped.map_err(|source| EnvironmentError::Step {
            step: "drop the snapshot",
            place: snapshot.to_string(),
            source: source.into(),
        })
    }

    /// A snapshot of `source` for the turn's place, whose own turn this is.
    pub(super) async fn snapshot_for(
        &self,
        turn: &mut Turn,
        source: &Place,
    ) -> Result<SnapshotId, EnvironmentError> {
        self.must_be_managed(source, "be copied")?;
        let missing = || EnvironmentError::missing(source);
        let pointer = self
            .known(source)
            .and_then(|state| state.pointer.load_full());
        let pointer = pointer.ok_or_else(missing)?;
        let raw = self
            .inner
            .pool
            .snapshot(&pointer.base)
            .is_none_or(|base| is_raw(&base));
        self.must_allow(raw, &source.to_string(), &turn.place)?;
        let sealed = self.seal_place(turn, source, (false, None)).await?;
        turn.hold_snapshot(&sealed);
        Ok(sealed)
    }

    /// Refuses raw data where it is not allowed.
    pub(in super::super) fn must_allow(
        &self,
        raw: bool,
        from: &str,
        to: &Place,
    ) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let table = settings.environment(&to.environment)?;
        if raw && !settings.config.is_raw(table) {
            let (from, to) = (from.to_owned(), to.to_string());
            return Err(EnvironmentError::Unmasked { from, to });
        }
        Ok(())
    }

    async fn seal_place(
        &self,
        turn: &mut Turn,
        source: &Place,
        (kept, check): (bool, Option<Check>),
    ) -> Result<SnapshotId, EnvironmentError> {
        turn.step("snapshot");
        let missing = || EnvironmentError::missing(source);
        let state = self.known(source).ok_or_else(missing)?;
        let pointer = state.pointer.load_full().ok_or_else(missing)?;
        let raw = self
            .inner
            .pool
            .snapshot(&pointer.base)
            .is_none_or(|base| is_raw(&base));
        let label = Labelled {
            source: &format!("environment {source}"),
            key: None,
            raw,
            kept,
        };
        let label = label.seal_label(turn);
        turn.hold_branch(&pointer.current.branch);
        let (pool, branch) = (&self.inner.pool, &pointer.current.branch);
        let sealed = match check {
            Some(check) => pool.snapshot_checked(branch, label, check).await,
            None => pool.snapshot_branch(branch, label).await,
        };
        sealed.map_err(turn.failed("take a snapshot"))
    }
}
