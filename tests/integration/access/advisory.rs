//! A server that is not ours, whose login can do everything: only the guard stands before its data.

use anyhow::Context;
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

/// A user who may do less than an environment whose server is not ours.
const NARROW: &str = "\
[environments.uat]
source = { upstream = \"file:uat.url\" }
[environments.all]
source = { upstream = \"file:uat.url\" }
[environments.reader]
source = { upstream = \"file:reader.url\" }
access = \"read-only\"
[environments.away]
source = { upstream = \"file:away.url\" }
access = \"append\"
[users.narrow]
password = \"file:app.password\"
environments = [\"uat\"]
access = \"read-only\"
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_do_less_than_the_login_is_told_apart_everywhere() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute(
            "CREATE TABLE items (id int); CREATE ROLE reader LOGIN PASSWORD 'x'; \
             GRANT SELECT ON items TO reader; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        )
        .await?;
    let mut shop = Shop::closed(Build::Plain, NARROW)?;
    let url = server.url("shop");
    shop.write("uat.url", &url)?;
    let (_, place) = url.rsplit_once('@').context("a host")?;
    shop.write("reader.url", &format!("postgres://reader:x@{place}"))?;
    shop.write("away.url", "postgres://ada:hunter2@127.0.0.1:1/shop")?;
    shop.daemon().start_again(&[])?;
    for (name, advisory) in [("uat", true), ("all", false), ("reader", true)] {
        let shown = shop.json(&format!("environment show {name}"))?;
        assert_eq!(shown["advisory"], advisory, "{name}");
    }
    for command in ["status", "environment list"] {
        let text = shop.said(command)?;
        let told = "read-write, advisory for users with less: the login can write";
        assert!(text.contains(told), "{text}");
        let told = "read-only, advisory: the login can write";
        assert!(text.contains(told), "{text}");
    }
    let said = shop.json("doctor")?;
    let of_upstreams: Vec<_> = said
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| one["what"] == "upstreams")
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default();
            (text("state"), text("detail"), text("hint"))
        })
        .collect();
    let [uat, reader, away] = of_upstreams.as_slice() else {
        anyhow::bail!("{said:#}");
    };
    assert_eq!(uat.0, "weak");
    assert!(
        uat.1.starts_with("uat: read-only is advisory: login "),
        "{uat:?}"
    );
    assert!(uat.1.contains(" is a superuser"), "{uat:?}");
    assert!(uat.2.contains("CREATE ROLE standin_uat LOGIN"), "{uat:?}");
    let can = "reader: login \"reader\" can do no more than read-only";
    assert_eq!((reader.0, reader.1), ("good", can));
    assert_eq!(away.0, "unseen");
    assert!(!said.to_string().contains("hunter2"));
    Ok(())
}
