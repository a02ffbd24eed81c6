//! A database that is reached by a URL: planned, filled, audited and explained from here.

use std::path::Path;
use std::sync::Mutex;

use rules::config::Seed;
use seeder::audit::{self, Audit, Findings};
use seeder::load::Report;
use seeder::plan::Shown;
use seeder::run::{self, ExplainError, Explained, Job, SeedError};
use seeder::scenario::ScenarioTold;
use serde::Serialize;
use tokio_postgres::{Client, Config};

use super::super::failure::Failure;
use super::super::local::check;
use super::super::output::Output;
use super::arguments::Run;
use crate::daemon::{self, Loaded};
use crate::environments::{Cell, LoadProgress, SeedChange, chain};

/// The seed of who says nothing.
const USUAL_SEED: u64 = 42;

/// The scale of who says nothing, in thousandths.
const USUAL_SCALE_PER_MILLE: u64 = 1_000;

/// What a run did.
#[derive(Debug, Serialize)]
pub(super) struct Ran {
    #[serde(flatten)]
    pub(super) load: Report,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) scenarios: Vec<ScenarioTold>,
}

/// A database, and the rules of the configuration beside it.
pub(super) struct Database {
    config: Config,
    loaded: Option<Loaded>,
}

impl Database {
    /// Reads the URL, and the configuration file where there is one.
    pub(super) fn of(file: &Path, url: &str) -> Result<Self, Failure> {
        let config: Config = url.parse().map_err(|_| {
            // The error of the parser may quote a password.
            Failure::usage("`--url` is no connection URL").hint(
                "it is written postgres://user:password@host:port/database, or \
                 postgres:///database?host=/directory/of/the/socket",
            )
        })?;
        let loaded = file.exists().then(|| daemon::load(file)).transpose();
        Ok(Self {
            config,
            loaded: loaded.map_err(check::failure)?,
        })
    }

    /// Refuses the database that the configuration names as production.
    pub(super) fn must_not_be_production(&self) -> Result<(), Failure> {
        let Some(loaded) = &self.loaded else {
            return Ok(());
        };
        let settings = loaded.environment_settings().map_err(check::failure)?;
        let production = settings.production.as_ref();
        let production = production.and_then(|url| url.parse::<Config>().ok());
        if production.is_some_and(|production| is_same(&production, &self.config)) {
            return Err(Failure::failed(
                "`--url` is the production of the configuration, which is only ever read",
            ));
        }
        Ok(())
    }

    fn job(&self, change: &SeedChange) -> Job {
        let rules = self
            .loaded
            .as_ref()
            .map(|loaded| loaded.config.seed.clone());
        Job {
            rules: rules.unwrap_or_default(),
            seed: Seed {
                seed: change.seed.unwrap_or(USUAL_SEED),
                scale_per_mille: change.scale_per_mille.unwrap_or(USUAL_SCALE_PER_MILLE),
                scenarios: change.scenarios.clone(),
            },
            today: jiff::Timestamp::now()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date(),
            workers: None,
        }
    }

    async fn connect(&self) -> Result<Client, Failure> {
        run::connect(&self.config)
            .await
            .map_err(|error| failure(&error))
    }

    pub(super) async fn plan(&self, change: &SeedChange) -> Result<Shown, Failure> {
        let client = self.connect().await?;
        let planned = run::plan(&client, &self.job(change)).await;
        let (_, plan) = planned.map_err(|error| failure(&error))?;
        Ok(plan.shown())
    }

    pub(super) async fn explain(
        &self,
        change: &SeedChange,
        cell: &Cell,
    ) -> Result<Explained, Failure> {
        let client = self.connect().await?;
        let explained = run::explain(&client, &self.job(change), &cell.column, cell.row).await;
        explained.map_err(|error| match error {
            ExplainError::Seed(error) => failure(&error),
            error @ ExplainError::Filled { .. } => Failure::failed(chain(&error)).hint(
                "explain an environment, whose migrations run anew, or a database that only has \
                 its schema yet",
            ),
            error => Failure::failed(chain(&error)),
        })
    }

    pub(super) async fn audit(&self) -> Result<Findings, Failure> {
        let client = self.connect().await?;
        let request = Audit {
            coherence: true,
            ..Audit::default()
        };
        let audited = audit::audit(&client, &request).await;
        audited.map_err(|error| Failure::failed(chain(&error)))
    }

    pub(super) async fn run(&self, asked: &Run, output: &Output) -> Result<Ran, Failure> {
        let mut job = self.job(&asked.changed.change());
        job.workers = asked.workers.map(std::num::NonZeroUsize::get);
        let (bar, told) = (Mutex::new(output.progress()), LoadProgress::default());
        let progress = |event: &seeder::load::Event| {
            if let Some(line) = told.line(event) {
                bar.lock()
                    .expect("nothing panics while it is held")
                    .line(&line);
            }
        };
        let filled = run::fill(&self.config, &job, &progress).await;
        let filled = filled.map_err(|error| failure(&error))?;
        Ok(Ran {
            load: filled.load,
            scenarios: filled.scenarios,
        })
    }
}

/// Whether two URLs lead to the same database, as far as their words tell.
fn is_same(one: &Config, other: &Config) -> bool {
    let addresses = |config: &Config| -> Vec<(String, u16)> {
        let ports = config.get_ports();
        let port = |position: usize| {
            let own = ports.get(position).or(ports.first());
            own.copied().unwrap_or(5432)
        };
        let hosts = config.get_hosts().iter().enumerate();
        hosts
            .map(|(position, host)| (format!("{host:?}"), port(position)))
            .collect()
    };
    let database = |config: &Config| {
        let name = config.get_dbname().or(config.get_user());
        name.unwrap_or_default().to_owned()
    };
    let others = addresses(other);
    let meet = addresses(one)
        .iter()
        .any(|address| others.contains(address));
    meet && database(one) == database(other)
}

fn failure(error: &SeedError) -> Failure {
    let failed = Failure::failed(chain(error));
    match error {
        SeedError::Connect(_) => failed
            .hint("the URL is used as it is: without TLS, and with no password but the one in it"),
        // The hint for environments is this very command.
        SeedError::Plan(_) => failed,
        // Nothing is published or kept back here: the rows were loaded before they were asked about.
        SeedError::Assertions(_) => failed.hint(
            "the rows stay in the database: correct the assertion, set more columns, or keep generated \
             rows out with exclusive = true, and empty the tables before the next run",
        ),
        error => error.hint().into_iter().fold(failed, Failure::hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_known_by_host_port_and_database() {
        let check = |one: &str, other: &str, expected: bool| {
            let parsed = |url: &str| url.parse::<Config>().expect("a URL");
            assert_eq!(
                is_same(&parsed(one), &parsed(other)),
                expected,
                "{one} {other}"
            );
        };
        let production = "postgres://reader@db/shop";
        check(production, "postgres://me:secret@db:5432/shop", true);
        check(production, "postgres://me@db/other", false);
        check(production, "postgres://me@db:5433/shop", false);
        check(production, "postgres://me@localhost/shop", false);
        check(production, "host=replica,db user=me dbname=shop", true);
    }
}
