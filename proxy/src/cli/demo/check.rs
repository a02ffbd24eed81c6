//! The demo's own check: the five things that it suggests, done and looked at.

use seeder::compare::TableDelta;
use seeder::scenario::{KeyValue, ScenarioTold};
use tokio_postgres::{Client, NoTls};

use super::super::client::Client as Control;
use super::super::failure::Failure;
use super::super::output::Output;
use super::proof;
use super::settings::{Prepared, addresses};
use crate::admin::api::Order;
use crate::environments::{BranchLine, Difference, Record};

/// The branches that the check makes.
const BRANCHES: [&str; 3] = ["qa.check", "prod-copy.check", "qa.check-late"];

pub(super) async fn run(
    control: &Control,
    prepared: &Prepared,
    output: &Output,
) -> Result<(), Failure> {
    // What a check that was interrupted left; mostly there is nothing to drop.
    let left: Vec<BranchLine> = control.get("/v1/branches").await?;
    for line in left {
        if BRANCHES.contains(&line.name.as_str()) {
            drop_branch(control, &line.name, output).await?;
        }
    }
    printed_addresses(prepared).await?;
    disposable_session(prepared, output).await?;
    reset_and_undo(control, prepared, output).await?;
    branch_and_diff(control, prepared, output).await?;
    scenario(control, prepared, output).await?;
    proof::masked_copy(control, prepared, output).await?;
    for branch in BRANCHES {
        drop_branch(control, branch, output).await?;
    }
    output.show(&serde_json::json!({ "checks": 5, "passed": 5 }), |_| {
        "5 of 5 checks passed".to_owned()
    });
    Ok(())
}

/// Every URL that the demo prints leads to the shop; what people left in it is theirs.
async fn printed_addresses(prepared: &Prepared) -> Result<(), Failure> {
    for (name, what, url) in addresses(prepared) {
        let client = connect_by(&url, &format!("{name} ({what})")).await?;
        customers(&client).await?;
    }
    Ok(())
}

/// Deletes every customer in a branch made by connecting; the copy itself keeps them.
async fn disposable_session(prepared: &Prepared, output: &Output) -> Result<(), Failure> {
    let branch = connect(prepared, "shop@prod-copy.check").await?;
    let before = customers(&branch).await?;
    run_sql(&branch, "TRUNCATE customers CASCADE").await?;
    let after = customers(&branch).await?;
    let copy = customers(&connect(prepared, "shop@prod-copy").await?).await?;
    expect(
        before > 0 && after == 0,
        "the branch holds the rows until they are deleted",
    )?;
    expect(
        copy == before,
        "what is deleted in a branch stays in the copy",
    )?;
    output.say(format!(
        "1. a branch of {before} customers was emptied; the copy still has {copy}"
    ));
    Ok(())
}

/// Empties qa, resets it, and undoes the reset.
async fn reset_and_undo(
    control: &Control,
    prepared: &Prepared,
    output: &Output,
) -> Result<(), Failure> {
    let path = "/v1/environments/qa";
    let order = Order::default();
    // People may have left a mess of their own at an earlier start.
    control
        .follow::<Record>(&format!("{path}/reset"), &order, output.progress_at("qa"))
        .await?;
    let session = connect(prepared, "shop@qa").await?;
    let full = customers(&session).await?;
    run_sql(&session, "TRUNCATE customers CASCADE").await?;
    let reset: Record = control
        .follow(&format!("{path}/reset"), &order, output.progress_at("qa"))
        .await?;
    let refused = customers(&session).await.is_err();
    let again = customers(&connect(prepared, "shop@qa").await?).await?;
    control
        .follow::<Record>(&format!("{path}/undo"), &order, output.progress_at("qa"))
        .await?;
    let undone = customers(&connect(prepared, "shop@qa").await?).await?;
    // The next start of the demo should not begin with an empty qa.
    control
        .follow::<Record>(&format!("{path}/reset"), &order, output.progress_at("qa"))
        .await?;
    expect(
        refused,
        "a session of the old generation is ended by a reset",
    )?;
    expect(full > 0 && again == full, "a reset brings the rows back")?;
    expect(undone == 0, "an undo brings the mess back")?;
    let took = reset.took_ms;
    output.say(format!(
        "2. qa was emptied, reset to {again} customers in {took} ms, and undone"
    ));
    Ok(())
}

