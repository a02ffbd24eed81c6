//! Reset and undo: which generation a session sees, and what one is told whose generation is left.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio_postgres::error::SqlState;

use crate::shop::{ITEMS, QA, QA_BRANCHES, Shop, db_error};

/// Numbers of the generations that a place can go back to.
fn earlier(line: &Value) -> Vec<u64> {
    let earlier = line["earlier"].as_array().into_iter().flatten();
    earlier
        .filter_map(|generation| generation["number"].as_u64())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_brings_back_the_rows_and_undo_the_mess() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    shop.enter("shop@qa")
        .await?
        .run("DELETE FROM items")
        .await?;
    assert_eq!(shop.items("shop@qa").await?, 0);
    let record = shop.json("environment reset qa")?;
    assert_eq!(record["operation"], "reset");
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    shop.json("environment undo qa")?;
    assert_eq!(shop.items("shop@qa").await?, 0);
    // An undo is a swing like any other.
    shop.json("environment undo qa")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_a_generation_that_is_left_are_told_who_did_it() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let idle = shop.enter("shop@qa").await?;
    let busy = shop.enter("shop@qa").await?;
    idle.items().await?;
    busy.run("BEGIN; DELETE FROM items").await?;
    let record = shop.json("environment reset qa")?;
    assert_eq!(record["ended_sessions"], 2);

    let told = idle.ended().await?;
    let by = record["by"].as_str().unwrap_or_default();
    assert_eq!(told.code(), &SqlState::ADMIN_SHUTDOWN);
    assert_eq!(told.severity(), "FATAL");
    assert_eq!(
        told.message(),
        "terminating connection because \"qa\" was reset"
    );
    let detail = told.detail().unwrap_or_default();
    assert!(
        detail.starts_with(&format!("asked for by {by} at ")),
        "{detail}"
    );
    assert_eq!(told.hint(), Some("reconnect to get the present state"));

    assert_eq!(busy.ended().await?.code(), &SqlState::ADMIN_SHUTDOWN);
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_under_way_at_a_reset_ends_with_57p01() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    let watcher = shop.enter("shop@qa").await?;
    let begun = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    let statement = async {
        let sql = "SELECT pg_advisory_lock(1), pg_sleep(600)";
        let error = session.client.batch_execute(sql).await;
        db_error(&error.expect_err("it was ended"))
    };
    let reset = async {
        while watcher.text(begun).await? != "1" {}
        shop.json("environment reset qa")
    };
    let (told, reset) = tokio::join!(statement, reset);
    reset?;
    assert_eq!(told?.code(), &SqlState::ADMIN_SHUTDOWN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_generations_are_kept_and_the_oldest_is_collected() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon()
        .expect("cannot undo: generation 1 is not kept");
    for number in 1..=5_i64 {
        let session = shop.enter("shop@qa").await?;
        session
            .run(&format!(
                "INSERT INTO items VALUES ({}, 'generation')",
                100 * number
            ))
            .await?;
        drop(session);
        if number < 5 {
            shop.json("environment reset qa")?;
        }
    }
    let qa = shop.json("environment show qa")?;
    assert_eq!(qa["generation"]["number"], 5);
    assert_eq!(earlier(&qa), [4, 3, 2]);
    let kept: BTreeSet<String> = std::iter::once(&qa["generation"])
        .chain(qa["earlier"].as_array().into_iter().flatten())
        .filter_map(|generation| generation["branch"].as_str().map(str::to_owned))
        .collect();
    // Collection is a task of its own after the swing.
    let began = std::time::Instant::now();
    while BTreeSet::from_iter(shop.branch_directories()?) != kept {
        assert!(
            began.elapsed() < crate::shop::PATIENCE,
            "{:?}",
            shop.branch_directories()?
        );
    }

    shop.json("environment undo qa --to 3")?;
    let session = shop.enter("shop@qa").await?;
    let marks = session
        .text("SELECT string_agg(id::text, ',') FROM items WHERE id >= 100")
        .await?;
    assert_eq!(marks, "300");
    let (code, said) = shop.fails("environment undo qa --to 1")?;
    assert_eq!(code, 1);
    assert!(
        said.contains("generation 1 is not kept; there is "),
        "{said}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn branches_live_on_when_their_environment_is_reset() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    let branch = shop.enter("shop@qa.mine").await?;
    branch.run("DELETE FROM items WHERE id = 1").await?;
    shop.json("environment reset qa")?;
    assert_eq!(branch.items().await?, ITEMS - 1);
    shop.json("branch reset qa.mine")?;
    assert_eq!(branch.ended().await?.code(), &SqlState::ADMIN_SHUTDOWN);
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS);
    shop.json("branch undo qa.mine")?;
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS - 1);
    Ok(())
}
