//! Room for bad times: a file that is given up so that servers recover in a full pool, and an end to
//! whoever fills it.
//!
//! A copy-on-write file system needs a new block even to overwrite a page, so a full one takes every
//! server down, and those that went down cannot come up again to shrink anything.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FallocateFlags, fallocate};
use server::ClusterState;

use super::branch::{Branch, State};
use super::upkeep::begin_stop;
use super::{Pool, blocking};
use crate::branches::disk::{Pressure, Space};
use crate::branches::driver::measure;

/// What recovery of one server may write: its WAL up to the next checkpoint.
const BYTES_PER_AWAKE: u64 = 64 << 20;
/// Nobody has so many servers recover at once that more would help.
const BYTES_MAX: u64 = 1 << 30;
/// In a small pool it takes no more than this part.
const PART_MAX: u64 = 32;
/// With less than this left the next checkpoint may fail, and with it the server.
const LAST_BYTES: u64 = 16 << 20;
/// What grew by less since it was weighed last did not fill the pool.
const GROWTH_MIN: u64 = 4 << 20;
/// How often the room that is left is looked at: one system call.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Pool {
    /// Looks after the room that is left, in the background.
    pub(super) fn guard_in_background(&self) {
        let pool = Arc::downgrade(&self.0);
        self.0.runtime.spawn(async move {
            let mut look = tokio::time::interval(LOOK_EVERY);
            loop {
                look.tick().await;
                let Some(inner) = pool.upgrade() else { return };
                Self(inner).guard().await;
            }
        });
    }

    /// Keeps the reserve while there is room for it; when the pool is nearly full, stops the server
    /// of the branch that grows most.
    pub async fn guard(&self) {
        let Ok(space) = self.space() else { return };
        if space.pressure() < Pressure::Refuse {
            self.keep_reserve(space).await;
        } else if space.pressure() == Pressure::Critical {
            if space.free_bytes < LAST_BYTES {
                self.release_reserve().await;
            }
            self.stop_largest_grower(space).await;
        }
    }

    async fn keep_reserve(&self, space: Space) {
        let entries = self.entries();
        let awake = entries.iter().filter(|one| one.server().is_some()).count();
        let wanted = BYTES_PER_AWAKE * awake.max(1) as u64;
        let wanted = wanted.min(BYTES_MAX).min(space.total_bytes / PART_MAX);
        let path = self.0.layout.reserve();
        let kept = blocking(move || keep(&path, wanted, space)).await;
        if let Err(error) = kept {
            tracing::debug!(%error, "no reserve is kept");
        }
    }

    /// Gives the reserve up; says whether there was one.
    async fn release_reserve(&self) -> bool {
        let path = self.0.layout.reserve();
        let root = self.0.layout.root().to_owned();
        let released = blocking(move || {
            let file = match File::options().write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
                opened => opened?,
            };
            let bytes = file.metadata()?.len();
            file.set_len(0)?;
            // Some file systems give blocks back only when they write down that they are free.
            crate::branches::disk::sync(&root)?;
            Ok::<_, io::Error>(bytes)
        });
        match released.await {
            Ok(bytes) if bytes > 0 => {
                tracing::warn!(bytes, "the pool is full: its reserve was given up");
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(%error, "the reserve was not given up");
                false
            }
        }
    }

    /// Whether a branch may start in a pool that is nearly full: one that has to recover gets the
    /// reserve for it, so that it can be emptied.
    pub(super) async fn may_recover(&self, branch: &Branch) -> bool {
        let data = self.home(&branch.manifest().id).pgdata();
        let clean = blocking(move || {
            let clean = ClusterState::read(&data).is_ok_and(ClusterState::is_shut_down);
            Ok::<_, io::Error>(clean)
        });
        !clean.await.unwrap_or(true) && self.release_reserve().await
    }

    async fn stop_largest_grower(&self, space: Space) {
        let mut largest: Option<(u64, Arc<Branch>)> = None;
        for branch in self.entries() {
            if !matches!(*branch.state(), State::Awake(_)) {
                continue;
            }
            let (weighing, data) = (branch.weighing(), self.home(&branch.manifest().id).pgdata());
            let weighed = blocking(move || measure(&data).map_err(io::Error::other)).await;
            let Ok(weight) = weighed else { continue };
            // Of one that was never weighed nobody knows how fast it grows: the next look tells.
            let Some(grown) = branch.weighed(weighing, weight) else {
                continue;
            };
            if grown >= GROWTH_MIN && largest.as_ref().is_none_or(|(most, _)| grown > *most) {
                largest = Some((grown, branch));
            }
        }
        let Some((grown, branch)) = largest else {
            return;
        };
        let id = branch.manifest().id.clone();
        tracing::warn!(
            branch = %id, grown_bytes = grown, free_bytes = space.free_bytes,
            "the pool is nearly full: the branch that grows most is put to sleep"
        );
        if let Some(server) = begin_stop(&branch, |_| true)
            && let Err(error) = self.stop_branch(&branch, &server).await
        {
            tracing::warn!(branch = %id, %error, "it did not sleep");
        }
    }
}

/// Makes the file as large as wanted where that leaves room for others.
fn keep(path: &Path, wanted: u64, space: Space) -> io::Result<()> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let has = file.metadata()?.len();
    if wanted < has {
        return file.set_len(wanted);
    }
    let after = Space {
        free_bytes: space.free_bytes.saturating_sub(wanted - has),
        ..space
    };
    if wanted == has || after.pressure() >= Pressure::Refuse {
        return Ok(());
    }
    Ok(fallocate(&file, FallocateFlags::empty(), 0, wanted)?)
}
