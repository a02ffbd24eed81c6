//! What fills an environment, and `[production]`, which some are filled from.

use std::path::PathBuf;

use crate::name::EnvironmentName;
use crate::target::DATABASE_BYTES_MAX;

use super::defaults;
use super::secret::{Secret, secret};
use super::text::{ProblemKind, Report, Table, Value, not_available};

/// `[production]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    /// Connection URL of a login that can only read (and, for `mirror`, replicate).
    pub url: Secret,
}

/// What fills an environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A fresh cluster, filled by the project's migrations.
    Migrations {
        /// How the migrations run.
        migrations: Migrations,
        /// The database that is made for them.
        database: String,
        /// What fills the tables that they leave empty.
        seed: Option<Seed>,
    },
    /// A masked copy of production.
    Production,
    /// A physical copy of production, raw.
    Mirror,
    /// The snapshot that another environment resets to.
    Environment(EnvironmentName),
    /// A server that we do not manage.
    Upstream(Secret),
}

impl Source {
    /// Whether the data is production's, unmasked (of this source itself, not of what it refers to).
    pub fn is_raw(&self) -> bool {
        matches!(self, Self::Mirror)
    }
}

/// Seed data of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many rows, in thousandths of the usual number.
    pub scale_per_mille: u64,
    /// Names of scenarios, in their order.
    pub scenarios: Vec<String>,
}

/// How a schema comes to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Migrations {
    /// A directory of `.sql` files run in the order of their names.
    Directory(PathBuf),
    /// A program run with `DATABASE_URL` set.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
        /// Files and directories that it reads; what changes in them is noticed.
        files: Vec<PathBuf>,
    },
}

impl Migrations {
    /// Whether a change of theirs cannot be noticed: a command whose files nobody has named.
    pub fn are_unseen(&self) -> bool {
        matches!(self, Self::Command { files, .. } if files.is_empty())
    }
}

/// What works today, for every source that does not.
const TODAY: &str = "these work today: \"production\" for a masked copy, { migrations = \"db/migrations\" }, the same with \
                     seed = 42, { mirror = \"production\", unmasked = true }, { environment = \"NAME\" }, \
                     { upstream = \"env:NAME\" }";

/// The keys of which a source has exactly one.
const KINDS: [&str; 4] = ["migrations", "mirror", "environment", "upstream"];

pub(super) fn production(
    table: Option<Table<'_, '_>>,
    report: &mut Report<'_>,
) -> Option<Production> {
    let mut table = table?;
    let example = "url = \"env:PRODUCTION_URL\"";
    let url = table
        .require("url", example, report)
        .and_then(|value| secret(&value, example, report));
    table.finish(&[], report);
    Some(Production { url: url? })
}

