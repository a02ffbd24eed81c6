//! What must fit together across tables.
//!
//! Runs over what could be read; a table that is already faulty is not judged a second time.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{EnvironmentName, EnvironmentPattern};

use super::text::{ProblemKind, Report, join, nearest};
use super::{Config, Environment, Grant, Seed, Source};

/// The environments that have a table of their own, by name.
type Tables<'c> = BTreeMap<&'c EnvironmentName, &'c Environment>;

/// How much of a circle a message shows.
const WAY_SHOWN_MAX: usize = 12;

/// The keys of all environments in the order of the file, readable or not.
struct Names<'n> {
    written: &'n [String],
    exact: BTreeSet<&'n str>,
    patterns: Vec<EnvironmentPattern>,
}

/// Reports everything that does not fit; `names` are the keys of all environments, readable or not.
pub(super) fn check(config: &Config, names: &[String], report: &mut Report<'_>) {
    let names = Names {
        written: names,
        exact: names.iter().map(String::as_str).collect(),
        patterns: names.iter().filter_map(|name| name.parse().ok()).collect(),
    };
    let mut tables = Tables::new();
    for environment in &config.environments {
        if let EnvironmentPattern::One(name) = &environment.pattern {
            tables.insert(name, environment);
        }
    }
    for environment in &config.environments {
        if report.is_full() {
            return;
        }
        wildcard(environment, report);
        let source = path(environment, "source");
        if report.has(&source) && !report.is_faulty(&source) {
            reference(environment, &names, report);
            source_allows(config, &tables, environment, report);
        }
    }
    circles(&tables, report);
    ports(config, report);
    grants(config, &names, report);
}

fn path(environment: &Environment, key: &str) -> String {
    let table = join("environments", &environment.pattern.to_string());
    key.split('.').fold(table, |path, key| join(&path, key))
}

/// `source = { environment = ... }` names an environment with a table of its own and a snapshot.
fn reference(environment: &Environment, names: &Names<'_>, report: &mut Report<'_>) {
    let Source::Environment(target) = &environment.source else {
        return;
    };
    if names.exact.contains(target.as_str()) {
        return;
    }
    let path = path(environment, "source.environment");
    let (message, hint) = match names
        .patterns
        .iter()
        .find(|pattern| pattern.matches(target))
    {
        Some(prefix) => (
            format!(
                "environment \"{target}\" has no table of its own, only \"{prefix}\" matches it"
            ),
            Some(format!(
                "add [environments.{target}], or name what \"{prefix}\" is made from"
            )),
        ),
        None => (
            format!("environment \"{target}\" does not exist"),
            did_you_mean(target.as_str(), names),
        ),
    };
    let problem = report.value(&path, ProblemKind::UnknownReference, message);
    problem.hint = hint;
    problem.expected = Some(one_of(
        names.written.iter().filter(|name| !name.ends_with('*')),
    ));
}

/// `scenarios = [...]` names scenarios that there are, each once.
fn scenarios(
    config: &Config,
    environment: &Environment,
    seed: Option<&Seed>,
    report: &mut Report<'_>,
) {
    // A scenario that could not be read is there all the same.
    if report.is_faulty("seed.scenario") {
        return;
    }
    let names = seed.map_or(&[][..], |seed| &seed.scenarios);
    for (position, name) in names.iter().enumerate() {
        let path = format!("{}[{position}]", path(environment, "source.scenarios"));
        if names[..position].contains(name) {
            let message = format!("scenario {name:?} is chosen twice");
            report.value(&path, ProblemKind::Conflict, message).hint =
                Some("remove one of them".to_owned());
        } else if config.seed.scenario(name).is_none() {
            let message = format!("scenario {name:?} does not exist");
            let problem = report.value(&path, ProblemKind::UnknownReference, message);
            problem.hint = config
                .seed
                .suggest_scenario(name)
                .map(|guess| format!("did you mean {guess:?}?"))
                .or_else(|| Some("add [[seed.scenario]] with this name".to_owned()));
            let known: Vec<&str> = config.seed.scenario_names().take(NAMES_SHOWN_MAX).collect();
            problem.expected = Some(format!("one of {}", known.join(", ")));
        }
    }
}

