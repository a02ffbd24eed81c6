//! `standin seed scenarios`: what may be chosen, and what a place has with the keys of its rows.

use std::path::Path;

use rules::config::Source;
use rules::seed::{Builtin, Scenario};
use seeder::scenario::{KeyValue, ScenarioTold};
use serde::Serialize;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::local::check;
use super::super::output::{Output, table};
use super::path;
use crate::admin::api::Order;
use crate::daemon;

/// A scenario that an environment may choose.
#[derive(Debug, Serialize)]
struct Choice {
    name: String,
    /// The built-in scenario that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    builtin: Option<&'static str>,
    /// What its rows are called; those of a built-in one follow from the schema.
    handles: Vec<String>,
    /// How many questions it asks.
    assertions: usize,
    /// The environments that choose it.
    environments: Vec<String>,
}

/// Lists scenarios: those of a place, which the daemon knows, or else those of the configuration.
pub(super) async fn list(
    config: &Path,
    place: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    let Some(place) = place else {
        output.show(&choices(config)?, |choices| chosen(choices));
        return Ok(());
    };
    let client = Client::of(config)?;
    let path = path(place, "seed-scenarios")?;
    let told: Vec<ScenarioTold> = client.post(&path, &Order::default()).await?;
    output.show(&told, |told| rows(told));
    Ok(())
}

fn choices(config: &Path) -> Result<Vec<Choice>, Failure> {
    // Without a configuration the built-in ones are what there is.
    let loaded = config.exists().then(|| daemon::load(config)).transpose();
    let loaded = loaded.map_err(check::failure)?;
    let config = loaded.map(|loaded| loaded.config).unwrap_or_default();
    let choosing = |name: &str| {
        let chooses = |source: &Source| match source {
            Source::Migrations {
                seed: Some(seed), ..
            } => seed.scenarios.iter().any(|own| own == name),
            _ => false,
        };
        let environments = config
            .environments
            .iter()
            .filter(|one| chooses(&one.source));
        environments.map(|one| one.pattern.to_string()).collect()
    };
    let choice = |scenario: Scenario| Choice {
        builtin: scenario.builtin.map(Builtin::as_str),
        handles: scenario.rows.iter().map(|row| row.handle.clone()).collect(),
        assertions: scenario.assertions.len(),
        environments: choosing(&scenario.name),
        name: scenario.name,
    };
    let mut names: Vec<&str> = config.seed.scenario_names().collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let scenarios = names
        .into_iter()
        .filter_map(|name| config.seed.scenario(name));
    Ok(scenarios.map(choice).collect())
}

fn chosen(choices: &[Choice]) -> String {
    let mut listed = table(&["scenario", "rows", "assertions", "chosen by"]);
    for one in choices {
        let rows = match one.builtin.and_then(Builtin::named) {
            Some(built_in) => format!("built in: {}", built_in.about()),
            None => shortened(&one.handles),
        };
        listed.add_row([
            one.name.clone(),
            rows,
            one.assertions.to_string(),
            one.environments.join(", "),
        ]);
    }
    listed.to_string()
}

/// Handles in a line: rows of a `count` as the first and the last of them.
fn shortened(handles: &[String]) -> String {
    /// Rows from which on the first and the last stand for all.
    const ROWS_MIN: usize = 3;
    let mut parts: Vec<String> = Vec::new();
    let mut rest = handles;
    while let Some(first) = rest.first() {
        let follows = |(own, place): (&String, u64)| {
            let (name, number) = counted(first)?;
            (counted(own)? == (name, number.checked_add(place)?)).then_some(())
        };
        let mut pairs = rest.iter().zip(0..);
        let run = pairs.by_ref().map_while(follows).count().max(1);
        let (series, others) = rest.split_at(run);
        match series {
            [first, .., last] if run >= ROWS_MIN => parts.push(format!("{first} … {last}")),
            few => parts.extend_from_slice(few),
        }
        rest = others;
    }
    parts.join(", ")
}

/// Name and number of a row of a `count`.
fn counted(handle: &str) -> Option<(&str, u64)> {
    let (name, number) = handle.rsplit_once('_')?;
    Some((name, number.parse().ok()?))
}

/// Handles and keys, row by row, those of a `count` in the order of their numbers.
pub(super) fn rows(told: &[ScenarioTold]) -> String {
    if told.is_empty() {
        return "no scenario: scenarios = [\"…\"] in the source of an environment chooses some"
            .to_owned();
    }
    let mut listed = table(&["scenario", "handle", "table", "key"]);
    for scenario in told {
        let mut handles: Vec<_> = scenario.handles.iter().collect();
        handles.sort_by_key(|(handle, _)| counted(handle).unwrap_or((handle, 0)));
        for (handle, row) in handles {
            let parts = row.key.iter().map(|(column, value)| match value {
                KeyValue::Number(number) => format!("{column} = {number}"),
                KeyValue::Text(text) => format!("{column} = {text}"),
            });
            let key: Vec<String> = parts.collect();
            listed.add_row([&scenario.name, handle, &row.table, &key.join(", ")]);
        }
    }
    let mut text = listed.to_string();
    for line in told.iter().flat_map(|scenario| &scenario.left_out) {
        text.push_str(&format!("\nleft out: {line}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_count_are_shown_as_the_first_and_the_last() {
        let check = |handles: &str, expected: &str| {
            let handles: Vec<String> = handles.split(' ').map(str::to_owned).collect();
            assert_eq!(shortened(&handles), expected);
        };
        check("acme inv", "acme, inv");
        check(
            "whale order_1 order_2 order_3 last",
            "whale, order_1 … order_3, last",
        );
        check("item_1 item_2 paid", "item_1, item_2, paid");
        check("a_1 a_2 b_3 b_4 b_5", "a_1, a_2, b_3 … b_5");
        check(
            "a_1 a_3 a_2 a_18446744073709551615",
            "a_1, a_3, a_2, a_18446744073709551615",
        );
    }
}
