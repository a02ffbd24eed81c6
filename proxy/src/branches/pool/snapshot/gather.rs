//! Keeps the time of a clone bounded over generations of branches of branches.
//!
//! Where files are cloned one by one, a clone costs time for every piece in which a file lies, and
//! each generation that writes here and there adds pieces. So what lies in too many is written anew
//! before it is cloned: once, and not by each of its descendants.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::branches::disk::Pressure;
use crate::branches::driver::{self, CloneError, Driver, Weight};
use crate::branches::pool::branch::{Branch, State};
use crate::branches::pool::{Pool, blocking};

/// Cloning a file costs about 20 µs for each of its pieces: this many beyond one for each file cost
/// 60 ms, and a snapshot is cloned again and again.
pub(super) const SNAPSHOT_PIECES: u64 = 3000;
/// A branch is cloned rarely, and writing it anew ends the sharing with its origin.
pub(super) const BRANCH_PIECES: u64 = 10_000;

fn is_scattered(weight: Weight, pieces: u64) -> bool {
    weight.extents > weight.files + pieces
}

/// Puts a branch back to sleep when its files were written anew, or when that failed.
struct Gathering(Arc<Branch>);

impl Gathering {
    /// Takes a branch that sleeps and that nobody reads.
    fn begin(branch: &Arc<Branch>) -> Option<Self> {
        let mut state = branch.state();
        if !matches!(*state, State::Asleep { readers: 0 }) {
            return None;
        }
        branch.hurry.store(false, Ordering::Release);
        *state = State::Gathering;
        Some(Self(Arc::clone(branch)))
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        self.0.become_state(State::Asleep { readers: 0 });
    }
}

impl Pool {
    /// Writes a sleeping branch anew if it lies in too many pieces.
    ///
    /// Clones wait for it; a session that wants to enter does not, and ends it.
    pub(super) async fn gather_branch(&self, branch: &Arc<Branch>) {
        // Weighed since it fell asleep, it is as it was.
        let resting = branch.resting_weight();
        let known = resting.is_some_and(|weight| !is_scattered(weight, BRANCH_PIECES));
        if self.0.driver != Driver::Reflink || known {
            return;
        }
        let Some(gathering) = Gathering::begin(branch) else {
            return;
        };
        let data = self.home(&branch.manifest().id).pgdata();
        let pool = self.clone();
        // On a thread of its own to the end, whoever gives up waiting for it.
        let gathered = blocking(move || {
            let branch = &gathering.0;
            let weight = pool.gather(&data, BRANCH_PIECES, &|| {
                branch.hurry.load(Ordering::Acquire)
            });
            let weight = weight.map_err(std::io::Error::other)?;
            branch.weighed(branch.weighing(), weight);
            Ok(())
        });
        note_failure(gathered.await);
    }

    /// Writes a copy that nobody knows yet anew if it lies in too many pieces.
    pub(super) async fn gather_copy(&self, data: PathBuf) {
        let pool = self.clone();
        let gathered = blocking(move || {
            let weight = pool.gather(&data, BRANCH_PIECES, &|| false);
            weight.map(drop).map_err(std::io::Error::other)
        });
        note_failure(gathered.await);
    }

    /// Writes a directory that nobody uses anew if it lies in more than `pieces` beyond one for each
    /// file; gives what it weighs then. Blocks.
    pub(super) fn gather(
        &self,
        data: &Path,
        pieces: u64,
        stop: &dyn Fn() -> bool,
    ) -> Result<Weight, CloneError> {
        let weight = driver::measure(data)?;
        // It takes room: at most that of all files.
        let wanted = self.0.driver == Driver::Reflink && is_scattered(weight, pieces);
        if !wanted || self.pressure() >= Pressure::Collect {
            return Ok(weight);
        }
        let saved = driver::rewrite(data, stop)?;
        tracing::info!(data = %data.display(), saved, "wrote scattered files anew");
        driver::measure(data)
    }
}

/// A clone of what is scattered takes longer, and is as good.
fn note_failure(gathered: std::io::Result<()>) {
    if let Err(error) = gathered {
        tracing::warn!(%error, "scattered files were not written anew");
    }
}
