//! Where a place's snapshot comes from: migrations, production, or another environment.

mod drift;
mod look;
mod masked;
mod notes;
mod proof;
mod scenarios;
mod seed;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rules::config::{Environment, Migrations, Seed, Source};
use rules::target::Place;
use seeder::migrate::{self, FileDone, MigrationCommand};

use super::error::COPY_PRODUCTION;
use super::pointer::Operation;
use super::turn::Turn;
use super::{EnvironmentError, Environments, Progress};
use crate::branches::{Draft, DraftPlan, SealLabel, SnapshotId, SnapshotManifest};

use notes::Notes;

pub use look::{Cell, SeedChange};
pub(super) use masked::Age;
pub use proof::{ManifestLine, Proof};
pub(super) use scenarios::scenario_names;
pub(super) use seed::scale_text;

impl Environments {
    /// The snapshot that an environment begins with: one that exists under the same key, or a new one.
    pub(super) async fn base_for(
        &self,
        turn: &mut Turn,
        environment: &Environment,
    ) -> Result<SnapshotId, EnvironmentError> {
        match &environment.source {
            Source::Migrations {
                migrations,
                database,
                seed,
            } => {
                self.migrated(turn, migrations, database, seed.as_ref())
                    .await
            }
            Source::Production => self.masked(turn, Age::Any).await,
            Source::Mirror => match self.newest_mirror() {
                Some(snapshot) => Ok(snapshot),
                None => self.copy_production(turn).await,
            },
            Source::Environment(other) => {
                let place = Place::environment(other.clone());
                if self.state_of(&place).pointer.load().is_none() {
                    turn.step("build the source");
                    // Configurations in which sources form a ring are refused, so this ends.
                    Box::pin(self.build(other, &turn.caller, &turn.report)).await?;
                }
                self.base_of(&place)
            }
            Source::Upstream(_) => Err(EnvironmentError::Unmanaged {
                place: turn.place.to_string(),
                verb: "be built",
            }),
        }
    }

    fn newest_mirror(&self) -> Option<SnapshotId> {
        let mirrors = self.inner.pool.snapshots().into_iter();
        let mirrors = mirrors.filter(|snapshot| key_of(snapshot) == Some(MIRROR_KEY));
        mirrors
            .max_by_key(|snapshot| snapshot.taken_at)
            .map(|snapshot| snapshot.id.clone())
    }

    /// A new physical copy of production, quarantined and sealed.
    pub(super) async fn copy_production(
        &self,
        turn: &mut Turn,
    ) -> Result<SnapshotId, EnvironmentError> {
        let settings = self.settings();
        let url = settings
            .production
            .clone()
            .ok_or_else(|| EnvironmentError::Impossible {
                place: turn.place.to_string(),
                verb: COPY_PRODUCTION,
                reason: "[production] is not configured".to_owned(),
            })?;
        let lock = self.base_lock(MIRROR_KEY);
        let _guard = lock.lock().await;
        turn.step(COPY_PRODUCTION);
        let report = turn.report.clone();
        let plan = DraftPlan::Mirror { url };
        let draft = self
            .inner
            .pool
            .draft(plan, move |progress| report.send(progress.into()))
            .await;
        let draft = draft.map_err(turn.failed(COPY_PRODUCTION))?;
        let label = Labelled {
            source: "production",
            key: Some(MIRROR_KEY.to_owned()),
            raw: true,
            kept: false,
        };
        self.seal(turn, draft, label).await
    }

    /// A cluster filled by migrations; the one sealed under the same key where there is one.
    async fn migrated(
        &self,
        turn: &mut Turn,
        migrations: &Migrations,
        database: &str,
        seed: Option<&Seed>,
    ) -> Result<SnapshotId, EnvironmentError> {
        let key = self.migrated_key(migrations, database, seed);
        let key = key.map_err(turn.failed("read the migrations"))?;
        let lock = self.base_lock(&key);
        let _guard = lock.lock().await;
        let snapshots = self.inner.pool.snapshots();
        let same = snapshots
            .iter()
            .filter(|snapshot| key_of(snapshot) == Some(&key));
        // Where a command runs again under the same key, the last run counts.
        let same = same.max_by_key(|snapshot| snapshot.taken_at);
        if let Some(snapshot) = same.filter(|_| !runs_again(turn, migrations)) {
            return Ok(snapshot.id.clone());
        }
        let mut draft = self.drafted(turn, migrations, database).await?;
        if let Some(seed) = seed {
            turn.step("seed");
            let told = self.seed(turn, &draft, database, seed).await?;
            let notes = Notes {
                scenarios: told,
                masking: None,
            };
            if let Some(notes) = notes.text() {
                draft.note(notes);
            }
        }
        let label = Labelled {
            source: if seed.is_some() { "seed" } else { "migrations" },
            key: Some(key),
            raw: false,
            kept: false,
        };
        self.seal(turn, draft, label).await
    }

