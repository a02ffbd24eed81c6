//! Brings a database to a project's schema: by a directory of SQL files, or by the project's own
//! migration command.
//!
//! Runs as whoever the caller connected as, which should be the database's owner. Nothing here
//! retries, and nothing remembers what ran: it is meant for a database that was made a moment ago.

mod command;
mod directory;
mod hash;
mod order;
mod script;

pub use command::{CommandError, MigrationCommand, run_command};
pub use directory::{DirectoryError, FileDone, Position, ServerSaid, run_directory};
pub use hash::{HashError, hash_command, hash_directory};
pub use script::{Problem, Statement};

pub(crate) use hash::sha256_hex;
