//! An environment made from nothing: a cluster, its migrations, a million rows over a catalogue of
//! music, sealed and branched. A re-seed of which nothing can be cloned does the same.

use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tests::volume::Format;

use super::{Migrated, load_average};
use crate::Effort;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::site::Site;

/// Tables of a music encyclopaedia: foreign keys of every kind, CHECKs, partitions, generated columns.
const MUSIC: &str = include_str!("../../../../tests/integration/seeding/schemas/music.sql");

/// How many times the usual number of rows make a million.
const SCALE: u64 = 4;

pub(in super::super) async fn run_all(effort: Effort) -> anyhow::Result<Report> {
    let schema = Migrated::write(MUSIC)?;
    let rounds = effort.of(5, 1);
    let names: Vec<String> = (0..rounds).map(|seed| format!("cold-{seed}")).collect();
    let environments: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(seed, name)| schema.environment(name, seed, effort.of(SCALE, 1)))
        .collect();
    let site = Site::start(Format::Btrfs, &environments.concat())?;
    let mut whole = Vec::new();
    let mut steps: Vec<(String, Vec<Duration>)> = Vec::new();
    let (mut tables, mut rows) = (0, 0);
    for name in &names {
        let began = std::time::Instant::now();
        let built = site.ask(&["environment", "build", name])?;
        whole.push(began.elapsed());
        for (step, took) in steps_of(&built) {
            match steps.iter_mut().find(|(known, _)| *known == step) {
                Some((_, times)) => times.push(took),
                None => steps.push((step, vec![took])),
            }
        }
        (tables, rows) = counted(&site, name).await?;
    }
    let mut report = Report::new("seed-cold", TIMES);
    let whole: Samples = whole.into_iter().collect();
    report.row(whole.row("standin environment build, whole command", None));
    for (step, times) in steps {
        let times: Samples = times.into_iter().collect();
        report.row(times.row(&step, Some(&whole)));
    }
    report.target("build, s", whole.p50() / 1_000.0, Bound::AtMost(8.0));
    report.note(format!("{rows} rows in {tables} tables"));
    report.note(load_average()?);
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

/// The steps of an operation's record.
fn steps_of(record: &Value) -> Vec<(String, Duration)> {
    let steps = record["steps_ms"].as_array();
    let step = |step: &Value| {
        let name = step[0].as_str()?.to_owned();
        Some((name, Duration::from_secs_f64(step[1].as_f64()? / 1_000.0)))
    };
    steps.into_iter().flatten().filter_map(step).collect()
}

/// Tables that hold rows, and those rows.
async fn counted(site: &Site, name: &str) -> anyhow::Result<(i64, i64)> {
    let client = crate::client::connect(&site.config(name)?).await?;
    let sql = "SELECT count(*), sum(reltuples)::bigint FROM pg_class c \
               JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE c.relkind = 'r' AND n.nspname = 'public' AND reltuples > 0";
    let row = client.query_one(sql, &[]).await.context("count the rows")?;
    Ok((row.get(0), row.get(1)))
}