    /// A cluster aside, filled by migrations.
    async fn drafted(
        &self,
        turn: &mut Turn,
        migrations: &Migrations,
        database: &str,
    ) -> Result<Draft, EnvironmentError> {
        turn.step("initialise a cluster");
        let report = turn.report.clone();
        let plan = DraftPlan::Fresh {
            major: self.settings().config.postgres.version,
            database: database.to_owned(),
        };
        let draft = self
            .inner
            .pool
            .draft(plan, move |progress| report.send(progress.into()))
            .await;
        let draft = draft.map_err(turn.failed("initialise a cluster"))?;
        turn.step("migrate");
        self.migrate(turn, &draft, migrations, database).await?;
        Ok(draft)
    }

    async fn migrate(
        &self,
        turn: &Turn,
        draft: &Draft,
        migrations: &Migrations,
        database: &str,
    ) -> Result<(), EnvironmentError> {
        let report = turn.report.clone();
        let settings = self.settings();
        let directory = &settings.directory;
        match migrations {
            Migrations::Directory(path) => {
                let client = draft
                    .owner(database)
                    .await
                    .map_err(turn.failed("connect"))?;
                let told = |file: &FileDone| {
                    let step = format!("{} ({} of {})", file.name, file.number, file.of);
                    report.send(Progress::step(step));
                };
                let run = migrate::run_directory(&client, &directory.join(path), told).await;
                run.map(drop).map_err(turn.failed("run the migrations"))
            }
            Migrations::Command { words, .. } => {
                let url = draft.url(database).await.map_err(turn.failed("connect"))?;
                let command = command_of(words, directory);
                let told = |line: &str| report.send(Progress::step(line));
                let run = migrate::run_command(&command, &url, told).await;
                run.map_err(turn.failed("run the migrations"))
            }
        }
    }

    async fn seal(
        &self,
        turn: &mut Turn,
        mut draft: Draft,
        label: Labelled<'_>,
    ) -> Result<SnapshotId, EnvironmentError> {
        turn.step("seal");
        let settings = self.settings();
        let users: Vec<_> = settings.config.users.keys().cloned().collect();
        draft
            .ensure_logins(&users)
            .await
            .map_err(turn.failed("make the login roles"))?;
        let snapshot = draft
            .seal(label.seal_label(turn))
            .await
            .map_err(turn.failed("seal"))?;
        turn.hold_snapshot(&snapshot);
        Ok(snapshot)
    }

    fn base_lock(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.inner.base_locks.entry(key.to_owned()).or_default())
    }
}

/// Whether migrations run although the key is the same: whoever asks for what the source makes now gets
/// it, where the key cannot know.
fn runs_again(turn: &Turn, migrations: &Migrations) -> bool {
    let asked = matches!(turn.operation, Operation::Reseed | Operation::Refresh);
    asked && migrations.are_unseen()
}

/// The key under which physical copies of production are sealed.
const MIRROR_KEY: &str = "mirror:production";

/// What a snapshot is, as its label says it.
pub(super) struct Labelled<'a> {
    pub(super) source: &'a str,
    pub(super) key: Option<String>,
    pub(super) raw: bool,
    pub(super) kept: bool,
}

/// The kind of a snapshot that holds unmasked production data.
const RAW: &str = "raw";
/// The kind of every other one.
const PLAIN: &str = "plain";

impl Labelled<'_> {
    pub(super) fn seal_label(self, turn: &Turn) -> SealLabel {
        let mut facts = BTreeMap::from([("by".to_owned(), turn.caller.name.clone())]);
        if let Some(key) = self.key {
            facts.insert("key".to_owned(), key);
        }
        if self.kept {
            facts.insert("kept".to_owned(), "until it is dropped".to_owned());
        }
        SealLabel {
            kind: if self.raw { RAW } else { PLAIN }.to_owned(),
            source: self.source.to_owned(),
            environment: Some(turn.place.to_string()),
            facts,
        }
    }
}

/// What a snapshot depends on: the same key means the same content.
pub(super) fn key_of(snapshot: &SnapshotManifest) -> Option<&str> {
    snapshot.label.facts.get("key").map(String::as_str)
}

/// Whether a snapshot holds unmasked production data; one of another kind is taken for it.
pub(super) fn is_raw(snapshot: &SnapshotManifest) -> bool {
    snapshot.label.kind != PLAIN
}

/// Whether a snapshot stays until it is dropped.
pub(super) fn is_kept(snapshot: &SnapshotManifest) -> bool {
    snapshot.label.facts.contains_key("kept")
}

/// A command of the configuration: its first word is the program, and it runs beside the file.
fn command_of(words: &[String], directory: &Path) -> MigrationCommand {
    let (program, arguments) = words
        .split_first()
        .expect("a checked command has a program");
    MigrationCommand {
        program: program.clone(),
        arguments: arguments.to_vec(),
        directory: Some(directory.to_owned()),
    }
}
