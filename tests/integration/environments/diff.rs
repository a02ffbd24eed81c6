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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diff_tells_partitions_odd_names_and_tables_without_a_key() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    let more = r#"
        CREATE TABLE sale (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE sale_old PARTITION OF sale FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
        CREATE TABLE sale_new PARTITION OF sale FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
        INSERT INTO sale SELECT g, date '2025-12-01' + g FROM generate_series(1, 60) g;
        CREATE SCHEMA "Odd ""one""";
        CREATE TABLE "Odd ""one"""."Käse; DROP" ("Sel ect" text PRIMARY KEY, "x.y" int);
        INSERT INTO "Odd ""one"""."Käse; DROP" VALUES ('a', 1), ('b', 2);
        CREATE TABLE note (text text);
        INSERT INTO note VALUES ('once'), ('twice'), ('twice');
    "#;
    shop.write("migrations/002_more.sql", more)?;
    let branch = shop.enter("shop@qa.mine").await?;
    let changes = r#"
        DELETE FROM sale WHERE id = 2;
        UPDATE sale SET day = '2026-05-05' WHERE id = 3;
        UPDATE "Odd ""one"""."Käse; DROP" SET "x.y" = 3 WHERE "Sel ect" = 'b';
        DELETE FROM note WHERE ctid = (SELECT max(ctid) FROM note);
        CREATE TABLE fresh (id int PRIMARY KEY); INSERT INTO fresh VALUES (1), (2);
    "#;
    branch.run(changes).await?;
    let diff = shop.json("branch diff qa.mine --rows 1")?;
    let tables = diff["tables"].as_array().expect("tables");
    let counts = |name: &str| {
        let of = |table: &&serde_json::Value| table["table"].to_string().contains(name);
        let found: Vec<_> = tables.iter().filter(of).collect();
        assert_eq!(found.len(), 1, "{name}: {tables:?}");
        let number = |key: &str| found[0][key].as_u64();
        [
            number("before"),
            number("after"),
            number("added"),
            number("removed"),
            number("changed"),
        ]
        .map(|number| number.map_or(-1, |number| number as i64))
    };
    // The root stands for its partitions; a row that moves is another key.
    assert_eq!(counts("sale"), [60, 59, 1, 2, 0]);
    assert_eq!(counts("Käse; DROP"), [2, 2, 0, 0, 1]);
    assert_eq!(counts("note"), [3, 2, 0, 1, 0]);
    assert_eq!(counts("fresh"), [-1, 2, 2, 0, 0]);
    // Asked for one row of each table, by its key; a table without one has counts only.
    let rows = diff["rows"].as_array().expect("rows");
    let named: Vec<String> = rows.iter().map(|one| one[0].to_string()).collect();
    assert_eq!(rows.len(), 2, "{named:?}");
    for one in rows {
        assert_eq!(one[1].as_array().map(Vec::len), Some(1), "{one}");
    }
    Ok(())
}
