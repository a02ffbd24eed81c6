//! A hundredth of a schema's rows, masked, beside statements by hand, and beside a copy of everything
//! of which the rest is deleted.

use anyhow::ensure;
use tests::postgres::Scratch;

use super::copy::{Copied, MB, Rows, copied};
use super::plain;
use super::shop::{self, BY_HAND, DATABASE, DELETE};
use crate::Effort;
use crate::report::{Bound, Report, Samples, TIMES};

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let mut report = Report::new("mask-subset", TIMES);
    let customers = effort.of(2_000_000, 200_000);
    let statements = [shop::customers(customers), shop::around(customers)];
    let production = shop::production(&statements).await?;
    let (mut masked, mut found, mut by_hand, mut deleted) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut most, mut rows) = (0, Vec::new());
    for _ in 0..effort.of(3, 2) {
        let target = empty().await?;
        let dumped = plain::dump_and_restore(&production, &target)?;
        deleted.push(dumped + plain::statements(&target, &DELETE)?);
        let left = counts(&target).await?;
        drop(target);
        let target = empty().await?;
        by_hand.push(plain::by_hand(&production, &target, &BY_HAND)?);
        rows = counts(&target).await?;
        ensure!(rows == left, "by hand {rows:?}, deleted {left:?}");
        drop(target);
        let target = shop::target().await?;
        let copy: Copied = copied(&production, &target, Rows::Subset).await?;
        let copied = counts(&target).await?;
        ensure!(rows == copied, "by hand {rows:?}, masked {copied:?}");
        masked.push(copy.all);
        found.push(copy.found);
        most = most.max(copy.peak);
    }
    let [masked, found, by_hand, deleted] =
        [masked, found, by_hand, deleted].map(Samples::from_iter);
    report.row(masked.row("subset, masked, vacuumed and analysed", Some(&by_hand)));
    report.row(found.row("  of it, to find the rows", None));
    report.row(by_hand.row("subset, a statement by hand for each table", None));
    report.row(deleted.row("subset, dump and restore all, delete the rest", None));
    let ratio = masked.p50() / deleted.p50();
    report.target(
        "subset, masked / dump, restore, delete",
        ratio,
        Bound::AtMost(0.5),
    );
    report.target(
        "subset, peak memory, MB",
        most as f64 / MB,
        Bound::AtMost(256.0),
    );
    report.note(format!(
        "subset of {rows:?} rows of {:?}",
        BY_HAND.map(|(table, _)| table)
    ));
    Ok(report)
}

async fn empty() -> anyhow::Result<Scratch> {
    let target = shop::target().await?;
    drop(target.database(DATABASE).await?);
    Ok(target)
}

/// Rows of each table.
async fn counts(target: &Scratch) -> anyhow::Result<Vec<i64>> {
    let client = target.connect(DATABASE).await?;
    let mut rows = Vec::new();
    for (table, _) in BY_HAND {
        let sql = format!("SELECT count(*) FROM {table}");
        rows.push(client.query_one(&sql, &[]).await?.get(0));
    }
    Ok(rows)
}
