//! Opening a pool: take it, find out what works, read what is there, take over what still runs.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, RwLock};

use rules::config::Durability;
use serde::de::DeserializeOwned;
use server::{Account, Home, Installations, adopt};
use tokio::sync::Semaphore;

use super::branch::{Awake, Branch, State, locked};
use super::error::OpenError;
use super::view::Trouble;
use super::{Inner, Pool, PoolSettings, Snapshot, write};
use crate::branches::disk::{
    self, BRANCH_MANIFEST, Epoch, Layout, Lock, LockError, PGDATA, SNAPSHOT_MANIFEST,
};
use crate::branches::driver::{Driver, probe};
use crate::branches::manifest::{BranchManifest, FORMAT, PoolManifest, SnapshotManifest};

/// Starts at once for each core: a start is a little work and much waiting.
const STARTS_PER_CORE: usize = 2;

/// What a directory of the pool turned out to be.
enum Found<M> {
    Whole(M),
    /// A crash in the first step left it.
    Empty,
    Trouble(Trouble),
}

impl Pool {
    /// Opens the pool at `settings.path`, which is made where it is missing.
    pub async fn open(settings: PoolSettings) -> Result<Self, OpenError> {
        let path = settings.path.clone();
        let fail = move |source| OpenError::Io { path, source };
        let runtime = tokio::runtime::Handle::current();
        let opened = tokio::task::spawn_blocking(move || Self::take(settings, runtime)).await;
        let pool = opened.map_err(|error| fail(std::io::Error::other(error)))??;
        pool.clear_building().await;
        pool.adopt_all().await;
        pool.empty_trash_later();
        // Here and not a second later, so that room is measured with it from the beginning.
        pool.guard().await;
        pool.weigh_in_background();
        pool.guard_in_background();
        Ok(pool)
    }

    fn take(settings: PoolSettings, runtime: tokio::runtime::Handle) -> Result<Self, OpenError> {
        let account = Account::choose(settings.user.as_deref())?;
        let fail = |source| OpenError::Io {
            path: settings.path.clone(),
            source,
        };
        let layout = Layout::make(&settings.path).map_err(fail)?;
        if let Some(directory) = account.barred_from(&layout.building()) {
            return Err(OpenError::Barred {
                user: account.name,
                directory,
            });
        }
        let lock = Lock::take(&layout.lock()).map_err(|error| match error {
            LockError::Held { pid } => OpenError::Held {
                path: layout.root().to_owned(),
                pid,
            },
            LockError::Io(source) => fail(source),
        })?;
        let driver = driver_of(&layout)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let installations = Installations::find(&settings.bin).usable_by(&account);
        let epoch = Epoch::now(layout.root()).map_err(fail)?;
        let pool = Self(Arc::new(Inner {
            driver,
            account,
            installations,
            epoch,
            snapshots: RwLock::new(BTreeMap::new()),
            branches: RwLock::new(BTreeMap::new()),
            trouble: Mutex::default(),
            starts: Semaphore::new(cores * STARTS_PER_CORE),
            clones: Semaphore::new(cores),
            awake: Arc::new(Semaphore::new(settings.awake_max)),
            admission: tokio::sync::Mutex::default(),
            freed: tokio::sync::Notify::new(),
            emptying: tokio::sync::Mutex::default(),
            work: Arc::default(),
            runtime,
            _lock: lock,
            layout,
            settings,
        }));
        pool.scan().map_err(|source| OpenError::Io {
            path: pool.0.layout.root().to_owned(),
            source,
        })?;
        Ok(pool)
    }

    /// Reads all manifests. What cannot be read is reported and left alone: a disk that fails to
    /// read must not cost a branch.
    fn scan(&self) -> std::io::Result<()> {
        let layout = &self.0.layout;
        let snapshots = self.look(&layout.snapshots(), SNAPSHOT_MANIFEST, |one| {
            let SnapshotManifest { format, id, .. } = one;
            (*format, id.as_str())
        })?;
        for manifest in snapshots {
            let id = manifest.id.clone();
            let snapshot = Snapshot {
                manifest: Arc::new(manifest),
                readers: AtomicUsize::new(0),
                born: None,
            };
            write(&self.0.snapshots).insert(id, Arc::new(snapshot));
        }
        let branches = self.look(&layout.branches(), BRANCH_MANIFEST, |one| {
            let BranchManifest { format, id, .. } = one;
            (*format, id.as_str())
        })?;
        for manifest in branches {
            let id = manifest.id.clone();
            let state = State::Asleep { readers: 0 };
            write(&self.0.branches).insert(id, Branch::new(manifest, state, None));
        }
        Ok(())
    }

