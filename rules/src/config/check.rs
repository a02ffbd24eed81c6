//! What must fit together across tables.
//!
//! Runs over what could be read; a table that is already faulty is not judged a second time.

use std::collections::BTreeMap;

use crate::name::{EnvironmentName, EnvironmentPattern};

use super::text::{ProblemKind, Report, join, nearest};
use super::{Config, Environment, Grant, Source};

/// Reports everything that does not fit; `names` are the keys of all environments, readable or not.
pub(super) fn check(config: &Config, names: &[String], report: &mut Report<'_>) {
    for environment in &config.environments {
        wildcard(environment, report);
        let source = path(environment, "source");
        if report.has(&source) && !report.is_faulty(&source) {
            reference(environment, names, report);
            cycle(config, environment, report);
            source_allows(config, environment, report);
        }
    }
    ports(config, report);
    grants(config, names, report);
}

fn path(environment: &Environment, key: &str) -> String {
    let table = join("environments", &environment.pattern.to_string());
    key.split('.').fold(table, |path, key| join(&path, key))
}

/// `source = { environment = ... }` names an environment with a table of its own and a snapshot.
fn reference(environment: &Environment, names: &[String], report: &mut Report<'_>) {
    let Source::Environment(target) = &environment.source else {
        return;
    };
    if names.iter().any(|name| name == target.as_str()) {
        return;
    }
    let path = path(environment, "source.environment");
    let prefix = names.iter().find(|name| {
        name.parse::<EnvironmentPattern>()
            .is_ok_and(|pattern| pattern.matches(target))
    });
    let (message, hint) = match prefix {
        Some(prefix) => (
            format!("environment \"{target}\" has no table of its own, only {prefix:?} matches it"),
            Some(format!(
                "add [environments.{target}], or name what {prefix:?} is made from"
            )),
        ),
        None => (
            format!("environment \"{target}\" does not exist"),
            did_you_mean(target.as_str(), names),
        ),
    };
    let problem = report.value(&path, ProblemKind::UnknownReference, message);
    problem.hint = hint;
    problem.expected = Some(one_of(names.iter().filter(|name| !name.ends_with('*'))));
}

/// Following the sources must end.
fn cycle(config: &Config, environment: &Environment, report: &mut Report<'_>) {
    let EnvironmentPattern::One(start) = &environment.pattern else {
        // Nothing can refer to a wildcard, so it is in no cycle.
        return;
    };
    let mut way = vec![start.to_string()];
    let mut at = environment;
    while let Source::Environment(next) = &at.source {
        way.push(next.to_string());
        if next == start {
            let message = format!("sources go in a circle: {}", way.join(" -> "));
            let path = path(environment, "source.environment");
            let problem = report.value(&path, ProblemKind::Conflict, message);
            problem.expected = Some("a source that ends at migrations or a mirror".to_owned());
            return;
        }
        let Some(following) = config.exact(next) else {
            return;
        };
        // A circle that does not lead back here is reported where it is.
        if way.len() > config.environments.len() {
            return;
        }
        at = following;
    }
}

/// What a source rules out.
fn source_allows(config: &Config, environment: &Environment, report: &mut Report<'_>) {
    if environment.refresh.is_some() && environment.source != Source::Mirror {
        let message = "only a mirror can be refreshed".to_owned();
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
        Source::Mirror => mirror(config, environment, report),
        Source::Upstream(_) => upstream(environment, report),
        Source::Environment(target) => {
            let source = config.exact(target).map(|target| &target.source);
            if matches!(source, Some(Source::Upstream(_))) {
                let message =
                    format!("environment \"{target}\" is an upstream, which has no snapshots");
                let path = path(environment, "source.environment");
                let problem = report.value(&path, ProblemKind::Conflict, message);
                problem.expected = Some("an environment that Standin manages".to_owned());
            }
        }
        Source::Migrations { .. } => {}
    }
}

fn mirror(config: &Config, environment: &Environment, report: &mut Report<'_>) {
    if config.production.is_none() && !report.is_faulty("production") {
        let message = "there is no [production] to mirror".to_owned();
        let path = path(environment, "source.mirror");
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
fn grants(config: &Config, names: &[String], report: &mut Report<'_>) {
    for (name, user) in &config.users {
        let list = join(&join("users", name.as_str()), "environments");
        if report.is_faulty(&list) {
            continue;
        }
        for (position, grant) in user.environments.iter().enumerate() {
            let Grant::Pattern(pattern) = grant else {
                continue;
            };
            if names.iter().any(|name| overlaps(pattern, name)) {
                continue;
            }
            let message = match pattern {
                EnvironmentPattern::One(name) => format!("environment \"{name}\" does not exist"),
                prefix => format!("no environment begins like \"{prefix}\""),
            };
            let path = format!("{list}[{position}]");
            let problem = report.value(&path, ProblemKind::UnknownReference, message);
            problem.hint = did_you_mean(&pattern.to_string(), names);
            problem.expected = Some(one_of(names.iter()));
        }
    }
}

/// Whether some name is matched by both.
fn overlaps(grant: &EnvironmentPattern, name: &str) -> bool {
    use EnvironmentPattern::{One, Prefix};
    match (grant, name.parse()) {
        (_, Err(_)) => false,
        (One(grant), Ok(table)) => table.matches(grant),
        (Prefix(_), Ok(One(table))) => grant.matches(&table),
        (Prefix(grant), Ok(Prefix(table))) => {
            grant.starts_with(table.as_str()) || table.starts_with(grant.as_str())
        }
    }
}

fn did_you_mean(found: &str, names: &[String]) -> Option<String> {
    nearest(found, names.iter().map(String::as_str)).map(|name| format!("did you mean {name:?}?"))
}

/// The first names of a list, in words.
fn one_of<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const NAMES_SHOWN_MAX: usize = 8;
    let names: Vec<&str> = names.map(String::as_str).take(NAMES_SHOWN_MAX).collect();
    match names.as_slice() {
        [] => "an environment, of which there are none".to_owned(),
        names => format!("one of {}", names.join(", ")),
    }
}

impl Config {
    /// The table of exactly this name.
    fn exact(&self, name: &EnvironmentName) -> Option<&Environment> {
        let is_exact = |pattern: &EnvironmentPattern| matches!(pattern, EnvironmentPattern::One(one) if one == name);
        self.environments
            .iter()
            .find(|environment| is_exact(&environment.pattern))
    }
}
