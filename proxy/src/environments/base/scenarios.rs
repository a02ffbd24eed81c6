//! Scenarios of seed data: what a snapshot depends on for them, where the keys of their rows are kept,
//! and bases that have more of them than their environment.

use std::collections::BTreeMap;

use rules::config::Seed;
use rules::target::Place;
use seeder::audit::Assertion;
use seeder::scenario::{ScenarioTold, VERSION};
use sha2::{Digest, Sha256};

use super::super::turn::Turn;
use super::super::{EnvironmentError, Environments};
use super::key_of;
use super::look::SeedChange;
use crate::branches::{SnapshotId, SnapshotManifest};

/// What stands before the scenarios in the key of a base.
pub(super) const SCENARIOS_PART: &str = ":with:";

/// What a record says of a branch with scenarios beside an environment that is no longer what its
/// source makes.
const DRIFTED: &str = "made of what the source says now, which the environment is not";

/// The scenarios in the key of a base with a hash of each, in their order.
pub(super) fn in_key(key: &str) -> Vec<(&str, &str)> {
    let part = key.rsplit_once(SCENARIOS_PART).map_or("", |(_, part)| part);
    part.split(',')
        .filter_map(|one| one.split_once('='))
        .collect()
}

impl Environments {
    /// The part of a base's key that its scenarios are; empty without any.
    pub(super) fn scenarios_key(&self, seed: &Seed) -> String {
        let settings = self.settings();
        let rules = &settings.config.seed;
        let parts = seed.scenarios.iter().map(|name| {
            let mut hash = Sha256::new();
            hash.update(VERSION.to_be_bytes());
            // A name that there is no more has another key than any that there was.
            let scenario = serde_json::to_vec(&rules.scenario(name));
            hash.update(scenario.expect("scenarios are names and texts"));
            let digest = hash.finalize();
            let short: String = digest[..4]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("{name}={short}")
        });
        let parts: Vec<String> = parts.collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!("{SCENARIOS_PART}{}", parts.join(",")),
        }
    }

    /// The scenarios of what a place holds, with the keys of their rows as they were published.
    ///
    /// # Errors
    /// When the place does not exist, or what is kept beside its snapshot cannot be read.
    pub async fn scenarios(&self, place: &Place) -> Result<Vec<ScenarioTold>, EnvironmentError> {
        self.must_be_managed(place, "be asked for scenarios")?;
        let pointer = self
            .known(place)
            .and_then(|state| state.pointer.load_full());
        let pointer = pointer.ok_or_else(|| EnvironmentError::missing(place))?;
        self.scenarios_of(place, &pointer.current.base).await
    }

    async fn scenarios_of(
        &self,
        place: &Place,
        base: &SnapshotId,
    ) -> Result<Vec<ScenarioTold>, EnvironmentError> {
        let failed = |source| EnvironmentError::Step {
            step: "read the scenarios",
            place: place.to_string(),
            source,
        };
        let notes = self.notes_of(base).await;
        Ok(notes.map_err(|error| failed(error.into()))?.scenarios)
    }

    /// What the scenarios of a place ask of its data.
    pub(super) async fn questions(
        &self,
        place: &Place,
        base: &SnapshotId,
    ) -> Result<Vec<Assertion>, EnvironmentError> {
        let told = self.scenarios_of(place, base).await?;
        Ok(told.into_iter().flat_map(|told| told.assertions).collect())
    }

    /// What the source of the turn's environment makes now, with more scenarios: one that exists under
    /// the same key, or a new one. The turn notes where the environment itself is not what it makes now.
    pub(in super::super) async fn base_with(
        &self,
        turn: &mut Turn,
        scenarios: &[String],
    ) -> Result<SnapshotId, EnvironmentError> {
        self.must_know(scenarios)?;
        let change = SeedChange {
            scenarios: scenarios.to_vec(),
            ..SeedChange::default()
        };
        let looked = self.looked(&turn.place, "be branched with scenarios", &change)?;
        let seed = Some(&looked.seed);
        let base = self
            .migrated(turn, &looked.migrations, &looked.database, seed)
            .await?;
        let beside = self.base_of(&Place::environment(turn.place.environment.clone()))?;
        turn.note = (!self.is_apart_from_scenarios(&beside, &base)).then_some(DRIFTED);
        Ok(base)
    }

    /// Refuses names that no scenario has.
    pub(in super::super) fn must_know(&self, scenarios: &[String]) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let rules = &settings.config.seed;
        match scenarios.iter().find(|name| rules.scenario(name).is_none()) {
            None => Ok(()),
            Some(name) => Err(EnvironmentError::UnknownScenario {
                name: name.clone(),
                suggestion: rules.suggest_scenario(name).map(str::to_owned),
            }),
        }
    }

    /// Whether two snapshots are the same but for their scenarios.
    fn is_apart_from_scenarios(&self, one: &SnapshotId, other: &SnapshotId) -> bool {
        let plain = |id: &SnapshotId| {
            let snapshot = self.inner.pool.snapshot(id)?;
            let key = key_of(&snapshot)?;
            let plain = key
                .rsplit_once(SCENARIOS_PART)
                .map_or(key, |(plain, _)| plain);
            Some(plain.to_owned())
        };
        plain(one).is_some() && plain(one) == plain(other)
    }

    /// The scenarios of a branch's base that its environment has not; none of a base that was the
    /// environment's itself, whose scenarios nobody asked for the branch.
    pub(in super::super) fn own_scenarios(&self, place: &Place, base: &SnapshotId) -> Vec<String> {
        let parent = Place::environment(place.environment.clone());
        let pointer = self
            .known(&parent)
            .and_then(|state| state.pointer.load_full());
        let of = |id: &SnapshotId| scenario_names(self.inner.pool.snapshot(id).as_deref());
        let mut own = of(base);
        if let Some(pointer) = pointer {
            let generations = std::iter::once(&pointer.current).chain(&pointer.earlier);
            if generations.into_iter().any(|one| one.base == *base) {
                return Vec::new();
            }
            let there = of(&pointer.base);
            own.retain(|name| !there.contains(name));
        }
        own
    }
}

/// The scenarios that a snapshot was made with.
pub(in super::super) fn scenario_names(snapshot: Option<&SnapshotManifest>) -> Vec<String> {
    let key = snapshot.and_then(key_of).unwrap_or_default();
    in_key(key)
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// What differs between the scenarios of two keys, in words.
pub(super) fn changes(then: &str, now: &str) -> Vec<String> {
    let (then, now) = (in_key(then), in_key(now));
    let names = |scenarios: &[(&str, &str)]| match scenarios {
        [] => "none".to_owned(),
        some => {
            let names: Vec<&str> = some.iter().map(|(name, _)| *name).collect();
            names.join(", ")
        }
    };
    let mut changed = Vec::new();
    if names(&then) != names(&now) {
        let (then, now) = (names(&then), names(&now));
        changed.push(format!("the scenarios ({then} then, {now} now)"));
    }
    let before: BTreeMap<&str, &str> = then.iter().copied().collect();
    for (name, hash) in now {
        if before.get(name).is_some_and(|before| *before != hash) {
            changed.push(format!("scenario \"{name}\""));
        }
    }
    changed
}
