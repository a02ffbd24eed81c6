//! Zero rules: every schema of `schemas/` is filled, and every constraint of it holds.

use rules::config::Seed;
use rules::seed::SeedRules;
use seeder::run::{Job, fill};
use tests::postgres::{Installation, Scratch};

/// What a schema alone asks for.
fn job(scale_per_mille: u64) -> Job {
    Job {
        rules: SeedRules::default(),
        seed: Seed {
            seed: 42,
            scale_per_mille,
            scenarios: Vec::new(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: None,
    }
}

/// Fills a schema in a server of its own, and tells how many rows it got.
async fn filled(installation: Installation, name: &str, sql: &str) -> anyhow::Result<u64> {
    let server = Scratch::start_with(installation, &[])?;
    let client = server.database("app").await?;
    client.batch_execute(sql).await?;
    let filled = fill(&server.config("app"), &job(1_000), &|_| {}).await;
    let filled = filled.map_err(|error| anyhow::anyhow!("{name}: {}", chain(&error)))?;
    Ok(filled.load.rows())
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
    let directory =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/seeding/schemas");
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let sql = std::fs::read_to_string(&path)?;
        match filled(Installation::usual()?, &name, &sql).await {
            Ok(rows) => assert!(rows > 0, "{name} got no rows"),
            Err(error) => failed.push(format!("{error:#}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    Ok(())
}
