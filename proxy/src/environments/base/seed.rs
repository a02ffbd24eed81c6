//! Seed data: fills what migrations leave empty, under a key that says what it depends on.

use rules::config::Seed;
use rules::seed::AsOf;
use seeder::load::Event;
use seeder::run::{self, Job, SeedError};
use seeder::scenario::ScenarioTold;
use sha2::{Digest, Sha256};

use super::super::turn::Turn;
use super::super::{EnvironmentError, Environments, LoadProgress};
use crate::branches::Draft;

impl Environments {
    /// Fills the empty tables of a draft and proves what it holds; the scenarios come back.
    pub(super) async fn seed(
        &self,
        turn: &Turn,
        draft: &Draft,
        database: &str,
        seed: &Seed,
    ) -> Result<Vec<ScenarioTold>, EnvironmentError> {
        let job = self.seed_job(seed);
        let report = turn.report.clone();
        let lines = LoadProgress::default();
        let told = move |event: &Event| {
            if let Some(line) = lines.line(event) {
                report.send(line);
            }
        };
        // A load runs CHECKs, defaults and triggers, which are the migrations' code.
        let config = draft.deputy_config(database);
        let filled = run::fill(&config, &job, &told).await;
        let filled = filled.map_err(|error| self.not_seeded(turn, error))?;
        tracing::info!(
            tables = filled.load.tables.len(),
            rows = filled.load.rows(),
            took_ms = filled.took.as_millis() as u64,
            "seeded"
        );
        Ok(filled.scenarios)
    }

    /// Says of a load that failed for want of room that it did: a server whose log cannot grow ends
    /// without a word.
    fn not_seeded(&self, turn: &Turn, error: SeedError) -> EnvironmentError {
        let room = (error.is_full() || error.is_lost()).then(|| self.inner.pool.want_of_room());
        match room.flatten() {
            Some(full) => EnvironmentError::NoRoom {
                step: "seed",
                place: turn.place.to_string(),
                full,
            },
            None => turn.failed("seed")(error),
        }
    }

    /// What a seed asks for, with the rules of the configuration.
    pub(super) fn seed_job(&self, seed: &Seed) -> Job {
        let settings = self.settings();
        Job {
            rules: settings.config.seed.clone(),
            seed: seed.clone(),
            today: jiff::Timestamp::now()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date(),
            workers: None,
        }
    }

    /// What seed data depends on beside the migrations: seed, scale, rules, the engine, scenarios.
    pub(super) fn seed_key(&self, seed: &Seed) -> String {
        format!(
            "{}{}",
            key_of(self.seed_job(seed)),
            self.scenarios_key(seed)
        )
    }
}

/// Seed, scale, rules, perhaps the day, and the engine's fingerprint.
fn key_of(mut job: Job) -> String {
    // A scenario that is not chosen changes nothing.
    job.rules.scenarios.clear();
    let mut hash = Sha256::new();
    let rules = serde_json::to_vec(&job.rules).expect("rules are names and numbers");
    hash.update(rules);
    hash.update(job.as_of_micros().to_be_bytes());
    let digest = hash.finalize();
    let rules: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let day = match job.rules.as_of {
        AsOf::Day(_) => String::new(),
        AsOf::Today => format!(":{}", job.today),
    };
    let (seed, scale) = (job.seed.seed, job.seed.scale_per_mille);
    format!("{seed}:{scale}:{rules}{day}:{}", run::fingerprint())
}

/// A scale as people write it: `1`, `0.25`.
pub(in super::super) fn scale_text(per_mille: u64) -> String {
    (per_mille as f64 / 1_000.0).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use rules::seed::{LoadMode, SeedRules};

    use super::*;

    fn key(today: Date, change: impl FnOnce(&mut Job)) -> String {
        let mut job = Job {
            rules: SeedRules::default(),
            seed: Seed {
                seed: 42,
                scale_per_mille: 1_000,
                scenarios: Vec::new(),
            },
            today,
            workers: None,
        };
        change(&mut job);
        key_of(job)
    }

    #[test]
    fn every_part_that_rows_depend_on_is_in_the_key() {
        let (today, tomorrow) = (date(2026, 1, 1), date(2026, 1, 2));
        let plain = key(today, |_| {});
        assert!(plain.ends_with(&format!(":{}", run::fingerprint())));
        // A day that is said does not pass, and one that is not is part of the key.
        assert_eq!(plain, key(tomorrow, |_| {}));
        let lately = |today| key(today, |job| job.rules.as_of = AsOf::Today);
        assert_ne!(lately(today), lately(tomorrow));
        let others = [
            lately(today),
            key(today, |job| job.rules.as_of = AsOf::Day(date(2020, 1, 1))),
            key(today, |job| job.rules.mode = LoadMode::Live),
            key(today, |job| {
                job.rules.locales.insert("de".to_owned(), 1);
            }),
            key(today, |job| job.seed.seed = 43),
            key(today, |job| job.seed.scale_per_mille = 1_001),
        ];
        for other in others {
            assert_ne!(plain, other);
        }
        assert_eq!(plain, key(today, |job| job.workers = Some(7)));
    }
}
