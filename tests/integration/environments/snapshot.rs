//! Snapshots that people take, and branches that begin with them or with a live place.

use crate::shop::{ITEMS, QA_BRANCHES, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_kept_until_it_is_dropped_and_unused() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    let taken = shop.json("snapshot create qa")?;
    let id = taken["id"].as_str().unwrap_or_default().to_owned();
    // It was taken without stopping anybody.
    assert_eq!(session.items().await?, ITEMS + 1);
    session.run("DELETE FROM items").await?;
    shop.json("environment reset qa")?;

    let listed = shop.json("snapshot list")?;
    let lines = listed.as_array().into_iter().flatten();
    let ours: Vec<_> = lines.filter(|line| line["id"] == *id).collect();
    assert_eq!(ours.len(), 1, "{listed}");
    assert_eq!(ours[0]["kept"], true);
    shop.json(&format!("branch create qa.then --from {id}"))?;
    assert_eq!(shop.items("shop@qa.then").await?, ITEMS + 1);

    let (code, said) = shop.fails(&format!("snapshot drop {id}"))?;
    assert_eq!(code, 1);
    assert!(said.contains("in use by qa.then"), "{said}");
    shop.json("branch drop qa.then")?;
    shop.json(&format!("snapshot drop {id}"))?;
    assert_eq!(
        shop.json("snapshot list")?.as_array().map(Vec::len),
        Some(1)
    );
    let (code, said) = shop.fails(&format!("snapshot drop {id}"))?;
    assert_eq!(code, 1);
    assert!(said.contains("does not exist"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_of_a_live_place_holds_what_was_committed() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.daemon().expect("already exists");
    shop.daemon().expect("does not exist");
    let parent = shop.enter("shop@qa.parent").await?;
    parent.run("INSERT INTO items VALUES (4, 'fig')").await?;
    parent
        .run("BEGIN; INSERT INTO items VALUES (5, 'uncommitted')")
        .await?;
    shop.json("branch create qa.child --from qa.parent")?;
    shop.json("branch create qa.grandchild --from qa.child")?;
    parent.run("COMMIT").await?;
    assert_eq!(parent.items().await?, ITEMS + 2);
    assert_eq!(shop.items("shop@qa.child").await?, ITEMS + 1);
    assert_eq!(shop.items("shop@qa.grandchild").await?, ITEMS + 1);
    // A child does not depend on its parent.
    drop(parent);
    shop.json("branch drop qa.parent")?;
    assert_eq!(shop.items("shop@qa.child").await?, ITEMS + 1);
    let (code, said) = shop.fails("branch create qa.child")?;
    assert_eq!(code, 1);
    assert!(said.contains("\"qa.child\" already exists"), "{said}");
    let (code, said) = shop.fails("branch create qa.other --from qa.parent")?;
    assert_eq!(code, 1);
    assert!(said.contains("\"qa.parent\" does not exist"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_nearly_full_refuses_what_is_new_with_53100_and_says_what_helps()
-> anyhow::Result<()> {
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.daemon().expect("% full");
    let session = shop.enter("shop@qa").await?;
    shop.fill(92)?;
    let refused = shop.refused("shop@qa.more").await?;
    assert_eq!(refused.code().code(), "53100", "{refused:?}");
    let hint = refused.hint().unwrap_or_default();
    assert!(hint.contains("drop branches or snapshots"), "{hint}");
    for command in [
        "branch create qa.other",
        "snapshot create qa",
        "environment refresh qa",
        "environment reset qa",
    ] {
        let (code, said) = shop.fails(command)?;
        assert_eq!(code, 1, "{command}");
        assert!(said.contains("% full"), "{command}: {said}");
        assert!(
            said.contains("drop branches or snapshots"),
            "{command}: {said}"
        );
    }
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    assert_eq!(session.items().await?, ITEMS + 1);
    Ok(())
}
