//! `standin seed …`: plan, make, check and explain seed data.
//!
//! Of an environment the daemon is asked; a database with a URL is worked on from here.

pub(super) mod arguments;
mod database;
mod scenarios;
mod show;

use std::path::Path;
use std::process::ExitCode;

use rules::target::{Place, TargetError};
use seeder::audit::Findings;
use seeder::natural;
use seeder::plan::Shown;
use seeder::run::Explained;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::failure::Failure;
use super::output::Output;
use super::remote::environment;
use super::runtime;
use crate::admin::api::Order;
use crate::environments::Cell;
use arguments::{Chosen, Seed};
use database::Database;

pub(super) fn run(config: &Path, verb: Seed, output: &Output) -> Result<ExitCode, Failure> {
    if let Seed::Generators = verb {
        output.show(&generators(), |_| show::generators());
        return Ok(ExitCode::SUCCESS);
    }
    // Rows are made by threads, and several sessions load them.
    runtime()?.block_on(asked(config, verb, output))
}

async fn asked(config: &Path, verb: Seed, output: &Output) -> Result<ExitCode, Failure> {
    match verb {
        Seed::Plan(plan) => {
            let order = Order {
                seed: plan.changed.change(),
                ..Order::default()
            };
            let shown: Shown = match of(config, &plan.chosen)? {
                Of::Database(database) => database.plan(&order.seed).await?,
                Of::Environment(name) => ask(config, (&name, "seed-plan"), &order, output).await?,
            };
            output.show(&shown, show::plan);
        }
        Seed::Run(run) => {
            let database = Database::of(config, &run.url)?;
            database.must_not_be_production()?;
            let filled = database.run(&run, output).await?;
            output.show(&filled, show::ran);
        }
        Seed::Audit(audit) => {
            let order = Order {
                database: audit.database.clone(),
                ..Order::default()
            };
            // A branch has data of its own to look at.
            let found: Findings = match &audit.chosen.environment {
                Some(place) => ask(config, (place, "seed-audit"), &order, output).await?,
                None => {
                    let url = audit.chosen.url.as_deref().unwrap_or_default();
                    Database::of(config, url)?.audit().await?
                }
            };
            output.show(&found, show::findings);
            if found.violations().next().is_some() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Seed::Explain(explain) => {
            let cell = Cell {
                column: explain.column.clone(),
                row: explain.row,
            };
            let change = explain.changed.change();
            let explained: Explained = match of(config, &explain.chosen)? {
                Of::Database(database) => database.explain(&change, &cell).await?,
                Of::Environment(name) => {
                    let order = Order {
                        seed: change,
                        cell: Some(cell),
                        ..Order::default()
                    };
                    ask(config, (&name, "seed-explain"), &order, output).await?
                }
            };
            output.show(&explained, show::explained);
        }
        Seed::Scenarios(asked) => {
            scenarios::list(config, asked.place.as_deref(), output).await?;
        }
        Seed::Generators => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// What a command is about.
enum Of {
    Database(Box<Database>),
    Environment(String),
}

fn of(config: &Path, chosen: &Chosen) -> Result<Of, Failure> {
    match (&chosen.environment, &chosen.url) {
        (_, Some(url)) => Ok(Of::Database(Box::new(Database::of(config, url)?))),
        (Some(name), None) => Ok(Of::Environment(
            environment::name(name, "seed")?.to_string(),
        )),
        (None, None) => Err(Failure::usage("an environment or `--url` is missing")),
    }
}

/// Asks the daemon, and follows what it says.
async fn ask<T: DeserializeOwned>(
    config: &Path,
    (place, verb): (&str, &str),
    order: &Order,
    output: &Output,
) -> Result<T, Failure> {
    let path = path(place, verb)?;
    let client = Client::of(config)?;
    client.follow(&path, order, output.progress_at(place)).await
}

/// The path of a verb of an environment or branch.
fn path(place: &str, verb: &str) -> Result<String, Failure> {
    let named: Result<Place, TargetError> = place.parse();
    let named = named.map_err(|error| {
        Failure::wrong_name(&error).hint("it is written environment or environment.branch")
    })?;
    Ok(match named.branch {
        Some(_) => format!("/v1/branches/{named}/{verb}"),
        None => format!("/v1/environments/{named}/{verb}"),
    })
}

/// Name and line of each generator, for programs.
fn generators() -> serde_json::Value {
    let names = natural::names().into_iter();
    names
        .map(|(name, about)| serde_json::json!({ "name": name, "about": about }))
        .collect()
}
