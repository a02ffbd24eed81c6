//! What in a schema could do more than its caller: revoked, and shown.

use tokio_postgres::error::SqlState;

use super::modes::{MODES, denied};
use crate::shop::Shop;

/// One of each.
const SCHEMA: &str = "\
CREATE FUNCTION wipe() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM items; SELECT 1';
CREATE FUNCTION wipes(int, int) RETURNS int LANGUAGE sql SECURITY DEFINER
  AS 'DELETE FROM items; SELECT 1';
CREATE AGGREGATE wiped (int) (SFUNC = wipes, STYPE = int, INITCOND = '0');
CREATE FUNCTION run(sql text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE sql; END';
CREATE TABLE ruled (a int);
CREATE RULE r AS ON INSERT TO ruled DO INSTEAD DELETE FROM items;
CREATE TABLE triggered (a int);
CREATE FUNCTION trigger_wipe() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  AS 'BEGIN DELETE FROM items; RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION trigger_wipe();
";

/// What the doctor says of schemas.
fn doctor(shop: &Shop) -> anyhow::Result<Vec<serde_json::Value>> {
    let said = shop.json("doctor")?;
    let said = said.as_array().cloned().unwrap_or_default();
    let of_schemas = said.into_iter().filter(|one| one["what"] == "schemas");
    Ok(of_schemas.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_write_for_its_caller_is_found_and_closed() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    shop.write("migrations/002_traps.sql", SCHEMA)?;
    let session = shop.enter("shop@ao").await?;
    for sql in [
        "SELECT wipe()",
        "SELECT wiped(id) FROM items",
        "INSERT INTO ruled VALUES (1)",
        "INSERT INTO triggered VALUES (1)",
        "SELECT run('DELETE FROM items')",
    ] {
        let code = denied(&session, sql).await?;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{sql}");
    }
    assert_eq!(session.items().await?, crate::shop::ITEMS);
    let shown = shop.json("environment show ao")?;
    let found: Vec<(&str, &str)> = shown["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default();
            (text("kind"), text("object"))
        })
        .collect();
    assert_eq!(
        found,
        [
            (
                "aggregate on a routine with its owner's rights",
                "public.wiped(integer)"
            ),
            (
                "routine that runs SQL which it is given or makes",
                "public.run(text)"
            ),
            ("routine with its owner's rights", "public.trigger_wipe()"),
            ("routine with its owner's rights", "public.wipe()"),
            (
                "routine with its owner's rights",
                "public.wipes(integer,integer)"
            ),
            ("rule on a table", "public.ruled"),
            ("trigger with its owner's rights", "public.triggered"),
        ]
    );
    let hint = "`standin environment show ao` says what was done";
    let doctor = doctor(&shop)?;
    let first = (
        "ao: aggregate on a routine with its owner's rights: public.wiped(integer)",
        Some(hint),
    );
    let third = (
        "ao: routine with its owner's rights: public.trigger_wipe(), public.wipe(), \
         public.wipes(integer,integer)",
        None,
    );
    assert_eq!(doctor.len(), 5, "{doctor:?}");
    for (at, (detail, hint)) in [(0, first), (2, third)] {
        assert_eq!(doctor[at]["state"], "weak");
        assert_eq!(doctor[at]["detail"], detail);
        assert_eq!(doctor[at]["hint"].as_str(), hint);
    }
    // Where everything is allowed, nothing was taken from anybody.
    let all = shop.enter("shop@qa").await?;
    all.run("SELECT wipe()").await?;
    assert_eq!(all.items().await?, 0);
    assert!(shop.json("environment show qa")?["findings"].is_null());
    opened(&shop).await
}

/// Nothing is found any more where everything comes to be allowed.
async fn opened(shop: &Shop) -> anyhow::Result<()> {
    shop.rewrite(|text| text.replace("access = \"append\"", "access = \"read-write\""))?;
    shop.json("reload")?;
    shop.enter("shop@ao").await?.run("SELECT wipe()").await?;
    assert!(shop.json("environment show ao")?["findings"].is_null());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_harmless_schema_has_no_findings() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    shop.json("environment build ro")?;
    assert!(shop.json("environment show ro")?["findings"].is_null());
    let said = doctor(&shop)?;
    assert_eq!((said.len(), said[0]["state"].as_str()), (1, Some("good")));
    Ok(())
}
