//! Production is only read, by whoever may read, from wherever, and gives the same copy every time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use masker::copy::{Event, Replaced, Report, See};
use masker::key::{Draws, MaskKey};
use masker::plan::{Action, Basis, Canonical, TablePlan};
use masker::source::{LOCK_WAIT, Source};
use rules::mask::Transformer;
use tests::postgres::{Installation, Scratch};

use super::super::standby::Standby;
use super::{LOADING, Number, Pair, Token, Way, dump, masked, plan, token};

const SHOP: &str = "
CREATE TABLE customer (id int PRIMARY KEY, email text UNIQUE, region text, note text);
INSERT INTO customer SELECT n, 'user' || n || '@corp.example', 'r' || n % 5, repeat(md5(n::text), 5)
  FROM generate_series(1, 20000) n;
CREATE TABLE orders (id bigserial PRIMARY KEY, customer int REFERENCES customer, total numeric(9, 2));
INSERT INTO orders (customer, total) SELECT n % 20000 + 1, n / 7.0 FROM generate_series(1, 30000) n;
CREATE TABLE tag (name text);
INSERT INTO tag SELECT 'tag ' || n FROM generate_series(1, 100) n;
CREATE ROLE reader LOGIN;
GRANT SELECT ON customer, orders, tag TO reader;
VACUUM (FREEZE, ANALYZE)";

/// Keys and what refers to them are replaced alike.
fn shop() -> Vec<(&'static str, Action)> {
    vec![
        ("public.customer.email", token("email")),
        ("public.customer.id", number("customer")),
        ("public.orders.customer", number("customer")),
    ]
}

fn number(domain: &str) -> Action {
    masked(Number, domain)
}

/// What the shop's tables hold, in one order.
async fn content(server: &Scratch) -> anyhow::Result<String> {
    let client = server.connect("shop").await?;
    let mut content = String::new();
    for table in ["customer", "orders", "tag"] {
        let sql = format!("SELECT * FROM public.{table} t ORDER BY t.*::text COLLATE \"C\"");
        content.push_str(&dump(&client, &sql).await?);
    }
    Ok(content)
}

async fn shop_copied(pair: &Pair, way: &Way) -> anyhow::Result<Report> {
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let report = pair
        .copy(&source, &plan(&schema, &facts, &shop()), way)
        .await?;
    source.close().await;
    Ok(report)
}

/// The place of production's WAL, and its next transaction.
async fn written(server: &Scratch) -> anyhow::Result<String> {
    let client = server.connect("shop").await?;
    let sql = "SELECT pg_current_wal_insert_lsn(), pg_snapshot_xmax(pg_current_snapshot())";
    dump(&client, sql).await
}

#[tokio::test]
async fn production_is_only_read_by_a_login_that_may_only_read() -> anyhow::Result<()> {
    for major in [15, 16, 18] {
        // Nothing but what sessions do writes WAL then.
        let quiet = [
            ("autovacuum", "off"),
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
        ];
        let from = Scratch::start_with(Installation::of_major(major)?, &quiet)?;
        let statements = from.database("shop").await?;
        for statement in SHOP.split(';') {
            statements.batch_execute(statement).await?;
        }
        let to = Scratch::start_with(Installation::of_major(major)?, &LOADING)?;
        to.database("shop").await?;
        let mut pair = Pair::of(from, to);
        pair.login = "reader".to_owned();
        let (rows, first) = (content(&pair.from).await?, written(&pair.from).await?);
        shop_copied(&pair, &Way::default()).await?;
        // Whoever reads first also tidies pages that were written before, and notes that in the WAL,
        // but as no transaction.
        let transaction = |written: &str| written.split_once('\t').map(|(_, next)| next.to_owned());
        let second = written(&pair.from).await?;
        assert_eq!(transaction(&second), transaction(&first), "on {major}");
        statements.batch_execute("CHECKPOINT").await?;
        let before = written(&pair.from).await?;
        pair.emptied().await?;
        let report = shop_copied(&pair, &Way::default()).await?;
        assert_eq!(report.rows(), 50_100);
        assert_eq!(written(&pair.from).await?, before, "on {major}");
        assert_eq!(content(&pair.from).await?, rows);
    }
    Ok(())
}

