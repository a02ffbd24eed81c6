//! Sealing: what a stopped server left becomes a snapshot that is never written again.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use rules::name::UserName;
use server::{ClusterState, Database, Installation, Lengths, control_data};

use super::gather::SNAPSHOT_PIECES;
use crate::branches::disk;
use crate::branches::driver::{self, Weight};
use crate::branches::manifest::{
    Check, Cluster, FORMAT, Origin, SealLabel, SnapshotManifest, millis, now,
};
use crate::branches::pool::create::Aside;
use crate::branches::pool::error::SealError;
use crate::branches::pool::{Pool, Snapshot, blocking, write};
use crate::branches::step::step;
use crate::branches::{BranchId, SnapshotId};

/// What is known of a cluster that is about to be sealed.
pub(super) struct Seal {
    pub(super) id: SnapshotId,
    pub(super) label: SealLabel,
    pub(super) origin: Option<Origin>,
    pub(super) began: Instant,
    pub(super) databases: Vec<Database>,
    pub(super) logins: Vec<UserName>,
    pub(super) check: Check,
    /// Whether it was started and has answered already.
    pub(super) proven: bool,
    /// How long its files were while its server ran.
    pub(super) lengths: Option<Lengths>,
    /// What is written beside its data.
    pub(super) notes: Option<String>,
}

impl Pool {
    /// Takes a snapshot of a branch, asleep or awake, without stopping it.
    pub async fn snapshot_branch(
        &self,
        id: &BranchId,
        label: SealLabel,
    ) -> Result<SnapshotId, SealError> {
        self.snapshot_checked(id, label, self.0.settings.check)
            .await
    }

    /// As [`Pool::snapshot_branch`], looked at as `check` says before it is one.
    pub async fn snapshot_checked(
        &self,
        id: &BranchId,
        label: SealLabel,
        check: Check,
    ) -> Result<SnapshotId, SealError> {
        self.refuse_when_full()?;
        let began = Instant::now();
        let snapshot = SnapshotId::draw();
        let aside = Aside::make(self, snapshot.as_str())?;
        let origin = Origin::Branch(id.clone());
        let heritage = self.clone_origin(&origin, &aside).await?;
        let installation = self.0.installations.of_major(heritage.cluster.major)?;
        // What is noted of a base is true of what came of it, unless somebody changed those rows.
        let notes = match &heritage.base {
            Some(base) => self.notes(base).await?,
            None => None,
        };
        let seal = Seal {
            id: snapshot,
            label,
            origin: Some(origin),
            began,
            databases: heritage.cluster.databases,
            logins: heritage.cluster.logins,
            check,
            proven: heritage.proven,
            lengths: None,
            notes,
        };
        self.seal(aside, installation, seal).await
    }

    /// Makes the stopped cluster in `aside` a snapshot.
    pub(super) async fn seal(
        &self,
        aside: Aside,
        installation: &Installation,
        seal: Seal,
    ) -> Result<SnapshotId, SealError> {
        let (home, pgdata) = (aside.home(), aside.home().pgdata());
        let control = control_data(installation, &self.0.account, &pgdata).await?;
        if control.state != ClusterState::ShutDown {
            return Err(SealError::NotShutDown {
                state: control.state,
            });
        }
        step("seal.stopped")?;
        if !seal.proven || seal.check != Check::Answers {
            let proof = (seal.check, seal.lengths.as_ref());
            self.prove(installation, &home, proof).await?;
        }
        step("seal.proven")?;
        let manifest = SnapshotManifest {
            format: FORMAT,
            id: seal.id.clone(),
            taken_at: now(),
            took_ms: 0,
            origin: seal.origin,
            protect: false,
            label: seal.label,
            server_version: installation.version.to_string(),
            checked: seal.check,
            cluster: Cluster {
                major: installation.version.major,
                system_identifier: control.system_identifier.to_string(),
                databases: seal.databases,
                logins: seal.logins,
            },
            weight: Weight::default(),
        };
        let pool = self.clone();
        let (began, notes) = (seal.began, seal.notes);
        if let Some(notes) = notes {
            let path = aside.directory().join(disk::NOTES);
            blocking(move || disk::write(&path, &notes)).await?;
        }
        let manifest = blocking(move || pool.finish(aside, manifest, began)).await?;
        let snapshot = Snapshot {
            manifest: Arc::new(manifest),
            readers: AtomicUsize::new(0),
            born: Some(Instant::now()),
        };
        write(&self.0.snapshots).insert(seal.id.clone(), Arc::new(snapshot));
        Ok(seal.id)
    }

    /// The part of sealing that is file work.
    fn finish(
        &self,
        aside: Aside,
        mut manifest: SnapshotManifest,
        began: Instant,
    ) -> Result<SnapshotManifest, SealError> {
        let (home, layout) = (aside.home(), &self.0.layout);
        let data = home.pgdata();
        driver::tidy(&data)?;
        for part in [home.run(), home.directory.join("log")] {
            match std::fs::remove_dir_all(part) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        step("seal.tidied")?;
        // Blocks that were never written have no place yet: weighed after this they do.
        disk::sync(layout.root())?;
        manifest.weight = self.gather(&data, SNAPSHOT_PIECES, &|| false)?;
        self.0.driver.protect(&data)?;
        manifest.took_ms = millis(began.elapsed());
        let text = toml::to_string(&manifest).map_err(std::io::Error::other)?;
        disk::write(&home.directory.join(disk::SNAPSHOT_MANIFEST), &text)?;
        step("seal.manifest")?;
        disk::sync(layout.root())?;
        step("seal.synced")?;
        disk::publish(&home.directory, &layout.snapshot(&manifest.id))?;
        step("seal.published")?;
        aside.keep();
        Ok(manifest)
    }
}
