//! Ten times the data: the same branch of a base ten times the size.

use tests::volume::Format;

use super::cold;
use crate::Effort;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::{Site, filled};

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let small = effort.of(10, 1);
    let count = effort.of(100, 10);
    let mut report = Report::new("scale", TIMES);
    for (format, name) in [(Format::Xfs, "XFS"), (Format::Btrfs, "btrfs")] {
        let sites = [
            Site::start(format, &filled("base", small))?,
            Site::start(format, &filled("base", small * 10))?,
        ];
        for site in &sites {
            site.run(&["environment", "build", "base"])?;
        }
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..count {
            for (site, times) in sites.iter().zip(&mut times) {
                times.push(cold::branch(site, number).await?);
            }
        }
        let [one, ten] = times.map(Samples::from_iter);
        report.row(one.row(&format!("{name}, pgbench -s {small}"), None));
        report.row(ten.row(&format!("{name}, pgbench -s {}", small * 10), Some(&one)));
        let ratio = ten.p50() / one.p50();
        report.target(
            format!("{name}, ten times the data"),
            ratio,
            Bound::AtMost(1.25),
        );
        for site in sites {
            site.stop()?.into_iter().for_each(|line| report.note(line));
        }
    }
    Ok(report)
}
