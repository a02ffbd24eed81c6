//! Scenarios: rows to be found by name beside the generated ones, and what must then be true.
//!
//! A scenario's rows are numbered apart, so that they change no generated cell; what a row leaves open
//! is made by the same engine from its number, which is a function of the scenario's name and the
//! row's handle. What cannot be is named with scenario, handle, column and constraint before a row is
//! written. Never puts a row's value into an error.

mod added;
mod apart;
mod built_in;
mod find;
mod link;
mod place;
mod question;
#[cfg(test)]
mod tests;
mod told;
mod trial;
mod unique;
mod value;

use rules::config::Seed;
use rules::seed::{Scenario, SeedRules};
use tokio_postgres::Client;

use crate::audit::Assertion;
use crate::plan::{Plan, Request, Unplannable};

pub use added::{AddedRow, AddedRows};
pub use told::{HandleRow, KeyValue, ScenarioTold};

pub(crate) use apart::apart;

/// Version of what scenarios add: raised with any change of a row of theirs, and part of what a
/// snapshot with scenarios depends on.
pub const VERSION: u32 = 1;

/// A scenario as a part of a plan.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: Vec<PlannedRow>,
    /// Built-in rows that the schema does not allow, with the reasons.
    pub left_out: Vec<String>,
    /// Its questions, with their placeholders filled in.
    pub questions: Vec<Assertion>,
}

/// A row of a scenario in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRow {
    /// What it is called.
    pub handle: String,
    /// Position of its table in the plan.
    pub table: usize,
    /// Its number in the table.
    pub row: u64,
}

/// Why scenarios cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No scenario has this name.
    #[error("scenario \"{name}\" does not exist{}", meant.as_ref().map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default())]
    Unknown {
        /// As asked.
        name: String,
        /// What may have been meant.
        meant: Option<String>,
    },
    /// Rows or questions that the schema does not allow, each as a line.
    #[error("{}", .0.join("\n"))]
    Impossible(Vec<String>),
    /// The server could not be asked.
    #[error("try the rows of scenarios: {0}")]
    Server(String),
}

impl ScenarioError {
    /// Of an error of the server's only its code: the words may quote rows.
    fn server(error: &tokio_postgres::Error) -> Self {
        Self::Server(match error.code() {
            Some(code) => format!("the server refuses it (SQLSTATE {})", code.code()),
            None => error.to_string(),
        })
    }
}

impl From<Unplannable> for ScenarioError {
    fn from(problems: Unplannable) -> Self {
        let lines = problems.0.iter().map(ToString::to_string);
        Self::Impossible(lines.collect())
    }
}

/// The scenarios that a seed chooses, in its order.
pub fn chosen(rules: &SeedRules, seed: &Seed) -> Result<Vec<Scenario>, ScenarioError> {
    let one = |name: &String| {
        rules.scenario(name).ok_or_else(|| ScenarioError::Unknown {
            name: name.clone(),
            meant: rules.suggest_scenario(name).map(str::to_owned),
        })
    };
    seed.scenarios.iter().map(one).collect()
}

/// Adds the chosen scenarios to a plan, and has the server try their rows and questions in a transaction
/// that is rolled back.
///
/// # Errors
/// Everything that keeps a row from being what it is set to, and a question from being asked.
pub(crate) async fn add(
    client: &Client,
    plan: &mut Plan,
    request: Request<'_>,
) -> Result<(), ScenarioError> {
    /// Each round leaves built-in rows out that are refused, after which others are numbered anew.
    const ROUNDS_MAX: usize = 8;
    let scenarios = chosen(request.rules, request.seed)?;
    if scenarios.is_empty() {
        return Ok(());
    }
    let mut refused = place::Refused::new();
    for round in 1.. {
        let mut more = place::all(plan, request, &scenarios, &refused)?;
        if more.is_empty() {
            more = trial::rows(client, plan, request).await?;
        }
        if more.is_empty() {
            break;
        }
        if round == ROUNDS_MAX {
            let lines = more.iter().map(|((scenario, handle), reason)| {
                format!("scenario \"{scenario}\", row \"{handle}\": {reason}")
            });
            return Err(ScenarioError::Impossible(lines.collect()));
        }
        refused.extend(more);
    }
    question::fill(plan, request, &scenarios)?;
    trial::questions(client, plan).await
}
