//! `source = "production"`: environments that are masked copies.

use std::os::unix::fs::PermissionsExt;

use tests::daemon::Build;
use tests::postgres::Scratch;
use tokio_postgres::Client;

use crate::shop::{QA, Session, Shop};

pub(super) const PEOPLE: i64 = 600;

/// Customers with everything that tells who they are, orders that refer to them, a copy of their
/// names where nobody looks for it, and partitions.
const SCHEMA: &str = "\
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE,
  full_name text NOT NULL, phone text, born date, mood mood, code varchar(8) UNIQUE, details jsonb,
  shout text GENERATED ALWAYS AS (upper(full_name)) STORED, created_at timestamptz NOT NULL);
CREATE TABLE orders (id bigint, customer int NOT NULL REFERENCES customers, placed date NOT NULL,
  note text, PRIMARY KEY (id, placed)) PARTITION BY RANGE (placed);
CREATE TABLE orders_old PARTITION OF orders FOR VALUES FROM ('2000-01-01') TO ('2026-01-01');
CREATE TABLE orders_new PARTITION OF orders DEFAULT;
CREATE TABLE audit (at timestamptz, old_row jsonb);
CREATE MATERIALIZED VIEW mailing AS SELECT email, full_name FROM customers;
INSERT INTO customers (email, full_name, phone, born, mood, code, details, created_at)
  SELECT 'canary' || n || '@corp.example', 'Canary Number' || n, '+49 30 ' || 10000000 + n * 7,
         date '1970-01-01' + n, 'good', 'C-' || lpad(n::text, 5, '0'),
         jsonb_build_object('contact', jsonb_build_object('mail', 'canary' || n || '@corp.example')),
         timestamptz '2026-01-01 12:00+00' FROM generate_series(1, 600) n;
INSERT INTO orders SELECT n, 1 + n % 600, date '2025-12-01' + (n % 60)::int, 'for canary' || n || '@corp.example'
  FROM generate_series(1, 1200) n;
INSERT INTO audit SELECT now(), to_jsonb(c) FROM customers c;
ANALYZE;
";

