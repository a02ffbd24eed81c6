//! Making a branch: clone aside, manifest, to the disk, into its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rules::config::Durability;
use server::Home;

use super::branch::{Awake, Branch, State};
use super::enter::Lease;
use super::error::{CreateError, Full, WakeError};
use super::{Pool, blocking, write};
use crate::branches::disk::{self, Epoch, PGDATA, Pressure};
use crate::branches::driver::Source;
use crate::branches::manifest::{
    BranchManifest, BranchSpec, Cluster, FORMAT, Origin, SealLabel, millis, now,
};
use crate::branches::step::step;
use crate::branches::{BranchId, SnapshotId};

/// What a clone takes over from its source.
pub(super) struct Heritage {
    pub(super) cluster: Cluster,
    pub(super) label: SealLabel,
    pub(super) base: Option<SnapshotId>,
    /// Whether the clone was started and has answered already.
    pub(super) proven: bool,
}

/// A directory that is not yet in its place; it goes to the trash unless it is taken.
pub(super) struct Aside {
    pool: Pool,
    directory: Option<PathBuf>,
}

impl Aside {
    /// Makes the directory `name` where nothing is whole yet.
    pub(super) fn make(pool: &Pool, name: &str) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let directory = pool.0.layout.building().join(name);
        // The servers' user passes through to what is its own.
        std::fs::DirBuilder::new().mode(0o711).create(&directory)?;
        Ok(Self {
            pool: pool.clone(),
            directory: Some(directory),
        })
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.as_deref().unwrap_or(Path::new(""))
    }

    pub(super) fn home(&self) -> Home {
        Home {
            directory: self.directory().to_owned(),
        }
    }

    /// It is in its place now.
    pub(super) fn keep(mut self) {
        self.directory = None;
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(directory) = self.directory.take() {
            self.pool.discard_later(directory);
        }
    }
}

impl Pool {
    /// Makes a branch, asleep; it is on the disk when this returns.
    pub async fn create(&self, origin: Origin, spec: BranchSpec) -> Result<BranchId, CreateError> {
        let pool = self.clone();
        // In a task of its own: a caller that gives up must not leave a branch that nobody knows.
        let making = async move { pool.create_asleep(origin, spec).await };
        let made = self.0.runtime.spawn(making).await;
        made.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
    }

    async fn create_asleep(
        &self,
        origin: Origin,
        spec: BranchSpec,
    ) -> Result<BranchId, CreateError> {
        let began = Instant::now();
        let (aside, manifest) = self.build(origin, spec, (began, None)).await?;
        let id = manifest.id.clone();
        let root = self.0.layout.root().to_owned();
        let place = self.0.layout.branch(&id);
        let aside = blocking(move || {
            disk::sync(&root)?;
            step("create.synced")?;
            disk::publish(aside.directory(), &place)?;
            step("create.published")?;
            Ok::<_, CreateError>(aside)
        })
        .await?;
        aside.keep();
        self.insert(manifest, State::Asleep { readers: 0 });
        Ok(id)
    }

    /// Makes a branch and enters it: its server starts while the rest comes to the disk.
    ///
    /// The manifest says from the beginning that the branch is awake, so a power cut before this
    /// returns leaves nothing that looks safer than it is.
    pub async fn create_awake(
        &self,
        origin: Origin,
        spec: BranchSpec,
    ) -> Result<Lease, CreateError> {
        let began = Instant::now();
        let awake = (spec.durability == Durability::Process).then(|| self.0.epoch.clone());
        let (aside, manifest) = self.build(origin, spec, (began, awake)).await?;
        let id = manifest.id.clone();
        let fail = |why| {
            CreateError::Wake(WakeError::Failed {
                id: id.clone(),
                why: Arc::new(why),
            })
        };
        let _working = self.0.work.start().map_err(|closed| fail(closed.into()))?;
        let permit = self.admit(&manifest.spec).await.map_err(fail)?;
        let place = self.0.layout.branch(&id);
        std::fs::rename(aside.directory(), &place)?;
        step("create.renamed")?;
        // From here on the directory is found at its place; if anything fails it goes from there.
        aside.keep();
        let aside = Aside {
            pool: self.clone(),
            directory: Some(place),
        };
        let (root, branches) = (self.0.layout.root().to_owned(), self.0.layout.branches());
        let safe = blocking(move || {
            disk::sync(&root)?;
            std::fs::File::open(branches)?.sync_all()
        });
        let (started, safe) = tokio::join!(self.start_branch(&manifest), safe);
        let server = started.map_err(fail)?;
        if let Err(error) = safe.and_then(|()| step("create.published")) {
            server.stop().await.ok();
            return Err(error.into());
        }
        aside.keep();
        let branch = self.insert(manifest, State::Waking);
        self.is_awake(&branch, Awake::new(server, Some(permit)));
        Ok(self.enter(&id).await?)
    }

