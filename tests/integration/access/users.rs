//! What a user may do at most, whatever the environment allows.

use tokio_postgres::error::SqlState;

use super::modes::denied;
use crate::shop::{ITEMS, PASSWORD, QA, Session, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_with_less_than_the_environment_has_no_more() -> anyhow::Result<()> {
    let users = "\
[users.reader]
password = \"file:app.password\"
environments = [\"*\"]
access = \"read-only\"
[users.adder]
password = \"file:app.password\"
environments = [\"*\"]
access = \"append\"
";
    let shop = Shop::open(&format!("{QA}{users}"))?;
    let login = |user: &str| -> anyhow::Result<_> {
        let mut config = shop.login("shop@qa")?;
        config.user(user).password(PASSWORD);
        Ok(config)
    };
    let all = shop.enter("shop@qa").await?;
    // What is made later is readable as well; what runs with its owner's rights is not runnable.
    all.run(
        "CREATE TABLE later (a int); INSERT INTO later VALUES (1); \
         CREATE SCHEMA more; CREATE TABLE more.later (a int); \
         CREATE TABLE counted (id serial PRIMARY KEY, name text); INSERT INTO counted (name) VALUES ('a'); \
         CREATE VIEW seen AS SELECT name FROM counted; \
         CREATE TABLE parted (a int) PARTITION BY LIST (a); \
         CREATE TABLE part1 PARTITION OF parted FOR VALUES IN (1); \
         CREATE FUNCTION wipe() RETURNS int LANGUAGE sql SECURITY DEFINER \
         AS 'DELETE FROM items; SELECT 1'",
    )
    .await?;
    let reader = Session::begin(&login("reader")?).await?;
    assert_eq!(reader.items().await?, ITEMS);
    assert_eq!(reader.text("SELECT count(*) FROM later").await?, "1");
    assert_eq!(reader.text("SELECT count(*) FROM more.later").await?, "0");
    let code = denied(&reader, "INSERT INTO items VALUES (9, 'x')").await?;
    assert_eq!(code, SqlState::READ_ONLY_SQL_TRANSACTION);
    let code = denied(&reader, "SELECT wipe()").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    // Made behind the reader's back, with the default rights of their owner.
    all.run(
        "CREATE TABLE part2 PARTITION OF parted FOR VALUES IN (2); INSERT INTO parted VALUES (2)",
    )
    .await?;
    for (table, rows) in [
        ("counted", "1"),
        ("counted_id_seq", "1"),
        ("seen", "1"),
        ("parted", "1"),
        ("part1", "0"),
        ("part2", "1"),
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(reader.text(&sql).await?, rows, "{table}");
    }
    let adder = Session::begin(&login("adder")?).await?;
    adder
        .run(
            "INSERT INTO counted (name) VALUES ('b'); INSERT INTO seen VALUES ('c'); \
              INSERT INTO parted VALUES (1), (2); INSERT INTO part2 VALUES (2)",
        )
        .await?;
    assert_eq!(all.text("SELECT max(id) FROM counted").await?, "3");
    assert_eq!(all.text("SELECT count(*) FROM parted").await?, "4");
    adder
        .run("INSERT INTO items VALUES (9, 'x'); INSERT INTO more.later VALUES (1)")
        .await?;
    let code = denied(&adder, "SELECT wipe()").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    assert_eq!(all.items().await?, ITEMS + 1);
    all.run("DELETE FROM items WHERE id = 9").await?;
    Ok(())
}
