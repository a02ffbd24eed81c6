//! What the guard denies is told to the client, counted, and written down without its values.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use serde_json::Value;

use super::raw_request;
use crate::shop::{ITEMS, PATIENCE, QA_BRANCHES, Session, Shop, db_error};

/// What is in no record.
const VALUE: &str = "hunter2";

/// Runs what must be denied by the rule `host`, in a read-write environment.
async fn is_denied(session: &Session, sql: &str) -> anyhow::Result<()> {
    let error = session.client.batch_execute(sql).await;
    let error = db_error(&error.expect_err("is denied"))?;
    assert_eq!(error.code().code(), "42501", "{error:?}");
    let detail = error.detail().unwrap_or_default();
    assert_eq!(
        detail,
        "Denied by rule \"host\" of access mode \"read-write\"."
    );
    assert!(!format!("{error:?}").contains(VALUE), "{error:?}");
    Ok(())
}

/// A counter as a scrape shows it; 0 where it is not there yet.
fn counted(shop: &Shop, counter: &str) -> anyhow::Result<u64> {
    let socket = shop.pool().join("control.sock");
    let answer = raw_request(&socket, "GET", "/metrics")?;
    let mut lines = answer.lines();
    let line = lines.find_map(|line| line.strip_prefix(counter));
    Ok(line.unwrap_or("0").trim().parse()?)
}

fn log(shop: &Shop) -> anyhow::Result<String> {
    Ok(fs::read_to_string(shop.pool().join("audit.jsonl"))?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_statement_is_told_counted_and_written_down_without_its_values()
-> anyhow::Result<()> {
    const DENIALS: &str = "guard_denials_total{rule=\"host\",access=\"read-write\"} ";
    let mut shop = Shop::open(QA_BRANCHES)?;
    let names = [
        "",
        "psql",
        "\"}\n{\"rule\":\"none\"}\n",
        "\u{1b}[2J\r\u{7f}\u{2028}é",
    ];
    let long = "x".repeat(9_000);
    for name in names.iter().copied().chain([long.as_str()]) {
        let mut login = shop.login("shop@qa.fix")?;
        let session = Session::begin(login.application_name(name)).await?;
        is_denied(&session, "CHECKPOINT").await?;
        let program = format!("COPY items TO PROGRAM 'echo {VALUE}'");
        is_denied(&session, &program).await?;
        let prepared = session.client.prepare(&program).await;
        assert_eq!(
            db_error(&prepared.expect_err("is denied"))?.code().code(),
            "42501"
        );
        // What goes before and behind is as if nothing had been said.
        assert_eq!(session.items().await?, ITEMS);
    }
    assert_eq!(counted(&shop, DENIALS)?, 3 * 5);
    let log_file = shop.pool().join("audit.jsonl");
    shop.daemon().stop()?;
    let mode = fs::metadata(log_file)?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = log(&shop)?;
    assert!(!text.contains(VALUE) && !text.contains("COPY"), "{text}");
    let lines: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(lines.len(), 3 * 5);
    for line in &lines {
        for (key, value) in [
            ("environment", "qa"),
            ("branch", "fix"),
            ("user", "app"),
            ("access", "read-write"),
            ("rule", "host"),
            ("code", "42501"),
        ] {
            assert_eq!(line[key], value, "{line}");
        }
        let time = line["time"].as_str().unwrap_or_default();
        let year = time.split('-').next().unwrap_or_default();
        assert!(year.len() == 4 && time.ends_with('Z'), "{line}");
    }
    assert_eq!(lines[3]["application_name"], "psql");
    // One statement has one name, whoever sends it and however.
    let name = |at: usize| &lines[at]["fingerprint"];
    assert_eq!(name(1), name(2));
    assert_eq!(name(1), name(13));
    assert_ne!(name(0), name(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_log_that_cannot_be_written_is_warned_of_once_and_loses_nothing()
-> anyhow::Result<()> {
    const FAILURES: &str = "guard_audit_failures_total ";
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.daemon().expect("the audit log is not written");
    let obstacle = shop.pool().join("audit.jsonl");
    fs::create_dir(&obstacle)?;
    let session = shop.enter("shop@qa").await?;
    for _ in 0..10 {
        is_denied(&session, "CHECKPOINT").await?;
    }
    let began = Instant::now();
    while counted(&shop, FAILURES)? < 2 {
        assert!(began.elapsed() < PATIENCE);
    }
    fs::remove_dir(&obstacle)?;
    // Without another denial, and without an end.
    while log(&shop).unwrap_or_default().lines().count() < 10 {
        assert!(began.elapsed() < PATIENCE);
    }
    let warnings = |line: &&String| line.contains("the audit log is not written");
    let lines = shop.daemon().log();
    assert_eq!(lines.iter().filter(warnings).count(), 1, "{lines:?}");
    drop(session);
    shop.daemon().stop()?;
    assert_eq!(log(&shop)?.lines().count(), 10);
    Ok(())
}