    /// Clones the origin and writes the manifest, both aside.
    async fn build(
        &self,
        origin: Origin,
        spec: BranchSpec,
        (began, awake): (Instant, Option<Epoch>),
    ) -> Result<(Aside, BranchManifest), CreateError> {
        self.refuse_when_full()?;
        let id = BranchId::draw();
        let aside = Aside::make(self, id.as_str())?;
        step("create.directory")?;
        let heritage = self.clone_origin(&origin, &aside).await?;
        step("create.cloned")?;
        let created_at = now();
        let manifest = BranchManifest {
            format: FORMAT,
            id,
            created_at,
            used_at: created_at,
            took_ms: millis(began.elapsed()),
            origin,
            base: heritage.base,
            label: heritage.label,
            awake,
            hold: None,
            spec,
            cluster: heritage.cluster,
        };
        let text = toml::to_string(&manifest).map_err(std::io::Error::other)?;
        let path = aside.directory().join(disk::BRANCH_MANIFEST);
        let file = blocking(move || {
            std::fs::write(&path, text)?;
            Ok::<_, CreateError>(())
        });
        file.await?;
        step("create.manifest")?;
        Ok((aside, manifest))
    }

    /// Clones what a branch is made of into `aside`.
    pub(super) async fn clone_origin(
        &self,
        origin: &Origin,
        aside: &Aside,
    ) -> Result<Heritage, CreateError> {
        match origin {
            Origin::Snapshot(id) => {
                let reading = self.read_snapshot(id);
                let reading = reading.ok_or_else(|| CreateError::NoSnapshot(id.clone()))?;
                let from = self.0.layout.snapshot(id).join(PGDATA);
                self.clone_data(from, aside, Source::Still).await?;
                let manifest = &reading.0.manifest;
                Ok(Heritage {
                    cluster: manifest.cluster.clone(),
                    label: manifest.label.clone(),
                    base: Some(id.clone()),
                    proven: false,
                })
            }
            Origin::Branch(id) => self.clone_branch(id, aside).await,
        }
    }

    pub(super) async fn clone_data(
        &self,
        from: PathBuf,
        aside: &Aside,
        source: Source,
    ) -> Result<(), CreateError> {
        let turn = self.0.clones.acquire().await;
        let to = aside.directory().join(PGDATA);
        let (driver, account) = (self.0.driver, self.0.account.clone());
        let cloned = blocking(move || {
            let cloned = driver.clone_data(&from, &to, &account, source);
            cloned.map_err(CreateError::from)
        });
        let cloned = cloned.await;
        drop(turn);
        cloned
    }

    pub(super) fn insert(&self, manifest: BranchManifest, state: State) -> Arc<Branch> {
        let id = manifest.id.clone();
        let branch = Branch::new(manifest, state, Some(Instant::now()));
        write(&self.0.branches).insert(id, Arc::clone(&branch));
        branch
    }

    /// Nothing new is made in a pool that is nearly full: running branches need the rest.
    ///
    /// Where the file system cannot be asked, the next write tells.
    pub(super) fn refuse_when_full(&self) -> Result<(), Full> {
        self.refuse_over_disk()?;
        self.refuse_from(Pressure::Refuse)
    }

    /// Why nothing new is made now, if the room that is left does not allow it.
    pub fn want_of_room(&self) -> Option<Full> {
        self.refuse_when_full().err()
    }

    /// Refuses when the room that is left allows no more than `pressure` does.
    pub(super) fn refuse_from(&self, pressure: Pressure) -> Result<(), Full> {
        match self.space() {
            Ok(space) if space.pressure() >= pressure => Err(Full::Space(space)),
            _ => Ok(()),
        }
    }
}
