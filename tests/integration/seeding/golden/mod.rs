//! What the engine makes of schemas, held against `expected.txt`: whoever changes a value changes the
//! fingerprint with it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use rules::config::Seed;
use rules::seed::{ColumnRule, Distribution, SeedRules, TableRules};
use seeder::engine::{CHUNK_ROWS, Engine};
use seeder::run::{self, Job, fingerprint};
use seeder::value::write_copy;
use sha2::{Digest, Sha256};
use tests::postgres::Scratch;

use super::fill::schemas;

/// Set, it has `expected.txt` written anew.
const WRITE: &str = "STANDIN_TEST_WRITE_GOLDEN";

/// A schema for the rules of [`rules`].
const RULED: &str = include_str!("ruled.sql");

/// More rows than a chunk has, values with weights, a named generator, few parents with most children.
fn rules() -> anyhow::Result<SeedRules> {
    let mut rules = SeedRules::default();
    let users = TableRules {
        rows: Some(CHUNK_ROWS + 100),
        ..TableRules::default()
    };
    rules.tables.insert("public.users".parse()?, users);
    let mut orders = TableRules {
        per_parent: Some(5),
        ..TableRules::default()
    };
    let status = ColumnRule {
        values: vec![("open".to_owned(), 5), ("paid".to_owned(), 2)],
        ..ColumnRule::default()
    };
    let note = ColumnRule {
        with: Some("markdown".to_owned()),
        nulls_per_million: Some(500_000),
        ..ColumnRule::default()
    };
    let member = ColumnRule {
        distribution: Some(Distribution::Zipf),
        ..ColumnRule::default()
    };
    orders.columns.insert("status".to_owned(), status);
    orders.columns.insert("note".to_owned(), note);
    orders.columns.insert("member_id".to_owned(), member);
    rules.tables.insert("public.orders".parse()?, orders);
    Ok(rules)
}

fn job(rules: SeedRules) -> Job {
    Job {
        rules,
        seed: Seed {
            seed: 42,
            scale_per_mille: 100,
            scenarios: Vec::new(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: None,
    }
}

/// A line for each table: its rows and the hash of its chunks in their order.
async fn lines(server: &Scratch, name: &str, sql: &str, job: &Job) -> anyhow::Result<String> {
    let client = server.database(name).await?;
    client.batch_execute(sql).await?;
    let plan = match run::plan(&client, job).await {
        Ok((_, plan)) => plan,
        Err(error) => return Ok(format!("{name}: {}\n", first_line(&error.to_string()))),
    };
    let engine = Engine::new(std::sync::Arc::new(plan));
    let mut text = String::new();
    let tables = engine.plan().tables.iter().enumerate();
    for (position, table) in tables.filter(|(_, table)| table.filled.is_none()) {
        let outcome = hash(&engine, position, table.rows.div_ceil(CHUNK_ROWS));
        writeln!(text, "{name}: {} {} {outcome}", table.name, table.rows)?;
    }
    Ok(text)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The hash of a table's chunks, or why there are none.
fn hash(engine: &Engine, table: usize, chunks: u64) -> String {
    let mut hash = Sha256::new();
    let mut bytes = Vec::new();
    for chunk in 0..chunks {
        bytes.clear();
        if let Err(unfillable) = engine.write_chunk(table, chunk, &mut bytes) {
            return unfillable.to_string();
        }
        hash.update(&bytes);
    }
    let digest = hash.finalize();
    let hexadecimal = digest[..12].iter().map(|byte| format!("{byte:02x}"));
    hexadecimal.collect()
}

/// How many of a table's rows are made one by one, too.
const ROWS_ALONE: u64 = 100;

/// A row that is made alone, as COPY text.
fn alone(engine: &Engine, table: usize, row: u64) -> anyhow::Result<Vec<u8>> {
    let columns = &engine.plan().tables[table].columns;
    let mut out = Vec::new();
    for (column, value) in columns.iter().zip(engine.row(table, row)?) {
        if !column.generated {
            write_copy(&value, &column.data_type, &mut out);
            out.push(b'\t');
        }
    }
    out.pop();
    Ok(out)
}

#[tokio::test]
async fn a_row_of_a_chunk_is_the_row_that_is_made_alone() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut ruled = vec![("ruled".to_owned(), RULED.to_owned(), rules()?)];
    let plain = schemas()?.into_iter();
    ruled.extend(plain.map(|(name, sql)| (name, sql, SeedRules::default())));
    for (name, sql, rules) in ruled {
        let client = server.database(&name).await?;
        client.batch_execute(&sql).await?;
        let Ok((_, plan)) = run::plan(&client, &job(rules)).await else {
            continue;
        };
        let engine = Engine::new(std::sync::Arc::new(plan));
        let tables = engine.plan().tables.iter().enumerate();
        for (position, table) in tables.filter(|(_, table)| table.filled.is_none()) {
            let mut chunk = Vec::new();
            if table.rows == 0 || engine.write_chunk(position, 0, &mut chunk).is_err() {
                continue;
            }
            let lines: Vec<&[u8]> = chunk.split(|byte| *byte == b'\n').collect();
            assert_eq!(lines.len() as u64, table.rows.min(CHUNK_ROWS) + 1);
            // Backwards, so that nothing is known from the row before.
            let last = table.rows.min(CHUNK_ROWS) - 1;
            for row in (last.saturating_sub(ROWS_ALONE)..=last).rev() {
                let made = alone(&engine, position, row)?;
                assert!(lines[row as usize] == made, "{name} {} {row}", table.name);
            }
        }
    }
    Ok(())
}

fn expected() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/seeding/golden/expected.txt")
}

#[tokio::test]
async fn values_change_only_with_the_fingerprint() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut made = format!("fingerprint {}\n", fingerprint());
    made.push_str(&lines(&server, "ruled", RULED, &job(rules()?)).await?);
    for (name, sql) in schemas()? {
        made.push_str(&lines(&server, &name, &sql, &job(SeedRules::default())).await?);
    }
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(expected(), &made)?;
    }
    let known = std::fs::read_to_string(expected())?;
    let differ: Vec<String> = made
        .lines()
        .filter(|line| !known.lines().any(|known| known == *line))
        .map(|line| format!("+ {line}"))
        .chain(
            known
                .lines()
                .filter(|line| !made.lines().any(|made| made == *line))
                .map(|line| format!("- {line}")),
        )
        .collect();
    let advice = match first_line(&known) == first_line(&made) {
        true => "raise ENGINE_VERSION in seeder/src/run/fingerprint.rs, then",
        false => "the fingerprint is another, so",
    };
    assert!(
        differ.is_empty(),
        "values have changed: {advice} run this test with {WRITE}=1\n{}",
        differ.join("\n")
    );
    Ok(())
}