/// Adds a column in a branch made by connecting, and finds it in the diff.
async fn branch_and_diff(
    control: &Control,
    prepared: &Prepared,
    output: &Output,
) -> Result<(), Failure> {
    let branch = connect(prepared, "shop@qa.check").await?;
    run_sql(&branch, "ALTER TABLE orders ADD gift boolean").await?;
    run_sql(&branch, "DELETE FROM payments WHERE id <= 3").await?;
    drop(branch);
    let order = Order::default();
    let path = "/v1/branches/qa.check";
    let found: Difference = control
        .follow(
            &format!("{path}/diff"),
            &order,
            output.progress_at("qa.check"),
        )
        .await?;
    let schema: Vec<String> = found.schema.iter().map(ToString::to_string).collect();
    expect(
        schema.len() == 1 && schema[0].contains("gift"),
        "the diff names the new column",
    )?;
    let payments = |delta: &&TableDelta| delta.table.to_string().ends_with("payments");
    let removed = found
        .tables
        .iter()
        .find(payments)
        .is_some_and(|delta| delta.removed == 3);
    expect(removed, "the diff names the table that lost rows")?;
    output.say(format!(
        "3. a branch was compared with its beginning: {}",
        schema.join("; ")
    ));
    Ok(())
}

/// Makes a branch with a scenario, and finds its row by the key that is told.
async fn scenario(control: &Control, prepared: &Prepared, output: &Output) -> Result<(), Failure> {
    let path = "/v1/branches/qa.check-late";
    let order = Order {
        scenarios: vec!["overdue-invoice".to_owned()],
        ..Order::default()
    };
    let bar = output.progress_at("qa.check-late");
    control
        .follow::<Record>(&format!("{path}/create"), &order, bar)
        .await?;
    let told: Vec<ScenarioTold> = control
        .post(&format!("{path}/seed-scenarios"), &Order::default())
        .await?;
    let mut rows = told.iter().flat_map(|told| &told.handles);
    let bill = rows.find_map(|(handle, row)| match row.key.get("id") {
        Some(KeyValue::Number(id)) if handle == "bill" => Some(*id),
        _ => None,
    });
    let branch = connect(prepared, "shop@qa.check-late").await?;
    let sql = "SELECT id FROM payments WHERE method = 'invoice' AND paid_at IS NULL";
    let found = branch.query(sql, &[]).await;
    let found = found.map_err(|error| Failure::failed(told_by(&error)))?;
    let unpaid: Vec<i64> = found.iter().map(|row| row.get(0)).collect();
    expect(
        unpaid.len() == 1 && unpaid.first() == bill.as_ref(),
        "the branch has one overdue bill, and its key is told",
    )?;
    output.say(format!(
        "4. a branch was made with a scenario: its one overdue bill is {}",
        unpaid[0]
    ));
    Ok(())
}

async fn drop_branch(control: &Control, branch: &str, output: &Output) -> Result<Record, Failure> {
    let path = format!("/v1/branches/{branch}/drop");
    control
        .follow(&path, &Order::default(), output.progress_at(branch))
        .await
}

pub(super) async fn connect(prepared: &Prepared, target: &str) -> Result<Client, Failure> {
    connect_by(&prepared.url(target), target).await
}

async fn connect_by(url: &str, shown: &str) -> Result<Client, Failure> {
    let connected = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connected
        .map_err(|error| Failure::failed(format!("connect to {shown}: {}", told_by(&error))))?;
    tokio::spawn(connection);
    Ok(client)
}

async fn customers(client: &Client) -> Result<i64, Failure> {
    let row = client
        .query_one("SELECT count(*) FROM customers", &[])
        .await;
    Ok(row
        .map_err(|error| Failure::failed(told_by(&error)))?
        .get(0))
}

async fn run_sql(client: &Client, sql: &str) -> Result<(), Failure> {
    let run = client.batch_execute(sql).await;
    run.map_err(|error| Failure::failed(format!("{sql}: {}", told_by(&error))))
}

pub(super) fn told_by(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => format!("{} ({})", server.message(), server.code().code()),
        None => error.to_string(),
    }
}

pub(super) fn expect(holds: bool, claim: &str) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(Failure::failed(format!("the check failed: {claim}")))
    }
}
