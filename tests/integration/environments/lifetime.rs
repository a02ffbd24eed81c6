//! What vanishes by itself and what does not: lifetimes and protection.

use std::time::Instant;

use crate::shop::{ITEMS, PATIENCE, QA, QA_BRANCHES, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unused_branch_is_dropped_and_a_used_or_protected_one_is_not() -> anyhow::Result<()> {
    let table = QA_BRANCHES.replace("max = 200", "max = 200, ttl = \"5s\"");
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
