//! Makes a cluster hold its access modes by itself: groups with exactly the rights of a mode, PUBLIC
//! without what would undo them, and a proof by the catalogue and by trying.
//!
//! Readers may SELECT, appenders SELECT and INSERT; whoever works as the owner of a database keeps
//! what the owner had. Access lists of `pg_catalog` are per database, so all of it is done in every
//! database. Doing it again changes nothing; after a change of the schema it covers what is new.

mod lint;
mod provision;
mod verify;

pub use lint::Finding;

use rules::config::AccessMode;
use rules::name::UserName;

use super::deputy::ensure_deputy;
use super::process::{AdminError, Server};
use super::roles::{Database, RolesError, ensure_login, login_role};

/// Who may only read.
pub(crate) const READERS: &str = "standin_readers";
/// Who may read and insert.
pub(crate) const APPENDERS: &str = "standin_appenders";

/// Why the rights of access modes could not be put in place.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Our own login failed.
    #[error("enter the server")]
    Login(#[from] AdminError),
    /// A statement failed.
    #[error("{verb} in database {database:?}")]
    Statement {
        /// What was being done.
        verb: &'static str,
        /// Where.
        database: String,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A role of a client could not be made.
    #[error("make the roles of clients")]
    Roles(#[from] RolesError),
    /// After all, somebody has more rights than the mode allows.
    #[error(
        "in database {database:?}, clients with {mode} access would have more: {}",
        found.join(", ")
    )]
    Excess {
        /// Where.
        database: String,
        /// The access mode.
        mode: AccessMode,
        /// The first of the rights, in words.
        found: Vec<String>,
    },
}

/// Puts the rights of all access modes in place in every database, makes the roles of those who may
/// enter, proves what each of them may do, and names what in the schema could do more than its caller.
///
/// # Errors
/// When a statement fails, or when somebody has more than the mode allows afterwards: the server must
/// not be entered by clients of a mode then.
pub async fn provision(
    server: &Server,
    databases: &[Database],
    entrants: &[(UserName, AccessMode)],
) -> Result<Vec<Finding>, AccessError> {
    for database in databases {
        let mut client = server.admin_plain(&database.name).await?;
        provision::database(&mut client, database).await?;
    }
    // Last, because each of these takes back what a group has of any database.
    for database in databases {
        let client = server.admin_plain(&database.name).await?;
        provision::let_in(&client, database).await?;
    }
    ensure_deputy(server, databases).await?;
    let mut held = vec![
        (READERS.to_owned(), AccessMode::ReadOnly),
        (APPENDERS.to_owned(), AccessMode::Append),
    ];
    for (user, mode) in entrants {
        ensure_login(server, user, *mode, databases).await?;
        if *mode != AccessMode::ReadWrite {
            held.push((login_role(user, *mode), *mode));
        }
    }
    let mut findings = Vec::new();
    for database in databases {
        let mut client = server.admin_plain(&database.name).await?;
        verify::database(&mut client, database, &held).await?;
        findings.extend(lint::database(&client, database).await?);
    }
    Ok(findings)
}

fn doing<'a>(
    verb: &'static str,
    database: &'a Database,
) -> impl Fn(tokio_postgres::Error) -> AccessError + 'a {
    move |source| AccessError::Statement {
        verb,
        database: database.name.clone(),
        source,
    }
}
