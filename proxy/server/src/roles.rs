//! Databases and the roles by which clients enter them.

use rules::name::UserName;
use sha2::{Digest, Sha256};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::process::{AdminError, Server};

/// The group of all roles that stand for clients; our access rules name it.
pub const USERS: &str = "standin_users";
/// Who owns what a superuser owned in a mirrored database.
pub const OWNER: &str = "standin_owner";
/// What the names of roles begin with that stand for clients.
const USER_PREFIX: &str = "standin_user_";
/// What they begin with where the client's name was too long to keep.
const LONG_USER_PREFIX: &str = "standin_userhash_";
/// The longest name of a role in bytes (`NAMEDATALEN` − 1).
const ROLE_BYTES_MAX: usize = 63;
/// Names of databases that would be names of roles of ours.
const RESERVED: &str = "standin";
/// The lock under which roles are made; two sessions altering one role fail otherwise.
const ROLES_LOCK: i64 = 0x7374_616e_6469_6e01;

/// A database that clients may enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// The role that owns it, as which clients work.
    pub owner: String,
}

/// Why a role or database could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// Our own login failed.
    #[error("enter the server")]
    Login(#[from] AdminError),
    /// There is no database that can be entered.
    #[error("the cluster has no database")]
    NoDatabase,
    /// The name is one of ours.
    #[error("database name {name:?} is reserved")]
    Reserved {
        /// The name.
        name: String,
    },
    /// The database is there already.
    #[error("database {name:?} already exists")]
    Exists {
        /// Its name.
        name: String,
    },
    /// A statement failed.
    #[error("{verb}")]
    Statement {
        /// What was being done.
        verb: &'static str,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
}

pub(super) fn doing(verb: &'static str) -> impl Fn(tokio_postgres::Error) -> RolesError {
    move |source| RolesError::Statement { verb, source }
}

/// Name of the role as which a client logs in.
///
/// Names that do not fit are cut and told apart by a hash.
pub fn login_role(user: &UserName) -> String {
    let plain = format!("{USER_PREFIX}{user}");
    if plain.len() <= ROLE_BYTES_MAX {
        return plain;
    }
    let hash = Sha256::digest(user.as_str().as_bytes());
    hash.iter()
        .take(20)
        .fold(LONG_USER_PREFIX.to_owned(), |name, byte| {
            format!("{name}{byte:02x}")
        })
}

/// Makes a database and the role without login that owns it, named like it.
pub async fn create_database(server: &Server, database: &str) -> Result<(), RolesError> {
    if database == RESERVED || database.starts_with("standin_") {
        return Err(RolesError::Reserved {
            name: database.to_owned(),
        });
    }
    let client = server.admin_plain("template1").await?;
    let name = quote(database);
    let role = client
        .simple_query(&format!("CREATE ROLE {name} NOLOGIN"))
        .await;
    match role {
        Err(error) if error.code() != Some(&SqlState::DUPLICATE_OBJECT) => {
            return Err(doing("create the owner of a database")(error));
        }
        _ => {}
    }
    see_sessions(&client, database).await?;
    // template0 is never connected to, so this waits for nobody, ourselves included.
    let create = format!("CREATE DATABASE {name} OWNER {name} TEMPLATE template0");
    client
        .simple_query(&create)
        .await
        .map(drop)
        .map_err(|error| match error.code() {
            Some(&SqlState::DUPLICATE_DATABASE) => RolesError::Exists {
                name: database.to_owned(),
            },
            _ => doing("create a database")(error),
        })
}

/// Lets the owner of a database see and end the sessions that clients have.
///
/// A session belongs to the role that logged in, and clients act as the owner instead: without this
/// `pg_stat_activity` would hide their own queries from them, and `pg_cancel_backend` would refuse
/// (PostgreSQL: "Predefined Roles", "Server Signaling Functions").
pub(super) async fn see_sessions(client: &Client, owner: &str) -> Result<(), RolesError> {
    let owner = quote(owner);
    let grant = format!("GRANT pg_read_all_stats, pg_signal_backend TO {owner}");
    let granted = client.batch_execute(&grant).await;
    granted.map_err(doing("let an owner see the sessions of its clients"))
}

/// The databases that clients may enter, by name.
pub async fn databases(server: &Server) -> Result<Vec<Database>, RolesError> {
    let client = server.admin_plain("template1").await?;
    databases_seen_by(&client).await
}

pub(super) async fn databases_seen_by(client: &Client) -> Result<Vec<Database>, RolesError> {
    let query = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database \
                 WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2 ORDER BY 1";
    let rows = client
        .simple_query(query)
        .await
        .map_err(doing("list databases"))?;
    let databases = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(Database {
            name: row.get(0)?.to_owned(),
            owner: row.get(1)?.to_owned(),
        }),
        _ => None,
    });
    Ok(databases.collect())
}