pub(super) fn source(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Source> {
    let expected = "a table, such as { migrations = \"db/migrations\" }";
    let Some(mut table) = value.as_table() else {
        if value.as_str() == Some("production") {
            return Some(Source::Production);
        }
        if value.as_str() == Some("seed") {
            let what = format!("source = {:?}", value.as_str().unwrap_or_default());
            not_available(value.path(), &what, TODAY, report);
            return None;
        }
        return value.wrong_type(expected, report);
    };
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let migrations = table.get("migrations", report);
    let files = table.get("files", report);
    let database = table.get("database", report);
    let mirror = table.get("mirror", report);
    let unmasked = table.get("unmasked", report);
    let environment = table.get("environment", report);
    let upstream = table.get("upstream", report);
    let seeding = ["seed", "scale", "scenarios"].map(|key| table.get(key, report));
    table.finish(&[], report);
    // A mistyped or later key has said by itself what is wrong; what it causes is not news.
    let faulty = report.is_faulty(value.path());
    let alien = [
        ("files", &files, "migrations"),
        ("database", &database, "migrations"),
        ("unmasked", &unmasked, "mirror"),
        ("seed", &seeding[0], "migrations"),
        ("scale", &seeding[1], "migrations"),
        ("scenarios", &seeding[2], "migrations"),
    ];
    for (key, alien, owner) in alien {
        if let (Some(alien), false) = (alien, given.contains(&owner) || faulty) {
            let message = format!("{key:?} belongs to {owner:?} only");
            let problem = report.key(alien.path(), ProblemKind::Conflict, message);
            problem.hint = Some(format!("remove {key}"));
        }
    }
    match given.as_slice() {
        ["migrations"] => {
            let seed = seed(&seeding, faulty, report);
            let besides = (files.as_ref(), database.as_ref());
            from_migrations(&migrations?, besides, seed?, report)
        }
        ["mirror"] if unmasked.is_none() && faulty => None,
        ["mirror"] => from_mirror(&mirror?, unmasked.as_ref(), report),
        ["environment"] => from_environment(&environment?, report),
        ["upstream"] => {
            secret(&upstream?, "{ upstream = \"env:NAME\" }", report).map(Source::Upstream)
        }
        [] if faulty => None,
        given => {
            not_one(value, given, report);
            None
        }
    }
}

/// Reports a source that is none of the kinds, or several.
fn not_one(value: &Value<'_, '_>, given: &[&str], report: &mut Report<'_>) {
    let path = value.path();
    let (kind, what) = match given {
        [] => (ProblemKind::MissingKey, "names no source".to_owned()),
        several => (
            ProblemKind::Conflict,
            format!("names {} sources: {}", several.len(), several.join(", ")),
        ),
    };
    let problem = report.value(path, kind, format!("\"{path}\" {what}"));
    problem.expected = Some(format!("one of {}", KINDS.join(", ")));
    problem.hint = given.is_empty().then(|| TODAY.to_owned());
}

fn from_migrations(
    value: &Value<'_, '_>,
    (files, database): (Option<&Value<'_, '_>>, Option<&Value<'_, '_>>),
    seed: Option<Seed>,
    report: &mut Report<'_>,
) -> Option<Source> {
    let expected =
        "a directory of .sql files, or a command as an array: [\"npm\", \"run\", \"migrate\"]";
    let migrations = if value.as_str().is_some() {
        let path = value.filled(expected, report);
        if let Some(files) = files {
            let message = "\"files\" belongs to a command only; all of a directory is read";
            let problem = report.key(files.path(), ProblemKind::Conflict, message.to_owned());
            problem.hint = Some("remove files".to_owned());
        }
        path.map(|path| Migrations::Directory(PathBuf::from(path)))
    } else {
        let words = command(value, expected, report);
        let files = files.map_or(Some(Vec::new()), |files| paths(files, report));
        words
            .zip(files)
            .map(|(words, files)| Migrations::Command { words, files })
    };
    let database = match database {
        Some(value) => database_name(value, report),
        None => Some(defaults::DATABASE.to_owned()),
    };
    Some(Source::Migrations {
        migrations: migrations?,
        database: database?,
        seed,
    })
}

/// `seed`, `scale` and `scenarios`; the outer `None` is what is wrong, the inner one no seed.
fn seed(
    [seed, scale, scenarios]: &[Option<Value<'_, '_>>; 3],
    faulty: bool,
    report: &mut Report<'_>,
) -> Option<Option<Seed>> {
    // The largest integer of TOML.
    const SEED_MAX: u64 = i64::MAX as u64;
    let Some(seed) = seed else {
        for alien in [scale, scenarios].into_iter().flatten().filter(|_| !faulty) {
            let message = format!(
                "\"{}\" says how to seed, and no seed is given",
                alien.path()
            );
            let problem = report.key(alien.path(), ProblemKind::Conflict, message);
            problem.hint = Some("add seed = 42".to_owned());
        }
        return Some(None);
    };
    let seed = seed.number(0..=SEED_MAX, report);
    let scale_per_mille = super::seed::scale(scale.as_ref(), report);
    let mut names = Vec::new();
    if let Some(value) = scenarios {
        let expected = "names of scenarios: [\"overdue-invoice\"]";
        for value in value.array(expected, report)? {
            names.push(value.filled("the name of a scenario", report)?.to_owned());
        }
    }
    Some(Some(Seed {
        seed: seed?,
        scale_per_mille: scale_per_mille?,
        scenarios: names,
    }))
}

/// One path, or several.
fn paths(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Vec<PathBuf>> {
    let expected = "a file or directory, or several: [\"db/migrate\", \"db/seeds.rb\"]";
    let values = match value.is_array() {
        true => value.array(expected, report)?,
        false => return Some(vec![value.filled(expected, report)?.into()]),
    };
    let mut paths = Vec::new();
    for value in values {
        paths.push(value.filled(expected, report)?.into());
    }
    Some(paths)
}

fn command(value: &Value<'_, '_>, expected: &str, report: &mut Report<'_>) -> Option<Vec<String>> {
    let values = value.array(expected, report)?;
    if values.is_empty() {
        value.wrong("names no program", expected, report);
        return None;
    }
    let mut words = Vec::new();
    for (position, value) in values.iter().enumerate() {
        let word = match position {
            0 => value.filled("a program", report),
            _ => value.string("an argument", report),
        };
        words.push(word?.to_owned());
    }
    Some(words)
}

fn database_name(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    let expected = "a database name of 1 to 63 bytes, not one of PostgreSQL's own";
    let name = value.filled(expected, report)?;
    let own = ["postgres", "template0", "template1"].contains(&name);
    if own || name.len() > DATABASE_BYTES_MAX || name.chars().any(char::is_control) {
        value.wrong("cannot be made", expected, report);
        return None;
    }
    Some(name.to_owned())
}

fn from_mirror(
    value: &Value<'_, '_>,
    unmasked: Option<&Value<'_, '_>>,
    report: &mut Report<'_>,
) -> Option<Source> {
    let mirror = value.word(&[("production", Source::Mirror.is_raw())], report);
    let agreed = match unmasked {
        Some(value) => value.boolean(report)?,
        None => false,
    };
    if !agreed {
        let (path, span) = match unmasked {
            Some(unmasked) => (unmasked.path(), unmasked.span()),
            None => (value.path(), value.span()),
        };
        let message = "a mirror holds production's data as it is, without masks".to_owned();
        let problem = report.at(span, path, ProblemKind::Conflict, message);
        problem.expected = Some("unmasked = true, said in so many words".to_owned());
        problem.hint = Some(
            "with it only users who list the environment by name may enter; \"*\" does not \
             grant it"
                .to_owned(),
        );
        return None;
    }
    mirror.map(|_| Source::Mirror)
}

fn from_environment(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Source> {
    let expected = "the name of another environment";
    if value.as_str().is_some_and(|text| text.ends_with('*')) {
        let problem = value.wrong(
            "is a wildcard, which has no data of its own",
            expected,
            report,
        );
        problem.hint = Some("name one environment, for example the one it is made from".to_owned());
        return None;
    }
    value.parsed(expected, report).map(Source::Environment)
}
