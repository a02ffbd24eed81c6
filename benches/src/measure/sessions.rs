//! Memory of sessions that do nothing.

use serde_json::json;
use tests::postgres::{Installation, Scratch};
use tests::volume::Format;

use crate::Effort;
use crate::client::connect;
use crate::process::resident;
use crate::report::{Bound, Report};
use crate::site::Site;

const COLUMNS: &[&str] = &[
    "idle sessions",
    "RSS MB before",
    "RSS MB with",
    "KiB each",
    "RSS MB after",
];

const MB: f64 = 1_000_000.0;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let count = effort.of(1_000, 100);
    let server = Scratch::start_with(
        Installation::of_major(15)?,
        &[("max_connections", "2100"), ("shared_buffers", "16MB")],
    )?;
    drop(server.database(crate::site::DATABASE).await?);
    let environment = "\n[environments.far]\nsource = { upstream = \"env:BENCH_UPSTREAM\" }\n";
    let url = server.url(crate::site::DATABASE);
    let site = Site::start_with(Format::Btrfs, environment, &[("BENCH_UPSTREAM", &url)])?;
    let pid = site.pid()?;
    let config = site.config("far")?;
    let mut report = Report::new("sessions", COLUMNS);
    // What the first sessions leave in pools and arenas belongs to no session.
    let first = hold(&config, 16).await?;
    drop(first);
    settle(&site, 0).await?;
    let before = resident(pid)?;
    let held = hold(&config, count).await?;
    settle(&site, count).await?;
    let with = resident(pid)?;
    drop(held);
    settle(&site, 0).await?;
    let after = resident(pid)?;
    let each = with.saturating_sub(before) as f64 / count as f64 / 1_024.0;
    report.row(vec![
        json!(count),
        json!(before as f64 / MB),
        json!(with as f64 / MB),
        json!(each),
        json!(after as f64 / MB),
    ]);
    report.target("KiB of an idle session", each, Bound::AtMost(24.0));
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

async fn hold(
    config: &tokio_postgres::Config,
    count: usize,
) -> anyhow::Result<Vec<tokio_postgres::Client>> {
    let mut held = Vec::new();
    for _ in 0..count {
        let client = connect(config).await?;
        client.simple_query("SELECT 1").await?;
        held.push(client);
    }
    Ok(held)
}

/// Waits until the daemon counts so many sessions.
async fn settle(site: &Site, count: usize) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        if site.ask(&["status"])?["sessions"] == json!(count) {
            return Ok(());
        }
    }
}
