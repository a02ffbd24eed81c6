//! A masked copy of production: read, replaced, loaded and proved aside, then sealed.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use masker::copy::Programs;
use masker::key::MaskKey;
use masker::manifest::{self, About, Manifest, ManifestError, rules_hash};
use masker::run::{self, Done, Looked, MaskError, Target};

use super::super::error::COPY_PRODUCTION;
use super::super::turn::Turn;
use super::super::{CopyProgress, EnvironmentError, Environments, Masking, Progress};
use super::notes::Notes;
use super::{Labelled, key_of};
use crate::branches::{Draft, DraftPlan, SnapshotId, TextForm};

/// The key that this instance signs manifests with, in the pool.
const SIGNING_KEY: &str = "manifest.key";

/// Which masked copy is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Age {
    /// The newest there is, or a new one.
    Any,
    /// One of production as it is now.
    New,
}

impl Environments {
    /// A masked copy, proved clean: under the present rules and key the newest there is, unless it
    /// must be `new`.
    pub(in super::super) fn masked<'a>(
        &'a self,
        turn: &'a mut Turn,
        age: Age,
    ) -> BoxFuture<'a, Result<SnapshotId, EnvironmentError>> {
        Box::pin(async move {
            let masking = self.masking(turn, COPY_PRODUCTION)?;
            let key = copy_key(&masking);
            let lock = self.base_lock(&key);
            let _guard = lock.lock().await;
            let snapshots = self.inner.pool.snapshots().into_iter();
            let newest = snapshots
                .filter(|snapshot| key_of(snapshot) == Some(&key))
                .max_by_key(|snapshot| snapshot.taken_at);
            match (age, newest) {
                (Age::Any, Some(snapshot)) => Ok(snapshot.id.clone()),
                _ => self.copy_masked(turn, &masking, key).await,
            }
        })
    }

    async fn copy_masked(
        &self,
        turn: &mut Turn,
        masking: &Masking,
        key: String,
    ) -> Result<SnapshotId, EnvironmentError> {
        turn.step("look at production");
        let opened = run::open(&masking.production, &masking.rules, &masking.key).await;
        let opened = opened.map_err(turn.failed(COPY_PRODUCTION))?;
        // Told before a cluster is made for nothing.
        if let Err(problems) = &opened.looked.plan {
            let refused = MaskError::Plan(problems.clone());
            return Err(turn.failed(COPY_PRODUCTION)(refused));
        }
        let mut draft = self.draft_like(turn, &opened.looked).await?;
        turn.step("copy and mask");
        let database = opened.looked.facts.database.name.clone();
        let (lines, report) = (CopyProgress::default(), turn.report.clone());
        let progress = Arc::new(move |event: &masker::copy::Event| {
            if let Some(line) = lines.line(event) {
                report.send(line);
            }
        });
        let target = Target {
            config: draft.admin_config(&database),
            directory: draft.data(),
            programs: programs(&draft),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let copied = opened
            .copy(Arc::clone(&masking.key), target, progress)
            .await;
        let (done, looked) = copied.map_err(|error| self.not_copied(turn, error))?;
        tracing::info!(
            tables = done.copy.tables.len(),
            rows = done.copy.rows(),
            cells = done.verified.cells,
            key = masking.key.id(),
            "copied, masked and proved clean"
        );
        let unlooked = done.verified.not_looked_for.len();
        if unlooked > 0 {
            turn.report.send(Progress::step(format!(
                "proved clean; `standin mask verify` names {unlooked} places whose values are not looked for"
            )));
        }
        self.sign(&mut draft, masking, &looked, &done)
            .map_err(turn.failed("sign the manifest"))?;
        let owned = draft.take_ownership().await;
        owned.map_err(turn.failed("give the objects to the database's owner"))?;
        let label = Labelled {
            source: "production (masked)",
            key: Some(key),
            raw: false,
            kept: false,
        };
        self.seal(turn, draft, label).await
    }

    pub(super) fn masking(
        &self,
        turn: &Turn,
        verb: &'static str,
    ) -> Result<Arc<Masking>, EnvironmentError> {
        self.settings()
            .masking
            .clone()
            .ok_or_else(|| EnvironmentError::Impossible {
                place: turn.place.to_string(),
                verb,
                reason: "[production] or [masking] is not configured".to_owned(),
            })
    }

    /// An empty cluster whose text is as production has it.
    async fn draft_like(
        &self,
        turn: &mut Turn,
        looked: &Looked,
    ) -> Result<Draft, EnvironmentError> {
        turn.step("initialise a cluster");
        let database = &looked.facts.database;
        let plan = DraftPlan::Like {
            major: self.settings().config.postgres.version,
            database: database.name.clone(),
            form: TextForm {
                encoding: database.encoding.clone(),
                collate: database.collate.clone(),
                ctype: database.ctype.clone(),
                provider: database.provider.clone(),
                locale: database.locale.clone(),
                rules: database.rules.clone(),
            },
        };
        let report = turn.report.clone();
        let draft = self
            .inner
            .pool
            .draft(plan, move |progress| report.send(progress.into()))
            .await;
        draft.map_err(turn.failed("initialise a cluster"))
    }

    /// Says of a copy that failed for want of room that it did.
    fn not_copied(&self, turn: &Turn, error: MaskError) -> EnvironmentError {
        match self.inner.pool.want_of_room() {
            Some(full) => EnvironmentError::NoRoom {
                step: COPY_PRODUCTION,
                place: turn.place.to_string(),
                full,
            },
            None => turn.failed(COPY_PRODUCTION)(error),
        }
    }

    /// Puts the signed manifest beside the data.
    fn sign(
        &self,
        draft: &mut Draft,
        masking: &Masking,
        looked: &Looked,
        done: &Done,
    ) -> Result<(), SignError> {
        let about = About {
            key_id: masking.key.id(),
            made_at: jiff::Timestamp::now().to_string(),
        };
        let manifest = Manifest::new(looked, done, &masking.rules, about);
        let key = signing_key(self.inner.pool.root())?;
        let signed = manifest.sign(&key)?;
        let notes = Notes {
            masking: Some(signed),
            ..Notes::default()
        };
        if let Some(notes) = notes.text() {
            draft.note(notes);
        }
        Ok(())
    }
}

/// Why a manifest was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    #[error("write the manifest or its key")]
    File(#[from] io::Error),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// The instance's key, made at its first use.
pub(super) fn signing_key(pool: &Path) -> Result<Vec<u8>, SignError> {
    let path = pool.join(SIGNING_KEY);
    match fs::read(&path) {
        Ok(key) => return Ok(key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let key = manifest::new_key()?;
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

/// What a masked copy depends on beside production.
fn copy_key(masking: &Masking) -> String {
    let key: &MaskKey = &masking.key;
    format!("masked:{}:{}", key.id(), &rules_hash(&masking.rules)[..16])
}

fn programs(draft: &Draft) -> Programs {
    let installation = draft.installation();
    Programs {
        bin: installation.bin.clone(),
        libraries: installation.libraries.clone(),
        account: draft.account(),
    }
}
