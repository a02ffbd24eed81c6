//! Databases and the roles by which clients enter them.

use rules::config::AccessMode;
use rules::name::UserName;
use sha2::{Digest, Sha256};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::access::{APPENDERS, READERS};
use super::deputy::DEPUTY;
use super::process::{AdminError, Server};

/// The group of all roles that stand for clients; our access rules name it.
pub const USERS: &str = "standin_users";
/// Who owns what a superuser owned in a mirrored database.
pub const OWNER: &str = "standin_owner";
/// The longest name of a role in bytes (`NAMEDATALEN` − 1).
const ROLE_BYTES_MAX: usize = 63;
/// Names of databases that would be names of roles of ours.
const RESERVED: &str = "standin";
/// The lock under which roles are made; two sessions altering one role fail otherwise.
const ROLES_LOCK: i64 = 0x7374_616e_6469_6e01;

/// How long the lock is waited for: a client may hold it, too.
const ROLES_LOCKED_WITHIN: &str = "10s";

/// What takes the lock under which roles are made, until the end of the transaction.
pub(super) fn lock_roles() -> String {
    format!(
        "SET LOCAL lock_timeout = '{ROLES_LOCKED_WITHIN}'; SELECT pg_advisory_xact_lock({ROLES_LOCK}); \
         SET LOCAL lock_timeout = 0"
    )
}

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
    /// The role of a client would have to be made where nothing can be.
    #[error("the role of {user:?} is not in the standby")]
    Standby {
        /// Whose.
        user: UserName,
    },
    /// Our own low role would have to be made where nothing can be.
    #[error(
        "the role {DEPUTY:?} is not in this standby, which an earlier version made: reset it once"
    )]
    NoDeputy,
    /// Our own low role could become more than it may be.
    #[error("the role {DEPUTY:?} could become {}", roles.join(", "))]
    DeputyRises {
        /// What it must not become.
        roles: Vec<String>,
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

/// Name of the role as which a client logs in: one for each access mode, so that no role ever has
/// more or less than when it was made.
///
/// Names that do not fit are cut and told apart by a hash.
pub fn login_role(user: &UserName, mode: AccessMode) -> String {
    let kind = match mode {
        AccessMode::ReadOnly => "reader",
        AccessMode::Append => "appender",
        AccessMode::ReadWrite => "user",
    };
    let plain = format!("standin_{kind}_{user}");
    if plain.len() <= ROLE_BYTES_MAX {
        return plain;
    }
    let hash = Sha256::digest(user.as_str().as_bytes());
    let cut = hash.iter().take(20);
    cut.fold(format!("standin_{kind}hash_"), |name, byte| {
        format!("{name}{byte:02x}")
    })
}

/// How a database encodes and orders text (PostgreSQL documentation, "CREATE DATABASE").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextForm {
    /// `UTF8`.
    pub encoding: String,
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// `libc`, `icu` or `builtin`.
    pub provider: String,
    /// The provider's locale, where it is not libc.
    pub locale: Option<String>,
    /// ICU's own rules.
    pub rules: Option<String>,
}

impl TextForm {
    /// The options of `CREATE DATABASE`.
    fn options(&self) -> String {
        let mut options = format!(
            " ENCODING {} LC_COLLATE {} LC_CTYPE {}",
            literal(&self.encoding),
            literal(&self.collate),
            literal(&self.ctype)
        );
        if self.provider != "libc" {
            options.push_str(&format!(" LOCALE_PROVIDER {}", quote(&self.provider)));
            let name = match self.provider.as_str() {
                "icu" => "ICU_LOCALE",
                _ => "BUILTIN_LOCALE",
            };
            if let Some(locale) = &self.locale {
                options.push_str(&format!(" {name} {}", literal(locale)));
            }
            if let Some(rules) = &self.rules {
                options.push_str(&format!(" ICU_RULES {}", literal(rules)));
            }
        }
        options
    }
}

/// Makes a database and the role without login that owns it, named like it.
pub async fn create_database(server: &Server, database: &str) -> Result<(), RolesError> {
    create_database_with(server, database, String::new()).await
}

/// As [`create_database`], with text as another database has it.
pub async fn create_database_in(
    server: &Server,
    database: &str,
    form: TextForm,
) -> Result<(), RolesError> {
    create_database_with(server, database, form.options()).await
}

async fn create_database_with(
    server: &Server,
    database: &str,
    options: String,
) -> Result<(), RolesError> {
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
    let create = format!("CREATE DATABASE {name} OWNER {name} TEMPLATE template0{options}");
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

/// Makes sure that `user` can log in as a role of its own with the rights of `mode`: to become the
/// owner of each database in read-write, or to be of the mode's group.
///
/// Changes nothing where all is in place, so it also serves a server that cannot be written to.
pub async fn ensure_login(
    server: &Server,
    user: &UserName,
    mode: AccessMode,
    databases: &[Database],
) -> Result<(), RolesError> {
    let first = databases.first().ok_or(RolesError::NoDatabase)?;
    let mut client = server.admin_plain(&first.name).await?;
    let owners = databases.iter().map(|database| database.owner.as_str());
    let groups = match mode {
        AccessMode::ReadOnly => vec![READERS],
        AccessMode::Append => vec![APPENDERS],
        AccessMode::ReadWrite => owners.chain([USERS]).collect(),
    };
    // Row security is passed over: an owner sees every row of its tables, and whoever reads in the
    // owner's place sees no fewer.
    let sees_all_rows = mode != AccessMode::ReadWrite;
    let rights = Rights::new(login_role(user, mode), sees_all_rows, groups);
    let standby = || RolesError::Standby { user: user.clone() };
    rights.put_in_place(&mut client, standby).await
}

/// A role that logs in and what it must have.
pub(super) struct Rights<'a> {
    role: String,
    sees_all_rows: bool,
    groups: Vec<&'a str>,
}

