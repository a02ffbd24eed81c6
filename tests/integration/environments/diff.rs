//! What a branch changed.

use crate::shop::{QA, QA_BRANCHES, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diff_names_the_schema_the_counts_and_the_keys() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    let branch = shop.enter("shop@qa.mine").await?;
    branch
        .run(
            "ALTER TABLE items ADD colour text; DELETE FROM items WHERE id = 1;
             UPDATE items SET name = 'damson' WHERE id = 3; INSERT INTO items VALUES (7, 'fig')",
        )
        .await?;
    let diff = shop.json("branch diff qa.mine --rows")?;
    assert_eq!(diff["database"], "shop");
    let schema = diff["schema"].to_string();
    assert!(schema.contains("colour"), "{schema}");
    let table = &diff["tables"][0];
    assert_eq!(
        (&table["added"], &table["removed"]),
        (&1.into(), &1.into()),
        "{table}"
    );
    assert_eq!(
        (&table["before"], &table["after"]),
        (&3.into(), &3.into()),
        "{table}"
    );
    let keys = diff["rows"].to_string();
    for key in ["1", "3", "7"] {
        assert!(keys.contains(key), "{keys}");
    }
    // No value of a row is part of an answer.
    assert!(!keys.contains("damson"), "{keys}");
    // The branch goes on, and the copy that was compared with is gone.
    assert_eq!(branch.items().await?, 3);
    assert_eq!(shop.branch_directories()?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diff_without_changes_says_so_and_a_wrong_database_is_named() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    shop.items("shop@qa").await?;
    let output = shop.fails("branch diff qa --database shup")?;
    assert_eq!(output.0, 1);
    assert!(output.1.contains("\"shup\" does not exist"), "{}", output.1);
    let diff = shop.json("branch diff qa")?;
    assert_eq!(diff["schema"], serde_json::json!([]));
    Ok(())
}
