//! A reload that changes what clients may do.

use tokio_postgres::error::SqlState;

use super::modes::denied;
use crate::shop::{ITEMS, QA, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_access_ends_sessions_and_holds_for_the_next() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    for (access, code) in [
        ("read-only", "25006"),
        ("append", "42501"),
        ("read-only", "25006"),
    ] {
        let session = shop.enter("shop@qa").await?;
        shop.rewrite(|text| {
            let lines = text.lines().filter(|line| !line.starts_with("access"));
            let lines: Vec<&str> = lines.collect();
            lines.join("\n").replace(
                "[environments.qa]",
                &format!("[environments.qa]\naccess = \"{access}\""),
            )
        })?;
        shop.json("reload")?;
        let ended = session.ended().await?;
        assert_eq!(ended.code(), &SqlState::ADMIN_SHUTDOWN);
        let session = shop.enter("shop@qa").await?;
        assert_eq!(session.items().await?, ITEMS + 1, "what was there stays");
        let found = denied(&session, "UPDATE items SET name = 'x'").await?;
        assert_eq!(found.code(), code, "{access}");
        let standby = session.text("SELECT pg_is_in_recovery()").await?;
        assert_eq!(standby == "t", access == "read-only");
    }
    shop.rewrite(|text| text.replace("access = \"read-only\"", "access = \"read-write\""))?;
    shop.json("reload")?;
    let session = shop.enter("shop@qa").await?;
    session
        .run("DELETE FROM items; CREATE TABLE t (a int)")
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_a_reload_adds_gets_into_a_read_only_environment() -> anyhow::Result<()> {
    let shop = Shop::open(&QA.replace("spares", "access = \"read-only\"\nspares"))?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    shop.rewrite(|text| {
        format!("{text}\n[users.bob]\npassword = \"file:app.password\"\nenvironments = [\"qa\"]\n")
    })?;
    shop.json("reload")?;
    let mut config = shop.login("shop@qa")?;
    config.user("bob");
    let session = crate::shop::Session::begin(&config).await?;
    assert_eq!(session.items().await?, ITEMS);
    Ok(())
}