/// Makes sure that `user` can log in as a role of its own and become the owner of each database.
///
/// Changes nothing where all is in place, so it also serves a server that cannot be written to.
pub async fn ensure_login(
    server: &Server,
    user: &UserName,
    databases: &[Database],
) -> Result<(), RolesError> {
    let first = databases.first().ok_or(RolesError::NoDatabase)?;
    let mut client = server.admin_plain(&first.name).await?;
    let role = login_role(user);
    let mut groups: Vec<&str> = databases
        .iter()
        .map(|database| database.owner.as_str())
        .collect();
    groups.push(USERS);
    groups.sort_unstable();
    groups.dedup();
    let verb = "look for the role of a client";
    let missing = missing_groups(&client, &role, &groups)
        .await
        .map_err(doing(verb))?;
    if missing.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let verb = "make the role of a client";
    let transaction = client.transaction().await.map_err(doing(verb))?;
    let lock = format!("SELECT pg_advisory_xact_lock({ROLES_LOCK})");
    transaction
        .batch_execute(&lock)
        .await
        .map_err(doing(verb))?;
    // Another session may have been here while the lock was waited for.
    let missing = missing_groups(transaction.client(), &role, &groups)
        .await
        .map_err(doing(verb))?;
    for statement in statements(&role, missing.as_deref(), &groups) {
        transaction
            .batch_execute(&statement)
            .await
            .map_err(doing(verb))?;
    }
    transaction.commit().await.map_err(doing(verb))
}

/// The groups that the role is not yet a member of; `None` if there is no such role, or one that
/// can do more or less than a client's role must.
async fn missing_groups(
    client: &Client,
    role: &str,
    groups: &[&str],
) -> Result<Option<Vec<String>>, tokio_postgres::Error> {
    let found = client
        .query_opt(
            "SELECT rolcanlogin AND NOT (rolsuper OR rolcreaterole OR rolcreatedb \
             OR rolreplication OR rolbypassrls) AND rolconnlimit = -1 \
             AND (rolvaliduntil IS NULL OR rolvaliduntil = 'infinity') \
             FROM pg_roles WHERE rolname = $1",
            &[&role],
        )
        .await?;
    if !found.is_some_and(|row| row.get::<_, bool>(0)) {
        return Ok(None);
    }
    let missing = client
        .query(
            "SELECT g FROM unnest($1::text[]) g WHERE NOT EXISTS (SELECT FROM pg_auth_members m \
             JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member \
             WHERE r.rolname = g AND u.rolname = $2)",
            &[&groups, &role],
        )
        .await?;
    Ok(Some(missing.iter().map(|row| row.get(0)).collect()))
}

fn statements(role: &str, missing: Option<&[String]>, groups: &[&str]) -> Vec<String> {
    let role = quote(role);
    let grant = |group: &str| format!("GRANT {} TO {role}", quote(group));
    if let Some(missing) = missing {
        return missing.iter().map(|group| grant(group)).collect();
    }
    let rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS \
                  CONNECTION LIMIT -1 PASSWORD NULL VALID UNTIL 'infinity'";
    let group = USERS;
    let mut all = vec![
        format!(
            "DO $$BEGIN CREATE ROLE {group} NOLOGIN; \
             EXCEPTION WHEN duplicate_object THEN NULL; END$$"
        ),
        format!(
            "DO $do$BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END$do$"
        ),
        format!("ALTER ROLE {role} {rights}"),
    ];
    all.extend(groups.iter().map(|group| grant(group)));
    all
}

/// An identifier as SQL.
pub(super) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{ROLE_BYTES_MAX, login_role, quote};

    #[test]
    fn the_role_of_a_client_is_never_longer_than_a_role_may_be() {
        let role = |name: &str| login_role(&name.parse().expect("a user name"));
        assert_eq!(role("ada"), "standin_user_ada");
        let (one, two) = (role(&"x".repeat(63)), role(&format!("{}y", "x".repeat(62))));
        assert!(one.len() <= ROLE_BYTES_MAX && one != two, "{one} and {two}");
        assert_eq!(role(&"x".repeat(50)).len(), ROLE_BYTES_MAX);
    }

    #[test]
    fn an_identifier_cannot_end_its_quotes() {
        assert_eq!(quote("a\"; DROP ROLE b"), "\"a\"\"; DROP ROLE b\"");
    }
}
