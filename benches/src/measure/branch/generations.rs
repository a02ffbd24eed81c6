//! A chain of branches, each of the one before, each with a hundredth of its rows rewritten at random:
//! whether a clone stays quick on either file system.

use std::time::Duration;

use anyhow::Context;
use tests::volume::Format;

use super::{SCALE, SCALE_QUICK};
use crate::Effort;
use crate::client::connect;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::{Site, filled};

/// Rows of `pgbench_accounts` for each unit of the scale.
const ACCOUNTS: u32 = 100_000;

/// Branches that one row of the table is of.
const ROUND: usize = 10;

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let scale = effort.of(SCALE, SCALE_QUICK);
    let rounds = effort.of(3, 1);
    let mut report = Report::new("generations", TIMES);
    for (format, name) in [(Format::Xfs, "XFS"), (Format::Btrfs, "btrfs")] {
        let site = Site::start(format, &filled("base", scale))?;
        site.run(&["environment", "build", "base"])?;
        site.run(&["branch", "create", "base.g0"])?;
        let mut all: Vec<Samples> = Vec::new();
        for round in 0..rounds {
            let mut times = Vec::new();
            for step in 0..ROUND {
                times.push(next(&site, round * ROUND + step, scale).await?);
            }
            let times: Samples = times.into_iter().collect();
            let (from, to) = (round * ROUND + 1, (round + 1) * ROUND);
            let row = times.row(&format!("{name}, generations {from} to {to}"), all.first());
            report.row(row);
            all.push(times);
        }
        let (first, last) = all.first().zip(all.last()).context("a round")?;
        report.target(
            format!("{name}, last / first {ROUND}"),
            last.p50() / first.p50(),
            Bound::AtMost(2.0),
        );
        site.stop()?.into_iter().for_each(|line| report.note(line));
    }
    report.note("each branch is of one that sleeps, so its time is that of the clone");
    Ok(report)
}

/// Rewrites a hundredth of a branch's accounts, has it written out, and branches from it.
async fn next(site: &Site, number: usize, scale: u32) -> anyhow::Result<Duration> {
    let (from, to) = (format!("base.g{number}"), format!("base.g{}", number + 1));
    let client = connect(&site.config(&from)?).await?;
    let rows = scale * ACCOUNTS;
    let sql = format!(
        "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid IN \
         (SELECT 1 + (random() * {rows})::int FROM generate_series(1, {rows} / 100))"
    );
    client.batch_execute(&sql).await.context("rewrite rows")?;
    drop(client);
    site.sleep(&from).await?;
    site.settle()?;
    site.timed(&["branch", "create", &to, "--from", &from])
        .await
}
