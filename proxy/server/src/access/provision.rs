//! The rights themselves: one transaction of `passed.sql` and `provision.sql` in each database.

use tokio_postgres::Client;

use super::{APPENDERS, AccessError, READERS, doing};
use crate::ownership::CALM_EVENT_TRIGGERS;
use crate::roles::{Database, lock_roles, quote};

/// What stands in the way of the rights, and the rights.
const SQL: [&str; 2] = [include_str!("passed.sql"), include_str!("provision.sql")];

/// Puts the rights in place in one database.
pub(super) async fn database(client: &mut Client, database: &Database) -> Result<(), AccessError> {
    let verb = "put the rights of access modes in place";
    let transaction = client.transaction().await.map_err(doing(verb, database))?;
    let run = async |sql: String| {
        let done = transaction.batch_execute(&sql).await;
        done.map_err(doing(verb, database))
    };
    run(lock_roles()).await?;
    run(CALM_EVENT_TRIGGERS.to_owned()).await?;
    for group in [READERS, APPENDERS] {
        run(format!(
            "DO $$BEGIN CREATE ROLE {group} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; \
             END$$"
        ))
        .await?;
    }
    let owner = "SELECT set_config('standin.owner', $1, true)";
    let set = transaction.execute(owner, &[&database.owner]).await;
    set.map_err(doing(verb, database))?;
    for sql in SQL {
        run(sql.to_owned()).await?;
    }
    transaction.commit().await.map_err(doing(verb, database))
}

/// Lets the groups connect to one database.
pub(super) async fn let_in(client: &Client, database: &Database) -> Result<(), AccessError> {
    let name = quote(&database.name);
    let grant = format!("GRANT CONNECT ON DATABASE {name} TO {READERS}, {APPENDERS}");
    let granted = client.batch_execute(&grant).await;
    granted.map_err(doing("let the groups of access modes in", database))
}
