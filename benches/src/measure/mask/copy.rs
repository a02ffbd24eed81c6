//! A masked copy beside the same rows piped plainly, and a whole schema beside dump and restore.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use masker::copy::{CHUNK_BYTES, Job, Phase, Programs, copy};
use masker::source::{LOCK_WAIT, Production, Source};
use tests::postgres::Scratch;

use super::plain::{self, Pipe};
use super::shop::{self, DATABASE, TABLE};
use crate::Effort;
use crate::process::{forget_peak, peak};
use crate::report::{Bound, Report, Samples, TIMES};

/// Sessions on either side, of all ways.
pub(super) const WORKERS: usize = 2;

pub(super) const MB: f64 = 1_000_000.0;

pub(in super::super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let mut report = Report::new("mask-copy", TIMES);
    rows(effort, &mut report).await?;
    whole(effort, &mut report).await?;
    super::subset::run(effort, &mut report).await?;
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
    report.note(format!(
        "{count} rows of 10 columns, 5 of them masked, {:.0} MB of text, {WORKERS} workers",
        bytes as f64 / MB
    ));
    Ok(())
}

/// A schema with keys and indexes, to the last statement.
async fn whole(effort: Effort, report: &mut Report) -> anyhow::Result<()> {
    let customers = effort.of(2_000_000, 200_000);
    let statements = [shop::customers(customers), shop::around(customers)];
    let production = shop::production(&statements).await?;
    let client = production.connect(DATABASE).await?;
    let size = client.query_one("SELECT pg_database_size(current_database())", &[]);
    let size: i64 = size.await?.get(0);
    let (mut masked, mut dumped) = (Vec::new(), Vec::new());
    for _ in 0..effort.of(3, 2) {
        let target = shop::target().await?;
        drop(target.database(DATABASE).await?);
        dumped.push(plain::dump_and_restore(&production, &target)?);
        drop(target);
        let target = shop::target().await?;
        masked.push(copied(&production, &target, Rows::All).await?.all);
    }
    let [masked, dumped] = [masked, dumped].map(Samples::from_iter);
    report.row(masked.row("schema, masked, vacuumed and analysed", Some(&dumped)));
    report.row(dumped.row("schema, pg_dump -Fd -j2, pg_restore -j2", None));
    let ratio = masked.p50() / dumped.p50();
    report.target(
        "schema, masked / dump and restore",
        ratio,
        Bound::AtMost(1.3),
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
    pub(super) all: Duration,
    /// What it took to find the subset's rows.
    pub(super) found: Duration,
    /// Resident bytes of this process at most.
    pub(super) peak: u64,
}

/// Copies on a runtime of its own, as the daemon has one.
pub(super) async fn copied(
    production: &Scratch,
    target: &Scratch,
    of: Rows,
) -> anyhow::Result<Copied> {
    drop(target.database(DATABASE).await?);
    let (from, to) = (production.config(DATABASE), target.config(DATABASE));
    let programs = Programs {
        bin: target.installation().bin.clone(),
        libraries: None,
        account: None,
    };
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let production = Production {
                config: from,
                tls: None,
            };
            forget_peak()?;
            let begun = Instant::now();
            let source = Source::open(&production, LOCK_WAIT).await?;
            let plan = shop::plan(&source).await?;
            let finding = Instant::now();
            let picked = match of {
                Rows::All => None,
                Rows::Subset => Some(shop::picked(&source).await?),
            };
            let found = finding.elapsed();
            let job = Job {
                plan: &plan,
                picked: picked.as_ref(),
                target: &to,
                programs: &programs,
                workers: WORKERS,
                chunk_bytes: CHUNK_BYTES,
                witness: None,
                progress: Arc::new(|_| ()),
            };
            let report = Box::pin(copy(&source, &job)).await?;
            source.close().await;
            let rows = report
                .phases
                .iter()
                .find(|phase| phase.phase == Phase::Rows);
            let rows = rows.context("rows were copied")?;
            Ok(Copied {
                rows: Duration::from_secs_f64(rows.seconds),
                all: begun.elapsed(),
                found,
                peak: peak()?,
            })
        })
    };
    let done = std::thread::spawn(work).join();
    done.map_err(|_| anyhow::anyhow!("the copy broke off"))?
}