#[tokio::test]
async fn the_same_key_gives_the_same_bytes_for_any_number_of_workers() -> anyhow::Result<()> {
    let from = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = from.database("shop").await?;
    for statement in SHOP.split(';') {
        client.batch_execute(statement).await?;
    }
    let mut pair = Pair::of(
        from,
        Scratch::start_with(Installation::of_major(15)?, &LOADING)?,
    );
    let mut first: Option<String> = None;
    for (workers, chunk_bytes) in [(1, 1 << 30), (2, 1 << 20), (8, 64 * 1024), (2, 1 << 30)] {
        pair.emptied().await?;
        let way = Way {
            workers,
            chunk_bytes,
            ..Way::default()
        };
        shop_copied(&pair, &way).await?;
        let found = content(&pair.to).await?;
        let expected = first.get_or_insert_with(|| found.clone());
        assert!(
            *expected == found,
            "{workers} workers, chunks of {chunk_bytes}"
        );
    }
    let first = first.unwrap_or_default();
    assert_eq!(first.lines().count(), 50_100);
    assert!(!first.contains("@corp"));
    // And across versions.
    pair.to = Scratch::start_with(Installation::of_major(18)?, &LOADING)?;
    pair.to.database("shop").await?;
    shop_copied(&pair, &Way::default()).await?;
    assert!(content(&pair.to).await? == first, "on 18");
    Ok(())
}

