//! A server that is not ours, whose login can do everything: only the guard stands before its data.

use tests::daemon::Build;
use tests::postgres::Scratch;

use super::modes::denied;
use crate::shop::Shop;

const TABLES: &str = "\
[environments.uat]
source = { upstream = \"file:uat.url\" }
access = \"read-only\"
limits = { rows = 10 }
[environments.free]
source = { upstream = \"file:uat.url\" }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_alone_says_that_it_is_alone_and_denies_what_it_cannot_judge()
-> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute(
            "CREATE TABLE items (id int); INSERT INTO items VALUES (1); \
             CREATE FUNCTION dyn(q text) RETURNS int LANGUAGE plpgsql \
             AS 'BEGIN EXECUTE q; RETURN 1; END'",
        )
        .await?;
    let mut shop = Shop::closed(Build::Plain, TABLES)?;
    shop.write("uat.url", &server.url("shop"))?;
    shop.daemon().start_again(&[])?;
    let session = shop.enter("shop@uat").await?;
    assert_eq!(session.items().await?, 1);
    for (sql, code) in [
        ("DELETE FROM items", "25006"),
        ("SET default_transaction_read_only = off", "25006"),
        ("FROBNICATE items", "42501"),
        ("SELECT pg_read_file('PG_VERSION')", "42501"),
        // The server's own answers, as everywhere.
        ("SELECT dyn('DELETE FROM items')", "25006"),
        ("SELECT 1/0", "22012"),
        ("SELECT generate_series(1, 1000000)", "54000"),
    ] {
        assert_eq!(denied(&session, sql).await?.code(), code, "{sql}");
    }
    // What only the guard stood against is found out behind, and ends the session.
    let tripped = denied(
        &session,
        "SELECT dyn('SET default_transaction_read_only = off')",
    )
    .await?;
    assert_eq!(tripped.code(), "25006");
    assert!(session.client.batch_execute("SELECT 1").await.is_err());
    let shown = shop.json("environment show uat")?;
    assert_eq!(
        (&shown["access"], &shown["advisory"]),
        (&"read-only".into(), &true.into())
    );
    let shown = shop.json("environment show free")?;
    assert_eq!(shown["advisory"], false);
    let free = shop.enter("shop@free").await?;
    free.run("DELETE FROM items").await?;
    assert_eq!(denied(&free, "FROBNICATE items").await?.code(), "42601");
    Ok(())
}
