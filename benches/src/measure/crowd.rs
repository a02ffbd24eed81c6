//! Many branches made at once, and a listing of many.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tests::volume::Format;

use crate::Effort;
use crate::client::first_row;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::{Site, filled};

/// Commands at once while the branches to be listed are made.
const ABREAST: usize = 4;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let site = Site::start(Format::Btrfs, &filled("base", 1))?;
    site.run(&["environment", "build", "base"])?;
    let mut report = Report::new("crowd", TIMES);
    let crowd = effort.of(100, 20);
    let begun = Instant::now();
    let connects = (0..crowd).map(|number| {
        let site = &site;
        async move { first_row(&site.config(&format!("base.at-once-{number}"))?).await }
    });
    let found = join_all(connects).await;
    let whole = begun.elapsed();
    let failed: Vec<String> = found
        .iter()
        .filter_map(|one| one.as_ref().err().map(|error| format!("{error:#}")))
        .collect();
    let times: Samples = found.iter().flatten().copied().collect();
    report.row(times.row("connect to first row, all at once", None));
    let all = Samples::from_iter([whole]);
    report.row(all.row("until the last has its row", None));
    report.target(
        "creates that failed",
        failed.len() as f64,
        Bound::AtMost(0.0),
    );
    failed
        .into_iter()
        .take(3)
        .for_each(|text| report.note(text));
    let many = effort.of(1_000, 50);
    grow(&site, crowd, many).await?;
    let mut listings = Vec::new();
    for _ in 0..effort.of(50, 5) {
        listings.push(site.timed(&["branch", "list", "--json"]).await?);
    }
    let listings: Samples = listings.into_iter().collect();
    report.row(listings.row(&format!("standin branch list, {many} branches"), None));
    report.target("listing p99 ms", listings.p99(), Bound::AtMost(100.0));
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

/// Makes branches until there are `many`; those of the crowd go to sleep.
async fn grow(site: &Site, crowd: usize, many: usize) -> anyhow::Result<()> {
    let names: Vec<String> = (crowd..many)
        .map(|number| format!("base.more-{number}"))
        .collect();
    for names in names.chunks(ABREAST) {
        let created = names.iter().map(|name| async move {
            let made = site.timed(&["branch", "create", name]).await?;
            let slept = site.timed(&["branch", "sleep", name]).await?;
            anyhow::Ok::<Duration>(made + slept)
        });
        join_all(created)
            .await
            .into_iter()
            .collect::<anyhow::Result<Vec<Duration>>>()?;
    }
    let listed = site.ask(&["branch", "list"])?;
    let count = listed.as_array().map_or(0, Vec::len);
    anyhow::ensure!(count == many, "{count} branches listed, {many} made");
    Ok(())
}
