//! The core paths on each major version: the distribution's, and those of the Python wheel.

use std::time::{Duration, Instant};

use anyhow::Context;
use tests::daemon::{Build, Daemon};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

/// A branch takes a second; a loaded machine gets two minutes.
const CONNECT_WAIT: Duration = Duration::from_secs(120);

const CONFIG: &str = r#"
[pool]
path = "pool"

[listen]
postgres = "127.0.0.1:0"

[postgres]
version = VERSION
bin = ["BIN"]

[users.app]
password = "file:password"
environments = ["*", "copy"]

[production]
url = "file:production.url"

[environments.qa]
source = { migrations = "migrations", database = "shop" }
branches = { create = "on-connect" }

[environments.copy]
source = { mirror = "production", unmasked = true }
"#;

const MIGRATION: &str = "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)";

/// A production of one version, and a daemon that may use this version alone.
struct Setting {
    daemon: Daemon,
    production: Scratch,
}

impl Setting {
    async fn start(major: u32) -> anyhow::Result<Self> {
        let installation = Installation::of_major(major)?;
        let config = CONFIG
            .replace("VERSION", &major.to_string())
            .replace("BIN", &installation.bin.display().to_string());
        let production = Scratch::start_with(installation, &[])?;
        let shop = production.database("shop").await?;
        let rows = "CREATE TABLE customers AS SELECT i AS id FROM generate_series(1, 1000) i";
        shop.batch_execute(rows).await?;
        let mut daemon = Daemon::new(Build::Plain, &config)?;
        let file = |name: &str| daemon.directory().join(name);
        std::fs::write(file("password"), "secret")?;
        std::fs::write(file("production.url"), production.url("shop"))?;
        std::fs::create_dir(file("migrations"))?;
        std::fs::write(file("migrations/1.sql"), MIGRATION)?;
        daemon.start_again(&[])?;
        // On a loaded machine a build takes longer than a connection waits.
        for environment in ["qa", "copy"] {
            daemon.json(&["environment", "build", environment])?;
        }
        Ok(Self { daemon, production })
    }

    /// Connects, and again where the daemon says "not yet" after its own wait.
    async fn connect(&self, target: &str) -> anyhow::Result<Client> {
        let url = self.daemon.url("app", "secret", target)?;
        let begun = Instant::now();
        let (client, connection) = loop {
            match tokio_postgres::connect(&url, NoTls).await {
                Err(error)
                    if error.code() == Some(&SqlState::CANNOT_CONNECT_NOW)
                        && begun.elapsed() < CONNECT_WAIT => {}
                connected => break connected.with_context(|| format!("connect to {target}"))?,
            }
        };
        // An error of the connection shows in the client's next call.
        tokio::spawn(connection);
        Ok(client)
    }

    async fn count(&self, target: &str, table: &str) -> anyhow::Result<i64> {
        count(&self.connect(target).await?, table).await
    }

    fn done(&self, arguments: &[&str]) -> anyhow::Result<serde_json::Value> {
        self.daemon.json(arguments)
    }
}

async fn count(client: &Client, table: &str) -> anyhow::Result<i64> {
    let query = format!("SELECT count(*) FROM {table}");
    Ok(client.query_one(&query, &[]).await?.get(0))
}

/// Build from migrations, reset, undo, and a branch that connecting makes.
async fn migrations_reset_undo_and_branches(setting: &Setting, major: u32) -> anyhow::Result<()> {
    let client = setting.connect("shop@qa").await?;
    let row = client.query_one("SHOW server_version_num", &[]).await?;
    let version: u32 = row.get::<_, &str>(0).parse()?;
    assert_eq!(version / 10_000, major);
    client
        .batch_execute("INSERT INTO orders VALUES (2), (3)")
        .await?;
    assert_eq!(count(&client, "orders").await?, 3);
    setting.done(&["environment", "reset", "qa"])?;
    assert!(count(&client, "orders").await.is_err());
    assert_eq!(setting.count("shop@qa", "orders").await?, 1);
    setting.done(&["environment", "undo", "qa"])?;
    assert_eq!(setting.count("shop@qa", "orders").await?, 3);

    let branch = setting.connect("shop@qa.fix").await?;
    assert_eq!(count(&branch, "orders").await?, 1);
    branch.batch_execute("TRUNCATE orders").await?;
    assert_eq!(setting.count("shop@qa.fix", "orders").await?, 0);
    assert_eq!(setting.count("shop@qa", "orders").await?, 3);
    Ok(())
}

/// A snapshot of an environment that goes on serving, and a branch of it.
async fn live_snapshot(setting: &Setting) -> anyhow::Result<()> {
    let client = setting.connect("shop@qa").await?;
    let taken = setting.done(&["snapshot", "create", "qa"])?;
    let id = taken["id"]
        .as_str()
        .with_context(|| format!("an id in {taken}"))?;
    client.batch_execute("DELETE FROM orders").await?;
    setting.done(&["branch", "create", "qa.then", "--from", id])?;
    assert_eq!(setting.count("shop@qa.then", "orders").await?, 3);
    assert_eq!(count(&client, "orders").await?, 0);
    Ok(())
}

/// A physical copy of production, refreshed once production has changed.
async fn mirror(setting: &Setting) -> anyhow::Result<()> {
    let copy = setting.connect("shop@copy").await?;
    assert_eq!(count(&copy, "customers").await?, 1000);
    copy.batch_execute("TRUNCATE customers").await?;
    let production = setting.production.connect("shop").await?;
    assert_eq!(count(&production, "customers").await?, 1000);
    production
        .batch_execute("DELETE FROM customers WHERE id > 10")
        .await?;
    setting.done(&["environment", "refresh", "copy"])?;
    assert_eq!(setting.count("shop@copy", "customers").await?, 10);
    Ok(())
}

async fn core_paths(major: u32) -> anyhow::Result<()> {
    let mut setting = Setting::start(major).await?;
    migrations_reset_undo_and_branches(&setting, major).await?;
    live_snapshot(&setting).await?;
    mirror(&setting).await?;
    setting.daemon.stop()
}

#[tokio::test]
async fn the_core_paths_hold_on_15() -> anyhow::Result<()> {
    core_paths(15).await
}

#[tokio::test]
async fn the_core_paths_hold_on_16() -> anyhow::Result<()> {
    core_paths(16).await
}

#[tokio::test]
async fn the_core_paths_hold_on_18() -> anyhow::Result<()> {
    core_paths(18).await
}
