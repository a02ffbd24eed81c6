//! COPY of 1 GB out and in, plain and TLS, beside direct; and what it does to the daemon's memory.

use std::cell::Cell;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use tests::volume::Format;

use crate::Effort;
use crate::process::resident;
use crate::report::{Bound, Report, Samples};
use crate::site::{DATABASE, ROLE, Site, filled};

/// A kilobyte a row.
const ROW_BYTES: usize = 1_000;

/// How often memory is looked at during a transfer.
const LOOK: Duration = Duration::from_millis(20);

const COLUMNS: &[&str] = &[
    "1 GB",
    "n",
    "MB/s p50",
    "MB/s min",
    "MB/s max",
    "ratio",
    "RSS MB before",
    "RSS MB most",
];

const MB: f64 = 1_000_000.0;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let site = Site::start(Format::Btrfs, &filled("base", 1))?;
    site.run(&["environment", "build", "base"])?;
    let rows = effort.of(1_000_000, 20_000);
    let scratch = tempfile::Builder::new()
        .prefix("bench-copy-")
        .tempdir_in("/var/tmp")?;
    let input = scratch.path().join("rows");
    std::fs::write(
        &input,
        format!("{}\n", "x".repeat(ROW_BYTES - 1)).repeat(rows),
    )?;
    let session = crate::client::connect(&site.config("base")?).await?;
    session
        .batch_execute("CREATE TABLE sink (line text)")
        .await?;
    // The server makes and drops rows at no cost to the disk, so that the way is what counts.
    let out = format!(
        "COPY (SELECT repeat('x', {}) FROM generate_series(1, {rows})) TO STDOUT",
        ROW_BYTES - 1
    );
    let into = "COPY sink FROM STDIN WHERE false".to_owned();
    let mut report = Report::new("copy", COLUMNS);
    for (what, sql, input) in [("out", &out, None), ("in", &into, Some(input.as_path()))] {
        direction(&site, (what, sql, input), effort.of(5, 1), &mut report).await?;
    }
    drop(session);
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

async fn direction(
    site: &Site,
    (what, sql, input): (&str, &str, Option<&Path>),
    rounds: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (host, port) = site.address()?;
    let (user, password) = Site::login();
    let sockets = site.directory("base")?.join("run");
    let relayed = format!("host={host} port={port} user={user} password={password}");
    let ways = [
        (
            "direct",
            format!(
                "host={} port=1 user={ROLE} dbname={DATABASE}",
                sockets.display()
            ),
        ),
        (
            "standin",
            format!("{relayed} dbname={DATABASE}@base sslmode=disable"),
        ),
        (
            "standin, TLS",
            format!("{relayed} dbname={DATABASE}@base sslmode=require"),
        ),
    ];
    let pid = site.pid()?;
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut memory = [(0, 0); 3];
    for round in 0..rounds {
        for ((way, rates), memory) in ways.iter().zip(&mut rates).zip(&mut memory) {
            let transfer = Transfer {
                sql,
                input,
                to: &way.1,
                pid,
            };
            let (rate, before, most) = transfer.run().await?;
            rates.push(rate);
            if round == 0 {
                memory.0 = before;
            }
            memory.1 = memory.1.max(most);
        }
    }
    let rates = rates.map(Samples::from_iter);
    let direct = rates[0].p50();
    for ((way, rates), (before, most)) in ways.iter().zip(&rates).zip(memory) {
        let relayed = way.0 != "direct";
        report.row(vec![
            json!(format!("{what}, {}", way.0)),
            json!(rounds),
            json!(rates.p50()),
            json!(rates.percentile(0)),
            json!(rates.percentile(100)),
            json!(rates.p50() / direct),
            json!(relayed.then_some(before as f64 / MB)),
            json!(relayed.then_some(most as f64 / MB)),
        ]);
    }
    let plain = rates[1].p50() / direct;
    report.target(
        format!("{what}, plain / direct"),
        plain,
        Bound::AtLeast(0.9),
    );
    Ok(())
}

/// One COPY by psql.
struct Transfer<'a> {
    sql: &'a str,
    input: Option<&'a Path>,
    to: &'a str,
    pid: u32,
}

impl Transfer<'_> {
    /// Megabytes a second, and resident bytes of the daemon before and at most meanwhile.
    async fn run(&self) -> anyhow::Result<(f64, u64, u64)> {
        let stdin = match self.input {
            Some(path) => Stdio::from(std::fs::File::open(path)?),
            None => Stdio::null(),
        };
        let mut psql = psql();
        psql.args(["-X", "-q", "-c", self.sql, "-d", self.to])
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let before = resident(self.pid)?;
        let begun = Instant::now();
        let mut process = psql.spawn()?;
        let pipe = process.stdout.take();
        let (most, done) = (Cell::new(before), Cell::new(false));
        let transfer = async {
            let mut bytes = 0;
            if let Some(mut pipe) = pipe {
                bytes = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
            }
            let status = process.wait().await?;
            done.set(true);
            ensure!(status.success(), "psql: {status}");
            Ok((bytes, begun.elapsed()))
        };
        let watch = async {
            while !done.get() {
                most.set(most.get().max(resident(self.pid).unwrap_or(0)));
                tokio::time::sleep(LOOK).await;
            }
        };
        let (transferred, ()) = tokio::join!(transfer, watch);
        let (mut bytes, took) = transferred?;
        if let Some(path) = self.input {
            bytes = std::fs::metadata(path)?.len();
        }
        Ok((bytes as f64 / MB / took.as_secs_f64(), before, most.get()))
    }
}

/// psql as the servers' user, which alone may reach a branch's own socket.
fn psql() -> tokio::process::Command {
    let program = Path::new("/usr/lib/postgresql/15/bin/psql");
    let mut psql = tests::postgres::as_server_user(program);
    // It would look for a certificate of its own in a home that it may not read.
    psql.env("HOME", "/nonexistent");
    psql.into()
}
