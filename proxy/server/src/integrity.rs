//! Checks the structure of every table and index with `amcheck`, and leaves no trace of it.
//!
//! It finds damaged pages and indexes that miss rows. It does not find rows that were lost from
//! table and index alike: a copy taken without the backup protocol can pass.

use tokio_postgres::Transaction;

use super::ownership::CALM_EVENT_TRIGGERS;
use super::process::{AdminError, Server};
use super::roles::{RolesError, databases};

/// Problems that are told one by one; a damaged disk has thousands.
const PROBLEMS_MAX: usize = 100;

/// What was checked and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntegrityReport {
    /// Tables and materialised views that were read.
    pub tables: usize,
    /// B-tree indexes that were compared with their tables.
    pub indexes: usize,
    /// The first problems, each with its relation.
    pub problems: Vec<String>,
    /// What was not checked, and why.
    pub skipped: Vec<String>,
}

/// Why the check was not made.
#[derive(Debug, thiserror::Error)]
pub enum IntegrityError {
    /// Our own login failed.
    #[error("enter a database to check it")]
    Login(#[from] AdminError),
    /// The databases could not be listed.
    #[error("list the databases to check")]
    Databases(#[from] RolesError),
    /// A statement failed that is not part of the check itself.
    #[error("check database {database:?}")]
    Statement {
        /// The database.
        database: String,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
}

/// Checks all databases of a running server.
///
/// The extension is made inside a transaction that is rolled back, so the cluster stays as it is.
/// Tables are only checked since 14.
pub async fn amcheck(server: &Server) -> Result<IntegrityReport, IntegrityError> {
    let mut report = IntegrityReport::default();
    for database in databases(server).await? {
        check_database(server, &database.name, &mut report).await?;
    }
    Ok(report)
}

/// The schema of the extension, which is made where it is not there.
async fn schema_of_amcheck(transaction: &Transaction<'_>) -> Result<String, tokio_postgres::Error> {
    let schema =
        "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'amcheck'";
    if let Some(row) = transaction.query_opt(schema, &[]).await? {
        return Ok(row.get(0));
    }
    let make = "CREATE SCHEMA standin_check; CREATE EXTENSION amcheck SCHEMA standin_check";
    transaction.batch_execute(make).await?;
    Ok("standin_check".to_owned())
}

async fn check_database(
    server: &Server,
    database: &str,
    report: &mut IntegrityReport,
) -> Result<(), IntegrityError> {
    let fail = |source| IntegrityError::Statement {
        database: database.to_owned(),
        source,
    };
    let mut client = server.admin_plain(database).await?;
    let available = "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'";
    if client.query(available, &[]).await.map_err(fail)?.is_empty() {
        let reason = format!("{database}: the installation has no extension \"amcheck\"");
        report.skipped.push(reason);
        return Ok(());
    }
    let mut transaction = client.transaction().await.map_err(fail)?;
    let calmed = transaction.batch_execute(CALM_EVENT_TRIGGERS).await;
    calmed.map_err(fail)?;
    let schema = schema_of_amcheck(&transaction).await.map_err(fail)?;
    let index_query =
        format!("SELECT ''::text FROM {schema}.bt_index_check($1::oid::regclass, true)");
    // Every argument, in the extension's types: the extension may lie in a schema in which others can
    // make a function of the same name that takes fewer.
    let table_query = format!(
        "SELECT msg FROM {schema}.verify_heapam($1::oid::regclass, false, false, 'none'::text, \
         NULL::bigint, NULL::bigint)"
    );
    let relations = "SELECT c.oid, c.oid::regclass::text, c.relkind = 'i' FROM pg_class c \
        LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_am a ON a.oid = c.relam \
        WHERE c.relpersistence <> 't' AND ((c.relkind IN ('r', 'm', 't') AND a.amname = 'heap') \
        OR (c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready)) ORDER BY 1";
    let relations = transaction.query(relations, &[]).await.map_err(fail)?;
    for relation in relations {
        let (oid, name, index): (u32, String, bool) =
            (relation.get(0), relation.get(1), relation.get(2));
        if !index && server.major() < 14 {
            continue;
        }
        let query = if index {
            report.indexes += 1;
            &index_query
        } else {
            report.tables += 1;
            &table_query
        };
        // Rolling back to it gives the locks of one relation free before the next.
        let step = transaction.transaction().await.map_err(fail)?;
        let mut found: Vec<String> = match step.query(query, &[&oid]).await {
            Ok(rows) => rows.iter().map(|row| row.get(0)).collect(),
            Err(error) if error.as_db_error().is_some() => vec![error.to_string()],
            Err(error) => return Err(fail(error)),
        };
        step.rollback().await.map_err(fail)?;
        found.retain(|problem| !problem.is_empty());
        let room = PROBLEMS_MAX.saturating_sub(report.problems.len());
        let told = found
            .iter()
            .take(room)
            .map(|problem| format!("{database}.{name}: {problem}"));
        report.problems.extend(told);
    }
    transaction.rollback().await.map_err(fail)
}
