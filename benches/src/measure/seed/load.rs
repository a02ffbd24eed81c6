//! Five million users made and loaded, beside COPY of the same bytes from a file.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use tests::postgres::{Scratch, as_server_user, give_to_server_user};

use super::{ROWS_AT_SCALE_1, USERS, database, run, server, write_rows};
use crate::Effort;
use crate::report::{Bound, Report, Samples};
use crate::rival::seedgen::Seedgen;

const COLUMNS: &[&str] = &["users", "n", "rows/s p50", "min", "max", "s p50", "ratio"];

/// Rows of `pgbench_accounts` at scale 1.
const PGBENCH_ROWS: u64 = 100_000;

/// The same shape and as many bytes, without any thought of what is in it.
const INSERT: &str = "
INSERT INTO users (id, email, name, bio, is_active, created_at)
SELECT i, 'person.' || i || '@de.example', 'Anna Schmidt ' || i,
       CASE WHEN i % 10 > 0 THEN repeat('The invoice is late. ', 7) END, i % 2 = 0,
       timestamptz '2026-01-01' - i * interval '20 seconds'
  FROM generate_series(1, $ROWS) i";

pub(in super::super) async fn run_all(effort: Effort) -> anyhow::Result<Report> {
    let scale = effort.of(5_000, 20);
    let rows = scale * ROWS_AT_SCALE_1;
    let rounds = effort.of(3, 1);
    let server = server()?;
    let scratch = tempfile::Builder::new()
        .prefix("bench-seed-")
        .tempdir_in("/var/tmp")?;
    give_to_server_user(scratch.path())?;
    let file = scratch.path().join("users");
    let bytes = {
        let _client = database(&server, "shape", USERS).await?;
        write_rows(&server, "shape", scale, &file).await?
    };
    let mut ways = Ways::default();
    for round in 0..rounds {
        ways.round(&server, (round, scale), &file).await?;
    }
    let mut report = Report::new("seed-load", COLUMNS);
    let copied = ways.copied.as_rates(rows);
    for (what, times, rows) in [
        ("COPY FROM a file, frozen, then VACUUM", &ways.copied, rows),
        ("standin seed run: load", &ways.load, rows),
        ("standin seed run: whole, audited", &ways.whole, rows),
        ("COPY FROM a file alone", &ways.copied_alone, rows),
        ("standin seed run: copying alone", &ways.copy, rows),
        ("INSERT ... SELECT generate_series", &ways.inserted, rows),
        (
            "pgbench -i, its own four columns",
            &ways.pgbench,
            scale * ROWS_AT_SCALE_1,
        ),
        ("seedgen, a fiftieth of the rows", &ways.seedgen, rows / 50),
    ] {
        if times.0.is_empty() {
            report.note(format!("{what}: not installed"));
            continue;
        }
        let rates = times.as_rates(rows);
        report.row(vec![
            json!(what),
            json!(times.0.len()),
            json!(rates.p50()),
            json!(rates.percentile(0)),
            json!(rates.percentile(100)),
            json!(times.seconds().p50()),
            json!(rates.p50() / copied.p50()),
        ]);
    }
    let loaded = ways.load.as_rates(rows).p50() / copied.p50();
    report.target("load / COPY and VACUUM", loaded, Bound::AtLeast(0.85));
    let alone = ways.copy.as_rates(rows).p50() / ways.copied_alone.as_rates(rows).p50();
    report.note(format!(
        "copying alone / COPY alone {alone:.3}; {rows} rows, {:.0} MB of text",
        bytes as f64 / 1e6,
    ));
    report.note(super::load_average()?);
    Ok(report)
}

/// Times of one way, in seconds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn push(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64());
    }

    fn seconds(&self) -> Samples {
        self.0.iter().copied().collect()
    }

    fn as_rates(&self, rows: u64) -> Samples {
        self.0.iter().map(|seconds| rows as f64 / seconds).collect()
    }
}

#[derive(Default)]
struct Ways {
    load: Times,
    copy: Times,
    whole: Times,
    copied: Times,
    copied_alone: Times,
    inserted: Times,
    pgbench: Times,
    seedgen: Times,
}

impl Ways {
    /// Every way once, each into a database of its own that goes afterwards.
    async fn round(
        &mut self,
        server: &Scratch,
        (round, scale): (usize, u64),
        file: &Path,
    ) -> anyhow::Result<()> {
        let rows = scale * ROWS_AT_SCALE_1;
        let name = |way: &str| format!("{way}_{round}");
        let client = database(server, &name("ours"), USERS).await?;
        drop(client);
        let ours = run(server, &name("ours"), scale).await?;
        ensure!(ours.rows == rows, "{} rows of {rows}", ours.rows);
        self.load.push(Duration::from_secs_f64(ours.load));
        self.copy.push(Duration::from_secs_f64(ours.copy));
        self.whole.push(ours.took);
        remove(server, &name("ours")).await?;

        let client = database(server, &name("file"), USERS).await?;
        let begun = Instant::now();
        client.batch_execute("BEGIN; TRUNCATE users").await?;
        let copy = format!("COPY users FROM '{}' (FREEZE)", file.display());
        client.batch_execute(&copy).await?;
        client.batch_execute("COMMIT").await?;
        self.copied_alone.push(begun.elapsed());
        client
            .batch_execute("VACUUM (FREEZE, ANALYZE) users")
            .await?;
        self.copied.push(begun.elapsed());
        drop(client);
        remove(server, &name("file")).await?;

        let client = database(server, &name("sql"), USERS).await?;
        let begun = Instant::now();
        let insert = INSERT.replace("$ROWS", &rows.to_string());
        client.batch_execute(&insert).await?;
        client
            .batch_execute("VACUUM (FREEZE, ANALYZE) users")
            .await?;
        self.inserted.push(begun.elapsed());
        drop(client);
        remove(server, &name("sql")).await?;

        drop(server.database(&name("pgbench")).await?);
        self.pgbench
            .push(pgbench(server, &name("pgbench"), rows / PGBENCH_ROWS)?);
        remove(server, &name("pgbench")).await?;

        if let Some(seedgen) = Seedgen::find() {
            drop(database(server, &name("seedgen"), USERS).await?);
            let begun = Instant::now();
            seedgen.insert(&server.url(&name("seedgen")), rows / 50)?;
            self.seedgen.push(begun.elapsed());
            remove(server, &name("seedgen")).await?;
        }
        Ok(())
    }
}

/// `pgbench -i`, which makes its rows in the server unless told otherwise, and vacuums them.
fn pgbench(server: &Scratch, name: &str, scale: u64) -> anyhow::Result<Duration> {
    let program = server.installation().bin.join("pgbench");
    let begun = Instant::now();
    let output = as_server_user(&program)
        .args(["-i", "-q", "-s", &scale.max(1).to_string()])
        .arg("-h")
        .arg(server.socket_directory())
        .args(["-p", &server.port().to_string(), "-U", "postgres", name])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench -i: {said}");
    Ok(begun.elapsed())
}

/// Removes a database, so that the next way finds the server as this one did.
async fn remove(server: &Scratch, name: &str) -> anyhow::Result<()> {
    let client = server.connect("postgres").await?;
    client
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}
