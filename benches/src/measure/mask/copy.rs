//! A masked copy beside the same rows piped plainly, and a whole schema beside dump and restore.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use masker::copy::{Event, Phase, Programs, Progress};
use masker::run::{Target, open};
use masker::source::Production;
use masker::verify::Report as Proof;
use tests::postgres::Scratch;

use super::plain::{self, Pipe};
use super::shop::{self, DATABASE, TABLE};
use crate::Effort;
use crate::process::{forget_peak, peak};
use crate::report::{Bound, Report, Samples, TIMES};
use crate::rival::pganonymize::Pganonymize;

/// Sessions on either side, of all ways.
pub(super) const WORKERS: usize = 2;

pub(super) const MB: f64 = 1_000_000.0;

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let mut report = Report::new("mask-copy", TIMES);
    rows(effort, &mut report).await?;
    whole(effort, &mut report).await?;
    Ok(report)
}

/// The rows of one table, without indexes: the phase of rows alone is timed.
async fn rows(effort: Effort, report: &mut Report) -> anyhow::Result<()> {
    let count = effort.of(5_000_000, 500_000);
    let production = shop::production(&[shop::customers(count)]).await?;
    let client = production.connect(DATABASE).await?;
    let size = format!(
        "SELECT pg_relation_size('{TABLE}') / 8192, \
         (SELECT sum(length(c::text)) FROM {TABLE} c)::int8"
    );
    let size = client.query_one(&size, &[]).await?;
    let (blocks, bytes) = (size.get::<_, i64>(0).unsigned_abs(), size.get::<_, i64>(1));
    let (mut masked, mut frozen, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    let mut most = 0;
    for _ in 0..effort.of(5, 3) {
        for (pipe, times) in [
            (Pipe::Frozen, &mut frozen),
            (Pipe::Parts(WORKERS as u64), &mut parts),
        ] {
            let target = shop::target().await?;
            drop(target.database(DATABASE).await?);
            plain::schema(&production, &target)?;
            times.push(plain::pipe(&production, &target, pipe, blocks)?);
        }
        let target = shop::target().await?;
        let copied = copied(&production, &target, Rows::All).await?;
        masked.push(copied.rows);
        most = most.max(copied.peak);
    }
    let [masked, frozen, parts] = [masked, frozen, parts].map(Samples::from_iter);
    let best = match frozen.p50() < parts.p50() {
        true => &frozen,
        false => &parts,
    };
    report.row(masked.row("rows, masked", Some(best)));
    report.row(frozen.row("rows, psql to psql, one COPY FREEZE", None));
    report.row(parts.row("rows, psql to psql, two at once", None));
    let ratio = masked.p50() / best.p50();
    report.target("rows, masked / the quicker pipe", ratio, Bound::AtMost(1.3));
    report.target("peak memory, MB", most as f64 / MB, Bound::AtMost(256.0));
    in_place(count as f64 / masked.p50() * 1_000.0, effort, report).await?;
    report.note(format!(
        "{count} rows of 10 columns, 5 of them masked, {:.0} MB of text, {WORKERS} workers",
        bytes as f64 / MB
    ));
    Ok(())
}

/// pganonymize replaces the same columns in place, of fewer rows: its time grows with them evenly.
async fn in_place(masked: f64, effort: Effort, report: &mut Report) -> anyhow::Result<()> {
    let Some(rival) = Pganonymize::find() else {
        report.note("pganonymize is not installed");
        return Ok(());
    };
    let count = effort.of(50_000, 5_000);
    let server = shop::production(&[shop::customers(count)]).await?;
    let took = rival.mask(&server, DATABASE)?;
    let rate = count as f64 / took.as_secs_f64();
    let times = Samples::from_iter([took]);
    let what = format!("{count} rows in place, pganonymize: {rate:.0} rows/s");
    report.row(times.row(&what, None));
    report.target(
        "rows/s, masked / pganonymize",
        masked / rate,
        Bound::AtLeast(20.0),
    );
    Ok(())
}

/// A schema with keys and indexes, to the last statement; then the proof.
async fn whole(effort: Effort, report: &mut Report) -> anyhow::Result<()> {
    let customers = effort.of(2_000_000, 200_000);
    let statements = [shop::customers(customers), shop::around(customers)];
    let production = shop::production(&statements).await?;
    let client = production.connect(DATABASE).await?;
    let size = client.query_one("SELECT pg_database_size(current_database())", &[]);
    let size: i64 = size.await?.get(0);
    let (mut masked, mut dumped) = (Vec::new(), Vec::new());
    let (mut proved, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..effort.of(3, 2) {
        let target = shop::target().await?;
        drop(target.database(DATABASE).await?);
        dumped.push(plain::dump_and_restore(&production, &target)?);
        drop(target);
        let target = shop::target().await?;
        let copied = copied(&production, &target, Rows::All).await?;
        masked.push(copied.all);
        let bytes = (copied.proof.bytes + copied.proof.file_bytes) as f64 / MB;
        rates.push(bytes / copied.proving.as_secs_f64() / WORKERS as f64);
        proved.push(copied.proving);
    }
    let [masked, dumped, proved] = [masked, dumped, proved].map(Samples::from_iter);
    report.row(masked.row("schema, masked, vacuumed and analysed", Some(&dumped)));
    report.row(dumped.row("schema, pg_dump -Fd -j2, pg_restore -j2", None));
    report.row(proved.row("schema, proved: every cell, file and constraint", None));
    let ratio = masked.p50() / dumped.p50();
    report.target(
        "schema, masked / dump and restore",
        ratio,
        Bound::AtMost(1.3),
    );
    report.target(
        "proof, MB/s of each of two cores, the server's work included",
        Samples::from_iter(rates).p50(),
        Bound::AtLeast(100.0),
    );
    report.note(format!(
        "schema of {:.0} MB in production",
        size as f64 / MB
    ));
    Ok(())
}

/// Which rows are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    /// Those of the subset.
    Subset,
}

/// One copy.
pub(super) struct Copied {
    pub(super) rows: Duration,
    /// From the first statement to the last, without the proof.
    pub(super) all: Duration,
    /// What it took to find the subset's rows.
    pub(super) found: Duration,
    /// What it took to prove the copy.
    pub(super) proving: Duration,
    pub(super) proof: Proof,
    /// Resident bytes of this process at most.
    pub(super) peak: u64,
}

/// Copies and proves on a runtime of its own, as the daemon has one.
pub(super) async fn copied(
    production: &Scratch,
    target: &Scratch,
    of: Rows,
) -> anyhow::Result<Copied> {
    drop(target.database(DATABASE).await?);
    let source = Production {
        config: production.config(DATABASE),
        tls: None,
    };
    let target = Target {
        config: target.config(DATABASE),
        directory: Some(target.data_directory()),
        programs: Programs {
            bin: target.installation().bin.clone(),
            libraries: None,
            account: None,
        },
        workers: WORKERS,
    };
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()?;
        runtime.block_on(made(&source, target, of))
    };
    let done = std::thread::spawn(work).join();
    done.map_err(|_| anyhow::anyhow!("the copy broke off"))?
}

async fn made(source: &Production, target: Target, of: Rows) -> anyhow::Result<Copied> {
    let (rules, key) = (shop::rules(of)?, Arc::new(shop::key()?));
    let dumping = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&dumping);
    let progress: Progress = Arc::new(move |event| {
        if matches!(event, Event::Phase(Phase::Dump)) {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    });
    forget_peak()?;
    let begun = Instant::now();
    let opened = open(source, &rules, &key).await?;
    let finding = Instant::now();
    let (done, _) = opened.copy(key, target, progress).await?;
    let ended = Instant::now();
    let dumping = *dumping.lock().unwrap_or_else(PoisonError::into_inner);
    let dumping = dumping.context("the schema was dumped")?;
    let rows = done.copy.phases.iter().find(|one| one.phase == Phase::Rows);
    let rows = rows.context("rows were copied")?;
    let proving = (ended - dumping).saturating_sub(Duration::from_secs_f64(done.copy.seconds));
    Ok(Copied {
        rows: Duration::from_secs_f64(rows.seconds),
        all: (ended - begun).saturating_sub(proving),
        found: dumping - finding,
        proving,
        proof: done.verified,
        peak: peak()?,
    })
}
