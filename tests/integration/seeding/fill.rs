//! Zero rules: every schema of `schemas/` is filled, and every constraint of it holds.

use std::path::Path;

use rules::config::Seed;
use rules::seed::SeedRules;
use seeder::engine::Engine;
use seeder::run::{self, Job, SeedError, connect, fill};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// CHECKs that are named instead of solved, of about 835: `schema file, table, constraint`.
const NAMED: [(&str, &str, &str); 11] = [
    (
        "bank",
        "public.chart_of_accounts",
        "chart_of_accounts_check",
    ),
    (
        "hospital",
        "public.insurance_policies",
        "insurance_policies_covered_check",
    ),
    ("hospital", "public.physicians", "physicians_licence_check"),
    ("hr", "public.jobs", "jobs_title_check"),
    ("hr", "public.skills", "skills_aliases_check"),
    ("identity", "auth.devices", "devices_trust_check"),
    ("logistics", "public.sites", "sites_catchment_check"),
    ("logistics", "public.sites", "sites_location"),
    ("logistics", "transport.tariffs", "tariffs_zones_check"),
    ("music", "cover_art.image", "image_mime_type_check"),
    ("shop", "public.warehouses", "warehouses_code_check"),
];

/// What a schema alone asks for.
fn job(workers: usize) -> Job {
    Job {
        rules: SeedRules::default(),
        seed: Seed {
            seed: 42,
            scale_per_mille: 300,
            scenarios: Vec::new(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: Some(workers),
    }
}

/// The schemas by the names of their files.
fn schemas() -> anyhow::Result<Vec<(String, String)>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/seeding/schemas");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        found.push((name, std::fs::read_to_string(&path)?));
    }
    found.sort();
    Ok(found)
}

/// A database with a schema, without the CHECKs that are named.
async fn database(server: &Scratch, name: &str, sql: &str) -> anyhow::Result<Client> {
    let client = server.database(name).await?;
    client.batch_execute(sql).await?;
    for (_, table, constraint) in NAMED.iter().filter(|(schema, ..)| *schema == name) {
        let drop = format!("ALTER TABLE {table} DROP CONSTRAINT \"{constraint}\"");
        client.batch_execute(&drop).await?;
    }
    Ok(client)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_is_filled_with_no_rules() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut failed = Vec::new();
    for (name, sql) in schemas()? {
        let _client = database(&server, &name, &sql).await?;
        // The load validates every constraint, and the audit looks again.
        match fill(&server.config(&name), &job(2), &|_| {}).await {
            Ok(filled) => {
                assert!(
                    filled.load.rows() > 1_000,
                    "{name}: {} rows",
                    filled.load.rows()
                );
                assert_eq!(filled.audit.violations().count(), 0);
                let empty = filled.load.tables.iter().filter(|table| table.rows == 0);
                assert_eq!(empty.count(), 0, "{name} has tables without rows");
            }
            Err(error) => failed.push(format!("{name}: {}", chain(&error))),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    Ok(())
}

#[tokio::test]
async fn what_is_not_solved_is_named_before_a_row_is_written() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut named = Vec::new();
    for (name, sql) in schemas()? {
        let client = server.database(&name).await?;
        client.batch_execute(&sql).await?;
        match run::plan(&client, &job(1)).await {
            Ok(_) => {}
            Err(SeedError::Plan(problems)) => {
                for problem in problems.0 {
                    let constraint = problem
                        .reason
                        .split(": not solved")
                        .next()
                        .unwrap_or_default();
                    named.push((
                        name.clone(),
                        problem.table.to_string(),
                        constraint.to_owned(),
                    ));
                }
            }
            Err(error) => anyhow::bail!("{name}: {}", chain(&error)),
        }
    }
    named.sort();
    let expected: Vec<_> = NAMED
        .iter()
        .map(|(schema, table, name)| (schema.to_string(), table.to_string(), name.to_string()))
        .collect();
    assert_eq!(named, expected);
    Ok(())
}

/// The bytes of every chunk of every table, by number of workers and version of the server.
async fn bytes(server: &Scratch, name: &str, workers: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let client = connect(&server.config(name)).await?;
    let (_, plan) = run::plan(&client, &job(workers)).await?;
    let engine = Engine::new(std::sync::Arc::new(plan));
    let mut all = Vec::new();
    for (position, table) in engine.plan().tables.iter().enumerate() {
        let chunks = table.rows.div_ceil(seeder::engine::CHUNK_ROWS);
        for chunk in (0..chunks).filter(|_| table.filled.is_none()) {
            let mut out = Vec::new();
            engine.write_chunk(position, chunk, &mut out)?;
            all.push(out);
        }
    }
    Ok(all)
}

#[tokio::test]
async fn every_version_of_the_server_gets_the_same_bytes() -> anyhow::Result<()> {
    let (name, sql) = schemas()?.swap_remove(8);
    let mut first: Option<Vec<Vec<u8>>> = None;
    for installation in Installation::all() {
        let server = Scratch::start_with(installation, &[])?;
        let _client = database(&server, &name, &sql).await?;
        let made = bytes(&server, &name, 1).await?;
        match &first {
            Some(first) => assert!(*first == made, "{name} differs"),
            None => first = Some(made),
        }
    }
    assert!(first.is_some_and(|first| !first.is_empty()));
    Ok(())
}

/// The rows of every table in the order of their texts, hashed by the server.
async fn hash(client: &Client) -> anyhow::Result<Vec<String>> {
    let tables = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
                  JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|^information_schema' ORDER BY 1";
    let mut hashes = Vec::new();
    for table in client.query(tables, &[]).await? {
        let table: String = table.get(0);
        let sql = format!(
            "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM {table} t"
        );
        let row = client.query_one(&sql, &[]).await?;
        hashes.push(format!("{table} {:?}", row.get::<_, Option<String>>(0)));
    }
    Ok(hashes)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_workers_gives_the_same_rows() -> anyhow::Result<()> {
    let (name, sql) = schemas()?.swap_remove(9);
    let mut first: Option<Vec<String>> = None;
    for workers in [1, 2, 16] {
        let server = Scratch::start()?;
        let client = database(&server, &name, &sql).await?;
        let filled = fill(&server.config(&name), &job(workers), &|_| {}).await;
        filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
        let hashes = hash(&client).await?;
        match &first {
            Some(first) => assert_eq!(*first, hashes),
            None => first = Some(hashes),
        }
    }
    Ok(())
}
