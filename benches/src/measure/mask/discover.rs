//! Discovery: values judged in this process, and a database of a thousand columns, beside reading as
//! many rows of it and doing nothing with them.

use std::time::{Duration, Instant};

use masker::discover::{Options, discover, judge};
use masker::source::{LOCK_WAIT, Production, Source};
use rules::schema::{Schema, quoted};
use seeder::value::Type;
use serde_json::json;
use tests::labelled::{LabelledColumn, Lists, columns};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

use crate::Effort;
use crate::report::{Bound, Report, Samples, TIMES};

/// Columns of one table.
const WIDTH: usize = 10;

/// Rows of one table: more than are looked at, so that a sample is a sample.
const ROWS: usize = 5_000;

/// Values of a column that are judged.
const VALUES: usize = 1_000;

/// Days of birth lie before it.
const YEAR: u16 = 2026;

pub(in crate::measure) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let columns = columns();
    let lists = Lists::read();
    let mut report = Report::new("mask-discover", TIMES);
    masker::detect::warm_up();
    judged(&columns, &lists, effort, &mut report);
    let server = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = server.database("shop").await?;
    let tables = effort.of(100, 5);
    // Text in every column: types would tell too much, and this is the most work.
    let texts: Vec<&LabelledColumn> = columns.iter().take(tables * WIDTH).collect();
    for (number, columns) in texts.chunks(WIDTH).enumerate() {
        fill(&client, number, columns, &lists).await?;
    }
    client.batch_execute("VACUUM ANALYZE").await?;
    let production = Production {
        config: server.config("shop"),
        tls: None,
    };
    let (mut found, mut read) = (Vec::new(), Vec::new());
    for round in 0..effort.of(5, 1) {
        let before = Instant::now();
        let source = Source::open(&production, LOCK_WAIT).await?;
        let options = Options {
            seed: round,
            ..Options::default()
        };
        let outcome = discover(&source, &options, &mut |_| ()).await?;
        source.close().await;
        found.push(before.elapsed());
        anyhow::ensure!(outcome.unread.is_empty(), "every table is read");
        read.push(plain(&client, texts.len().div_ceil(WIDTH)).await?);
    }
    let (found, read) = (Samples::from_iter(found), Samples::from_iter(read));
    let what = format!(
        "{} columns, {VALUES} rows of each of {tables} tables",
        texts.len()
    );
    report.row(found.row(&what, Some(&read)));
    report.row(read.row("SELECT of as many rows, nothing else", None));
    report.target(
        "seconds for a thousand columns",
        found.p50() / 1_000.0,
        Bound::AtMost(10.0),
    );
    Ok(report)
}

/// Values of the labelled set, as often as a core judges them in a second.
fn judged(columns: &[LabelledColumn], lists: &Lists, effort: Effort, report: &mut Report) {
    let count = effort.of(columns.len(), 100);
    let mut times = Vec::new();
    let mut values = 0;
    for (number, column) in columns.iter().take(count).enumerate() {
        let made = lists.values(column, number as u64, VALUES);
        let data_type = Type::resolve(column.data_type, &Schema::default());
        let before = Instant::now();
        let place = (column.table, column.column);
        std::hint::black_box(judge(
            place,
            &data_type,
            YEAR,
            made.iter().map(String::as_str),
        ));
        times.push(before.elapsed());
        values += made.len();
    }
    let total: Duration = times.iter().sum();
    let rate = values as f64 / total.as_secs_f64();
    let samples = Samples::from_iter(times);
    report.row(samples.row(
        &format!("a column of {VALUES} values judged, in this process"),
        None,
    ));
    report.note(format!("{rate:.0} values a second and core"));
    report.target(
        "million values a second and core",
        rate / 1e6,
        Bound::AtLeast(1.0),
    );
}

async fn fill(
    client: &Client,
    number: usize,
    columns: &[&LabelledColumn],
    lists: &Lists,
) -> anyhow::Result<()> {
    let names: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| quoted(&format!("{} {at}", column.column)))
        .collect();
    let list: Vec<String> = names.iter().map(|name| format!("{name} text")).collect();
    client
        .batch_execute(&format!("CREATE TABLE t{number} ({})", list.join(", ")))
        .await?;
    let arrays: Vec<Vec<String>> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| lists.values(column, (number * WIDTH + at) as u64, ROWS))
        .collect();
    let parameters: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = arrays
        .iter()
        .map(|array| array as &(dyn tokio_postgres::types::ToSql + Sync))
        .collect();
    let places: Vec<String> = (1..=columns.len())
        .map(|at| format!("${at}::text[]"))
        .collect();
    let sql = format!(
        "INSERT INTO t{number} SELECT * FROM unnest({})",
        places.join(", ")
    );
    client.execute(&sql, &parameters).await?;
    Ok(())
}

/// The time of reading as many rows, which no discovery can do without.
async fn plain(client: &Client, tables: usize) -> anyhow::Result<Duration> {
    let before = Instant::now();
    let mut rows = Vec::new();
    for number in 0..tables {
        let sql = format!("SELECT * FROM t{number} TABLESAMPLE SYSTEM (20)");
        rows.push(json!(client.query(&sql, &[]).await?.len()));
    }
    std::hint::black_box(rows);
    Ok(before.elapsed())
}
