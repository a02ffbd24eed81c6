//! Has the server try the rows of scenarios in empty copies of their tables, and their questions, in a
//! transaction that is rolled back: what only the server knows is told before a row is written.

use bytes::Bytes;
use futures_util::SinkExt;
use rules::schema::{ConstraintKind, quoted};
use tokio_postgres::Client;

use super::place::Refused;
use super::{PlannedRow, ScenarioError};
use crate::check::Check;
use crate::engine::{row_of, write_row};
use crate::load::Fault;
use crate::plan::{Plan, Problem, Request, TablePlan, Unplannable, columns_of};

/// SQLSTATE of a row that a CHECK refuses (PostgreSQL documentation, appendix "PostgreSQL Error
/// Codes").
const CHECK_VIOLATION: &str = "23514";

/// Tries every row; built-in ones that the server refuses come back with the reasons.
pub(super) async fn rows(
    client: &Client,
    plan: &Plan,
    request: Request<'_>,
) -> Result<Refused, ScenarioError> {
    run(client, "BEGIN").await?;
    let tried = tables(client, plan, request).await;
    run(client, "ROLLBACK").await?;
    let mut problems = Vec::new();
    let mut built_in = Refused::new();
    for (scenario, row, fault) in tried? {
        let is_built_in = request
            .rules
            .scenario(scenario)
            .is_some_and(|own| own.builtin.is_some());
        if is_built_in {
            built_in.insert((scenario.to_owned(), row.handle.clone()), fault.to_string());
            continue;
        }
        let table = &plan.tables[row.table];
        problems.push(Problem {
            table: table.name.clone(),
            reason: format!("scenario \"{scenario}\", row \"{}\": {fault}", row.handle),
            hint: "set the columns of the row otherwise".to_owned(),
        });
    }
    match problems.is_empty() {
        true => Ok(built_in),
        false => Err(Unplannable(problems).into()),
    }
}

type Tried<'p> = Vec<(&'p str, &'p PlannedRow, Fault)>;

async fn tables<'p>(
    client: &Client,
    plan: &'p Plan,
    request: Request<'_>,
) -> Result<Tried<'p>, ScenarioError> {
    let mut refused = Vec::new();
    for (position, table) in plan.tables.iter().enumerate() {
        let rows = plan.scenarios.iter().flat_map(|scenario| {
            scenario
                .rows
                .iter()
                .map(|row| (scenario.name.as_str(), row))
        });
        let rows: Vec<_> = rows.filter(|(_, row)| row.table == position).collect();
        if rows.is_empty() {
            continue;
        }
        let copy = format!("pg_temp.standin_trial_{position}");
        // Who may not make one, or has an event trigger that forbids it, learns it from the load.
        let like = format!(
            "CREATE TEMP TABLE standin_trial_{position} (LIKE {} INCLUDING ALL)",
            table.name.quoted()
        );
        run(client, "SAVEPOINT standin_table").await?;
        if client.batch_execute(&like).await.is_err() {
            run(client, "ROLLBACK TO SAVEPOINT standin_table").await?;
            continue;
        }
        for (scenario, row) in rows {
            run(client, "SAVEPOINT standin_row").await?;
            let Err(error) = one(client, plan, (&copy, table), row).await else {
                continue;
            };
            let fault = error
                .as_db_error()
                .map(|error| Fault::of_row(error, &request.schema.tables[&table.name]));
            let Some(fault) = fault else {
                return Err(ScenarioError::server(&error));
            };
            run(client, "ROLLBACK TO SAVEPOINT standin_row").await?;
            if judges_alone(plan, request, table, &fault) {
                refused.push((scenario, row, fault));
            }
        }
    }
    Ok(refused)
}

/// Whether a refusal holds in the filled database too: a CHECK that calls functions of the user's may
/// look at other tables, which are empty now.
fn judges_alone(plan: &Plan, request: Request<'_>, table: &TablePlan, fault: &Fault) -> bool {
    let model = &request.schema.tables[&table.name];
    let constraint = fault
        .constraint
        .as_ref()
        .and_then(|name| model.constraints.get(name));
    match constraint.map(|constraint| &constraint.kind) {
        Some(ConstraintKind::Check { expression }) if fault.code == CHECK_VIOLATION => {
            let columns = columns_of(plan.as_of_micros, table, model);
            Check::compile(expression, &columns).is_ok()
        }
        _ => true,
    }
}

async fn one(
    client: &Client,
    plan: &Plan,
    (copy, table): (&str, &TablePlan),
    row: &PlannedRow,
) -> Result<(), tokio_postgres::Error> {
    let Ok(cells) = row_of(plan, row.table, row.row) else {
        return Ok(());
    };
    let mut text = Vec::new();
    write_row(table, &cells, &mut text);
    let columns = table
        .sent()
        .map(|column| quoted(&table.columns[column].name));
    let columns: Vec<String> = columns.collect();
    let sql = format!("COPY {copy} ({}) FROM STDIN", columns.join(", "));
    let sink = client.copy_in::<_, Bytes>(&sql).await?;
    let mut sink = std::pin::pin!(sink);
    sink.send(Bytes::from(text)).await?;
    sink.finish().await.map(drop)
}

/// Has the server read every question.
pub(super) async fn questions(client: &Client, plan: &Plan) -> Result<(), ScenarioError> {
    let mut wrong = Vec::new();
    for scenario in &plan.scenarios {
        for question in &scenario.questions {
            let reason = match client.prepare(&question.sql).await {
                Ok(statement) if statement.columns().len() == 1 => continue,
                Ok(statement) => format!(
                    "it gives {} columns instead of one",
                    statement.columns().len()
                ),
                Err(error) => match error.as_db_error() {
                    Some(said) => unread(said),
                    None => return Err(ScenarioError::server(&error)),
                },
            };
            wrong.push(format!("{}: {reason}", question.name));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(ScenarioError::Impossible(wrong)),
    }
}

/// Why a question was not understood: in the server's words where they are about names alone, since
/// the keys of rows stand in it too.
fn unread(said: &tokio_postgres::error::DbError) -> String {
    let code = said.code().code();
    match code.starts_with("42") {
        true => format!("{} (SQLSTATE {code})", said.message()),
        false => format!("the server does not understand it (SQLSTATE {code})"),
    }
}

async fn run(client: &Client, sql: &str) -> Result<(), ScenarioError> {
    let done = client.batch_execute(sql).await;
    done.map_err(|error| ScenarioError::server(&error))
}
