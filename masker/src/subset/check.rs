//! What can be told of a subset before any row is read: whether production understands its
//! expressions, whether they could do something, and whether rows can be told apart by place.

use rules::mask::{Problem, ProblemKind, Reach, Reached, Start, Subset, Take};
use rules::schema::{Name, Schema};
use tokio_postgres::Client;

use crate::source::{Source, SourceError, step};

use super::join::below;
use super::start::statements;

const STEP: &str = "look at the subset's expressions";

/// Functions by schema and name that are volatile, or that take a transaction's number; a name is cut as
/// the server cuts it.
const VOLATILE: &str = "
SELECT DISTINCT p.proname::text FROM unnest($1::text[], $2::text[]) u (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = u.schema::name
  JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = u.name::name
 WHERE p.provolatile = 'v' OR p.proname IN ('pg_current_xact_id', 'txid_current')
 ORDER BY 1";

/// Tables that are no heaps.
const OTHER: &str = "
SELECT n.nspname::text, c.relname::text FROM unnest($1::text[], $2::text[]) u (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = u.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = u.name
  JOIN pg_catalog.pg_am am ON am.oid = c.relam
 WHERE am.amname <> 'heap'";

/// SQLSTATEs (PostgreSQL documentation, "PostgreSQL Error Codes").
const UNDEFINED_COLUMN: &str = "42703";
const UNDEFINED_FUNCTION: &str = "42883";
const MISMATCH: &str = "42804";

const UNQUALIFIED: &str = "names in it are looked up without a search path: qualify tables, and types \
                           and functions that are not PostgreSQL's own";

/// What the server says against a statement.
struct Said {
    code: String,
    message: String,
}

/// What keeps the rows of a subset from being found.
///
/// # Errors
/// When production cannot be asked.
pub(crate) async fn check(
    source: &Source,
    schema: &Schema,
    subset: &Subset,
    reach: &Reach,
) -> Result<Vec<Problem>, SourceError> {
    let mut problems = Vec::new();
    for start in &subset.start {
        // What is wrong with the table is a problem of the decisions.
        let reached = reach.tables.get(&start.table);
        if !matches!(reached, Some(Reached::Part { .. })) {
            continue;
        }
        let wrong = match called(source.client(), start).await? {
            Some(called) => Some(called),
            None => unread(source.client(), schema, start).await?,
        };
        problems.extend(wrong);
    }
    for (table, reached) in &reach.tables {
        if matches!(reached, Reached::Part { .. }) {
            let leaves = below(schema, table);
            for leaf in other(source.client(), &leaves).await? {
                let message = format!("{leaf} is no heap, so rows of it cannot be told by place");
                let hint = "name the table in `whole`, or drop its rows";
                problems.push(unfit(table, message, hint));
            }
        }
    }
    Ok(problems)
}

/// What an expression calls that could do more than read.
async fn called(client: &Client, start: &Start) -> Result<Option<Problem>, SourceError> {
    let Some(condition) = &start.condition else {
        return Ok(None);
    };
    let called = volatile(client, &condition.calls()).await?;
    Ok((!called.is_empty()).then(|| {
        let message = format!(
            "the subset's `where = {:?}` calls {}, which may do more than read",
            condition.as_str(),
            called.join(", ")
        );
        let hint = "write it with functions that are immutable or stable";
        unfit(&start.table, message, hint)
    }))
}

/// What production makes of the statement that is to be run.
async fn unread(
    client: &Client,
    schema: &Schema,
    start: &Start,
) -> Result<Option<Problem>, SourceError> {
    let table = &schema.tables[&start.table];
    // A column that is not there is a problem of the decisions.
    if matches!(&start.take, Take::Newest { by, .. } if table.column(by).is_none()) {
        return Ok(None);
    }
    // One leaf stands for all: they have the same columns.
    let Some(sql) = statements(schema, start).into_iter().next() else {
        return Ok(None);
    };
    let Some(said) = refused(client, &sql).await? else {
        return Ok(None);
    };
    let which = match (&start.condition, &start.take) {
        (Some(condition), _) => format!("`where = {:?}`", condition.as_str()),
        (None, Take::Newest { by, .. }) => format!("`by = {by:?}`"),
        (None, _) => "start".to_owned(),
    };
    let hint = match said.code.as_str() {
        UNDEFINED_COLUMN => {
            let names = table.columns.iter().map(|column| column.name.as_str());
            format!("the table has {}", names.collect::<Vec<_>>().join(", "))
        }
        MISMATCH => "write what is true or false of a row".to_owned(),
        UNDEFINED_FUNCTION if start.condition.is_none() => {
            "name a column whose values have an order".to_owned()
        }
        _ => UNQUALIFIED.to_owned(),
    };
    let message = format!("production refuses the subset's {which}: {}", said.message);
    Ok(Some(unfit(&start.table, message, &hint)))
}

async fn volatile(
    client: &Client,
    calls: &[(Option<String>, String)],
) -> Result<Vec<String>, SourceError> {
    // What has no schema is PostgreSQL's own: there is no search path.
    let schemas: Vec<&str> = calls
        .iter()
        .map(|(schema, _)| schema.as_deref().unwrap_or("pg_catalog"))
        .collect();
    let names: Vec<&str> = calls.iter().map(|(_, name)| name.as_str()).collect();
    let rows = client.query(VOLATILE, &[&schemas, &names]).await;
    let rows = rows.map_err(|error| step(STEP, &error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What the server says against a statement, which it parses and does not run: no row is read, so its
/// words quote nothing but the statement.
async fn refused(client: &Client, sql: &str) -> Result<Option<Said>, SourceError> {
    let run = async |sql: &str| {
        let done = client.batch_execute(sql).await;
        done.map_err(|error| step(STEP, &error))
    };
    run("SAVEPOINT \"standin check\"").await?;
    let said = match client.prepare(sql).await {
        Ok(_) => None,
        Err(error) => match error.as_db_error() {
            Some(said) => Some(Said {
                code: said.code().code().to_owned(),
                message: said.message().to_owned(),
            }),
            None => return Err(step(STEP, &error)),
        },
    };
    run("ROLLBACK TO SAVEPOINT \"standin check\"; RELEASE SAVEPOINT \"standin check\"").await?;
    Ok(said)
}

async fn other(client: &Client, leaves: &[Name]) -> Result<Vec<Name>, SourceError> {
    let schemas: Vec<&str> = leaves.iter().map(|leaf| leaf.schema.as_str()).collect();
    let names: Vec<&str> = leaves.iter().map(|leaf| leaf.name.as_str()).collect();
    let rows = client.query(OTHER, &[&schemas, &names]).await;
    let rows = rows.map_err(|error| step(STEP, &error))?;
    let name =
        |row: &tokio_postgres::Row| Name::new(row.get::<_, String>(0), row.get::<_, String>(1));
    Ok(rows.iter().map(name).collect())
}

fn unfit(table: &Name, message: String, hint: &str) -> Problem {
    Problem {
        table: table.to_string(),
        column: None,
        kind: ProblemKind::Unfit,
        message,
        hint: Some(hint.to_owned()),
    }
}
