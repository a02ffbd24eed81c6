//! Wake: the first row of a branch whose server was stopped.

use tests::volume::Format;

use super::{SCALE, SCALE_QUICK};
use crate::Effort;
use crate::client::first_row;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::{Site, filled};

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let site = Site::start(
        Format::Btrfs,
        &filled("base", effort.of(SCALE, SCALE_QUICK)),
    )?;
    site.run(&["environment", "build", "base"])?;
    let config = site.config("base.sleeper")?;
    first_row(&config).await?;
    let (mut woken, mut awake) = (Vec::new(), Vec::new());
    for _ in 0..effort.of(200, 10) {
        site.sleep("base.sleeper").await?;
        woken.push(first_row(&config).await?);
        awake.push(first_row(&config).await?);
    }
    let (woken, awake): (Samples, Samples) =
        (woken.into_iter().collect(), awake.into_iter().collect());
    let mut report = Report::new("wake", TIMES);
    report.row(awake.row("connect to a branch that is awake", None));
    report.row(woken.row("connect to a branch that sleeps", Some(&awake)));
    report.target("p50 ms", woken.p50(), Bound::AtMost(80.0));
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}