/// Names that an error lists.
const NAMES_SHOWN_MAX: usize = 8;

/// Following the sources must end; every environment of a circle is reported.
///
/// Nothing can refer to a wildcard, so none is in a circle.
fn circles(tables: &Tables<'_>, report: &mut Report<'_>) {
    let mut ended = BTreeSet::new();
    for &start in tables.keys() {
        let mut way: Vec<&EnvironmentName> = Vec::new();
        let mut positions = BTreeMap::new();
        let mut at = Some(start);
        while let Some(name) = at.filter(|name| !ended.contains(name)) {
            if let Some(&first) = positions.get(name) {
                circle(tables, &way[first..], report);
                break;
            }
            positions.insert(name, way.len());
            way.push(name);
            at = match tables.get(name).map(|environment| &environment.source) {
                Some(Source::Environment(next)) => Some(next),
                _ => None,
            };
        }
        ended.extend(way);
    }
}

fn circle(tables: &Tables<'_>, circle: &[&EnvironmentName], report: &mut Report<'_>) {
    for (position, name) in circle.iter().enumerate() {
        let (behind, ahead) = circle.split_at(position);
        let way = ahead.iter().chain(behind).chain([name]);
        let mut way: Vec<&str> = way.map(|name| name.as_str()).collect();
        if way.len() > WAY_SHOWN_MAX {
            way.splice(WAY_SHOWN_MAX - 1..way.len() - 1, ["..."]);
        }
        let message = format!("sources go in a circle: {}", way.join(" -> "));
        let path = path(tables[name], "source.environment");
        let problem = report.value(&path, ProblemKind::Conflict, message);
        problem.expected = Some("a source that ends at migrations or a mirror".to_owned());
    }
}

/// What a source rules out.
fn source_allows(
    config: &Config,
    tables: &Tables<'_>,
    environment: &Environment,
    report: &mut Report<'_>,
) {
    let copied = matches!(environment.source, Source::Mirror | Source::Production);
    if environment.refresh.is_some() && !copied {
        let message = "only a copy of production can be refreshed".to_owned();
        let path = path(environment, "refresh");
        let problem = report.key(&path, ProblemKind::Conflict, message);
        problem.hint = Some(match &environment.source {
            Source::Environment(source) => {
                format!("schedule the refresh of \"{source}\" and a reset here")
            }
            _ => "schedule a reset instead".to_owned(),
        });
    }
    match &environment.source {
        Source::Mirror => from_production(config, environment, "source.mirror", report),
        Source::Production => {
            from_production(config, environment, "source", report);
            masked(config, environment, report);
        }
        Source::Upstream(_) => upstream(environment, report),
        Source::Environment(target) => {
            let source = tables.get(target).map(|target| &target.source);
            if matches!(source, Some(Source::Upstream(_))) {
                let message =
                    format!("environment \"{target}\" is an upstream, which has no snapshots");
                let path = path(environment, "source.environment");
                let problem = report.value(&path, ProblemKind::Conflict, message);
                problem.expected = Some("an environment that Standin manages".to_owned());
            }
        }
        Source::Migrations { seed, .. } => scenarios(config, environment, seed.as_ref(), report),
    }
}

/// A masked copy needs a key and decisions.
fn masked(config: &Config, environment: &Environment, report: &mut Report<'_>) {
    if config.masking.is_none() && !report.is_faulty("masking") {
        let message = "there is no [masking], and production is never copied unmasked".to_owned();
        let path = path(environment, "source");
        let problem = report.value(&path, ProblemKind::UnknownReference, message);
        problem.hint = Some(
            "`standin mask key new` makes a key, `standin mask discover` proposes [masking]"
                .to_owned(),
        );
    }
}

fn from_production(config: &Config, environment: &Environment, key: &str, report: &mut Report<'_>) {
    if config.production.is_none() && !report.is_faulty("production") {
        let message = "there is no [production] to copy".to_owned();
        let path = path(environment, key);
        let problem = report.value(&path, ProblemKind::UnknownReference, message);
        problem.hint = Some("add [production] with url = \"env:PRODUCTION_URL\"".to_owned());
    }
}

