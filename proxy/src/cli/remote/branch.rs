//! `standin branch …`

use rules::target::Place;
use seeder::compare::{RowChange, TableDelta};

use super::super::args::Branch;
use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::{Output, ago, bytes, table};
use super::{at_once, generations, history, operate, protect, protected};
use crate::admin::api::Order;
use crate::environments::{BranchLine, Difference};

pub(in super::super) async fn run(
    client: &Client,
    verb: Branch,
    output: &Output,
) -> Result<(), Failure> {
    let order = Order::default();
    match verb {
        Branch::List => {
            let lines: Vec<BranchLine> = client.get("/v1/branches").await?;
            output.show(&lines, |lines| list(lines));
            Ok(())
        }
        Branch::Show { branch } => {
            let line: BranchLine = client
                .get(&format!("/v1/branches/{}", place(&branch)?))
                .await?;
            output.show(&line, show);
            Ok(())
        }
        Branch::Create {
            branch,
            from,
            scenarios,
        } => {
            let order = Order {
                from,
                scenarios,
                ..order
            };
            operate(client, output, &path(&branch, "create")?, &order).await
        }
        Branch::Drop { branch } => operate(client, output, &path(&branch, "drop")?, &order).await,
        Branch::Reset { branch } => operate(client, output, &path(&branch, "reset")?, &order).await,
        Branch::Refresh { branch } => {
            operate(client, output, &path(&branch, "refresh")?, &order).await
        }
        Branch::Undo { branch, to } => {
            let order = Order { to, ..order };
            operate(client, output, &path(&branch, "undo")?, &order).await
        }
        Branch::Diff {
            branch,
            database,
            rows,
        } => {
            let order = Order {
                database,
                rows,
                ..order
            };
            diff(client, output, &branch, &order).await
        }
        Branch::Protect(order) => {
            let path = format!("/v1/branches/{}", place(&order.place)?);
            protect(client, &path, &order, output).await
        }
        Branch::Sleep { branch } => {
            let said = format!("{branch} sleeps; the next connection wakes it");
            at_once(client, output, &path(&branch, "sleep")?, &order, &said).await
        }
        Branch::Wake {
            branch,
            accept_suspect,
        } => {
            let order = Order {
                accept_suspect,
                ..order
            };
            let said = format!("{branch} is awake");
            at_once(client, output, &path(&branch, "wake")?, &order, &said).await
        }
    }
}

async fn diff(
    client: &Client,
    output: &Output,
    branch: &str,
    order: &Order,
) -> Result<(), Failure> {
    let path = match branch.contains('.') {
        true => path(branch, "diff")?,
        false => format!("/v1/environments/{}/diff", place(branch)?),
    };
    let bar = output.progress_at(branch);
    let found: Difference = client.follow(&path, order, bar).await?;
    output.show(&found, |found| difference(found, order.rows));
    Ok(())
}

fn place(text: &str) -> Result<Place, Failure> {
    text.parse().map_err(|error: rules::target::TargetError| {
        Failure::wrong_name(&error).hint("a branch is written environment.name")
    })
}

fn path(branch: &str, verb: &str) -> Result<String, Failure> {
    Ok(format!("/v1/branches/{}/{verb}", place(branch)?))
}

fn list(lines: &[BranchLine]) -> String {
    let headings = [
        "branch",
        "server",
        "sessions",
        "durability",
        "own bytes",
        "used",
        "expires",
    ];
    let mut table = table(&headings);
    for line in lines {
        let expires = match (&line.protection, line.expires) {
            (Some(protection), _) => protected(protection),
            (None, Some(moment)) => format!("{moment:.0}"),
            (None, None) => "never".to_owned(),
        };
        table.add_row([
            if line.raw {
                format!("{} · RAW", line.name)
            } else {
                line.name.clone()
            },
            line.server.clone(),
            line.sessions.to_string(),
            line.durability.clone(),
            line.exclusive_bytes.map_or_else(|| "–".to_owned(), bytes),
            ago(line.used),
            expires,
        ]);
    }
    table.to_string()
}

fn show(line: &BranchLine) -> String {
    let list = list(std::slice::from_ref(line));
    let generations = generations(Some(&line.generation), &line.earlier);
    let scenarios = match line.scenarios.as_slice() {
        [] => String::new(),
        names => format!("\n\nscenarios: {}", names.join(", ")),
    };
    format!(
        "{list}{scenarios}\n\n{generations}\n\n{}",
        history(&line.history)
    )
}

fn difference(found: &Difference, wanted: Option<usize>) -> String {
    let mut text = String::new();
    if found.schema.is_empty() {
        text.push_str("schema: no change\n");
    }
    for change in &found.schema {
        text.push_str(&format!("{change}\n"));
    }
    let mut table = table(&["table", "before", "now", "added", "removed", "changed"]);
    let changed: Vec<&TableDelta> = found
        .tables
        .iter()
        .filter(|table| !table.is_same())
        .collect();
    for delta in &changed {
        let count =
            |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), |rows| rows.to_string());
        let changes = [delta.added, delta.removed, delta.changed].map(|rows| rows.to_string());
        let [added, removed, changed] = changes;
        let name = delta.table.to_string();
        table.add_row([
            name,
            count(delta.before),
            count(delta.after),
            added,
            removed,
            changed,
        ]);
    }
    text.push('\n');
    let rows = if changed.is_empty() {
        "rows: no change".to_owned()
    } else {
        table.to_string()
    };
    text.push_str(&rows);
    for (name, rows) in &found.rows {
        for row in rows {
            let sign = match row.change {
                RowChange::Added => '+',
                RowChange::Removed => '-',
                RowChange::Changed => '~',
            };
            text.push_str(&format!("\n{sign} {name} {}", row.key));
        }
    }
    if wanted.is_some() {
        let named = |delta: &TableDelta| found.rows.iter().any(|(name, _)| *name == delta.table);
        for delta in changed.into_iter().filter(|delta| !named(delta)) {
            text.push_str(&format!("\n{}: {}", delta.table, unnamed(delta)));
        }
    }
    text
}

/// Why the rows of a table are not named by their keys.
fn unnamed(delta: &TableDelta) -> &'static str {
    match (delta.before, delta.after) {
        (None, _) => "every row is new, because the table is",
        (_, None) => "every row is gone, because the table is",
        _ => "rows without a primary key are not named",
    }
}
