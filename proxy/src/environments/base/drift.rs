//! What a base depends on, as a key: the same key means the same content; and what differs, in words.

use std::path::{Path, PathBuf};

use rules::config::{Environment, Migrations, Seed, Source};
use seeder::migrate::{self, HashError};

use super::super::error::chain;
use super::super::{EnvironmentError, Environments};
use super::command_of;
use super::scenarios::{self, SCENARIOS_PART};
use super::seed::scale_text;

/// What is said of a base whose key cannot know its migrations.
const UNSEEN: &str = "unknown: the migrations are a command, and its `files` are not named";

/// What stands between the part of the migrations and that of the seed.
const SEED_PART: &str = ":seed:";

impl Environments {
    /// The key of a base that migrations make and a seed fills.
    pub(super) fn migrated_key(
        &self,
        migrations: &Migrations,
        database: &str,
        seed: Option<&Seed>,
    ) -> Result<String, HashError> {
        let settings = self.settings();
        let major = settings.config.postgres.version;
        let key = migrations_key(migrations, database, major, &settings.directory)?;
        Ok(match seed {
            Some(seed) => format!("{key}{SEED_PART}{}", self.seed_key(seed)),
            None => key,
        })
    }

    /// The key that an environment's base would have now; `None` where nothing is migrated.
    pub(in super::super) fn key_now(
        &self,
        environment: &Environment,
    ) -> Option<Result<String, HashError>> {
        match &environment.source {
            Source::Migrations {
                migrations,
                database,
                seed,
            } => Some(self.migrated_key(migrations, database, seed.as_ref())),
            _ => None,
        }
    }

    /// What has changed since the snapshot of an environment was made under `key`.
    pub(in super::super) fn drift(
        &self,
        environment: &Environment,
        key: Option<&str>,
    ) -> Option<String> {
        let now = match self.key_now(environment)? {
            Ok(now) => now,
            Err(error) => return Some(chain(&error)),
        };
        let unseen = || {
            let Source::Migrations { migrations, .. } = &environment.source else {
                return None;
            };
            migrations.are_unseen().then(|| UNSEEN.to_owned())
        };
        drifted(key.unwrap_or_default(), &now).or_else(unseen)
    }

    /// The seed of an environment itself.
    ///
    /// # Errors
    /// When its source has none, with the environment to turn to where it is fed by another one.
    pub(in super::super) fn must_be_seeded(
        &self,
        place: &rules::target::Place,
        environment: &Environment,
        verb: &'static str,
    ) -> Result<(), EnvironmentError> {
        let reason = match (&place.branch, &environment.source) {
            (None, Source::Migrations { seed: Some(_), .. }) => return Ok(()),
            (Some(_), _) => "it is a branch, which follows its environment".to_owned(),
            (None, Source::Migrations { seed: None, .. }) => {
                "its source has no seed, only migrations".to_owned()
            }
            (None, Source::Environment(other)) => format!("it is fed by environment \"{other}\""),
            (None, Source::Production | Source::Mirror | Source::Upstream(_)) => {
                "its source has no seed".to_owned()
            }
        };
        Err(EnvironmentError::Impossible {
            place: place.to_string(),
            verb,
            reason,
        })
    }
}

/// What a migrated base depends on.
fn migrations_key(
    migrations: &Migrations,
    database: &str,
    major: Option<u16>,
    directory: &Path,
) -> Result<String, HashError> {
    let hash = match migrations {
        Migrations::Directory(path) => migrate::hash_directory(&directory.join(path))?,
        Migrations::Command { words, files } => {
            let files: Vec<PathBuf> = files.iter().map(|file| directory.join(file)).collect();
            migrate::hash_command(&command_of(words, directory), &files)?
        }
    };
    let major = major.map_or_else(|| "newest".to_owned(), |major| major.to_string());
    Ok(format!("migrations:{major}:{database}:{hash}"))
}

/// What differs between two keys, in words.
fn drifted(then: &str, now: &str) -> Option<String> {
    if then == now {
        return None;
    }
    let (then_migrations, then_seed) = parts(then);
    let (now_migrations, now_seed) = parts(now);
    let mut changed = Vec::new();
    if then_migrations != now_migrations {
        changed.push("the migrations".to_owned());
    }
    match (then_seed, now_seed) {
        (Some(then), Some(now)) => changed.extend(seed_changes(then, now)),
        (None, Some(_)) => changed.push("whether it is seeded".to_owned()),
        (Some(_), None) => changed.push("whether it is seeded".to_owned()),
        (None, None) => {}
    }
    let verb = match changed.as_slice() {
        [one] if one.starts_with("the scenarios") => "have",
        [one] if one != "the migrations" && one != RULES => "has",
        _ => "have",
    };
    let last = changed.pop()?;
    let listed = match changed.as_slice() {
        [] => last,
        others => format!("{} and {last}", others.join(", ")),
    };
    Some(format!("{listed} {verb} changed since"))
}

