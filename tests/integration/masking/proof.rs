//! Rehearsals of a copy, and proofs of places that came of one.

use serde_json::Value;

use super::environment::{Copied, PEOPLE, opened};
use crate::security::{Trace, nobody_rose};

fn table<'v>(tables: &'v Value, name: &str) -> anyhow::Result<&'v Value> {
    let all = tables.as_array().into_iter().flatten();
    let found = all.into_iter().find(|one| one["table"] == name);
    found.ok_or_else(|| anyhow::anyhow!("no {name} in {tables}"))
}

fn column<'v>(table: &'v Value, name: &str) -> anyhow::Result<&'v Value> {
    let all = table["columns"].as_array().into_iter().flatten();
    let found = all.into_iter().find(|one| one["column"] == name);
    found.ok_or_else(|| anyhow::anyhow!("no {name} in {table}"))
}

/// Verifies a place; the exit code and what was said.
fn verified(copied: &mut Copied, place: &str) -> anyhow::Result<(Option<i32>, String)> {
    let output = copied.shop.daemon().command(&["mask", "verify", place])?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8(said)?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_counts_what_a_copy_would_hold_and_makes_none() -> anyhow::Result<()> {
    let copied = opened().await?;
    let counted = copied.shop.json("mask copy --dry-run --workers 2")?;
    let customers = table(&counted["tables"], "public.customers")?;
    assert_eq!(customers["rows"], PEOPLE);
    let email = column(customers, "email")?;
    assert_eq!(
        (&email["replaced"], &email["unchanged"]),
        (&PEOPLE.into(), &0.into())
    );
    // One mood among two, drawn by row: some stay what they are.
    let mood = column(customers, "mood")?;
    let sum = ["replaced", "unchanged"].map(|part| mood[part].as_i64().unwrap_or(-1));
    assert_eq!(sum[0] + sum[1], PEOPLE, "{mood}");
    assert!(column(customers, "created_at").is_err(), "it is kept");
    assert_eq!(
        table(&counted["tables"], "public.orders")?["rows"],
        2 * PEOPLE
    );
    assert!(table(&counted["tables"], "public.audit").is_err());
    assert!(!counted.to_string().to_lowercase().contains("canary"));
    assert_eq!(copied.shop.json("snapshot list")?, serde_json::json!([]));
    let (code, said) = copied.shop.fails("mask copy")?;
    assert_eq!(code, 2);
    assert!(said.contains("environment refresh"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_the_shape_of_what_was_and_what_would_be() -> anyhow::Result<()> {
    let copied = opened().await?;
    let plan = copied.shop.json("mask plan --preview 2")?;
    let customers = table(&plan["preview"], "public.customers")?;
    let email = column(customers, "email")?["pairs"].clone();
    let email = email.as_array().cloned().unwrap_or_default();
    assert_eq!(email.len(), 2);
    for pair in &email {
        assert_eq!(pair[0], "xxxxxx9@xxxx.xxxxxxx");
        let after = pair[1].as_str().unwrap_or_default();
        assert!(after.contains('@') && !after.starts_with("xxx"), "{after}");
    }
    assert_ne!(email[0][1], email[1][1]);
    assert!(
        !plan["preview"]
            .to_string()
            .to_lowercase()
            .contains("canary")
    );
    // What a copy then holds is what was shown.
    let session = copied.shop.enter("shop@copy").await?;
    let same = "SELECT count(*)::int8 FROM customers WHERE email = $1";
    for pair in &email {
        let after = pair[1].as_str().unwrap_or_default();
        let found: i64 = session.client.query_one(same, &[&after]).await?.get(0);
        assert_eq!(found, 1, "{after}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_proved_again_and_what_somebody_wrote_there_is_found() -> anyhow::Result<()> {
    let mut copied = opened().await?;
    copied.shop.json("environment build copy")?;
    let proof = copied.shop.json("mask verify copy")?;
    assert_eq!(proof["report"]["leaks"], serde_json::json!([]));
    assert!(proof["report"]["values"].as_u64() > Some(1_000), "{proof}");
    assert!(proof["report"]["files"].as_u64() > Some(100), "{proof}");
    assert_eq!(proof["manifest"]["state"], "signed");
    let unlooked = proof["report"]["not_looked_for"].as_array().cloned();
    let unlooked: Vec<String> = unlooked
        .unwrap_or_default()
        .iter()
        .map(|one| format!("{} {}", one["place"], one["why"]).replace('"', ""))
        .collect();
    for line in [
        "public.audit unread",
        "public.customers.born common",
        "public.customers.mood common",
    ] {
        assert!(
            unlooked.iter().any(|told| told == line),
            "{line}: {unlooked:?}"
        );
    }
    assert!(
        !unlooked.iter().any(|told| told.contains("email")),
        "{unlooked:?}"
    );
    assert_eq!(proof["manifest"]["current"], true);

    copied.shop.json("branch create copy.case")?;
    let session = copied.shop.enter("shop@copy.case").await?;
    session
        .run("UPDATE orders SET note = 'wrote to Canary77@corp.example' WHERE id = 3")
        .await?;
    drop(session);
    let (code, said) = verified(&mut copied, "copy.case")?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("public.orders_old.note"), "{said}");
    assert!(!said.to_lowercase().contains("canary"), "{said}");
    copied.shop.json("mask verify copy")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_constraint_that_does_not_hold_in_a_place_is_named() -> anyhow::Result<()> {
    let mut copied = opened().await?;
    copied.shop.json("environment build copy")?;
    copied.shop.json("branch create copy.case")?;
    let session = copied.shop.enter("shop@copy.case").await?;
    // Whoever owns a table may leave rows unasked.
    session
        .run(
            "CREATE TABLE mine (customer int);
             INSERT INTO mine VALUES (-1), (-2);
             ALTER TABLE mine ADD FOREIGN KEY (customer) REFERENCES customers NOT VALID",
        )
        .await?;
    drop(session);
    let (code, said) = verified(&mut copied, "copy.case")?;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("rows without parent: public.mine.mine_customer_fkey (2)"),
        "{said}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_somebody_wrote_into_a_place_is_run_without_our_rights() -> anyhow::Result<()> {
    let mut copied = opened().await?;
    copied.shop.json("environment build copy")?;
    copied.shop.json("branch create copy.case")?;
    let session = copied.shop.enter("shop@copy.case").await?;
    let trace = Trace::new("proof");
    trace.plant(&session).await?;
    let attempts = trace.attempts();
    // What joins texts of the catalogue, where the path of the database has a say.
    session
        .run(&format!(
            "ALTER TABLE customers ADD CONSTRAINT mine CHECK (planted(1)) NOT VALID;
             CREATE SCHEMA evil;
             CREATE FUNCTION evil.joined(a name, b name) RETURNS text LANGUAGE plpgsql
               AS $planted$ BEGIN {attempts} RETURN a::text || b::text; END $planted$;
             CREATE OPERATOR evil.|| (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.joined);
             ALTER DATABASE shop SET search_path = evil, public, pg_catalog"
        ))
        .await?;
    let (code, said) = verified(&mut copied, "copy.case")?;
    trace.must_be_absent()?;
    assert_eq!(code, Some(0), "{said}");
    nobody_rose(&session).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_somebody_changed_is_no_proof() -> anyhow::Result<()> {
    let mut copied = opened().await?;
    copied.shop.json("environment build copy")?;
    let snapshots = std::fs::read_dir(copied.shop.pool().join("snapshots"))?;
    let notes = snapshots.filter_map(Result::ok);
    let notes = notes.map(|entry| entry.path().join("notes.json"));
    let path = notes.into_iter().find(|path| path.exists());
    let path = path.ok_or_else(|| anyhow::anyhow!("no notes"))?;
    let text = std::fs::read_to_string(&path)?;
    for (change, told) in [
        (
            text.replacen("\\\"rows\\\"", "\\\"Rows\\\"", 1),
            "changed after it was signed",
        ),
        (text[..text.len() / 2].to_owned(), "cannot be read"),
    ] {
        assert_ne!(change, text);
        std::fs::write(&path, change)?;
        let (code, said) = verified(&mut copied, "copy")?;
        assert!(code == Some(1) && said.contains(told), "{code:?} {said}");
    }
    Ok(())
}
