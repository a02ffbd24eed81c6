//! `standin environment …`

use rules::name::{EnvironmentName, NameError};
use rules::target::Place;

use super::super::args::Environment;
use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::{Output, ago, facts, table};
use super::{at_once, generations, history, operate, protect, protected};
use crate::admin::api::Order;
use crate::environments::{EnvironmentLine, Record};

pub(in super::super) async fn run(
    client: &Client,
    verb: Environment,
    output: &Output,
) -> Result<(), Failure> {
    let order = Order::default();
    match verb {
        Environment::List => {
            let lines: Vec<EnvironmentLine> = client.get("/v1/environments").await?;
            output.show(&lines, |lines| list(lines));
            Ok(())
        }
        Environment::Show { environment } => {
            let path = format!("/v1/environments/{}", name(&environment, "show")?);
            let line: EnvironmentLine = client.get(&path).await?;
            output.show(&line, show);
            Ok(())
        }
        Environment::Build { environment } => {
            let path = path(&environment, "build")?;
            let record: Option<Record> = client
                .follow(&path, &order, output.progress_at(&environment))
                .await?;
            let nothing = || format!("{environment} is built already");
            output.show(&record, |record| {
                record.as_ref().map_or_else(nothing, super::done)
            });
            Ok(())
        }
        Environment::Reset { environment } => {
            operate(client, output, &path(&environment, "reset")?, &order).await
        }
        Environment::Refresh { environment } => {
            operate(client, output, &path(&environment, "refresh")?, &order).await
        }
        Environment::Reseed { environment } => {
            operate(client, output, &path(&environment, "reseed")?, &order).await
        }
        Environment::Undo { environment, to } => {
            let order = Order { to, ..order };
            operate(client, output, &path(&environment, "undo")?, &order).await
        }
        Environment::Promote { from, to } => {
            let order = Order {
                from: Some(from),
                ..order
            };
            operate(client, output, &path(&to, "promote")?, &order).await
        }
        Environment::Drop { environment } => {
            operate(client, output, &path(&environment, "drop")?, &order).await
        }
        Environment::Sleep { environment } => {
            let said = format!("{environment} sleeps; the next connection wakes it");
            at_once(client, output, &path(&environment, "sleep")?, &order, &said).await
        }
        Environment::Wake {
            environment,
            accept_suspect,
        } => {
            let order = Order {
                accept_suspect,
                ..order
            };
            let said = format!("{environment} is awake");
            at_once(client, output, &path(&environment, "wake")?, &order, &said).await
        }
        Environment::Protect(order) => {
            let path = format!("/v1/environments/{}", name(&order.place, "protect")?);
            protect(client, &path, &order, output).await
        }
    }
}

pub(in super::super) fn name(text: &str, verb: &str) -> Result<EnvironmentName, Failure> {
    let parsed: Result<EnvironmentName, NameError> = text.parse();
    parsed.map_err(|error| {
        let failure = Failure::usage(error.to_string());
        if !text
            .parse::<Place>()
            .is_ok_and(|place| place.branch.is_some())
        {
            return failure;
        }
        let names = Failure::usage(format!("{text:?} names a branch, not an environment"));
        match verb {
            "build" | "promote" | "reseed" | "seed" => names,
            verb => names.hint(format!("`standin branch {verb} {text}`")),
        }
    })
}

fn path(environment: &str, verb: &str) -> Result<String, Failure> {
    Ok(format!(
        "/v1/environments/{}/{verb}",
        name(environment, verb)?
    ))
}

/// The table of environments.
pub(super) fn list(lines: &[EnvironmentLine]) -> String {
    let headings = [
        "environment",
        "server",
        "sessions",
        "access",
        "source",
        "data",
        "durability",
        "now",
    ];
    let mut table = table(&headings);
    for line in lines {
        table.add_row([
            line.name.clone(),
            if line.server.is_empty() {
                line.state.clone()
            } else {
                line.server.clone()
            },
            line.sessions.to_string(),
            access(line),
            if line.raw {
                format!("{} · RAW", line.source)
            } else {
                line.source.clone()
            },
            line.data_as_of.map_or_else(|| "–".to_owned(), ago),
            line.durability.clone(),
            now(line),
        ]);
    }
    table.to_string()
}

/// What in its schema could do more than its caller.
fn findings(line: &EnvironmentLine) -> String {
    if line.findings.is_empty() {
        return String::new();
    }
    let mut found = table(&["database", "found", "name", "effect"]);
    for one in &line.findings {
        found.add_row([&one.database, &one.kind, &one.object, &one.effect]);
    }
    format!("\n\n{found}")
}

fn access(line: &EnvironmentLine) -> String {
    let whom = match line.access.as_str() {
        _ if !line.advisory => return line.access.clone(),
        "read-write" => " for users with less",
        _ => "",
    };
    format!("{}, advisory{whom}: the login can write", line.access)
}

fn now(line: &EnvironmentLine) -> String {
    if let Some(running) = &line.running {
        let waiting = match line.queued {
            0 => String::new(),
            count => format!(", {count} wait"),
        };
        return format!("{}: {}{waiting}", running.operation.as_str(), running.step);
    }
    if let Some(failure) = &line.failure {
        return format!("{} failed {}", failure.operation.as_str(), ago(failure.at));
    }
    match (&line.protection, &line.generation) {
        (Some(protection), _) => protected(protection),
        (None, Some(now)) => format!("{} {}", now.operation, ago(now.since)),
        (None, None) => String::new(),
    }
}

fn show(line: &EnvironmentLine) -> String {
    let mut facts = facts("environment", &line.name);
    let mut fact = |name: &str, value: String| {
        facts.add_row([name.to_owned(), value]);
    };
    fact("state", format!("{} {}", line.state, line.server));
    fact("access", access(line));
    fact("source", line.source.clone());
    if let Some(seed) = &line.seed {
        let on_top = match seed.scenarios.as_slice() {
            [] => String::new(),
            names => format!(", with {}", names.join(", ")),
        };
        fact(
            "seed",
            format!("{} at scale {}{on_top}", seed.seed, seed.scale),
        );
    }
    if line.raw {
        fact("label", "RAW: unmasked production data".to_owned());
    }
    fact("durability", line.durability.clone());
    fact("databases", line.databases.join(", "));
    fact("sessions", line.sessions.to_string());
    fact("branches", line.branches.to_string());
    if let Some(taken) = line.data_as_of {
        fact("data as of", format!("{taken:.0} ({})", ago(taken)));
    }
    if let Some(drift) = &line.drift {
        let verb = if line.seed.is_some() {
            "reseed"
        } else {
            "refresh"
        };
        fact(
            "drift",
            format!("{drift}; `standin environment {verb} {}`", line.name),
        );
    }
    if let Some(failure) = &line.failure {
        fact(
            "last failure",
            format!("{}: {}", failure.operation.as_str(), failure.error),
        );
    }
    let generations = generations(line.generation.as_ref(), &line.earlier);
    let history = history(&line.history);
    format!("{facts}{}\n\n{generations}\n\n{history}", findings(line))
}
