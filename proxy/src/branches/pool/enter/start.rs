//! Starting the server of a branch, with the rights of its access mode in place before anybody enters.

use std::path::PathBuf;
use std::time::Duration;

use rules::config::AccessMode;
use server::{ClusterState, Finding, Home, Server, Settings, StartError, provision, start};
use tokio::time::timeout;

use crate::branches::BranchId;
use crate::branches::disk;
use crate::branches::manifest::{BranchManifest, BranchSpec};
use crate::branches::pool::error::WakeFailure;
use crate::branches::pool::{Pool, blocking};
use crate::branches::step::step;

/// Pauses between the starts of one wake; after the last one the branch has failed.
const START_PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];
/// A cluster that was shut down has nothing to replay.
const READY_CLEAN: Duration = Duration::from_secs(10);
/// Replaying what `max_wal_size` allows takes less on any disk.
const READY_AFTER_RECOVERY: Duration = Duration::from_secs(120);
/// Changes when what is put in place changes, so that it is put in place anew.
const RIGHTS_REVISION: u32 = 2;

impl Pool {
    /// Starts the server of a branch, several times if need be.
    ///
    /// Where somebody may do less than everything, the rights for that are put in place and proven
    /// first; a read-only branch is then started as a standby, to which nothing can be written.
    pub(in crate::branches::pool) async fn start_branch(
        &self,
        manifest: &BranchManifest,
    ) -> Result<Server, WakeFailure> {
        let _turn = timeout(self.turn_within(), self.0.starts.acquire())
            .await
            .map_err(|_| WakeFailure::Queue)?;
        let spec = &manifest.spec;
        let standby = spec.access == AccessMode::ReadOnly;
        if !spec.restricts() {
            // Who may do everything may change rights as well: what was in place is so no longer, and
            // neither is what was found then.
            let file = self.rights_file(manifest);
            let forgotten = blocking(move || {
                for name in [disk::RIGHTS, disk::FINDINGS] {
                    match std::fs::remove_file(file.with_file_name(name)) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            return Err(error);
                        }
                        _ => {}
                    }
                }
                Ok(())
            });
            forgotten.await.map_err(WakeFailure::Mark)?;
            return self.start_as(manifest, false).await;
        }
        if self.rights_in_place(manifest).await {
            return self.start_as(manifest, standby).await;
        }
        let server = self.start_as(manifest, false).await?;
        let placed = self.place_rights(&server, manifest).await;
        if placed.is_ok() && !standby {
            return Ok(server);
        }
        let stopped = server.stop().await;
        placed?;
        stopped?;
        self.start_as(manifest, true).await
    }

    /// What in the schema of a branch could do more than its caller, as it was found when the rights
    /// of its access mode were put in place; nothing where none were.
    pub fn findings(&self, id: &BranchId) -> Vec<Finding> {
        let file = self.0.layout.branch(id).join(disk::FINDINGS);
        let text = std::fs::read_to_string(file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn rights_file(&self, manifest: &BranchManifest) -> PathBuf {
        self.0.layout.branch(&manifest.id).join(disk::RIGHTS)
    }

    /// Whether exactly the rights that the branch is to have were put in place in its cluster, and
    /// nobody could change them since.
    async fn rights_in_place(&self, manifest: &BranchManifest) -> bool {
        let mut modes = manifest.spec.entrants.iter().map(|(_, mode)| *mode);
        if modes.any(|mode| mode == AccessMode::ReadWrite) {
            return false;
        }
        let (file, wanted) = (self.rights_file(manifest), rights(&manifest.spec));
        blocking(move || std::fs::read_to_string(file))
            .await
            .is_ok_and(|found| found == wanted)
    }

    async fn place_rights(
        &self,
        server: &Server,
        manifest: &BranchManifest,
    ) -> Result<(), WakeFailure> {
        let databases = &manifest.cluster.databases;
        let findings = provision(server, databases, &manifest.spec.entrants).await?;
        step("rights.placed").map_err(WakeFailure::Mark)?;
        let (file, text) = (self.rights_file(manifest), rights(&manifest.spec));
        let found = serde_json::to_string(&findings).map_err(std::io::Error::from);
        let found = found.map_err(WakeFailure::Mark)?;
        let written = blocking(move || {
            disk::write(&file.with_file_name(disk::FINDINGS), &found)?;
            step("rights.found")?;
            disk::write(&file, &text)
        });
        written.await.map_err(WakeFailure::Mark)
    }

    async fn start_as(
        &self,
        manifest: &BranchManifest,
        standby: bool,
    ) -> Result<Server, WakeFailure> {
        let home = self.home(&manifest.id);
        let mut pauses = START_PAUSES.iter();
        loop {
            let failure = match self.start_once(manifest, &home, standby).await {
                Ok(server) => return Ok(server),
                Err(failure) => failure,
            };
            let again = matches!(
                failure,
                WakeFailure::Start(StartError::Exited { .. } | StartError::Login(_))
            );
            match pauses.next() {
                Some(pause) if again => tokio::time::sleep(*pause).await,
                _ => return Err(failure),
            }
        }
    }

    async fn start_once(
        &self,
        manifest: &BranchManifest,
        home: &Home,
        standby: bool,
    ) -> Result<Server, WakeFailure> {
        let installation = self.0.installations.of_major(manifest.cluster.major)?;
        let clean = ClusterState::read(&home.pgdata()).is_ok_and(ClusterState::is_shut_down);
        let spec = &manifest.spec;
        let settings = Settings {
            durability: spec.durability,
            shared_buffers_mb: spec.shared_buffers_mb,
            max_connections: spec.max_connections,
            preload: spec.preload.clone(),
            standby,
            first_database: manifest
                .cluster
                .databases
                .first()
                .map(|database| database.name.clone()),
            ready_within: if clean {
                READY_CLEAN
            } else {
                READY_AFTER_RECOVERY
            },
            ..Settings::default()
        };
        Ok(start(installation, &self.0.account, home, &settings).await?)
    }
}

/// The rights of a branch as they are written down.
fn rights(spec: &BranchSpec) -> String {
    let mut text = format!("{RIGHTS_REVISION}\n{}\n", spec.access);
    for (user, mode) in &spec.entrants {
        text.push_str(&format!("{mode} {user:?}\n"));
    }
    text
}
