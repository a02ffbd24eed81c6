//! Cold branch: connect by name to a branch that does not exist, until its first row.

use std::time::Duration;

use tests::postgres::Scratch;
use tests::volume::Format;
use tokio_postgres::Config;

use super::{SCALE, SCALE_QUICK};
use crate::Effort;
use crate::client::first_row;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::rival::mitosis::Mitosis;
use crate::site::{DATABASE, Site, filled};

/// How many copies `CREATE DATABASE` makes: each writes all the data.
const TEMPLATES: usize = 3;

pub(in super::super) async fn run(
    format: Format,
    name: &str,
    effort: Effort,
) -> anyhow::Result<Report> {
    let scale = effort.of(SCALE, SCALE_QUICK);
    let count = effort.of(200, 10);
    let site = Site::start(format, &filled("base", scale))?;
    site.run(&["environment", "build", "base"])?;
    let rival = Mitosis::find();
    let rival = rival.map(|program| Mitosis::start(program, &site.volume(), scale));
    let rival = rival.transpose()?;
    let (mut ours, mut theirs, mut theirs_clone) = (Vec::new(), Vec::new(), Vec::new());
    // Each begins on a volume that owes the disk nothing: what one left unwritten, the other would
    // write out within its own time.
    for number in 0..count {
        site.settle()?;
        ours.push(branch(&site, number).await?);
        if let Some(rival) = &rival {
            site.settle()?;
            let (clone, row) = clone(rival, number).await?;
            theirs.push(clone + row);
            theirs_clone.push(clone);
        }
    }
    let copied = create_database(scale, effort).await?;
    let mut report = Report::new(name, TIMES);
    let ours: Samples = ours.into_iter().collect();
    let copied: Samples = copied.into_iter().collect();
    report.row(ours.row("standin: connect to first row", None));
    if let Some(rival) = rival {
        let theirs: Samples = theirs.into_iter().collect();
        let alone: Samples = theirs_clone.into_iter().collect();
        report.row(theirs.row("mitosis: clone, connect to first row", Some(&ours)));
        report.row(alone.row("mitosis: of which clone", Some(&ours)));
        let ratio = ours.p50() / theirs.p50();
        report.target("standin / mitosis", ratio, Bound::AtMost(0.5));
        rival.stop()?;
    } else {
        report
            .note("mitosis is not installed: cargo install mitosis-db --root /var/tmp/bench-tools");
    }
    report.row(copied.row("CREATE DATABASE … TEMPLATE, first row", Some(&ours)));
    report.target("p50 ms", ours.p50(), Bound::AtMost(100.0));
    report.target("p99 ms", ours.p99(), Bound::AtMost(250.0));
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

/// One branch by connecting, dropped again outside the measured time.
pub(super) async fn branch(site: &Site, number: usize) -> anyhow::Result<Duration> {
    let place = format!("base.c{number}");
    let took = first_row(&site.config(&place)?).await?;
    site.run(&["branch", "drop", &place])?;
    Ok(took)
}

async fn clone(rival: &Mitosis, number: usize) -> anyhow::Result<(Duration, Duration)> {
    let name = format!("c{number}");
    let (config, clone): (Config, _) = rival.clone(&name, &[])?;
    let row = first_row(&config).await?;
    rival.destroy(&name)?;
    Ok((clone, row))
}

/// What PostgreSQL itself offers, at its fastest: fsync off, files copied and not logged.
async fn create_database(scale: u32, effort: Effort) -> anyhow::Result<Vec<Duration>> {
    let server = Scratch::start_with(
        tests::postgres::Installation::of_major(15)?,
        &[("max_wal_size", "4GB")],
    )?;
    let admin = server.database(DATABASE).await?;
    drop(admin);
    let made = std::process::Command::new("/usr/lib/postgresql/15/bin/pgbench")
        .args(["-i", "-q", "-s", &scale.to_string()])
        .arg(server.url(DATABASE))
        .output()?;
    let said = String::from_utf8_lossy(&made.stderr);
    anyhow::ensure!(made.status.success(), "pgbench -i: {said}");
    let admin = server.connect("postgres").await?;
    let mut times = Vec::new();
    for number in 0..effort.of(TEMPLATES, 2) {
        let begun = std::time::Instant::now();
        let sql = format!("CREATE DATABASE copy{number} TEMPLATE {DATABASE} STRATEGY file_copy");
        admin.batch_execute(&sql).await?;
        first_row(&server.config(&format!("copy{number}"))).await?;
        times.push(begun.elapsed());
        let sql = format!("DROP DATABASE copy{number} WITH (FORCE)");
        admin.batch_execute(&sql).await?;
    }
    Ok(times)
}
