//! What each mode lets clients do, on every way into it.

use anyhow::Context;
use tokio_postgres::error::SqlState;

use crate::shop::{ITEMS, Session, Shop, db_error};

pub(super) const MODES: &str = "\
[environments.qa]
source = { migrations = \"migrations\", database = \"shop\" }
spares = 0
[environments.ro]
source = { environment = \"qa\" }
access = \"read-only\"
spares = 0
branches = { create = \"on-connect\" }
[environments.ao]
source = { environment = \"qa\" }
access = \"append\"
spares = 0
";

/// The code with which a statement fails.
pub(super) async fn denied(session: &Session, sql: &str) -> anyhow::Result<SqlState> {
    let Err(error) = session.client.batch_execute(sql).await else {
        anyhow::bail!("{sql} was not denied");
    };
    Ok(db_error(&error)?.code().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_environment_is_a_standby_that_reads() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    let session = shop.enter("shop@ro").await?;
    assert_eq!(session.items().await?, ITEMS);
    assert_eq!(session.text("SELECT pg_is_in_recovery()").await?, "t");
    let role = session.text("SELECT current_user").await?;
    assert_eq!(role, "standin_reader_app");
    assert_eq!(session.text("SHOW transaction_read_only").await?, "on");
    let error = session.client.batch_execute("DELETE FROM items").await;
    let error = db_error(&error.err().context("an error")?)?;
    assert_eq!(error.code(), &SqlState::READ_ONLY_SQL_TRANSACTION);
    assert_eq!(
        error.message(),
        "cannot execute DELETE in a read-only environment"
    );
    let detail = error.detail().unwrap_or_default();
    assert_eq!(
        detail,
        "Denied by rule \"write.change\" of access mode \"read-only\". It writes items."
    );
    assert!(error.hint().unwrap_or_default().contains("read-write"));
    assert_eq!(session.items().await?, ITEMS);
    // A standby's own answers.
    for (sql, code) in [
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "0A000"),
        ("LISTEN news", "25006"),
        ("SELECT pg_current_xact_id()", "25006"),
    ] {
        assert_eq!(denied(&session, sql).await?.code(), code, "{sql}");
        session.run("ROLLBACK").await?;
    }
    // Its branches are read-only as well.
    let branch = shop.enter("shop@ro.mine").await?;
    assert_eq!(branch.items().await?, ITEMS);
    assert_eq!(branch.text("SELECT pg_is_in_recovery()").await?, "t");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_environment_takes_rows_and_changes_none() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    let session = shop.enter("shop@ao").await?;
    session
        .run("INSERT INTO items VALUES (4, 'fig') RETURNING id")
        .await?;
    assert_eq!(session.items().await?, ITEMS + 1);
    for sql in [
        "UPDATE items SET name = 'x'",
        "DELETE FROM items",
        "TRUNCATE items",
        "INSERT INTO items VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = 'x'",
        "CREATE TABLE t (a int)",
        "CREATE TEMP TABLE t (a int)",
        "SELECT * FROM items FOR UPDATE",
        "DO $$ BEGIN DELETE FROM items; END $$",
    ] {
        let code = denied(&session, sql).await?;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{sql}");
    }
    assert_eq!(session.items().await?, ITEMS + 1);
    // A reset takes the rows back, and the rights are there again.
    shop.json("environment reset ao")?;
    let session = shop.enter("shop@ao").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    let code = denied(&session, "DELETE FROM items").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_environment_sleeps_wakes_resets_and_is_cloned() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    assert_eq!(shop.items("shop@ro").await?, ITEMS);
    shop.json("environment sleep ro")?;
    let session = shop.enter("shop@ro").await?;
    assert_eq!(session.items().await?, ITEMS);
    shop.json("environment reset ro")?;
    let session = shop.enter("shop@ro").await?;
    assert_eq!(session.text("SELECT pg_is_in_recovery()").await?, "t");
    shop.json("environment undo ro")?;
    assert_eq!(shop.items("shop@ro").await?, ITEMS);
    shop.json("snapshot create ro")?;
    shop.json("branch create ro.child --from ro")?;
    assert_eq!(shop.items("shop@ro.child").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spare_has_the_rights_of_its_environment() -> anyhow::Result<()> {
    let shop = Shop::open(&MODES.replace(
        "access = \"append\"\nspares = 0",
        "access = \"append\"\nspares = 1",
    ))?;
    shop.json("environment build ao")?;
    shop.until("status", |status| {
        status["spares"]
            .as_array()
            .is_some_and(|spares| spares.len() == 1)
    })?;
    shop.json("environment reset ao")?;
    let session = shop.enter("shop@ao").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    let code = denied(&session, "DELETE FROM items").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    Ok(())
}

/// The family of `\d` and what else psql shows.
const SHOWN: [&str; 25] = [
    "\\d",
    "\\d items",
    "\\d+",
    "\\dt",
    "\\dt+",
    "\\di",
    "\\ds",
    "\\dv",
    "\\dm",
    "\\dx",
    "\\dD",
    "\\ddp",
    "\\drds",
    "\\dF",
    "\\dy",
    "\\df+",
    "\\dp",
    "\\l+",
    "\\lo_list",
    "\\dn+",
    "\\du",
    "\\dT+",
    "\\sf doubled",
    "\\sv seen",
    "\\dE",
];

/// Something for each of them to show.
const TO_SHOW: &str = "\
CREATE FUNCTION doubled(i int) RETURNS int LANGUAGE sql AS 'SELECT 2 * i';
CREATE VIEW seen AS SELECT id, doubled(id) FROM items;
CREATE MATERIALIZED VIEW kept AS SELECT name FROM items;
CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
CREATE SEQUENCE counted;
";

/// Runs a program of PostgreSQL that must succeed and complain of nothing.
fn run_in(
    shop: &Shop,
    place: &str,
    program: &std::path::Path,
    arguments: &[&str],
) -> anyhow::Result<String> {
    let login = shop.login(&format!("shop@{place}"))?;
    let port = login.get_ports().first().copied().context("a port")?;
    let output = std::process::Command::new(program)
        .env("PGPASSWORD", crate::shop::PASSWORD)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "app"])
        .args(["-d", &format!("shop@{place}")])
        .args(arguments)
        .output()
        .with_context(|| program.display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let program = program.display();
    anyhow::ensure!(output.status.success(), "{program} in {place}: {said}");
    // How psql says that a list is empty.
    let empty = |line: &str| line.starts_with("Did not find any");
    anyhow::ensure!(said.lines().all(empty), "{program} in {place}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pg_dump_and_psql_work_where_little_is_allowed() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    shop.write("migrations/002_shown.sql", TO_SHOW)?;
    let shown: Vec<&str> = SHOWN.iter().flat_map(|shown| ["-c", shown]).collect();
    let shown = [&["-X", "-v", "ON_ERROR_STOP=1"], &shown[..]].concat();
    for major in [15, 16, 18] {
        let bin = tests::postgres::Installation::of_major(major)?.bin;
        for place in ["ro", "ao"] {
            let dumped = run_in(&shop, place, &bin.join("pg_dump"), &[])?;
            assert!(dumped.contains("CREATE TABLE public.items"), "{dumped}");
            assert!(dumped.contains("plum"), "{dumped}");
            let shown = run_in(&shop, place, &bin.join("psql"), &shown)?;
            for name in ["items", "doubled", "seen", "kept", "even", "counted"] {
                assert!(shown.contains(name), "{name} is not in {shown}");
            }
        }
    }
    Ok(())
}
