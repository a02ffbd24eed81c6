//! Whether seed data looks like data: how children are spread, what a row's columns say together.

mod fan_out;
mod relation;
mod states;

use rules::config::{Seed, parse};
use seeder::run::{Filled, Job, fill};
use tests::postgres::Scratch;
use tokio_postgres::Client;

/// A database with a schema, and what it is filled with.
struct Shop {
    server: Scratch,
    client: Client,
    job: Job,
}

impl Shop {
    /// A database with this schema; `rules` is the text of `[seed]` and its tables.
    async fn new(schema: &str, rules: &str) -> anyhow::Result<Self> {
        let server = Scratch::start()?;
        let client = server.database("app").await?;
        client.batch_execute(schema).await?;
        Ok(Self {
            server,
            client,
            job: job(rules),
        })
    }

    /// Fills it; nothing may be violated.
    async fn fill(&self) -> anyhow::Result<Filled> {
        let filled = fill(&self.server.config("app"), &self.job, &|_| {}).await;
        let filled = filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
        assert_eq!(filled.audit.violations().count(), 0);
        Ok(filled)
    }

    /// Why it cannot be filled.
    async fn refused(&self) -> String {
        let error = fill(&self.server.config("app"), &self.job, &|_| {}).await;
        chain(&error.expect_err("what cannot be filled"))
    }

    /// A number that the server computes.
    async fn number(&self, sql: &str) -> anyhow::Result<f64> {
        let row = self
            .client
            .query_one(&format!("SELECT ({sql})::float8"), &[])
            .await?;
        Ok(row.try_get::<_, Option<f64>>(0)?.unwrap_or(f64::NAN))
    }
}

/// What is filled with rules, as a configuration has them.
fn job(rules: &str) -> Job {
    let config = parse(rules).unwrap_or_else(|problems| {
        panic!(
            "{}",
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        )
    });
    Job {
        rules: config.seed,
        seed: Seed {
            seed: 42,
            scale_per_mille: 1_000,
            scenarios: Vec::new(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: Some(2),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
