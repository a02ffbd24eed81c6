//! What listings show of places; read from memory only.

use jiff::Timestamp;
use rules::config::{AccessMode, Source};
use rules::name::EnvironmentPattern;
use rules::target::Place;
use serde::{Deserialize, Serialize};

use super::base::{is_kept, is_raw, key_of};
use super::place::{Failure, PlaceState, Running};
use super::settings::Settings;
use super::{EnvironmentError, Environments, Protection, Record};
use crate::branches::{Activity, Check, SnapshotManifest};

/// Operations shown with one place.
const HISTORY_SHOWN: usize = 20;

/// One environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnvironmentLine {
    /// Its name, or the pattern of a wildcard table.
    pub name: String,
    /// `built`, `not built`, `pattern`, `upstream`.
    pub state: String,
    /// What its generation's server does: `awake`, `asleep`, …
    pub server: String,
    /// Where its data comes from.
    pub source: String,
    /// `read-write`.
    pub access: String,
    /// What a crash may cost.
    pub durability: String,
    /// Whether it holds unmasked production data.
    pub raw: bool,
    /// Sessions in it.
    pub sessions: usize,
    /// Named branches of it.
    pub branches: usize,
    /// Databases in it.
    pub databases: Vec<String>,
    /// When its snapshot was taken: how old its data is.
    pub data_as_of: Option<Timestamp>,
    /// Its generation.
    pub generation: Option<GenerationLine>,
    /// Earlier generations, the latest first.
    pub earlier: Vec<GenerationLine>,
    /// Port of its own.
    pub port: Option<u16>,
    /// Who protects it.
    pub protection: Option<Protection>,
    /// What runs on it now.
    pub running: Option<Running>,
    /// How many operations wait.
    pub queued: usize,
    /// What failed last, until something succeeds.
    pub failure: Option<Failure>,
    /// What differs between its source and its snapshot.
    pub drift: Option<String>,
    /// The latest operations, filled in by `show`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Record>,
}

/// One generation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GenerationLine {
    /// Its number.
    pub number: u64,
    /// Its branch directory.
    pub branch: String,
    /// Its snapshot.
    pub base: String,
    /// What made it.
    pub operation: String,
    /// Who asked.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

/// One named branch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BranchLine {
    /// `qa.login-fix`.
    pub name: String,
    /// What its server does.
    pub server: String,
    /// What a crash may cost.
    pub durability: String,
    /// Whether it holds unmasked production data.
    pub raw: bool,
    /// Sessions in it.
    pub sessions: usize,
    /// Its generation.
    pub generation: GenerationLine,
    /// Earlier generations, the latest first.
    pub earlier: Vec<GenerationLine>,
    /// When it was last used, to the minute.
    pub used: Timestamp,
    /// When it will be dropped if nobody uses it.
    pub expires: Option<Timestamp>,
    /// Who protects it.
    pub protection: Option<Protection>,
    /// What runs on it now.
    pub running: Option<Running>,
    /// What failed last.
    pub failure: Option<Failure>,
    /// Bytes that only this branch holds, where they have been counted.
    pub exclusive_bytes: Option<u64>,
    /// The latest operations, filled in by `show`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Record>,
}

/// One snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SnapshotLine {
    /// Its id.
    pub id: String,
    /// Where its data comes from.
    pub source: String,
    /// When it was taken.
    pub taken: Timestamp,
    /// How long sealing took, from the request.
    pub took_ms: u64,
    /// PostgreSQL's major version.
    pub major: u16,
    /// Bytes of its files.
    pub bytes: u64,
    /// Number of its files.
    pub files: u64,
    /// Whether it holds unmasked production data.
    pub raw: bool,
    /// Whether it stays until it is dropped.
    pub kept: bool,
    /// How it was looked at: `answers` or `integrity`.
    pub checked: Check,
    /// Databases in it.
    pub databases: Vec<String>,
    /// Places that reset to it or have a generation of it.
    pub used_by: Vec<String>,
}

/// One warm spare.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpareLine {
    /// Its branch directory.
    pub branch: String,
    /// Its snapshot.
    pub base: String,
}

impl From<&super::Generation> for GenerationLine {
    fn from(generation: &super::Generation) -> Self {
        Self {
            number: generation.number,
            branch: generation.branch.to_string(),
            base: generation.base.to_string(),
            operation: generation.operation.as_str().to_owned(),
            by: generation.by.clone(),
            since: generation.since,
        }
    }
}