const RULES: &str = "the rules of [seed]";

fn parts(key: &str) -> (&str, Option<&str>) {
    key.rsplit_once(SEED_PART)
        .map_or((key, None), |(migrations, seed)| (migrations, Some(seed)))
}

/// Seed, scale, rules, perhaps the day, and the engine's fingerprint; then the scenarios.
fn seed_changes(then: &str, now: &str) -> Vec<String> {
    let scenarios = scenarios::changes(then, now);
    let alone = |key: &'_ str| {
        key.split_once(SCENARIOS_PART)
            .map_or(key.len(), |(own, _)| own.len())
    };
    let (then, now) = (&then[..alone(then)], &now[..alone(now)]);
    let mut changed = match then == now {
        true => Vec::new(),
        false => data_changes(then, now),
    };
    changed.extend(scenarios);
    changed
}

fn data_changes(then: &str, now: &str) -> Vec<String> {
    let (then, now): (Vec<&str>, Vec<&str>) = (then.split(':').collect(), now.split(':').collect());
    let at = |position: usize| {
        let (then, now) = (then.get(position).copied(), now.get(position).copied());
        (then != now).then(|| (then.unwrap_or_default(), now.unwrap_or_default()))
    };
    let mut changed = Vec::new();
    if let Some((then, now)) = at(0) {
        changed.push(format!("the seed ({then} then, {now} now)"));
    }
    if let Some((then, now)) = at(1) {
        let text = |per_mille: &str| {
            per_mille
                .parse()
                .map_or_else(|_| per_mille.to_owned(), scale_text)
        };
        changed.push(format!(
            "the scale ({} then, {} now)",
            text(then),
            text(now)
        ));
    }
    if at(2).is_some() {
        changed.push(RULES.to_owned());
    }
    if then.last() != now.last() {
        changed.push("the engine that makes the rows".to_owned());
    }
    // `as_of = "today"` puts the day between rules and engine.
    if changed.is_empty() {
        changed.push("the day".to_owned());
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::drifted;

    #[test]
    fn what_drifted_is_named_part_by_part() {
        let check = |then: &str, now: &str, expected: Option<&str>| {
            assert_eq!(drifted(then, now).as_deref(), expected, "{then} {now}");
        };
        let key = "migrations:newest:shop:aa:seed:42:1000:r1:f1";
        check(key, key, None);
        check(
            "",
            "migrations:newest:shop:aa",
            Some("the migrations have changed since"),
        );
        let other = "migrations:newest:shop:bb:seed:43:1500:r1:f1";
        let all = "the migrations, the seed (42 then, 43 now) and the scale (1 then, 1.5 now) have \
                   changed since";
        check(key, other, Some(all));
        let rules = "migrations:newest:shop:aa:seed:42:1000:r2:f1";
        check(key, rules, Some("the rules of [seed] have changed since"));
        let engine = "migrations:newest:shop:aa:seed:42:1000:r1:f2";
        check(
            key,
            engine,
            Some("the engine that makes the rows has changed since"),
        );
        let bare = "migrations:newest:shop:aa";
        check(bare, key, Some("whether it is seeded has changed since"));
        let (day, next) = (
            "migrations:newest:shop:aa:seed:42:1000:r1:2026-01-01:f1",
            "migrations:newest:shop:aa:seed:42:1000:r1:2026-01-02:f1",
        );
        check(day, next, Some("the day has changed since"));
        let late = "migrations:newest:shop:aa:seed:42:1000:r1:f1:with:late=a1";
        check(
            key,
            late,
            Some("the scenarios (none then, late now) have changed since"),
        );
        let both = "migrations:newest:shop:aa:seed:42:1000:r1:f1:with:late=a2,null-heavy=b1";
        let all = "the scenarios (late then, late, null-heavy now) and scenario \"late\" have changed \
                   since";
        check(late, both, Some(all));
        let changed = "migrations:newest:shop:aa:seed:42:1000:r1:f1:with:late=a3";
        check(late, changed, Some("scenario \"late\" has changed since"));
        let seed = "migrations:newest:shop:aa:seed:43:1000:r1:f1:with:late=a1";
        check(
            late,
            seed,
            Some("the seed (42 then, 43 now) has changed since"),
        );
    }
}
