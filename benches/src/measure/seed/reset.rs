//! Reset of an environment with gigabytes of seed data beside one with megabytes.

use std::time::{Duration, Instant};

use tests::volume::Format;
use tokio_postgres::Config;

use super::{Migrated, USERS, load_average};
use crate::Effort;
use crate::client::connect;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::Site;

pub(in super::super) async fn run_all(effort: Effort) -> anyhow::Result<Report> {
    let schema = Migrated::write(USERS)?;
    let large = effort.of(15_000, 200);
    let environments = [
        schema.environment("large", 42, large),
        schema.environment("small", 42, 100),
    ];
    let site = Site::start(Format::Btrfs, &environments.concat())?;
    let mut sizes = Vec::new();
    for name in ["large", "small"] {
        site.run(&["environment", "build", name])?;
        let client = connect(&site.config(name)?).await?;
        let size = "SELECT pg_database_size(current_database())";
        sizes.push(client.query_one(size, &[]).await?.get::<_, i64>(0));
    }
    site.settle()?;
    let mut times: [Vec<_>; 4] = Default::default();
    for _ in 0..effort.of(50, 5) {
        for (number, name) in ["large", "small"].into_iter().enumerate() {
            first_row(&site.config(name)?).await?;
            times[number].push(site.timed(&["environment", "reset", name]).await?);
            times[number + 2].push(first_row(&site.config(name)?).await?);
        }
    }
    let [large, small, large_row, small_row] = times.map(Samples::from_iter);
    let mut report = Report::new("seed-reset", TIMES);
    let named = |what: &str, bytes: i64| format!("{what}, {:.2} GB", bytes as f64 / 1e9);
    report.row(large.row(&named("reset, whole command", sizes[0]), Some(&small)));
    report.row(small.row(&named("the same", sizes[1]), None));
    report.row(large_row.row(&named("first row after it", sizes[0]), Some(&small_row)));
    report.row(small_row.row(&named("the same", sizes[1]), None));
    report.target(
        "large / small",
        large.p50() / small.p50(),
        Bound::AtMost(1.25),
    );
    report.note(load_average()?);
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

/// How long it takes from the first byte to a row, on a connection of its own.
async fn first_row(config: &Config) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let client = connect(config).await?;
    client
        .query_one("SELECT email FROM users WHERE id = 1", &[])
        .await?;
    Ok(begun.elapsed())
}
