//! Refresh: what the source has become, or the old state where that cannot be had.

use crate::shop::{ITEMS, QA, QA_BRANCHES, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_migrations_are_drift_until_a_refresh() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    shop.items("shop@qa.mine").await?;
    assert_eq!(
        shop.json("environment show qa")?["drift"],
        serde_json::Value::Null
    );
    shop.write(
        "migrations/002_more.sql",
        "INSERT INTO items VALUES (4, 'fig');",
    )?;
    let drift = shop.json("environment show qa")?["drift"].clone();
    assert_eq!(drift, "the migrations have changed since");
    // A reset goes back to what it was built from.
    shop.json("environment reset qa")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);

    shop.json("environment refresh qa")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS + 1);
    assert_eq!(
        shop.json("environment show qa")?["drift"],
        serde_json::Value::Null
    );
    // Named branches keep their base until they are refreshed themselves.
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS);
    shop.json("branch refresh qa.mine")?;
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS + 1);
    // Undo reaches over a refresh, and reset then goes back to the old snapshot.
    shop.json("environment undo qa")?;
    shop.json("environment reset qa")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_migration_is_named_by_line_and_leaves_the_old_state() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("operation=\"refresh\"");
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (9, 'mine')").await?;
    let before = shop.branch_directories()?;
    let broken = "CREATE TABLE more (id int);\n\nINSERT INTO moer VALUES (1);\n";
    shop.write("migrations/002_more.sql", broken)?;
    let (code, said) = shop.fails("environment refresh qa")?;
    assert_eq!(code, 1);
    assert!(said.contains("002_more.sql:3"), "{said}");
    assert!(said.contains("relation \"moer\" does not exist"), "{said}");

    assert_eq!(session.items().await?, ITEMS + 1);
    let qa = shop.json("environment show qa")?;
    assert_eq!(qa["generation"]["number"], 1);
    let failure = qa["failure"]["error"].as_str().unwrap_or_default();
    assert!(failure.contains("002_more.sql:3"), "{failure}");
    let recorded = qa["history"][0]["error"].as_str().unwrap_or_default();
    assert!(recorded.contains("002_more.sql:3"), "{recorded}");
    assert_eq!(shop.branch_directories()?, before);
    // The server of the cluster that was being made stops behind the answer.
    let began = std::time::Instant::now();
    while shop.servers()?.len() != 1 {
        assert!(
            began.elapsed() < crate::shop::PATIENCE,
            "{:?}",
            shop.servers()?
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_broken_from_the_start_is_told_to_who_connects() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("operation=\"build\"");
    shop.write("migrations/002_more.sql", "SELECT 1/0;\n")?;
    let refused = shop.refused("shop@qa").await?;
    assert_eq!(refused.code().code(), "57P03");
    let detail = refused.detail().unwrap_or_default();
    assert!(detail.contains("002_more.sql:1"), "{detail}");
    shop.write("migrations/002_more.sql", "SELECT 1/1;\n")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}
