//! Reads a database's schema from `pg_catalog`, for PostgreSQL 13 to 18.
//!
//! One read-only transaction with an empty search path, so that every deparsed name is qualified.
//! All queries are sent at once; the catalogue is read, never a user's table. An unknown kind of
//! anything is an error and not a gap (PostgreSQL documentation, chapter "System Catalogs").

mod constraints;
mod programs;
mod tables;
mod types;

use rules::schema::{Name, Schema};
use tokio_postgres::types::FromSqlOwned;
use tokio_postgres::{Client, Row};

/// Why a schema could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// The server refused or the connection broke.
    #[error("read {what} from the catalogue")]
    Query {
        /// Which part of the catalogue.
        what: &'static str,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The catalogue holds a code that this version does not know.
    #[error("{what} of {object} has the unknown code {code:?}")]
    Unknown {
        /// Which field.
        what: &'static str,
        /// Of which object.
        object: String,
        /// The code.
        code: String,
    },
}

/// Reads the schema of the database that `client` is connected to.
///
/// Opens and ends a transaction of its own, so the session must not be inside one. When the future
/// is dropped halfway, that transaction stays open and the session should be closed.
pub async fn introspect(client: &Client) -> Result<Schema, IntrospectError> {
    const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                         SET LOCAL search_path = ''; SET LOCAL quote_all_identifiers = off";
    let transaction = |source| IntrospectError::Query {
        what: "a snapshot",
        source,
    };
    client.batch_execute(BEGIN).await.map_err(transaction)?;
    let schema = Box::pin(read(client)).await;
    let ended = client.batch_execute("ROLLBACK").await.map_err(transaction);
    let schema = schema?;
    ended.map(|()| schema)
}

/// Reads the schema within the transaction that the session is in: as of its snapshot, with its
/// locks. The transaction must have set `search_path` to nothing and `quote_all_identifiers` to off.
pub async fn introspect_within(client: &Client) -> Result<Schema, IntrospectError> {
    Box::pin(read(client)).await
}

async fn read(client: &Client) -> Result<Schema, IntrospectError> {
    let version = client
        .query_one("SELECT current_setting('server_version_num')::int4", &[])
        .await
        .and_then(|row| row.try_get::<_, i32>(0))
        .map_err(|source| IntrospectError::Query {
            what: "the server's version",
            source,
        })?;
    let mut schema = Schema::default();
    let (types, tables, constraints, programs) = tokio::try_join!(
        types::Rows::fetch(client, version),
        tables::Rows::fetch(client),
        constraints::Rows::fetch(client),
        programs::Rows::fetch(client),
    )?;
    types.put_into(&mut schema)?;
    tables.put_into(&mut schema)?;
    programs.put_into(&mut schema)?;
    constraints.put_into(&mut schema)?;
    Ok(schema)
}

/// Runs one catalogue query; `{user}` in it becomes the condition that picks user namespaces `n`,
/// `{own:x}` the condition that the object with OID `x.oid` belongs to no extension.
async fn rows(client: &Client, what: &'static str, sql: &str) -> Result<Vec<Row>, IntrospectError> {
    // Names that begin with pg_ are reserved: pg_catalog, pg_toast, pg_temp_N.
    const USER: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
    let mut sql = sql.replace("{user}", USER);
    for (alias, catalogue) in [
        ("c", "pg_class"),
        ("t", "pg_type"),
        ("p", "pg_proc"),
        ("n", "pg_namespace"),
    ] {
        let own = format!(
            "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalogue}'::regclass \
             AND e.objid = {alias}.oid AND e.deptype = 'e')"
        );
        sql = sql.replace(&format!("{{own:{alias}}}"), &own);
    }
    client
        .query(&sql, &[])
        .await
        .map_err(|source| IntrospectError::Query { what, source })
}

/// One column of a catalogue row.
fn field<T: FromSqlOwned>(row: &Row, name: &'static str) -> Result<T, IntrospectError> {
    row.try_get(name)
        .map_err(|source| IntrospectError::Query { what: name, source })
}

/// The qualified name in the columns `schema` and `name`.
fn name(row: &Row) -> Result<Name, IntrospectError> {
    Ok(Name::new(
        field::<String>(row, "schema")?,
        field::<String>(row, "name")?,
    ))
}

fn unknown(what: &'static str, object: &impl ToString, code: &str) -> IntrospectError {
    IntrospectError::Unknown {
        what,
        object: object.to_string(),
        code: code.to_owned(),
    }
}