const RULES: &str = "\
[masking]
key = \"file:masking.key\"
locales = { en_us = 1 }
[masking.tables.customers]
id = \"int\"
email = \"email\"
full_name = { with = \"name\", by = \"row\" }
phone = { with = \"phone\", by = \"row\" }
born = \"date-shift\"
mood = \"label\"
code = \"code\"
details = { with = \"json\", parts = { \"contact.mail\" = \"token\" } }
created_at = \"keep\"
[masking.tables.orders]
id = \"keep\"
placed = \"keep\"
note = \"lorem\"
[masking.tables]
audit = \"drop\"
[environments.copy]
source = \"production\"
spares = 0
";

pub(super) struct Copied {
    // Before production: the daemon ends first.
    pub(super) shop: Shop,
    source: Client,
    _production: Scratch,
}

pub(super) async fn opened() -> anyhow::Result<Copied> {
    let production = Scratch::start()?;
    let source = production.database("shop").await?;
    source.batch_execute(SCHEMA).await?;
    source
        .batch_execute(
            "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA public TO reader; \
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        )
        .await?;
    // A table cannot be opened twice, so what is short goes into a table of its own first.
    let rules = RULES.replace("[masking.tables]\naudit = \"drop\"\n", "");
    let rules = rules.replace(
        "[masking.tables.customers]",
        "[masking.tables]\naudit = \"drop\"\n[masking.tables.customers]",
    );
    let tables = format!("[production]\nurl = \"file:production.url\"\n{rules}");
    let mut shop = Shop::closed(Build::Plain, &tables)?;
    let url = format!("postgres://reader@127.0.0.1:{}/shop", production.port());
    shop.write("production.url", &url)?;
    let key = shop.daemon_directory().join("masking.key");
    shop.json(&format!("mask key new {}", key.display()))?;
    shop.daemon().start_again(&[])?;
    Ok(Copied {
        shop,
        source,
        _production: production,
    })
}

async fn texts(session: &Session, sql: &str) -> anyhow::Result<Vec<String>> {
    let rows = session.client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_productions_shape_and_none_of_its_people() -> anyhow::Result<()> {
    let copied = opened().await?;
    let shop = &copied.shop;
    let session = shop.enter("shop@copy").await?;
    for sql in [
        "SELECT c::text FROM customers c",
        "SELECT o::text FROM orders o",
        "SELECT a::text FROM audit a",
        "SELECT m::text FROM mailing m",
        "SELECT coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') FROM pg_stats",
    ] {
        let found = texts(&session, sql).await?;
        let canary = found
            .iter()
            .find(|text| text.to_lowercase().contains("canary"));
        assert_eq!(canary, None, "{sql}");
    }
    let number = async |sql: &str| -> anyhow::Result<i64> {
        Ok(session.client.query_one(sql, &[]).await?.get(0))
    };
    assert_eq!(number("SELECT count(*) FROM customers").await?, PEOPLE);
    assert_eq!(number("SELECT count(*) FROM orders").await?, 2 * PEOPLE);
    assert_eq!(number("SELECT count(*) FROM audit").await?, 0);
    assert_eq!(number("SELECT count(*) FROM mailing").await?, PEOPLE);
    let joined = "SELECT count(DISTINCT c.id) FROM orders o JOIN customers c ON c.id = o.customer";
    assert_eq!(number(joined).await?, PEOPLE);
    assert_eq!(
        number("SELECT count(DISTINCT lower(email)) FROM customers").await?,
        PEOPLE
    );
    let shouted = "SELECT count(*) FROM customers WHERE shout = upper(full_name)";
    assert_eq!(number(shouted).await?, PEOPLE);
    let patterned = "SELECT count(*) FROM customers WHERE code ~ '^[A-Z]-[0-9]{5}$'";
    assert_eq!(number(patterned).await?, PEOPLE);
    // What belongs to the copy works: its owner writes, its identity goes on behind the rows.
    let added = "INSERT INTO customers (email, full_name, created_at) VALUES ('x', 'y', now()) RETURNING id::int8";
    let id = number(added).await?;
    assert_eq!(number("SELECT max(id)::int8 FROM customers").await?, id);
    let manifest = std::fs::read_dir(shop.pool().join("snapshots"))?
        .filter_map(Result::ok)
        .find_map(|entry| std::fs::read_to_string(entry.path().join("notes.json")).ok());
    let manifest = manifest.ok_or_else(|| anyhow::anyhow!("no manifest"))?;
    assert!(manifest.contains("signature") && !manifest.to_lowercase().contains("canary1"));
    tells_what_was_done(&manifest)?;
    assert!(
        bytes_without(&shop.pool(), b"@corp.example")?,
        "a file of the pool holds an address"
    );
    let left: i64 = copied
        .source
        .query_one(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'",
            &[],
        )
        .await?
        .get(0);
    assert_eq!(left, 0, "a session of production is open");
    Ok(())
}

/// What the manifest of the copy says.
fn tells_what_was_done(notes: &str) -> anyhow::Result<()> {
    let notes: serde_json::Value = serde_json::from_str(notes)?;
    let text = notes["masking"]["manifest"].as_str().unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_str(text)?;
    assert_eq!(manifest["rows"]["public.customers"], PEOPLE);
    assert_eq!(
        manifest["without_rows"],
        serde_json::json!(["public.audit"])
    );
    for hash in ["rules", "schema", "production"] {
        let length = manifest[hash].as_str().map(str::len);
        assert_eq!(length, Some(64), "{hash}: {manifest}");
    }
    assert_eq!(manifest["key_id"].as_str().map(str::len), Some(16));
    let preserved = &manifest["preserved"];
    assert_eq!(preserved["public.customers.created_at"], "everything");
    assert_eq!(
        preserved["public.customers.email"],
        "which values are equal and how often"
    );
    assert!(
        preserved["public.customers.full_name"].is_null(),
        "{preserved}"
    );
    let always = manifest["always_preserved"].to_string();
    assert!(
        always.contains("NULL") && always.contains("empty"),
        "{always}"
    );
    let verified = &manifest["verified"];
    for count in ["values", "cells", "files", "samples", "constraints"] {
        assert!(verified[count].as_u64() > Some(0), "{count}: {verified}");
    }
    for found in ["leaks", "violations", "unchanged"] {
        assert_eq!(verified[found], serde_json::json!([]), "{found}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_is_explained_and_transformers_are_listed() -> anyhow::Result<()> {
    let copied = opened().await?;
    let explained = copied.shop.json("mask explain orders.customer")?;
    assert_eq!(explained["table"], "public.orders");
    assert_eq!(explained["column"]["decision"], "int");
    assert_eq!(
        explained["column"]["because"],
        "it refers to public.customers.id"
    );
    assert_eq!(
        explained["sharing"],
        serde_json::json!(["public.customers.id", "public.orders.customer"])
    );
    let (code, said) = copied.shop.fails("mask explain orders.custoner")?;
    assert!(
        code == 1 && said.contains("it has id, customer, placed, note"),
        "{said}"
    );
    let listed = copied.shop.json("mask transformers")?;
    let names: Vec<&str> = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["name"].as_str())
        .collect();
    let all: Vec<&str> = rules::mask::Transformer::names().collect();
    assert_eq!(names, all);
    Ok(())
}

/// Whether no file below a directory holds these bytes.
fn bytes_without(directory: &std::path::Path, bytes: &[u8]) -> anyhow::Result<bool> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && !bytes_without(&entry.path(), bytes)? {
            return Ok(false);
        }
        if kind.is_file() {
            // A server removes files while it runs.
            let content = std::fs::read(entry.path()).unwrap_or_default();
            if content.windows(bytes.len()).any(|window| window == bytes) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_repeats_values_and_a_column_that_nobody_decided_about_stops_it()
-> anyhow::Result<()> {
    let mut copied = opened().await?;
    let sql = "SELECT c::text FROM customers c ORDER BY id";
    let before = texts(&copied.shop.enter("shop@copy").await?, sql).await?;
    // Statistics that say something else are no reason for other values.
    copied
        .source
        .batch_execute("UPDATE pg_class SET reltuples = 20000000 WHERE relname = 'customers'")
        .await?;
    copied.shop.json("environment refresh copy")?;
    let after = texts(&copied.shop.enter("shop@copy").await?, sql).await?;
    assert!(before == after, "the same key gave other values");
    copied
        .source
        .batch_execute("ALTER TABLE customers ADD COLUMN ssn text DEFAULT 'canary-ssn'")
        .await?;
    copied.shop.daemon().expect("failed");
    let (code, said) = copied.shop.fails("environment refresh copy")?;
    assert_eq!(code, 1);
    assert!(
        said.contains("public.customers.ssn: no rule decides about it"),
        "{said}"
    );
    // The old copy goes on serving.
    let still = texts(&copied.shop.enter("shop@copy").await?, sql).await?;
    assert!(still == before);
    let plan = copied.shop.fails("mask plan --undecided")?;
    assert!(plan.0 == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_a_kept_column_gives_away_stops_the_copy() -> anyhow::Result<()> {
    let mut copied = opened().await?;
    copied
        .shop
        .rewrite(|text| text.replace("note = \"lorem\"", "note = \"keep\""))?;
    copied.shop.json("reload")?;
    copied.shop.daemon().expect("failed");
    let (_, said) = copied.shop.fails("environment refresh copy")?;
    assert!(said.contains("the copy is not clean"), "{said}");
    // By its cells, by the server's statistics of it, and by the bytes of its file.
    for place in [
        "public.orders_old.note: ",
        "statistics of public.orders_old.note: ",
        "file ",
    ] {
        assert!(
            said.lines().any(|line| line.starts_with(place)),
            "{place}\n{said}"
        );
    }
    assert!(!said.contains("canary"), "{said}");
    assert_eq!(copied.shop.json("snapshot list")?, serde_json::json!([]));
    Ok(())
}

#[test]
fn a_key_is_made_once_and_only_its_owner_may_read_it() -> anyhow::Result<()> {
    let shop = Shop::closed(Build::Plain, QA)?;
    let path = shop.daemon_directory().join("new.key");
    let command = format!("mask key new {}", path.display());
    let made = shop.json(&command)?;
    assert_eq!(made["key_id"].as_str().map(str::len), Some(16));
    let mode = std::fs::metadata(&path)?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = std::fs::read(&path)?;
    let (code, said) = shop.fails(&command)?;
    assert_eq!((code, std::fs::read(&path)?), (1, first));
    assert!(said.contains("is there already"), "{said}");
    let tables =
        format!("{QA}[production]\nurl = \"file:p.url\"\n[masking]\nkey = \"file:new.key\"\n");
    shop.rewrite(|text| text.replace(QA, &tables))?;
    shop.write("p.url", "postgres://nobody@localhost/x")?;
    shop.json("check")?;
    // Raw bytes are a key, whatever they would be as text.
    let raw: Vec<u8> = (0..40_u8)
        .map(|byte| byte.wrapping_mul(203) ^ 0x80)
        .collect();
    std::fs::write(&path, raw)?;
    shop.json("check")?;
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640))?;
    let (_, said) = shop.fails("check")?;
    assert!(
        said.contains("can be read by others than its owner"),
        "{said}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subset_is_planned_copied_and_told_in_the_manifest() -> anyhow::Result<()> {
    let copied = opened().await?;
    let subset = "[masking.subset]\n\
                  start = [{ table = \"customers\", where = \"id BETWEEN 41 AND 140\" }]\n\
                  [environments.copy]";
    copied
        .shop
        .rewrite(|text| text.replace("[environments.copy]", subset))?;
    copied.shop.json("reload")?;
    let plan = copied.shop.json("mask plan")?;
    let tables = plan["tables"].as_array().cloned().unwrap_or_default();
    let reached = |name: &str| {
        let found = tables.iter().find(|table| table["name"] == name);
        found.map(|table| table["subset"].clone())
    };
    assert_eq!(
        reached("public.orders"),
        Some(serde_json::json!({ "part": {
            "start": false, "children_of": ["public.customers"], "parents_of": []
        } }))
    );
    copied.shop.json("environment refresh copy")?;
    let session = copied.shop.enter("shop@copy").await?;
    let sql = "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders), \
               (SELECT count(*) FROM mailing)";
    let row = session.client.query_one(sql, &[]).await?;
    let counts: (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(counts, (100, 200, 100));
    let manifests = std::fs::read_dir(copied.shop.pool().join("snapshots"))?
        .filter_map(Result::ok)
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("notes.json")).ok());
    let of_subset = manifests.filter(|manifest| manifest.contains("\\\"subset\\\""));
    assert_eq!(
        of_subset.count(),
        1,
        "the manifest tells of a subset, and the whole copy's does not"
    );
    Ok(())
}