#[tokio::test]
async fn another_key_shares_no_value() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, &SHOP.replace("VACUUM (FREEZE, ANALYZE)", "")).await?;
    shop_copied(&pair, &Way::default()).await?;
    let emails = "SELECT email FROM public.customer";
    let one = dump(&pair.to.connect("shop").await?, emails).await?;
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 3 + 1).collect();
    let other = Draws::new(&MaskKey::read(&bytes)?, "email");
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let action = Action::Mask {
        with: Transformer::Token,
        transform: Arc::new(Token),
        draws: other,
        basis: Basis::Value,
        canonical: Canonical::Text,
    };
    pair.emptied().await?;
    let plan = plan(&schema, &facts, &[("public.customer.email", action)]);
    pair.copy(&source, &plan, &Way::default()).await?;
    let two = dump(&pair.to.connect("shop").await?, emails).await?;
    let one: std::collections::BTreeSet<&str> = one.lines().collect();
    assert_eq!((one.len(), two.lines().count()), (20_000, 20_000));
    assert_eq!(two.lines().filter(|email| one.contains(email)).count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_login_with_hostile_settings_gives_the_same_copy() -> anyhow::Result<()> {
    let ddl = "
        CREATE SCHEMA trap;
        CREATE FUNCTION trap.pg_table_size(regclass) RETURNS int8 LANGUAGE sql AS 'SELECT 1/0';
        CREATE TABLE value (id int, f float8, d date, i interval, t timestamptz, b bytea, m money, s text);
        INSERT INTO value VALUES (1, 0.1::float8 + 0.2, '2024-02-03', '1 day 02:03', '2024-02-03 04:05+00',
            'ab', '1234.5', 'x');
        CREATE ROLE hostile LOGIN SUPERUSER;
        ALTER ROLE hostile SET search_path = trap, pg_catalog;
        ALTER ROLE hostile SET DateStyle = 'German, DMY';
        ALTER ROLE hostile SET IntervalStyle = 'iso_8601';
        ALTER ROLE hostile SET TimeZone = 'Asia/Kathmandu';
        ALTER ROLE hostile SET extra_float_digits = -15;
        ALTER ROLE hostile SET bytea_output = 'escape';
        ALTER ROLE hostile SET statement_timeout = '1ms';
        ALTER ROLE hostile SET idle_in_transaction_session_timeout = '1ms';
        ALTER ROLE hostile SET default_transaction_isolation = 'serializable';
        ALTER ROLE hostile SET default_transaction_read_only = on;
        ALTER ROLE hostile SET quote_all_identifiers = on;
        ALTER ROLE hostile SET standard_conforming_strings = off;
        ALTER ROLE hostile SET client_encoding = 'LATIN1';
        ALTER ROLE hostile SET row_security = on";
    let mut pair = Pair::start(15, 15, ddl).await?;
    pair.login = "hostile".to_owned();
    pair.copied(&[("public.value.s", token("s"))]).await?;
    let (before, after) = pair.sessions().await?;
    let sql = "SELECT id, f, d, i, t, b, m FROM public.value";
    let kept = dump(&after, sql).await?;
    assert_eq!(dump(&before, sql).await?, kept);
    assert!(kept.contains("0.30000000000000004"), "{kept}");
    Ok(())
}

#[tokio::test]
async fn a_hot_standby_is_copied() -> anyhow::Result<()> {
    let primary = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = primary.database("shop").await?;
    for statement in SHOP.split(';') {
        client.batch_execute(statement).await?;
    }
    let standby = Standby::of(&primary).await?;
    let to = Scratch::start_with(Installation::of_major(15)?, &LOADING)?;
    to.database("shop").await?;
    let production = masker::source::Production {
        config: standby.config("reader", "shop"),
        tls: None,
    };
    let source = Source::open(&production, LOCK_WAIT).await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    assert!(facts.server.standby);
    let pair = Pair::of(primary, to);
    let plan = plan(&schema, &facts, &shop());
    let report = pair.copy(&source, &plan, &Way::default()).await?;
    assert_eq!(report.rows(), 50_100);
    source.close().await;
    Ok(())
}

/// Cells before and after, by their table and column.
type Cells = BTreeMap<(usize, usize), Vec<(Vec<u8>, Option<Vec<u8>>)>>;

struct Noting {
    table: usize,
    cells: Arc<Mutex<Cells>>,
}

impl See for Noting {
    fn cell(&mut self, cell: Replaced<'_>) {
        let pair = (cell.original.to_vec(), cell.masked.map(<[u8]>::to_vec));
        let mut cells = self.cells.lock().expect("no panic");
        cells
            .entry((self.table, cell.column))
            .or_default()
            .push(pair);
    }
}

#[tokio::test]
async fn every_replaced_cell_is_shown_once() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE t (id int, a text, b text, c text);
               INSERT INTO t SELECT n, CASE WHEN n % 3 > 0 THEN E'v\\t' || n END, 'b', 'c'
                 FROM generate_series(1, 30000) n";
    let pair = Pair::start(15, 15, ddl).await?;
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let fates = [
        ("public.t.a", token("a")),
        ("public.t.b", Action::Null),
        ("public.t.c", Action::Static(b"st\tatic".to_vec())),
    ];
    let plan: Vec<TablePlan> = plan(&schema, &facts, &fates);
    let seen: Arc<Mutex<Cells>> = Arc::default();
    let told: Arc<Mutex<Vec<Event>>> = Arc::default();
    let (see, tell) = (seen.clone(), told.clone());
    let way = Way {
        witness: Some(Arc::new(move |table| {
            let cells = see.clone();
            Box::new(Noting { table, cells })
        })),
        progress: Arc::new(move |event: &Event| {
            tell.lock().expect("no panic").push(event.clone());
        }),
        chunk_bytes: 128 * 1024,
        ..Way::default()
    };
    pair.copy(&source, &plan, &way).await?;
    let mut seen = std::mem::take(&mut *seen.lock().expect("no panic"));
    for cells in seen.values_mut() {
        cells.sort();
    }
    let counts: Vec<_> = seen
        .iter()
        .map(|(place, cells)| (*place, cells.len()))
        .collect();
    assert_eq!(
        counts,
        [((0, 1), 20_000), ((0, 2), 30_000), ((0, 3), 30_000)]
    );
    let after = pair.to.connect("shop").await?;
    let tokens = dump(&after, "SELECT a FROM public.t WHERE a IS NOT NULL").await?;
    let tokens: std::collections::BTreeSet<&str> = tokens.lines().collect();
    for (original, masked) in &seen[&(0, 1)] {
        assert!(original.starts_with(b"v\t"));
        let masked = std::str::from_utf8(masked.as_deref().unwrap_or_default())?;
        assert!(tokens.contains(masked));
    }
    assert!(
        seen[&(0, 2)]
            .iter()
            .all(|cell| *cell == (b"b".to_vec(), None))
    );
    let put = (b"c".to_vec(), Some(b"st\tatic".to_vec()));
    assert!(seen[&(0, 3)].iter().all(|cell| *cell == put));
    let told = told.lock().expect("no panic");
    let last = told.iter().rev().find_map(|event| match event {
        Event::Rows(moved) => Some(moved),
        Event::Phase(_) | Event::Collected(_) => None,
    });
    let last = last.expect("rows were told");
    assert_eq!((last.rows, last.all_rows), (30_000, 30_000));
    assert!(last.all_bytes > 30_000 * 4 && last.left().is_some());
    Ok(())
}
