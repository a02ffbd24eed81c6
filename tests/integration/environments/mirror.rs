//! A copy of a running production: raw, and entered only by who lists it.

use tests::postgres::Scratch;
use tokio_postgres::error::SqlState;

use crate::shop::{Shop, db_error};

const MIRROR: &str = "\
[production]
url = \"file:production.url\"

[environments.copy]
source = { mirror = \"production\", unmasked = true }
spares = 0

[environments.qa]
source = { migrations = \"migrations\", database = \"shop\" }
spares = 0
";

/// A production whose database belongs to a superuser, and a shop that copies it.
async fn shop(environments: &str) -> anyhow::Result<(Scratch, Shop)> {
    let production = Scratch::start()?;
    let client = production.database("shop").await?;
    client
        .batch_execute("CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)")
        .await?;
    let mut shop = Shop::closed(tests::daemon::Build::Plain, environments)?;
    shop.write("production.url", &production.url("shop"))?;
    shop.daemon().start_again(&[])?;
    Ok((production, shop))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_lists_a_raw_copy_enters_it_and_nobody_is_superuser() -> anyhow::Result<()> {
    let (production, shop) = shop(MIRROR).await?;
    let refused = shop.refused("shop@copy").await?;
    assert_eq!(refused.code(), &SqlState::INSUFFICIENT_PRIVILEGE);
    shop.rewrite(|text| text.replace("[\"*\"]", "[\"*\", \"copy\"]"))?;
    shop.json("reload")?;

    let session = shop.enter("shop@copy").await?;
    assert_eq!(session.items().await?, 1);
    let superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = ";
    for who in ["session_user", "current_user"] {
        assert_eq!(
            session.text(&format!("{superuser}{who}")).await?,
            "f",
            "{who}"
        );
    }
    // It can do all that an owner can, and nothing that leaves the database.
    session
        .run("ALTER TABLE items ADD name text; INSERT INTO items VALUES (2)")
        .await?;
    for denied in [
        "COPY items TO PROGRAM 'true'",
        "COPY items FROM '/etc/passwd'",
        "SET session_authorization = 'standin'",
        "SET ROLE postgres",
        "ALTER SYSTEM SET work_mem = '1MB'",
    ] {
        let error = session.client.batch_execute(denied).await;
        let error = db_error(&error.expect_err(denied))?;
        assert_eq!(error.code(), &SqlState::INSUFFICIENT_PRIVILEGE, "{denied}");
    }
    // RESET ROLE leads back to the login role, which is less.
    session.run("RESET ROLE").await?;
    assert_eq!(
        session.text(&format!("{superuser}current_user")).await?,
        "f"
    );

    // Nothing was written to production, and a refresh sees what it has become.
    let client = production.connect("shop").await?;
    client
        .batch_execute("INSERT INTO items VALUES (7), (8), (9)")
        .await?;
    shop.json("environment refresh copy")?;
    assert_eq!(shop.items("shop@copy").await?, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_data_is_not_promoted_to_where_it_is_not_allowed() -> anyhow::Result<()> {
    let (_production, mut shop) = shop(MIRROR).await?;
    shop.daemon().expect("holds unmasked production data");
    shop.json("environment build copy")?;
    shop.items("shop@qa").await?;
    let (code, said) = shop.fails("environment promote copy qa")?;
    assert_eq!(code, 1);
    assert!(said.contains("holds unmasked production data"), "{said}");
    assert!(said.contains("unmasked = true"), "{said}");
    let (code, _) = shop.fails("branch create qa.raw --from copy")?;
    assert_eq!(code, 1);
    // The other way is allowed.
    shop.json("environment promote qa copy")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_stays_raw_when_its_table_says_something_else() -> anyhow::Result<()> {
    let (_production, shop) = shop(MIRROR).await?;
    shop.json("environment build copy")?;
    let mirror = "source = { mirror = \"production\", unmasked = true }";
    let migrations = "source = { migrations = \"migrations\", database = \"shop\" }";
    shop.rewrite(|text| text.replace(mirror, migrations))?;
    shop.json("reload")?;
    let refused = shop.refused("shop@copy").await?;
    assert_eq!(refused.code(), &SqlState::INSUFFICIENT_PRIVILEGE);
    shop.json("environment refresh copy")?;
    assert_eq!(shop.items("shop@copy").await?, crate::shop::ITEMS);
    Ok(())
}