impl Environments {
    /// Every environment: those of the tables in their order, then those that wildcards made.
    pub fn environment_lines(&self) -> Vec<EnvironmentLine> {
        let settings = self.settings();
        let mut lines = Vec::new();
        for table in &settings.config.environments {
            match &table.pattern {
                EnvironmentPattern::One(name) => {
                    lines.push(self.environment_line(&settings, &Place::environment(name.clone())));
                }
                EnvironmentPattern::Prefix(_) => {
                    lines.push(pattern_line(&settings, table));
                    let mut made: Vec<Place> = self.places_of(&table.pattern);
                    made.sort();
                    lines.extend(
                        made.iter()
                            .map(|place| self.environment_line(&settings, place)),
                    );
                }
            }
        }
        lines
    }

    /// One environment with its latest operations.
    ///
    /// # Errors
    /// When no table has this name.
    pub fn environment(&self, place: &Place) -> Result<EnvironmentLine, EnvironmentError> {
        let settings = self.settings();
        let table = settings.environment(&place.environment)?;
        let mut line = self.environment_line(&settings, place);
        line.history = self.inner.history.of(&place.to_string(), HISTORY_SHOWN);
        let base = line
            .generation
            .as_ref()
            .and_then(|now| now.base.clone().try_into().ok());
        let base = base.and_then(|base| self.inner.pool.snapshot(&base));
        if let Some(base) = base {
            line.drift = self.drift(table, key_of(&base));
        }
        Ok(line)
    }

    fn places_of(&self, pattern: &EnvironmentPattern) -> Vec<Place> {
        let all = self.inner.places.iter();
        let names = all.map(|entry| entry.key().clone());
        names
            .filter(|place| place.branch.is_none() && pattern.matches(&place.environment))
            .collect()
    }

    fn environment_line(&self, settings: &Settings, place: &Place) -> EnvironmentLine {
        let table = settings.config.environment_for(&place.environment);
        let table = table.expect("listed environments have a table");
        let state = self.known(place);
        let pointer = state.as_ref().and_then(|state| state.pointer.load_full());
        let base = pointer
            .as_ref()
            .and_then(|now| self.inner.pool.snapshot(&now.base));
        let upstream = matches!(table.source, Source::Upstream(_));
        EnvironmentLine {
            name: place.to_string(),
            state: match (&pointer, upstream) {
                (_, true) => "upstream",
                (Some(_), _) => "built",
                (None, _) => "not built",
            }
            .to_owned(),
            server: pointer
                .as_ref()
                .map_or_else(String::new, |now| self.server(&now.current)),
            source: source_text(&table.source),
            access: access_text(table.access).to_owned(),
            durability: if upstream {
                String::new()
            } else {
                table.durability.to_string()
            },
            raw: settings.config.is_raw(table),
            sessions: state.as_ref().map_or(0, |state| state.sessions()),
            branches: self.branch_count(place),
            databases: base
                .as_ref()
                .map_or_else(Vec::new, |base| database_names(base)),
            data_as_of: base.and_then(|base| moment(base.taken_at)),
            generation: pointer
                .as_ref()
                .map(|now| GenerationLine::from(&now.current)),
            earlier: pointer.as_ref().map_or_else(Vec::new, |now| {
                now.earlier.iter().map(GenerationLine::from).collect()
            }),
            port: table.port,
            protection: pointer.and_then(|now| now.protection.clone()),
            running: state.as_ref().and_then(|state| state.running()),
            queued: state.as_ref().map_or(0, |state| queued(state)),
            failure: state.and_then(|state| state.failure()),
            drift: None,
            history: Vec::new(),
        }
    }

    fn branch_count(&self, place: &Place) -> usize {
        let all = self.inner.places.iter();
        all.filter(|entry| {
            entry.key().environment == place.environment && entry.key().branch.is_some()
        })
        .count()
    }

    fn server(&self, generation: &super::Generation) -> String {
        let view = self.inner.pool.branch(&generation.branch);
        view.map_or("missing", |view| activity(&view.activity))
            .to_owned()
    }

    /// Every named branch, by name.
    pub fn branch_lines(&self) -> Vec<BranchLine> {
        let settings = self.settings();
        let all = self.inner.places.iter();
        let mut lines: Vec<BranchLine> = all
            .filter(|entry| entry.key().branch.is_some())
            .filter_map(|entry| self.branch_line(&settings, entry.key(), entry.value()))
            .collect();
        lines.sort_by(|one, other| one.name.cmp(&other.name));
        lines
    }

