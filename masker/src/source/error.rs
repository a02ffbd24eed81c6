//! Why production could not be read, without values.

use std::time::Duration;

use rules::schema::Name;
use seeder::IntrospectError;
use seeder::load::Failure;

/// Why production could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is older than what is copied.
    #[error("production is PostgreSQL {major}, and nothing older than 13 is copied")]
    TooOld {
        /// Its major version.
        major: u32,
    },
    /// Tables came and went as often as they were looked up.
    #[error("production's tables are made or dropped faster than they can be locked")]
    Moving,
    /// Somebody holds tables.
    #[error(
        "no lock within {} s: {} held by another session of production", waited.as_secs_f64(), held(tables)
    )]
    Locked {
        /// Those that are held at the moment, as far as it can be seen.
        tables: Vec<Name>,
        /// How long it was waited.
        waited: Duration,
    },
    /// The schema could not be read.
    #[error("read production's schema")]
    Schema(#[source] IntrospectError),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] Failure),
}

impl SourceError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TooOld { .. } => Some("upgrade it, or copy a replica of a newer version"),
            Self::Moving => Some("copy at a quieter time, or from a standby"),
            Self::Locked { .. } => Some("let the migration end, then copy again"),
            Self::Schema(_) => None,
            Self::Step(failure) => hint(failure),
        }
    }
}

/// What to do about a step on production that failed.
pub(crate) fn hint(failure: &Failure) -> Option<&'static str> {
    let Failure::Refused { fault, .. } = failure else {
        return Some("see whether production is up and reachable, then copy again");
    };
    Some(match fault.code.as_str() {
        // Nothing else ends a transaction that only reads with this.
        "40001" => {
            "the standby removed rows that the copy still reads: set hot_standby_feedback = on there, \
             or a longer max_standby_streaming_delay"
        }
        "42501" => "grant the login what it lacks: `standin mask plan` lists it",
        "53200" => "raise production's max_locks_per_transaction: every table is locked",
        "53300" => "let the login have a session for each worker and two more",
        "55P03" => "let the migration end, then copy again",
        "0A000" => "a standby cannot read unlogged tables: give them rows = \"drop\"",
        "22023" | "42704" => {
            "the sessions reached different servers: name one server in production's address"
        }
        code if code.starts_with("28") => "see whether the login and its password are right",
        code if code.starts_with("57") || code.starts_with("08") => {
            "production ended the session; copy again once it runs"
        }
        _ => "look into production's log",
    })
}

pub(crate) fn step(step: &str, error: &tokio_postgres::Error) -> SourceError {
    SourceError::Step(Failure::new(step, error))
}

fn held(tables: &[Name]) -> String {
    if tables.is_empty() {
        return "a table is".to_owned();
    }
    let names: Vec<String> = tables.iter().map(Name::to_string).collect();
    let verb = if tables.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
