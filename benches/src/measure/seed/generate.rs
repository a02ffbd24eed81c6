//! Rows made and thrown away, beside seedgen on the same schema.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rules::config::Seed;
use rules::seed::SeedRules;
use seeder::engine::{CHUNK_ROWS, Engine};
use seeder::run::{Job, plan};
use serde_json::json;
use tests::postgres::Scratch;

use super::{ROWS_AT_SCALE_1, USERS, database, server};
use crate::Effort;
use crate::process::{children_time, processor_time};
use crate::report::{Bound, Report, Samples};
use crate::rival::seedgen::Seedgen;

const COLUMNS: &[&str] = &["rows/s", "n", "p50", "min", "max", "ratio", "by the clock"];

/// A shop, where rows are tied to each other by foreign keys, CHECKs and moments.
const SHOP: &str = include_str!("../../../../tests/integration/seeding/schemas/shop.sql");

/// The engine for a schema at a scale.
pub(super) async fn engine(server: &Scratch, name: &str, scale: u64) -> anyhow::Result<Engine> {
    let client = server.connect(name).await?;
    let job = Job {
        rules: SeedRules::default(),
        seed: Seed {
            seed: 42,
            scale_per_mille: scale * 1_000,
            scenarios: Vec::new(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: None,
    };
    let (_, plan) = plan(&client, &job).await?;
    Ok(Engine::new(Arc::new(plan)))
}

/// Makes all rows of a table on this thread; the bytes of their text.
pub(super) fn rows(
    engine: &Engine,
    table: usize,
    mut to: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> anyhow::Result<u64> {
    let mut text = Vec::new();
    let mut bytes = 0;
    for chunk in 0..engine.plan().tables[table].rows.div_ceil(CHUNK_ROWS) {
        text.clear();
        engine.write_chunk(table, chunk, &mut text)?;
        bytes += text.len() as u64;
        to(&text)?;
    }
    Ok(bytes)
}

/// Makes all rows of all tables on this thread; how many.
fn all(engine: &Engine) -> anyhow::Result<u64> {
    let tables = &engine.plan().tables;
    let mut made = 0;
    for (table, plan) in tables
        .iter()
        .enumerate()
        .filter(|(_, plan)| plan.filled.is_none())
    {
        rows(engine, table, |_| Ok(()))?;
        made += plan.rows;
    }
    Ok(made)
}

/// One way of making rows: what each round took.
#[derive(Default)]
struct Way {
    /// Rows in a second of the processor's time.
    rates: Vec<f64>,
    /// Rows in a second.
    by_the_clock: Vec<f64>,
}

/// What a number of rows took.
struct Took {
    rows: u64,
    processor: Duration,
    clock: Duration,
}

impl Took {
    fn measure(
        processor: impl Fn() -> anyhow::Result<Duration>,
        make: impl FnOnce() -> anyhow::Result<u64>,
    ) -> anyhow::Result<Self> {
        let (before, begun) = (processor()?, Instant::now());
        let rows = make()?;
        Ok(Self {
            rows,
            clock: begun.elapsed(),
            processor: processor()?.saturating_sub(before),
        })
    }

    /// Without what another one took.
    fn without(self, other: &Self) -> Self {
        Self {
            rows: self.rows,
            processor: self.processor.saturating_sub(other.processor),
            clock: self.clock.saturating_sub(other.clock),
        }
    }
}

impl Way {
    fn add(&mut self, took: &Took) {
        self.rates
            .push(took.rows as f64 / took.processor.as_secs_f64());
        self.by_the_clock
            .push(took.rows as f64 / took.clock.as_secs_f64());
    }
}

pub(in super::super) async fn run_all(effort: Effort) -> anyhow::Result<Report> {
    let scale = effort.of(1_500, 50);
    let server = server()?;
    let _users = database(&server, "users", USERS).await?;
    let _shop = database(&server, "shop", SHOP).await?;
    let users = engine(&server, "users", scale).await?;
    let shop = engine(&server, "shop", effort.of(5, 1)).await?;
    let rival = Seedgen::find();
    let theirs = scale * ROWS_AT_SCALE_1 / 10;
    let (mut own, mut tied, mut seedgen) = (Way::default(), Way::default(), Way::default());
    let here = || processor_time(std::process::id());
    for _ in 0..effort.of(5, 1) {
        own.add(&Took::measure(here, || all(&users))?);
        tied.add(&Took::measure(here, || all(&shop))?);
        if let Some(rival) = &rival {
            let url = server.url("users");
            let sql = |rows| Took::measure(children_time, || rival.generate(&url, rows));
            // What it takes to start and to read the schema is not counted.
            let start = sql(1)?;
            seedgen.add(&sql(theirs)?.without(&start));
        }
    }
    let mut report = Report::new("seed-generate", COLUMNS);
    let rate = |way: &Way| Samples::from_iter(way.rates.iter().copied());
    let fastest = rate(&own).p50();
    for (what, way) in [
        ("six columns of users", &own),
        ("seedgen, the same table as SQL", &seedgen),
        ("all tables of a shop", &tied),
    ] {
        if way.rates.is_empty() {
            report.note(format!("{what}: not installed"));
            continue;
        }
        let (rates, clock) = (
            rate(way),
            Samples::from_iter(way.by_the_clock.iter().copied()),
        );
        report.row(vec![
            json!(what),
            json!(way.rates.len()),
            json!(rates.p50()),
            json!(rates.percentile(0)),
            json!(rates.percentile(100)),
            json!(rates.p50() / fastest),
            json!(clock.p50()),
        ]);
    }
    report.target(
        "users, rows/s of one core",
        fastest,
        Bound::AtLeast(1_500_000.0),
    );
    if !seedgen.rates.is_empty() {
        let ratio = fastest / rate(&seedgen).p50();
        report.target("users / seedgen", ratio, Bound::AtLeast(3.0));
    }
    report.note("a second of one core is one of processor time, whatever else runs beside");
    report.note(super::load_average()?);
    Ok(report)
}
