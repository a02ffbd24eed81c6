//! Why an operation was refused or failed.

use std::error::Error;

use rules::target::Place;
use rules::unit::Bytes;
use seeder::run::SeedError;
use tokio_postgres::error::DbError;

use super::pointer::{Operation, PointerError};
use crate::branches;

/// The step that reads production.
pub(super) const COPY_PRODUCTION: &str = "copy production";

/// What kind of error it is: decides exit code, HTTP status and SQLSTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such thing.
    NotFound,
    /// Not allowed by the configuration.
    Forbidden,
    /// There is such a thing already.
    Exists,
    /// Somebody else is at it, or it is protected.
    Busy,
    /// A bound is reached.
    Limit,
    /// The disk is full, or nearly.
    Full,
    /// Not a thing that this environment can do.
    Unsupported,
    /// It was tried and failed.
    Failed,
}

/// Why an operation was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// No table has this name.
    #[error("environment \"{name}\" does not exist")]
    UnknownEnvironment {
        /// As asked.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// The branch does not exist, and connecting does not make it.
    #[error("branch \"{place}\" does not exist")]
    UnknownBranch {
        /// As asked.
        place: String,
    },
    /// The environment is known and has no generation yet.
    #[error("environment \"{place}\" is not built yet")]
    NotBuilt {
        /// As asked.
        place: String,
    },
    /// The database is not in the cluster.
    #[error("database \"{database}\" does not exist in \"{place}\"")]
    UnknownDatabase {
        /// As asked.
        database: String,
        /// Where.
        place: String,
        /// What there is.
        existing: Vec<String>,
    },
    /// No scenario has this name.
    #[error("scenario \"{name}\" does not exist")]
    UnknownScenario {
        /// As asked.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// There is no snapshot with this id.
    #[error("snapshot \"{0}\" does not exist")]
    UnknownSnapshot(String),
    /// The place is there already.
    #[error("branch \"{0}\" already exists")]
    AlreadyExists(String),
    /// Too many operations wait for one place.
    #[error("{waiting} operations already wait for \"{place}\"")]
    QueueFull {
        /// The place.
        place: String,
        /// How many.
        waiting: usize,
    },
    /// Somebody protects the place.
    #[error("\"{place}\" is protected by {by}{}", until.as_ref().map(|t| format!(" until {t}")).unwrap_or_default())]
    Protected {
        /// The place.
        place: String,
        /// Who.
        by: String,
        /// Until when.
        until: Option<jiff::Timestamp>,
    },
    /// The environment has as many branches as it may.
    #[error("environment \"{environment}\" has {max} branches, its maximum")]
    TooManyBranches {
        /// The environment.
        environment: String,
        /// Its maximum.
        max: usize,
        /// The longest unused ones.
        oldest: Vec<String>,
    },
    /// The environment's branches hold as much as they may.
    #[error("the branches of \"{environment}\" hold {} of their own, of {} allowed", Bytes(*used_bytes), Bytes(*max_bytes))]
    TooManyBytes {
        /// The environment.
        environment: String,
        /// What they hold.
        used_bytes: u64,
        /// What they may hold.
        max_bytes: u64,
        /// The largest of them.
        largest: Vec<String>,
    },
    /// An environment that is not ours has no generations.
    #[error("\"{place}\" is on a server that Standin does not manage: it cannot {verb}")]
    Unmanaged {
        /// The place.
        place: String,
        /// What was asked, as it goes on: `be reset`.
        verb: &'static str,
    },
    /// The source has nothing to refresh from.
    #[error("\"{place}\" cannot {verb}: {reason}")]
    Impossible {
        /// The place.
        place: String,
        /// What was asked.
        verb: &'static str,
        /// Why not.
        reason: String,
    },
    /// Raw data would come to where it was not allowed.
    #[error("\"{from}\" holds unmasked production data and \"{to}\" does not allow it")]
    Unmasked {
        /// The source.
        from: String,
        /// The destination.
        to: String,
    },
    /// Places refer to the snapshot.
    #[error("snapshot \"{snapshot}\" is in use by {}", users.join(", "))]
    InUse {
        /// The snapshot.
        snapshot: String,
        /// Places that reset to it or have a generation of it.
        users: Vec<String>,
    },
    /// A step of an operation failed; the place is as it was.
    #[error("{step} for \"{place}\"")]
    Step {
        /// Verb and object: `clone the snapshot`.
        step: &'static str,
        /// The place.
        place: String,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A step ran out of disk; the place is as it was.
    #[error("{step} for \"{place}\": no room was left in the pool")]
    NoRoom {
        /// Verb and object: `seed`.
        step: &'static str,
        /// The place.
        place: String,
        /// How full it is.
        #[source]
        full: branches::Full,
    },
    /// The pointer could not be written; the place is as it was.
    #[error(transparent)]
    Pointer(#[from] PointerError),
    /// The history could not be opened.
    #[error("open the history of operations")]
    History(#[source] std::io::Error),
    /// An operation task ended without an answer.
    #[error("{} of \"{place}\" ended without an answer", operation.as_str())]
    Vanished {
        /// What ran.
        operation: Operation,
        /// Where.
        place: String,
    },
    /// The branch could not be woken.
    #[error("wake \"{place}\"")]
    Wake {
        /// The place.
        place: String,
        /// Why.
        #[source]
        source: branches::WakeError,
    },
    /// The branch could not be made.
    #[error("create a branch for \"{place}\"")]
    Create {
        /// The place.
        place: String,
        /// Why.
        #[source]
        source: branches::CreateError,
    },
}

impl EnvironmentError {
    /// `place` has no generation.
    pub(super) fn missing(place: &Place) -> Self {
        let (name, branch) = (place.to_string(), place.branch.is_some());
        match branch {
            true => Self::UnknownBranch { place: name },
            false => Self::NotBuilt { place: name },
        }
    }

    /// Whether production could not be copied.
    pub fn is_of_production(&self) -> bool {
        matches!(self, Self::Step { step, .. } if *step == COPY_PRODUCTION)
    }

    /// What kind of error it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::UnknownEnvironment { .. }
            | Self::UnknownBranch { .. }
            | Self::NotBuilt { .. }
            | Self::UnknownDatabase { .. }
            | Self::UnknownScenario { .. }
            | Self::UnknownSnapshot(_) => Kind::NotFound,
            Self::Unmasked { .. } => Kind::Forbidden,
            Self::AlreadyExists(_) => Kind::Exists,
            Self::InUse { .. } | Self::QueueFull { .. } | Self::Protected { .. } => Kind::Busy,
            Self::TooManyBranches { .. } | Self::TooManyBytes { .. } => Kind::Limit,
            Self::Unmanaged { .. } | Self::Impossible { .. } => Kind::Unsupported,
            _ => match self.full() {
                Some(branches::Full::Space(_)) => Kind::Full,
                Some(branches::Full::Budget { .. }) => Kind::Limit,
                None if self.wake().is_some_and(is_limit) => Kind::Limit,
                None if self.seeding().is_some_and(SeedError::is_full) => Kind::Full,
                None => Kind::Failed,
            },
        }
    }

    /// The wake that failed.
    fn wake(&self) -> Option<&branches::WakeError> {
        match self {
            Self::Wake { source, .. }
            | Self::Create {
                source: branches::CreateError::Wake(source),
                ..
            } => Some(source),
            _ => None,
        }
    }

    /// The seeding that failed.
    fn seeding(&self) -> Option<&SeedError> {
        match self {
            Self::Step { source, .. } => source.downcast_ref(),
            _ => None,
        }
    }

    /// The want of room that is the cause, if it is.
    fn full(&self) -> Option<&branches::Full> {
        match self {
            Self::Create { source, .. } => source.full(),
            Self::Wake { source, .. } => source.full(),
            Self::NoRoom { full, .. } => Some(full),
            Self::Step { source, .. } => {
                let draft = source.downcast_ref().and_then(branches::DraftError::full);
                draft.or_else(|| source.downcast_ref().and_then(branches::SealError::full))
            }
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::UnknownEnvironment { suggestion, .. } => {
                unknown_hints(suggestion.as_deref(), "environment list")
            }
            Self::UnknownScenario { suggestion, .. } => {
                unknown_hints(suggestion.as_deref(), "seed scenarios")
            }
            Self::UnknownBranch { place } => vec![
                format!("`standin branch create {place}` makes it"),
                "branches = { create = \"on-connect\" } lets a connection make it".to_owned(),
            ],
            Self::NotBuilt { place } => vec![format!(
                "`standin environment build {place}` builds it, and so does a connection"
            )],
            Self::AlreadyExists(place) => vec![format!(
                "`standin branch reset {place}` sets it back to its snapshot"
            )],
            Self::Impossible { verb, .. } => impossible_hint(verb).into_iter().collect(),
            Self::InUse { .. } => vec![
                "drop those places, or refresh and reset them until no generation that undo can \
                 reach is of it"
                    .to_owned(),
            ],
            Self::UnknownDatabase { existing, .. } => {
                vec![format!("it has: {}", existing.join(", "))]
            }
            Self::Protected { place, .. } => {
                let noun = if place.contains('.') {
                    "branch"
                } else {
                    "environment"
                };
                vec![format!(
                    "`standin {noun} protect {place} --off` takes the protection off"
                )]
            }
            Self::TooManyBranches { oldest, .. } if oldest.is_empty() => vec![
                "all of them are in use; raise `max` in the `branches` of the environment"
                    .to_owned(),
            ],
            Self::TooManyBranches { oldest, .. } => {
                let longest = oldest.join(", ");
                vec![format!(
                    "longest unused: {longest}; `standin branch drop` removes one"
                )]
            }
            Self::Unmasked { to, .. } => {
                let to = to.split('.').next().unwrap_or(to);
                vec![format!(
                    "`standin environment refresh {to}` fills it from its source; `unmasked = true` \
                     in that source allows raw data"
                )]
            }
            Self::TooManyBytes {
                environment,
                largest,
                ..
            } => vec![format!(
                "the largest are {}; `standin branch drop` removes one, disk in the branches of \
                 [environments.{environment}] allows more",
                largest.join(", ")
            )],
            _ => self.hint_of_cause().into_iter().collect(),
        }
    }

    fn hint_of_cause(&self) -> Option<String> {
        let full = self.full().map(branches::Full::hint);
        let wake = || self.wake().and_then(branches::WakeError::hint);
        let seeding = || self.seeding().and_then(SeedError::hint).map(str::to_owned);
        full.or_else(wake).or_else(seeding)
    }
}

/// What to do about a name that nothing has.
fn unknown_hints(suggestion: Option<&str>, list: &str) -> Vec<String> {
    let meant = suggestion.map(|name| format!("did you mean \"{name}\"?"));
    let list = format!("`standin {list}` shows what there is");
    meant.into_iter().chain(std::iter::once(list)).collect()
}

/// What to do about a source without a seed.
fn impossible_hint(verb: &str) -> Option<String> {
    let hint = match verb {
        verb if verb == Operation::Reseed.passive() => {
            "`standin environment refresh` reads any source again; a seed is written source = \
             { migrations = \"…\", seed = 42 }"
        }
        verb if verb == Operation::Plan.passive() => {
            "where there are migrations `--seed 42` plans one; `--url` plans any database"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Whether a wake failed for a bound of the pool, not for the branch.
fn is_limit(error: &branches::WakeError) -> bool {
    let branches::WakeError::Failed { why, .. } = error else {
        return false;
    };
    matches!(
        **why,
        branches::WakeFailure::TooManyAwake { .. } | branches::WakeFailure::Memory { .. }
    )
}

/// An error and its causes in one line, for logs and listings.
///
/// Of what a server says only the message and the SQLSTATE: its DETAIL may hold values of rows.
pub fn chain(error: &(impl Error + ?Sized)) -> String {
    let mut line = error.to_string();
    let mut last = line.clone();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = said(error);
        // Some wrappers repeat their source; once is enough.
        if !last.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
            last = text;
        }
        cause = error.source();
    }
    line
}

fn said(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref::<DbError>() {
        Some(server) => format!("{} ({})", server.message(), server.code().code()),
        None => error.to_string(),
    }
}
