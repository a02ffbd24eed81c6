//! What `standin.toml` says, after it was parsed, checked and completed with defaults.
//!
//! The types hold only what is legal; [`parse`] is the one way to make them. Each file is one table
//! of the configuration: its type, and how it is read.

mod check;
pub mod defaults;
mod environments;
mod limits;
mod listen;
mod lookup;
mod masking;
mod pool;
mod secret;
mod seed;
mod source;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod users;

use std::collections::BTreeMap;

use crate::mask::MaskRules;
use crate::name::UserName;
use crate::seed::SeedRules;

pub use crate::schedule::Cron;
pub use environments::{
    AccessMode, Branches, CreateBranch, Durability, Environment, GENERATIONS_MIN,
};
pub use limits::{Limits, StatementLimits};
pub use listen::{Listen, Tls};
pub use lookup::{Denied, needs_restart};
pub use pool::{Check, Pool, Postgres, VERSIONS};
pub use secret::{Password, SCRAM_ITERATIONS_MAX, SCRAM_ITERATIONS_MIN, Secret};
pub use source::{Migrations, Production, Seed, Source};
pub use template::template;
pub use text::{Finding, Places, Problem, ProblemKind, Rendered, nearest};
pub use users::{Grant, Role, User};

use text::{Later, Report, Table, recover};

/// The longest configuration in bytes: a thousand environments need less, and every check is
/// bounded by it.
pub const CONFIG_BYTES_MAX: usize = 1 << 20;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Where branches live and how much they may take.
    pub pool: Pool,
    /// Where clients connect.
    pub listen: Listen,
    /// Which PostgreSQL installations may be used.
    pub postgres: Postgres,
    /// Who may connect.
    pub users: BTreeMap<UserName, User>,
    /// The database that copies are made of.
    pub production: Option<Production>,
    /// The environments in the order of the file.
    pub environments: Vec<Environment>,
    /// Bounds of sessions.
    pub limits: Limits,
    /// Rules of seed data.
    pub seed: SeedRules,
    /// What becomes of production's columns in a copy.
    pub masking: Option<MaskRules>,
}

const LATER: [Later; 1] = [Later {
    key: "gateway",
    today: "applications reach third parties without Standin; remove this table",
}];

/// Reads a configuration, or says everything that is wrong with it, in the order of the text.
///
/// Relative paths stay as they are: they are relative to the file, whose place is not known here.
pub fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    parse_placed(text).map(|(config, _)| config)
}

/// As [`parse`], and says where everything stands.
pub fn parse_placed(text: &str) -> Result<(Config, Places), Vec<Problem>> {
    let mut report = Report::new(text);
    if text.len() > CONFIG_BYTES_MAX {
        let message = format!("the file has {} bytes", text.len());
        report.at(0..0, "", ProblemKind::Syntax, message).expected =
            Some(format!("at most {CONFIG_BYTES_MAX}"));
        return Err(report.into_problems());
    }
    let config = recover(&mut report).map(|root| read(Table::root(&root), &mut report));
    match config {
        Some(config) if report.is_empty() => Ok((config, report.into_places())),
        _ => Err(report.into_problems()),
    }
}

fn read(mut root: Table<'_, '_>, report: &mut Report<'_>) -> Config {
    let pool = pool::pool(section(&mut root, "pool", report), report);
    let listen = listen::listen(section(&mut root, "listen", report), report);
    let postgres = pool::postgres(section(&mut root, "postgres", report), report);
    let users = users::users(section(&mut root, "users", report), report);
    let production = source::production(section(&mut root, "production", report), report);
    let environments = section(&mut root, "environments", report);
    let names = environments.as_ref().map(Table::names).unwrap_or_default();
    let environments = environments::environments(environments, report);
    let limits = limits::limits(section(&mut root, "limits", report), report);
    let seed = seed::seed(section(&mut root, "seed", report), report);
    let masking = masking::masking(section(&mut root, "masking", report), report);
    root.finish(&LATER, report);
    let config = Config {
        pool,
        listen,
        postgres,
        users,
        production,
        environments,
        limits,
        seed,
        masking,
    };
    check::check(&config, &names, report);
    config
}

fn section<'a, 't>(
    root: &mut Table<'a, 't>,
    key: &'static str,
    report: &mut Report<'_>,
) -> Option<Table<'a, 't>> {
    let value = root.get(key, report)?;
    value.table(&format!("a table: [{key}]"), report)
}