    fn look<M: DeserializeOwned>(
        &self,
        directory: &Path,
        name: &str,
        identity: impl Fn(&M) -> (u32, &str),
    ) -> std::io::Result<Vec<M>> {
        let mut whole = Vec::new();
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            match examine(&path, name, &identity) {
                Found::Whole(manifest) => whole.push(manifest),
                Found::Empty => disk::discard(&self.0.layout, &path)?,
                Found::Trouble(trouble) => {
                    tracing::warn!(path = %trouble.path.display(), why = %trouble.why, "left alone");
                    locked(&self.0.trouble).push(trouble);
                }
            }
        }
        Ok(whole)
    }

    /// Nothing in `building/` ever became whole: stop what runs there, and away with it.
    async fn clear_building(&self) {
        let entries = std::fs::read_dir(self.0.layout.building());
        for entry in entries.into_iter().flatten().flatten() {
            let home = Home {
                directory: entry.path(),
            };
            if let Ok(Some(server)) = adopt(&self.0.account, &home).await
                && let Err(error) = server.stop().await
            {
                tracing::warn!(%error, "a server of an earlier daemon does not stop");
                continue;
            }
            self.discard_later(home.directory);
        }
    }

    /// Takes over the servers that an earlier daemon left running.
    async fn adopt_all(&self) {
        for branch in self.entries() {
            let manifest = branch.manifest();
            match adopt(&self.0.account, &self.home(&manifest.id)).await {
                // Which rights it was started with is not known: the next one to enter starts it anew.
                Ok(Some(server)) if manifest.spec.restricts() => {
                    if let Err(error) = server.stop().await {
                        tracing::warn!(branch = %manifest.id, %error, "server was not stopped");
                        branch.become_state(State::Suspect);
                    }
                }
                Ok(Some(server)) => {
                    let permit = Arc::clone(&self.0.awake).try_acquire_owned().ok();
                    self.is_awake(&branch, Awake::new(server, permit));
                }
                Ok(None) if is_suspect(&manifest, &self.0.epoch) => {
                    branch.become_state(State::Suspect);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(branch = %manifest.id, %error, "server was not taken over");
                    // A server that is there and cannot be watched must not get a second one.
                    branch.become_state(State::Suspect);
                }
            }
        }
    }
}

/// Whether a branch was awake without `fsync` when the machine or the mount went away.
fn is_suspect(manifest: &BranchManifest, epoch: &Epoch) -> bool {
    let other = manifest.awake.as_ref().is_some_and(|then| then != epoch);
    other && manifest.spec.durability == Durability::Process
}

fn examine<M: DeserializeOwned>(
    path: &Path,
    name: &str,
    identity: impl Fn(&M) -> (u32, &str),
) -> Found<M> {
    let trouble = |why: String| {
        Found::Trouble(Trouble {
            path: path.to_owned(),
            why,
        })
    };
    let text = match disk::read(&path.join(name)) {
        Ok(Some(text)) => text,
        Ok(None) => {
            return match path.join(PGDATA).symlink_metadata() {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && path.is_dir() => {
                    Found::Empty
                }
                _ => trouble(format!("there is no {name}")),
            };
        }
        Err(error) => return trouble(format!("{name} cannot be read: {error}")),
    };
    let manifest: M = match toml::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return trouble(format!("{name} is no manifest: {}", error.message())),
    };
    let (format, id) = identity(&manifest);
    if format != FORMAT {
        return trouble(format!("{name} has format {format}, and {FORMAT} is known"));
    }
    if path.file_name().and_then(|name| name.to_str()) != Some(id) {
        return trouble(format!("{name} is of {id}"));
    }
    Found::Whole(manifest)
}

/// Probes, and compares with what the pool was made for.
fn driver_of(layout: &Layout) -> Result<Driver, OpenError> {
    let path = layout.pool_manifest();
    let found = probe(layout.root())?;
    let fail = |source| OpenError::Io {
        path: path.clone(),
        source,
    };
    let Some(text) = disk::read(&path).map_err(fail)? else {
        let kernel = rustix::system::uname();
        let manifest = PoolManifest {
            format: FORMAT,
            driver: found,
            kernel: kernel.release().to_string_lossy().into_owned(),
        };
        let text = toml::to_string(&manifest).map_err(std::io::Error::other);
        disk::write(&path, &text.map_err(fail)?).map_err(fail)?;
        return Ok(found);
    };
    let format = |why: String| OpenError::Format {
        path: path.clone(),
        why,
    };
    let manifest: PoolManifest =
        toml::from_str(&text).map_err(|error| format(error.message().to_owned()))?;
    if manifest.format != FORMAT {
        return Err(format(format!("its format is {}", manifest.format)));
    }
    if manifest.driver != found {
        return Err(OpenError::DriverChanged {
            path: layout.root().to_owned(),
            recorded: manifest.driver,
            found,
        });
    }
    Ok(found)
}
