//! Looks at seed data: the plan of a source, the origin of one cell, the audit of what is there.
//!
//! A plan needs the schema alone: a draft is migrated, read and thrown away, and nothing is published.

use rules::config::{Migrations, Seed, Source};
use rules::name::EnvironmentName;
use rules::target::Place;
use seeder::audit::{self, Audit, Findings};
use seeder::plan::Shown;
use seeder::run::{self, Explained};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments};
use crate::branches::{DEPUTY_STATEMENT_WITHIN, Draft};

/// What to plan with in place of what the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedChange {
    /// Another seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Another scale, in thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_per_mille: Option<u64>,
    /// More scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
}

/// One cell of seed data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// `table.column` or `schema.table.column`.
    pub column: String,
    /// The row's number, from 0.
    pub row: u64,
}

/// A source with migrations, and the seed that is looked at.
pub(super) struct Looked {
    pub(super) migrations: Migrations,
    pub(super) database: String,
    pub(super) seed: Seed,
}

impl Environments {
    /// Plans the seed data of an environment; nothing of it changes.
    ///
    /// # Errors
    /// When its source has no schema to seed, or everything that keeps it from being filled.
    pub async fn seed_plan(
        &self,
        place: &Place,
        change: &SeedChange,
        caller: &Caller,
        report: &Report,
    ) -> Result<Shown, EnvironmentError> {
        let mut turn = self.turn(place, Operation::Plan, caller, report).await?;
        let planned = self.seed_plan_in(&mut turn, change).await;
        self.forget_if_empty(&turn);
        planned
    }

    async fn seed_plan_in(
        &self,
        turn: &mut Turn,
        change: &SeedChange,
    ) -> Result<Shown, EnvironmentError> {
        let looked = self.looked(&turn.place, "be planned", change)?;
        let (_draft, client) = self.schema_of(turn, &looked).await?;
        turn.step("plan");
        let planned = run::plan(&client, &self.seed_job(&looked.seed)).await;
        let (_, plan) = planned.map_err(turn.failed("plan seed data"))?;
        Ok(plan.shown())
    }

    /// Explains one cell of the seed data of an environment; nothing of it changes.
    ///
    /// # Errors
    /// As [`Environments::seed_plan`], and when there is no such cell.
    pub async fn seed_explain(
        &self,
        place: &Place,
        (change, cell): (&SeedChange, &Cell),
        caller: &Caller,
        report: &Report,
    ) -> Result<Explained, EnvironmentError> {
        let mut turn = self.turn(place, Operation::Plan, caller, report).await?;
        let explained = self.seed_explain_in(&mut turn, change, cell).await;
        self.forget_if_empty(&turn);
        explained
    }

    async fn seed_explain_in(
        &self,
        turn: &mut Turn,
        change: &SeedChange,
        cell: &Cell,
    ) -> Result<Explained, EnvironmentError> {
        let looked = self.looked(&turn.place, "be planned", change)?;
        let (_draft, client) = self.schema_of(turn, &looked).await?;
        turn.step("explain");
        let job = self.seed_job(&looked.seed);
        let explained = run::explain(&client, &job, &cell.column, cell.row).await;
        explained.map_err(turn.failed("explain seed data"))
    }

    /// Checks what a place holds now against every constraint of its catalogue, and against what its
    /// scenarios ask.
    ///
    /// # Errors
    /// When the place or database does not exist, or its server does not answer.
    pub async fn seed_audit(
        &self,
        place: &Place,
        database: Option<&str>,
        caller: &Caller,
        report: &Report,
    ) -> Result<Findings, EnvironmentError> {
        let mut turn = self.turn(place, Operation::Audit, caller, report).await?;
        let pointer = turn.pointer();
        self.forget_if_empty(&turn);
        let pointer = pointer?;
        turn.step("start");
        let wake = |source| EnvironmentError::Wake {
            place: place.to_string(),
            source,
        };
        let lease = self.inner.pool.enter(&pointer.current.branch).await;
        let lease = lease.map_err(wake)?;
        let database = self.one_database(&turn, database, &lease)?;
        // Constraints, indexes and views are their users' code, and so may be what a scenario asks.
        let client = lease.deputy(&database).await;
        let client = client.map_err(turn.failed("connect"))?;
        turn.step("audit");
        let questions = self.questions(place, &pointer.current.base).await?;
        let request = Audit {
            before: None,
            assertions: &questions,
            coherence: true,
            within: DEPUTY_STATEMENT_WITHIN,
        };
        let audited = audit::audit(&client, &request).await;
        audited.map_err(turn.failed("audit the data"))
    }

    /// The source whose seed is looked at: that of the environment, or of the one that feeds it.
    pub(super) fn looked(
        &self,
        place: &Place,
        verb: &'static str,
        change: &SeedChange,
    ) -> Result<Looked, EnvironmentError> {
        self.must_know(&change.scenarios)?;
        let impossible = |reason: String| EnvironmentError::Impossible {
            place: place.to_string(),
            verb,
            reason,
        };
        let (settings, mut name) = (self.settings(), place.environment.clone());
        // Configurations in which sources form a ring are refused, so this ends.
        loop {
            match &settings.environment(&name)?.source {
                Source::Environment(other) => name = EnvironmentName::clone(other),
                Source::Migrations {
                    migrations,
                    database,
                    seed,
                } => {
                    let seed = changed(seed.as_ref(), change);
                    let none = || impossible("its source has no seed, only migrations".to_owned());
                    return Ok(Looked {
                        migrations: migrations.clone(),
                        database: database.clone(),
                        seed: seed.ok_or_else(none)?,
                    });
                }
                Source::Production | Source::Mirror | Source::Upstream(_) => {
                    return Err(impossible("its source has no seed".to_owned()));
                }
            }
        }
    }

    /// A draft that was migrated, and a session in it.
    async fn schema_of(
        &self,
        turn: &mut Turn,
        looked: &Looked,
    ) -> Result<(Draft, Client), EnvironmentError> {
        let database = &looked.database;
        let draft = self.drafted(turn, &looked.migrations, database).await?;
        // Rows are tried, and migrations say what runs then.
        let client = run::connect(&draft.deputy_config(database)).await;
        let client = client.map_err(turn.failed("connect"))?;
        Ok((draft, client))
    }
}

/// A seed with what is asked for in its place; a source without one takes a scale of 1.
fn changed(seed: Option<&Seed>, change: &SeedChange) -> Option<Seed> {
    let mut seed = match (seed, change.seed) {
        (Some(seed), _) => seed.clone(),
        (None, Some(number)) => Seed {
            seed: number,
            scale_per_mille: 1_000,
            scenarios: Vec::new(),
        },
        (None, None) => return None,
    };
    seed.seed = change.seed.unwrap_or(seed.seed);
    seed.scale_per_mille = change.scale_per_mille.unwrap_or(seed.scale_per_mille);
    for scenario in &change.scenarios {
        if !seed.scenarios.contains(scenario) {
            seed.scenarios.push(scenario.clone());
        }
    }
    Some(seed)
}
