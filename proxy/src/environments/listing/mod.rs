//! What listings show of places; read from memory only.

mod line;

use jiff::Timestamp;
use rules::config::{AccessMode, Source};
use rules::name::EnvironmentPattern;
use rules::target::Place;

use super::base::{is_kept, is_raw, key_of, scale_text, scenario_names};
use super::place::PlaceState;
use super::settings::Settings;
use super::{EnvironmentError, Environments};
use crate::branches::{Activity, SnapshotManifest};

pub use line::{BranchLine, EnvironmentLine, GenerationLine, SeedLine, SnapshotLine, SpareLine};

/// Operations shown with one place.
const HISTORY_SHOWN: usize = 20;

impl Environments {
    /// Every environment: those of the tables in their order, each wildcard followed by those that it
    /// made, then those whose table was taken out of the configuration.
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
        let mut orphans = self.orphans(&settings);
        orphans.sort();
        lines.extend(
            orphans
                .iter()
                .map(|place| self.environment_line(&settings, place)),
        );
        lines
    }

    /// Environments that are there and have no table any more.
    pub(super) fn orphans(&self, settings: &Settings) -> Vec<Place> {
        let all = self.inner.places.iter();
        all.filter(|entry| {
            let (place, config) = (entry.key(), &settings.config);
            place.branch.is_none() && config.environment_for(&place.environment).is_none()
        })
        .map(|entry| entry.key().clone())
        .collect()
    }

    /// One environment with its latest operations.
    ///
    /// # Errors
    /// When no table has this name and no environment was left behind under it.
    pub fn environment(&self, place: &Place) -> Result<EnvironmentLine, EnvironmentError> {
        let settings = self.settings();
        let table = match settings.environment(&place.environment) {
            Err(_) if self.known(place).is_some() => None,
            table => Some(table?),
        };
        let mut line = self.environment_line(&settings, place);
        line.history = self.inner.history.of(&place.to_string(), HISTORY_SHOWN);
        let branch = line
            .generation
            .as_ref()
            .and_then(|now| now.branch.clone().try_into().ok());
        if let Some(branch) = branch {
            line.findings = self.inner.pool.findings(&branch);
        }
        let base = line
            .generation
            .as_ref()
            .and_then(|now| now.base.clone().try_into().ok());
        let base = base.and_then(|base| self.inner.pool.snapshot(&base));
        if let Some((base, table)) = base.zip(table) {
            line.drift = self.drift(table, key_of(&base));
        }
        Ok(line)
    }

    pub(super) fn places_of(&self, pattern: &EnvironmentPattern) -> Vec<Place> {
        let all = self.inner.places.iter();
        let names = all.map(|entry| entry.key().clone());
        names
            .filter(|place| place.branch.is_none() && pattern.matches(&place.environment))
            .collect()
    }

    fn environment_line(&self, settings: &Settings, place: &Place) -> EnvironmentLine {
        let table = settings.config.environment_for(&place.environment);
        let state = self.known(place);
        let pointer = state.as_ref().and_then(|state| state.pointer.load_full());
        let base = pointer
            .as_ref()
            .and_then(|now| self.inner.pool.snapshot(&now.base));
        let upstream = table.is_some_and(|table| matches!(table.source, Source::Upstream(_)));
        let planned_raw = table.is_some_and(|table| settings.config.is_raw(table));
        EnvironmentLine {
            name: place.to_string(),
            state: match (table, &pointer) {
                (None, _) => "no table",
                _ if upstream => "upstream",
                (_, Some(_)) => "built",
                (_, None) => "not built",
            }
            .to_owned(),
            server: pointer
                .as_ref()
                .map_or_else(String::new, |now| self.server(&now.current)),
            source: table.map_or_else(String::new, |table| source_text(&table.source)),
            seed: table.and_then(|table| seed_line(&table.source)),
            access: table.map_or("", |table| table.access.as_str()).to_owned(),
            advisory: table.is_some_and(|table| is_advisory(settings, table)),
            findings: Vec::new(),
            durability: if upstream {
                String::new()
            } else {
                self.durability(settings, place).to_string()
            },
            // What it holds, which after a promotion is not what its source would give.
            raw: base.as_ref().map_or(planned_raw, |base| is_raw(base)),
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
            port: table.and_then(|table| table.port),
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
        let missing = || EnvironmentError::missing(place);
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
            scenarios: scenario_names(base.as_deref()),
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
        // Several may be of one second.
        snapshots
            .sort_by_key(|snapshot| (std::cmp::Reverse(snapshot.taken_at), snapshot.id.clone()));
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
            environment: key.environment.to_string(),
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
        seed: seed_line(&table.source),
        access: table.access.to_string(),
        advisory: is_advisory(settings, table),
        findings: Vec::new(),
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

fn seed_line(source: &Source) -> Option<SeedLine> {
    let Source::Migrations {
        seed: Some(seed), ..
    } = source
    else {
        return None;
    };
    Some(SeedLine {
        seed: seed.seed,
        scale: seed.scale_per_mille as f64 / 1_000.0,
        scenarios: seed.scenarios.clone(),
    })
}

fn source_text(source: &Source) -> String {
    match source {
        Source::Migrations { seed: None, .. } => "migrations".to_owned(),
        Source::Migrations {
            seed: Some(seed), ..
        } => match seed.scale_per_mille {
            1_000 => format!("seed {}", seed.seed),
            scale => format!("seed {} × {}", seed.seed, scale_text(scale)),
        },
        Source::Production => "production (masked)".to_owned(),
        Source::Mirror => "mirror (unmasked)".to_owned(),
        Source::Environment(other) => format!("environment {other}"),
        Source::Upstream(_) => "upstream".to_owned(),
    }
}

/// Whether only the guard stands before the data of an environment that somebody may not write to at
/// will: the server is not ours, and its login can do what it can.
fn is_advisory(settings: &Settings, table: &rules::config::Environment) -> bool {
    let least = settings.config.least_access(table);
    matches!(table.source, Source::Upstream(_)) && least != AccessMode::ReadWrite
}
