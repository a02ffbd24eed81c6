//! What happens by itself and what does not: lifetimes, protection, schedules.

use std::time::{Duration, Instant};

use crate::shop::{ITEMS, PATIENCE, QA, QA_BRANCHES, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unused_branch_is_dropped_and_a_used_or_protected_one_is_not() -> anyhow::Result<()> {
    let table = QA_BRANCHES.replace("max = 200", "max = 200, ttl = \"15s\"");
    let shop = Shop::open(&table)?;
    for branch in ["forgotten", "visited", "protected"] {
        let session = shop.enter(&format!("shop@qa.{branch}")).await?;
        session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    }
    let held = shop.enter("shop@qa.held").await?;
    held.run("INSERT INTO items VALUES (4, 'fig')").await?;
    shop.json("branch protect qa.protected")?;
    let began = Instant::now();
    // Many short sessions are use as well as one long one.
    while shop
        .json("branch list")?
        .to_string()
        .contains("qa.forgotten")
    {
        assert_eq!(shop.items("shop@qa.visited").await?, ITEMS + 1);
        assert!(began.elapsed() < PATIENCE, "it is still there");
    }
    assert_eq!(held.items().await?, ITEMS + 1);
    let left = shop.json("branch list")?;
    let names: Vec<&str> = left
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| line["name"].as_str())
        .collect();
    assert_eq!(names, ["qa.held", "qa.protected", "qa.visited"]);
    assert_eq!(shop.items("shop@qa.protected").await?, ITEMS + 1);
    assert_eq!(shop.items("shop@qa.visited").await?, ITEMS + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protection_beats_reset_refresh_undo_promote_and_drop() -> anyhow::Result<()> {
    let other = "[environments.staging]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let mut shop = Shop::open(&format!("{QA_BRANCHES}{other}"))?;
    shop.daemon().expect("is protected by");
    shop.daemon().expect("undo");
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    shop.items("shop@staging").await?;
    shop.items("shop@qa.mine").await?;
    shop.json("environment protect qa")?;
    shop.json("branch protect qa.mine --for 2h")?;
    for command in [
        "environment reset qa",
        "environment refresh qa",
        "environment undo qa",
        "environment promote staging qa",
        "branch reset qa.mine",
        "branch drop qa.mine",
        "branch undo qa.mine",
        "branch refresh qa.mine",
    ] {
        let (code, said) = shop.fails(command)?;
        assert_eq!(code, 1, "{command}");
        assert!(said.contains("is protected by"), "{command}: {said}");
        assert!(said.contains("protect"), "{command}: {said}");
    }
    let until = &shop.json("branch show qa.mine")?["protection"]["until"];
    assert!(until.is_string(), "{until}");
    assert_eq!(session.items().await?, ITEMS + 1);
    // Protection outlives the daemon.
    drop(session);
    shop.daemon().stop()?;
    shop.daemon().start_again(&[])?;
    shop.fails("environment reset qa")?;
    shop.json("environment protect qa --off")?;
    shop.json("environment reset qa")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hint_of_a_protected_environment_can_be_typed() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("is protected by");
    shop.daemon().expect("undo");
    shop.items("shop@qa").await?;
    shop.json("environment protect qa")?;
    let (_, said) = shop.fails("environment reset qa")?;
    let (_, hint) = said.split_once("`standin ").unwrap_or_default();
    let command = hint.split('`').next().unwrap_or_default();
    shop.json(command)?;
    shop.json("environment reset qa")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn branches_that_hold_their_environments_disk_are_named_to_who_wants_one_more()
-> anyhow::Result<()> {
    let table = QA_BRANCHES.replace("max = 200", "max = 200, disk = \"64MB\"");
    let mut shop = Shop::open(&table)?;
    shop.daemon().expect("of their own");
    shop.items("shop@qa.small").await?;
    let large = shop.enter("shop@qa.large").await?;
    let sql =
        "CREATE TABLE own AS SELECT repeat(md5(g::text), 30) FROM generate_series(1, 90000) g";
    large.run(sql).await?;
    let refused = shop.refused("shop@qa.more").await?;
    assert_eq!(refused.code().code(), "53400", "{refused:?}");
    let hint = refused.hint().unwrap_or_default();
    assert!(hint.contains("the largest are qa.large ("), "{hint}");
    // It goes on, as do the others, and once it is gone there is room.
    assert_eq!(large.items().await?, ITEMS);
    assert_eq!(shop.items("shop@qa.small").await?, ITEMS);
    drop(large);
    shop.json("branch drop qa.large")?;
    assert_eq!(shop.items("shop@qa.more").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spare_serves_the_environment_whose_table_asks_for_it() -> anyhow::Result<()> {
    let tables = QA.replace("spares = 0", "spares = 1");
    let other = "[environments.staging]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let shop = Shop::open(&format!("{tables}{other}"))?;
    shop.items("shop@qa").await?;
    let one = |status: &serde_json::Value| status["spares"].as_array().map(Vec::len) == Some(1);
    let before = shop.until("status", one)?["spares"].clone();
    assert_eq!(before[0]["environment"], "qa");
    // Of the same snapshot, and of the same durability.
    shop.items("shop@staging").await?;
    shop.json("environment reset staging")?;
    assert_eq!(shop.json("status")?["spares"], before);
    shop.json("environment reset qa")?;
    let current = shop.json("environment show qa")?["generation"]["branch"].clone();
    assert_eq!(current, before[0]["branch"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_resets_an_environment_and_all_that_a_wildcard_made() -> anyhow::Result<()> {
    const EACH_MINUTE: &str = "reset = \"* * * * *\"\n";
    let wildcard = format!(
        "[environments.\"test-*\"]\nsource = {{ environment = \"qa\" }}\nspares = 0\n{EACH_MINUTE}"
    );
    let shop = Shop::open(&format!("{QA}{EACH_MINUTE}{wildcard}"))?;
    let places = ["qa", "test-1", "test-2"];
    for place in places {
        shop.json(&format!("environment build {place}"))?;
    }
    let began = Instant::now();
    for place in places {
        loop {
            let shown = shop.json(&format!("environment show {place}"))?;
            if shown["generation"]["by"] == "schedule" {
                assert_eq!(shown["history"][0]["operation"], "reset", "{place}");
                break;
            }
            // The next minute comes within one.
            let limit = Duration::from_secs(60) + PATIENCE;
            assert!(began.elapsed() < limit, "{place} was not reset");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(shop.items(&format!("shop@{place}")).await?, ITEMS);
    }
    Ok(())
}