    /// One named branch with its latest operations.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn branch(&self, place: &Place) -> Result<BranchLine, EnvironmentError> {
        let settings = self.settings();
        let line = self
            .known(place)
            .and_then(|state| self.branch_line(&settings, place, &state));
        let missing = || EnvironmentError::UnknownBranch {
            place: place.to_string(),
        };
        let mut line = line.ok_or_else(missing)?;
        line.history = self.inner.history.of(&place.to_string(), HISTORY_SHOWN);
        Ok(line)
    }

    fn branch_line(
        &self,
        settings: &Settings,
        place: &Place,
        state: &PlaceState,
    ) -> Option<BranchLine> {
        let pointer = state.pointer.load_full()?;
        let view = self.inner.pool.branch(&pointer.current.branch);
        let base = self.inner.pool.snapshot(&pointer.base);
        let expires = settings.lifetime(place).and_then(|lifetime| {
            pointer
                .used
                .checked_add(jiff::SignedDuration::try_from(lifetime).ok()?)
                .ok()
        });
        Some(BranchLine {
            name: place.to_string(),
            server: self.server(&pointer.current),
            durability: self.durability(settings, place).to_string(),
            raw: base.is_none_or(|base| is_raw(&base)),
            sessions: state.sessions(),
            generation: GenerationLine::from(&pointer.current),
            earlier: pointer.earlier.iter().map(GenerationLine::from).collect(),
            used: pointer.used,
            expires,
            protection: pointer.protection.clone(),
            running: state.running(),
            failure: state.failure(),
            exclusive_bytes: view
                .and_then(|view| view.weight)
                .map(|weight| weight.exclusive_bytes),
            history: Vec::new(),
        })
    }

    /// Every snapshot, the latest first.
    pub fn snapshot_lines(&self) -> Vec<SnapshotLine> {
        let mut snapshots = self.inner.pool.snapshots();
        snapshots.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.taken_at));
        let line = |snapshot: &std::sync::Arc<SnapshotManifest>| SnapshotLine {
            id: snapshot.id.to_string(),
            source: snapshot.label.source.clone(),
            taken: moment(snapshot.taken_at).unwrap_or_default(),
            took_ms: snapshot.took_ms,
            major: snapshot.cluster.major,
            bytes: snapshot.weight.bytes,
            files: snapshot.weight.files,
            raw: is_raw(snapshot),
            kept: is_kept(snapshot),
            checked: snapshot.checked,
            databases: database_names(snapshot),
            used_by: self.users_of(&snapshot.id),
        };
        snapshots.iter().map(line).collect()
    }

    /// Places that refer to a snapshot, by name.
    pub(super) fn users_of(&self, snapshot: &crate::branches::SnapshotId) -> Vec<String> {
        let mut users: Vec<String> = Vec::new();
        for entry in &self.inner.places {
            if let Some(pointer) = entry.value().pointer.load_full()
                && pointer.snapshots().any(|used| used == snapshot)
            {
                users.push(entry.key().to_string());
            }
        }
        users.sort();
        users
    }

    /// Every warm spare.
    pub fn spare_lines(&self) -> Vec<SpareLine> {
        let spares = self.inner.spares.branches().into_iter();
        let line = |(key, branch): (super::spare::SpareKey, crate::branches::BranchId)| SpareLine {
            branch: branch.to_string(),
            base: key.base.to_string(),
        };
        spares.map(line).collect()
    }
}

fn moment(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn database_names(snapshot: &SnapshotManifest) -> Vec<String> {
    snapshot
        .cluster
        .databases
        .iter()
        .map(|database| database.name.clone())
        .collect()
}

/// What a branch's server does, in a word.
fn activity(activity: &Activity) -> &'static str {
    match activity {
        Activity::Asleep => "asleep",
        Activity::Waking => "waking",
        Activity::Awake { .. } => "awake",
        Activity::Stopping => "stopping",
        Activity::Suspect => "suspect",
        Activity::Failed { .. } => "failed",
    }
}

fn queued(state: &PlaceState) -> usize {
    let all = state.queued.load(std::sync::atomic::Ordering::Relaxed);
    all.saturating_sub(usize::from(state.running().is_some()))
}

fn pattern_line(settings: &Settings, table: &rules::config::Environment) -> EnvironmentLine {
    EnvironmentLine {
        name: table.pattern.to_string(),
        state: "pattern".to_owned(),
        server: String::new(),
        source: source_text(&table.source),
        access: access_text(table.access).to_owned(),
        durability: table.durability.to_string(),
        raw: settings.config.is_raw(table),
        sessions: 0,
        branches: 0,
        databases: Vec::new(),
        data_as_of: None,
        generation: None,
        earlier: Vec::new(),
        port: None,
        protection: None,
        running: None,
        queued: 0,
        failure: None,
        drift: None,
        history: Vec::new(),
    }
}

fn source_text(source: &Source) -> String {
    match source {
        Source::Migrations { .. } => "migrations".to_owned(),
        Source::Mirror => "mirror (unmasked)".to_owned(),
        Source::Environment(other) => format!("environment {other}"),
        Source::Upstream(_) => "upstream".to_owned(),
    }
}

fn access_text(access: AccessMode) -> &'static str {
    match access {
        AccessMode::ReadOnly => "read-only",
        AccessMode::Append => "append",
        AccessMode::ReadWrite => "read-write",
    }
}
