//! The role as which we run what others wrote: constraints, indexes, views and functions of a database
//! are its users', and whoever evaluates them gives them their own rights.
//!
//! It logs in for itself, because a session of a superuser can always go back to being one. It may do
//! what the owners of the databases may, so it reads all that they read and runs their functions. Code of a
//! user gains to read what only a superuser reads of the database, such as tables that an extension keeps
//! for itself, and nothing else that the user has not. Row security is passed over, as it is for readers.

use tokio_postgres::Client;

use super::process::Server;
use super::roles::{Database, Rights, RolesError, USERS, doing};

/// Our own login without a superuser's rights.
pub(crate) const DEPUTY: &str = "standin_deputy";

/// A predefined role that reads everything, so that a table of neither the owner nor a role that the
/// owner may become is read too (PostgreSQL documentation, "Predefined Roles").
const READS_ALL: &str = "pg_read_all_data";
/// The first major version that has it.
const READS_ALL_SINCE: u16 = 14;

/// The roles, beyond our groups, that the deputy could become and must not.
const RISES: &str = "
SELECT r.rolname::text FROM pg_roles r, pg_roles d
WHERE d.rolname = $1 AND pg_has_role(d.oid, r.oid, 'MEMBER')
  AND (r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolname IN
       ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
        'pg_create_subscription'))
ORDER BY 1";

/// What takes the deputy from whoever is a member of it. Before 15 a role may give itself away in a
/// session of its own, so code that it runs may do so (PostgreSQL 14 documentation, "GRANT").
const GIVEN_AWAY: &str = "
SELECT format('REVOKE %I FROM %I', d.rolname, m.rolname)
FROM pg_auth_members a JOIN pg_roles d ON d.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE d.rolname = $1";

/// What takes back the settings of the deputy: every role may set its own, so code that it runs may do so.
const SET_BY_ITSELF: &str = "
SELECT format('ALTER ROLE %I%s RESET ALL', d.rolname, ' IN DATABASE ' || quote_ident(b.datname))
FROM pg_db_role_setting s JOIN pg_roles d ON d.oid = s.setrole LEFT JOIN pg_database b ON b.oid = s.setdatabase
WHERE d.rolname = $1";

/// Makes sure that the deputy can log in and act for the owners of `databases`, and that nobody else
/// can become the deputy.
///
/// Changes nothing where it is there already or there is nobody to act for, so it also serves a server
/// that cannot be written to.
///
/// # Errors
/// On a standby that has none, and when an owner may become somebody whom no client may be: then the
/// deputy is not to be used.
pub async fn ensure_deputy(server: &Server, databases: &[Database]) -> Result<(), RolesError> {
    let Some(first) = databases.first() else {
        return Ok(());
    };
    let mut client = server.admin_plain(&first.name).await?;
    let owners = databases.iter().map(|database| database.owner.as_str());
    // Of our group of clients, because the access rules of a server that runs already let it in.
    let mut groups: Vec<&str> = owners.chain([USERS]).collect();
    if server.major() >= READS_ALL_SINCE {
        groups.push(READS_ALL);
    }
    let rights = Rights::new(DEPUTY.to_owned(), true, groups);
    let placed = rights.put_in_place(&mut client, || RolesError::NoDeputy);
    placed.await?;
    take_back(&client).await?;
    must_not_rise(&client).await
}

async fn take_back(client: &Client) -> Result<(), RolesError> {
    let verb = "take our own low role back from others";
    for query in [GIVEN_AWAY, SET_BY_ITSELF] {
        let rows = client.query(query, &[&DEPUTY]).await;
        for row in rows.map_err(doing(verb))? {
            let taken = client.batch_execute(row.get(0)).await;
            taken.map_err(doing(verb))?;
        }
    }
    Ok(())
}

/// Proves that the deputy is no superuser and can become nobody who reaches the host.
async fn must_not_rise(client: &Client) -> Result<(), RolesError> {
    let rows = client.query(RISES, &[&DEPUTY]).await;
    let rows = rows.map_err(doing("look at what our own low role could become"))?;
    match rows.is_empty() {
        true => Ok(()),
        false => Err(RolesError::DeputyRises {
            roles: rows.iter().map(|row| row.get(0)).collect(),
        }),
    }
}
