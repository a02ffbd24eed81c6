//! Many at once: creates, awake servers, resets under writers.
//!
//! The long forms run where `STANDIN_TEST_LONG` is set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use futures_util::future::join_all;
use tokio_postgres::NoTls;

use crate::shop::{ITEMS, QA, QA_BRANCHES, Session, Shop};

/// What a client may be told while its environment is reset: its session ends, a connect waits in
/// vain or comes at the wrong moment.
const TOLD: [&str; 2] = ["57P01", "57P03"];

fn is_long() -> bool {
    std::env::var_os("STANDIN_TEST_LONG").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn branches_made_by_connecting_at_once_are_made_or_refused_by_a_bound() -> anyhow::Result<()>
{
    let count = if is_long() { 100 } else { 16 };
    let mut shop = Shop::open(&QA_BRANCHES.replace("max = 200", &format!("max = {}", count - 2)))?;
    shop.daemon().expect("its maximum");
    shop.items("shop@qa").await?;
    shop.rewrite(|text| text.replace("connect_wait = \"60s\"", "connect_wait = \"600s\""))?;
    shop.rewrite(|text| text.replace("login = \"60s\"", "login = \"600s\""))?;
    shop.json("reload")?;
    let enter = |number: usize| {
        let login = shop.login(&format!("shop@qa.b{number}"));
        async move {
            let (client, connection) = match login?.connect(NoTls).await {
                Ok(connected) => connected,
                Err(error) => return Ok::<_, anyhow::Error>(Err(crate::shop::db_error(&error)?)),
            };
            tokio::spawn(connection);
            let row = client.query_one("SELECT count(*) FROM items", &[]).await?;
            Ok(Ok(row.get::<_, i64>(0)))
        }
    };
    let mut made = 0;
    let mut refused = 0;
    for outcome in join_all((0..count).map(enter)).await {
        match outcome? {
            Ok(items) => {
                assert_eq!(items, ITEMS);
                made += 1;
            }
            Err(error) => {
                assert_eq!(error.code().code(), "53400", "{error:?}");
                refused += 1;
            }
        }
    }
    assert_eq!((made, refused), (count - 2, 2));
    let listed = shop.json("branch list")?;
    assert_eq!(listed.as_array().map(Vec::len), Some(made));
    Ok(())
}

/// Writes and reads until told to stop; counts what it was told.
async fn client(
    login: tokio_postgres::Config,
    latest: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut told = BTreeMap::new();
    let mut note = |error: &tokio_postgres::Error| -> anyhow::Result<()> {
        // A connection that broke off says so once more without a code.
        if error.is_closed() {
            return Ok(());
        }
        let code = crate::shop::db_error(error)?.code().code().to_owned();
        *told.entry(code).or_default() += 1;
        Ok(())
    };
    while !stop.load(Ordering::Acquire) {
        let known = latest.load(Ordering::Acquire);
        let (client, connection) = match login.connect(NoTls).await {
            Ok(connected) => connected,
            Err(error) => {
                note(&error)?;
                continue;
            }
        };
        let connection = tokio::spawn(connection);
        let sql = "INSERT INTO items SELECT max(id) + 1, 'mine' FROM items ON CONFLICT DO NOTHING";
        loop {
            if stop.load(Ordering::Acquire) {
                break;
            }
            if client.execute(sql, &[]).await.is_err() {
                break;
            }
            let Ok(row) = client
                .query_one("SELECT coalesce(max(number), 0) FROM generation", &[])
                .await
            else {
                break;
            };
            let number: i64 = row.get(0);
            // A session entered after a reset was answered never sees what was before it.
            anyhow::ensure!(number == 0 || number >= known, "{number} after {known}");
        }
        drop(client);
        if let Err(error) = connection.await? {
            note(&error)?;
        }
    }
    Ok(told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_under_writers_never_show_a_generation_that_was_left() -> anyhow::Result<()> {
    let (clients, resets) = if is_long() { (32, 200) } else { (8, 6) };
    let shop = Shop::open(QA)?;
    shop.write(
        "migrations/002_generation.sql",
        "CREATE TABLE generation (number bigint);",
    )?;
    shop.items("shop@qa").await?;
    let (latest, stop) = (
        Arc::new(AtomicI64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut running = Vec::new();
    for _ in 0..clients {
        let login = shop.login("shop@qa")?;
        running.push(tokio::spawn(client(
            login,
            Arc::clone(&latest),
            Arc::clone(&stop),
        )));
    }
    for number in 1..=resets {
        tokio::task::block_in_place(|| shop.json("environment reset qa"))?;
        // The generation holds its number, and whoever enters from now on sees it or later ones.
        let session = Session::begin(&shop.login("shop@qa")?).await?;
        session
            .run(&format!("INSERT INTO generation VALUES ({number})"))
            .await?;
        latest.store(number, Ordering::Release);
    }
    stop.store(true, Ordering::Release);
    for client in running {
        let told = client.await??;
        for code in told.keys() {
            assert!(TOLD.contains(&code.as_str()), "{told:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_branches_are_awake_at_once() -> anyhow::Result<()> {
    let count = if is_long() { 40 } else { 6 };
    let shop = Shop::open(QA_BRANCHES)?;
    let mut sessions = Vec::new();
    for number in 0..count {
        sessions.push(shop.enter(&format!("shop@qa.b{number}")).await?);
    }
    for (number, session) in sessions.iter().enumerate() {
        session
            .run(&format!(
                "INSERT INTO items VALUES ({}, 'own')",
                10 + number
            ))
            .await?;
    }
    for session in &sessions {
        assert_eq!(session.items().await?, ITEMS + 1);
    }
    let listed = shop.json("branch list")?;
    let awake = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter(|line| line["server"] == "awake");
    assert_eq!(awake.count(), count);
    Ok(())
}
