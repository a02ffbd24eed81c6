//! Warm spare: a new branch where a server stands by for it.

use tests::volume::Format;

use super::{SCALE, SCALE_QUICK};
use crate::Effort;
use crate::client::first_row;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::{Site, derived, filled};

const KEYS: &str = "branches = { create = \"on-connect\", max = 10000, spares = 1 }\nspares = 0";

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let base = filled("base", effort.of(SCALE, SCALE_QUICK));
    let environments = format!("{base}{}", derived("warm", "base", KEYS));
    let site = Site::start(Format::Btrfs, &environments)?;
    site.run(&["environment", "build", "base"])?;
    site.run(&["environment", "build", "warm"])?;
    let (mut made, mut again) = (Vec::new(), Vec::new());
    for number in 0..effort.of(200, 10) {
        site.spares(1).await?;
        let place = format!("warm.w{number}");
        let config = site.config(&place)?;
        made.push(first_row(&config).await?);
        again.push(first_row(&config).await?);
        site.run(&["branch", "drop", &place])?;
    }
    let (made, again): (Samples, Samples) =
        (made.into_iter().collect(), again.into_iter().collect());
    let mut report = Report::new("warm", TIMES);
    report.row(again.row("connect to a branch that is awake", None));
    report.row(made.row("connect to a new branch, a spare standing by", Some(&again)));
    report.target("p50 ms", made.p50(), Bound::AtMost(15.0));
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}