async fn is_standby(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await?;
    Ok(row.get(0))
}

impl<'a> Rights<'a> {
    pub(super) fn new(role: String, sees_all_rows: bool, mut groups: Vec<&'a str>) -> Self {
        groups.sort_unstable();
        groups.dedup();
        Self {
            role,
            sees_all_rows,
            groups,
        }
    }

    /// Makes the role what it must be; changes nothing where it is that.
    pub(super) async fn put_in_place(
        &self,
        client: &mut Client,
        standby: impl Fn() -> RolesError,
    ) -> Result<(), RolesError> {
        let verb = "look for a role";
        let missing = self.missing(client).await.map_err(doing(verb))?;
        if missing.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        if is_standby(client).await.map_err(doing(verb))? {
            return Err(standby());
        }
        let verb = "make a role";
        let transaction = client.transaction().await.map_err(doing(verb))?;
        transaction
            .batch_execute(&lock_roles())
            .await
            .map_err(doing(verb))?;
        // Another session may have been here while the lock was waited for.
        let missing = self.missing(transaction.client()).await;
        let missing = missing.map_err(doing(verb))?;
        for statement in self.statements(missing.as_deref()) {
            transaction
                .batch_execute(&statement)
                .await
                .map_err(doing(verb))?;
        }
        transaction.commit().await.map_err(doing(verb))
    }

    /// The groups that the role is not yet a member of; `None` if there is no such role, or one that
    /// can do more or less than it must.
    async fn missing(&self, client: &Client) -> Result<Option<Vec<String>>, tokio_postgres::Error> {
        let found = client
            .query_opt(
                "SELECT rolcanlogin AND NOT (rolsuper OR rolcreaterole OR rolcreatedb \
                 OR rolreplication) AND rolbypassrls = $2 AND rolconnlimit = -1 \
                 AND (rolvaliduntil IS NULL OR rolvaliduntil = 'infinity') \
                 AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid \
                   WHERE m.member = u.oid AND NOT r.rolname = ANY($3::text[])) \
                 FROM pg_roles u WHERE rolname = $1",
                &[&self.role, &self.sees_all_rows, &self.groups],
            )
            .await?;
        if !found.is_some_and(|row| row.get::<_, bool>(0)) {
            return Ok(None);
        }
        let missing = client
            .query(
                "SELECT g FROM unnest($1::text[]) g WHERE NOT EXISTS (SELECT FROM \
                 pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid \
                 JOIN pg_roles u ON u.oid = m.member WHERE r.rolname = g AND u.rolname = $2)",
                &[&self.groups, &self.role],
            )
            .await?;
        Ok(Some(missing.iter().map(|row| row.get(0)).collect()))
    }

    fn statements(&self, missing: Option<&[String]>) -> Vec<String> {
        let role = quote(&self.role);
        let grant = |group: &str| format!("GRANT {} TO {role}", quote(group));
        if let Some(missing) = missing {
            return missing.iter().map(|group| grant(group)).collect();
        }
        let bypass = if self.sees_all_rows {
            "BYPASSRLS"
        } else {
            "NOBYPASSRLS"
        };
        let rights = format!(
            "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {bypass} \
             CONNECTION LIMIT -1 PASSWORD NULL VALID UNTIL 'infinity'"
        );
        let group = USERS;
        // A role that was somebody's before goes with all it could.
        let mut all = vec![
            format!(
                "DO $$BEGIN CREATE ROLE {group} NOLOGIN; \
                 EXCEPTION WHEN duplicate_object THEN NULL; END$$"
            ),
            format!(
                "DO {}",
                literal(&format!(
                    "BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END"
                ))
            ),
            format!("ALTER ROLE {role} {rights}"),
            format!(
                "DO {}",
                literal(&format!(
                    "DECLARE g record; BEGIN FOR g IN SELECT r.rolname FROM pg_auth_members m \
                     JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member \
                     WHERE u.rolname = {name} \
                     LOOP EXECUTE format('REVOKE %I FROM %I', g.rolname, {name}); END LOOP; END",
                    name = literal(&self.role),
                ))
            ),
        ];
        all.extend(self.groups.iter().map(|group| grant(group)));
        all
    }
}

/// A text as SQL.
fn literal(text: &str) -> String {
    // In this form a backslash is one whatever standard_conforming_strings says.
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// An identifier as SQL.
pub(super) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use rules::config::AccessMode;

    use super::{ROLE_BYTES_MAX, login_role, quote};

    #[test]
    fn the_role_of_a_client_is_never_longer_than_a_role_may_be() {
        let role =
            |name: &str| login_role(&name.parse().expect("a user name"), AccessMode::ReadWrite);
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
