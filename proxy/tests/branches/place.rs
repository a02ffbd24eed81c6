//! Places for pools: loopback images, mounted for one test and gone after it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proxy::branches::setup::{FileSystem, PoolImage};
use proxy::branches::{
    BranchSpec, Check, Draft, DraftPlan, Lease, Pool, PoolSettings, SealLabel, SnapshotId,
};
use rules::config::Durability;

/// The size of an image: the smallest that `setup` makes.
const IMAGE_BYTES: u64 = 1 << 30;

/// A directory for a pool, with what it takes to remove it again.
pub(crate) struct Place {
    scratch: PathBuf,
    pub(crate) pool: PathBuf,
}

impl Place {
    /// A pool on an image of its own, or on the host's file system for full copies.
    pub(crate) fn make(file_system: Option<FileSystem>) -> Self {
        Self::sized(file_system, IMAGE_BYTES)
    }

    /// The same on an image of so many bytes.
    pub(crate) fn sized(file_system: Option<FileSystem>, bytes: u64) -> Self {
        let scratch = tempfile::Builder::new()
            .prefix("standin-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in("/var/tmp")
            .expect("a scratch directory")
            .keep();
        let pool = scratch.join("pool");
        if let Some(file_system) = file_system {
            let image = PoolImage {
                path: pool.clone(),
                file_system,
                size_bytes: Some(bytes),
            };
            image.ensure().expect("a mounted image");
        }
        Self { scratch, pool }
    }

    pub(crate) fn settings(&self) -> PoolSettings {
        settings_at(self.pool.clone())
    }

    pub(crate) async fn open(&self) -> Pool {
        Pool::open(self.settings()).await.expect("an open pool")
    }

    /// Ends a daemon as far as one can within a process: drops the pool and waits until its last
    /// task has let go of it.
    pub(crate) async fn close(&self, pool: Pool) {
        drop(pool);
        let lock = std::fs::File::open(self.pool.join("lock")).expect("the lock");
        let waited = tokio::task::spawn_blocking(move || {
            use rustix::fs::{FlockOperation, flock};
            flock(&lock, FlockOperation::LockExclusive)?;
            // A process that another test forks at this moment holds the file a little longer.
            flock(&lock, FlockOperation::Unlock)
        });
        waited.await.expect("a thread").expect("the pool is let go");
    }

    pub(crate) fn free_bytes(path: &Path) -> u64 {
        let space = rustix::fs::statvfs(path).expect("a file system");
        space.f_bavail * space.f_frsize
    }

    /// Unmounts the image.
    pub(crate) fn unmount(&self) {
        // Tasks of a runtime that ended may still hold a file for a moment.
        let unmounted = (0..500).any(|_| {
            let done = PoolImage::unmount(&self.pool).is_ok();
            if !done {
                std::thread::sleep(Duration::from_millis(10));
            }
            done
        });
        assert!(unmounted, "something holds {:?}", self.pool);
    }

    pub(crate) fn branches(&self) -> Vec<String> {
        names(&self.pool.join("branches"))
    }

    pub(crate) fn names(&self, part: &str) -> Vec<String> {
        names(&self.pool.join(part))
    }
}

/// Settings with room for everything that a test does.
pub(crate) fn settings_at(path: PathBuf) -> PoolSettings {
    PoolSettings {
        path,
        bin: Vec::new(),
        version: None,
        user: None,
        memory_bytes: None,
        awake_max: 100,
        disk_bytes: None,
        check: Check::Answers,
        connect_wait: Duration::from_secs(20),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        stop_servers_below(&self.pool);
        self.unmount();
        std::fs::remove_dir_all(&self.scratch).expect("the scratch directory is removed");
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory of the pool");
    let names = entries.map(|entry| {
        let entry = entry.expect("an entry");
        entry.file_name().to_string_lossy().into_owned()
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Servers whose data directory lies below `directory`, whoever started them.
pub(crate) fn servers_below(directory: &Path) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").expect("/proc");
    let ours = processes.flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stands = std::fs::read_link(entry.path().join("cwd")).ok()?;
        stands.starts_with(directory).then_some(pid)
    });
    ours.collect()
}

/// Ends what a test that failed has left running.
fn stop_servers_below(directory: &Path) {
    for _ in 0..200 {
        let left = servers_below(directory);
        if left.is_empty() {
            return;
        }
        for pid in left {
            let pid = nix::unistd::Pid::from_raw(pid);
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).ok();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A small base: one table with a hundred rows.
pub(crate) async fn base(pool: &Pool) -> SnapshotId {
    let draft = shop(pool).await;
    draft.seal(label()).await.expect("a sealed snapshot")
}

/// A draft with database `shop`.
pub(crate) async fn shop(pool: &Pool) -> Draft {
    let plan = DraftPlan::Fresh {
        major: None,
        database: "shop".to_owned(),
    };
    let draft = pool.draft(plan, |_| {}).await.expect("a draft");
    let client = draft.admin("shop").await.expect("a session");
    let sql = "CREATE TABLE item AS SELECT g AS id, 'item ' || g AS name \
               FROM generate_series(1, 100) g";
    client.batch_execute(sql).await.expect("a table");
    draft
}

pub(crate) fn label() -> SealLabel {
    SealLabel {
        kind: "migrations".to_owned(),
        source: "a test".to_owned(),
        ..SealLabel::default()
    }
}

pub(crate) fn spec() -> BranchSpec {
    BranchSpec::new(Durability::Process)
}

/// Rows of the table of the base.
pub(crate) async fn rows(lease: &Lease) -> i64 {
    let client = lease.server().admin("shop").await.expect("a session");
    let row = client
        .query_one("SELECT count(*) FROM item", &[])
        .await
        .expect("a count");
    row.get(0)
}

/// Runs a statement in a branch.
pub(crate) async fn run(lease: &Lease, sql: &str) {
    let client = lease.server().admin("shop").await.expect("a session");
    client.batch_execute(sql).await.expect("a statement");
}