/// An upstream is not ours to build, reset, branch or stop.
fn upstream(environment: &Environment, report: &mut Report<'_>) {
    const MANAGED: [&str; 7] = [
        "reset",
        "refresh",
        "branches",
        "durability",
        "idle",
        "generations",
        "spares",
    ];
    for key in MANAGED {
        let path = path(environment, key);
        if report.has(&path) && !report.is_faulty(&path) {
            let message =
                format!("an upstream has no {key:?}: Standin does not manage that server");
            let problem = report.key(&path, ProblemKind::Conflict, message);
            problem.hint = Some("remove this key".to_owned());
        }
    }
}

/// A wildcard stands for many environments, and they cannot share a port.
fn wildcard(environment: &Environment, report: &mut Report<'_>) {
    if environment.port.is_some() && matches!(environment.pattern, EnvironmentPattern::Prefix(_)) {
        let message = format!(
            "a port names one environment, and \"{}\" is many",
            environment.pattern
        );
        let path = path(environment, "port");
        let problem = report.key(&path, ProblemKind::Conflict, message);
        problem.hint = Some("clients reach them as database@environment".to_owned());
    }
}

fn ports(config: &Config, report: &mut Report<'_>) {
    let mut taken = BTreeMap::new();
    if let Some(address) = config.listen.postgres {
        taken.insert(address.port(), "listen.postgres".to_owned());
    }
    for environment in &config.environments {
        let Some(port) = environment.port else {
            continue;
        };
        let path = path(environment, "port");
        if config.listen.postgres.is_none() && !report.is_faulty("listen.postgres") {
            let message = "a port needs an address, and \"listen.postgres\" is \"off\"".to_owned();
            let problem = report.value(&path, ProblemKind::Conflict, message);
            problem.hint = Some("set listen.postgres, or remove the port".to_owned());
        }
        if let Some(owner) = taken.get(&port) {
            let message = format!("port {port} is already that of {owner}");
            let problem = report.value(&path, ProblemKind::Conflict, message);
            problem.expected = Some("a port of its own".to_owned());
        } else {
            taken.insert(port, path);
        }
    }
}

/// Every grant matches an environment that is or could be.
fn grants(config: &Config, names: &Names<'_>, report: &mut Report<'_>) {
    for (name, user) in &config.users {
        if report.is_full() {
            return;
        }
        let list = join(&join("users", name.as_str()), "environments");
        if report.is_faulty(&list) {
            continue;
        }
        for (position, grant) in user.environments.iter().enumerate() {
            let Grant::Pattern(pattern) = grant else {
                continue;
            };
            if names.patterns.iter().any(|table| overlaps(pattern, table)) {
                continue;
            }
            let message = match pattern {
                EnvironmentPattern::One(name) => format!("environment \"{name}\" does not exist"),
                prefix => format!("no environment begins like \"{prefix}\""),
            };
            let path = format!("{list}[{position}]");
            let problem = report.value(&path, ProblemKind::UnknownReference, message);
            problem.hint = did_you_mean(&pattern.to_string(), names);
            problem.expected = Some(one_of(names.written.iter()));
        }
    }
}

/// Whether some name is matched by both.
fn overlaps(grant: &EnvironmentPattern, table: &EnvironmentPattern) -> bool {
    use EnvironmentPattern::{One, Prefix};
    match (grant, table) {
        (One(grant), table) => table.matches(grant),
        (Prefix(_), One(table)) => grant.matches(table),
        (Prefix(grant), Prefix(table)) => {
            grant.starts_with(table.as_str()) || table.starts_with(grant.as_str())
        }
    }
}

fn did_you_mean(found: &str, names: &Names<'_>) -> Option<String> {
    nearest(found, names.written.iter().map(String::as_str))
        .map(|name| format!("did you mean {name:?}?"))
}

/// The first names of a list, in words.
fn one_of<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).take(NAMES_SHOWN_MAX).collect();
    match names.as_slice() {
        [] => "an environment, of which there are none".to_owned(),
        names => format!("one of {}", names.join(", ")),
    }
}
