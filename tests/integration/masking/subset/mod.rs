//! Subsets of rows: who is in one, and what production sees of it.

mod expressions;
mod random;
mod shapes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use masker::copy::{Event, Programs};
use masker::key::MaskKey;
use masker::run::{self, Done, Looked, MaskError, Target};
use masker::source::Production;
use rules::mask::MaskRules;
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

const SHOP: &str = include_str!("shop.sql");

/// Under it everything else is kept.
const MASKED: &str = "reference = [{ from = \"visits(who)\", to = \"customers(rid)\" }]\n\
                      tables.customers.email = \"email\"";

/// Rows to begin with, what is not followed, what is whole; everything but e-mail addresses is kept.
const SUBSET: &str = "\
start = [{ table = \"customers\", where = \"region IN ('r3', 'r5') AND rid > 1500\" },
  { table = \"orders\", newest = 40, by = \"placed\", where = \"rid % 2 = 0\" }]
not_followed = [\"audit_log(customer)\"]
whole = [\"currencies\"]
";

/// What the subset begins with, for the reference.
const BEGINS: &str = "
INSERT INTO picked SELECT 'customers', rid, true FROM customers WHERE region IN ('r3', 'r5') AND rid > 1500;
INSERT INTO picked SELECT 'orders', rid, true FROM (SELECT rid FROM orders WHERE rid % 2 = 0
  ORDER BY placed DESC NULLS LAST, rid, placed LIMIT 40) o;
INSERT INTO picked SELECT 'currencies', rid, false FROM currencies;
SELECT close()";

const TABLES: [&str; 14] = [
    "regions",
    "customers",
    "orders",
    "products",
    "lines",
    "images",
    "tree",
    "visits",
    "audit_log",
    "audit_notes",
    "currencies",
    "settings",
    "notes",
    "old_notes",
];

fn key(first: u8) -> Arc<MaskKey> {
    let bytes: Vec<u8> = (0..32_u8)
        .map(|byte| byte.wrapping_mul(181) ^ first)
        .collect();
    Arc::new(MaskKey::read(&bytes).expect("a key"))
}

fn rules(subset: &str, more: &str) -> MaskRules {
    let text = format!(
        "[masking]\nkey = \"env:K\"\n{more}\n\
         tables.\"*\".\"*\" = {{ with = \"keep\", why = \"numbers only\" }}\n\
         [masking.subset]\n{subset}\n"
    );
    let config = rules::config::parse(&text).expect("legal rules");
    config.masking.expect("given")
}

/// A server to copy from, and how it is logged in to.
struct Origin {
    server: Scratch,
    client: Client,
}

impl Origin {
    async fn start(major: u32, ddl: &str) -> anyhow::Result<Self> {
        // Nothing but what sessions do writes WAL then.
        let quiet = [
            ("autovacuum", "off"),
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
        ];
        let server = Scratch::start_with(Installation::of_major(major)?, &quiet)?;
        let client = server.database("shop").await?;
        client.batch_execute(ddl).await?;
        client.batch_execute("VACUUM (FREEZE, ANALYZE)").await?;
        Ok(Self { server, client })
    }

    fn production(&self) -> Production {
        let mut config = self.server.config("shop");
        config.user("reader");
        Production { config, tls: None }
    }

    /// The place of WAL, and the next transaction.
    async fn written(&self) -> anyhow::Result<(String, String)> {
        let sql = "SELECT pg_current_wal_insert_lsn()::text, \
                   pg_snapshot_xmax(pg_current_snapshot())::text";
        let row = self.client.query_one(sql, &[]).await?;
        Ok((row.get(0), row.get(1)))
    }

    async fn content(&self) -> anyhow::Result<String> {
        let mut all = String::new();
        for table in TABLES {
            let sql = format!(
                "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t"
            );
            all.push_str(&self.client.query_one(&sql, &[]).await?.get::<_, String>(0));
        }
        Ok(all)
    }
}

/// A copy, and what was said on the way.
struct Copied {
    server: Scratch,
    done: Done,
    looked: Looked,
    events: Vec<Event>,
}

impl Copied {
    /// The rows of a table by their number.
    async fn rows(&self, table: &str) -> anyhow::Result<Vec<i32>> {
        let client = self.server.connect("shop").await?;
        numbers(&client, &format!("SELECT rid FROM ONLY {table} ORDER BY 1")).await
    }
}

async fn numbers(client: &Client, sql: &str) -> anyhow::Result<Vec<i32>> {
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn copied(
    production: &Production,
    rules: &MaskRules,
    key: &Arc<MaskKey>,
    major: u32,
) -> anyhow::Result<Result<Copied, MaskError>> {
    let server = Scratch::start_with(Installation::of_major(major)?, &[])?;
    server.database("shop").await?;
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let told = Arc::clone(&events);
    let target = Target {
        config: server.config("shop"),
        directory: Some::<PathBuf>(server.data_directory()),
        programs: Programs {
            bin: server.installation().bin.clone(),
            libraries: None,
            account: None,
        },
        workers: 2,
    };
    let progress = Arc::new(move |event: &Event| {
        if let Ok(mut told) = told.lock() {
            told.push(event.clone());
        }
    });
    let opened = match run::open(production, rules, key).await {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error)),
    };
    let copied = opened.copy(Arc::clone(key), target, progress).await;
    let events = events
        .lock()
        .map(|events| events.clone())
        .unwrap_or_default();
    Ok(copied.map(|(done, looked)| Copied {
        server,
        done,
        looked,
        events,
    }))
}

/// What the reference says: the rows of each table that a subset must have.
async fn expected(from: &Origin) -> anyhow::Result<BTreeMap<String, Vec<i32>>> {
    // A database of its own, so that production is not written to.
    let admin = from.server.connect("postgres").await?;
    admin
        .batch_execute("CREATE DATABASE reference TEMPLATE template0")
        .await?;
    let client = from.server.connect("reference").await?;
    let ddl = match SHOP.split_once("CREATE ROLE") {
        Some((ddl, _)) => ddl,
        None => SHOP,
    };
    client
        .batch_execute(&shop(ddl, from.server.installation().major))
        .await?;
    client.batch_execute(include_str!("expected.sql")).await?;
    client.batch_execute(BEGINS).await?;
    let mut expected = BTreeMap::new();
    for table in TABLES {
        let sql = format!("SELECT rid FROM picked WHERE t = '{table}' ORDER BY 1");
        expected.insert(table.to_owned(), numbers(&client, &sql).await?);
    }
    let all = numbers(&client, "SELECT rid FROM settings ORDER BY 1").await?;
    expected.insert("settings".to_owned(), all);
    Ok(expected)
}

/// The shop on a version: only the distribution's has the extension, and elsewhere names are of one
/// case anyway.
fn shop(ddl: &str, major: u32) -> String {
    match major {
        15 => format!("CREATE EXTENSION citext;\n{ddl}"),
        _ => ddl
            .replace("citext", "text")
            .replace("upper('product '", "('Product '")
            .replace("'PRODUCT '", "'Product '"),
    }
}

async fn holds(major: u32) -> anyhow::Result<()> {
    let from = Origin::start(major, &shop(SHOP, major)).await?;
    let expected = expected(&from).await?;
    let (before, first) = (from.content().await?, from.written().await?);
    let (rules, key) = (rules(SUBSET, MASKED), key(1));
    copied(&from.production(), &rules, &key, major).await??;
    // Whoever reads first tidies pages that were written before, and notes that in the WAL, but as no
    // transaction.
    assert_eq!(
        from.written().await?.1,
        first.1,
        "production was written to"
    );
    from.client.batch_execute("CHECKPOINT").await?;
    let written = from.written().await?;
    let copy = copied(&from.production(), &rules, &key, major).await??;
    assert_eq!(from.written().await?, written, "production was written to");
    assert_eq!(from.content().await?, before);
    let mut found = BTreeMap::new();
    for table in TABLES {
        let rows = match table {
            // Its rows are in partitions.
            "orders" => {
                let client = copy.server.connect("shop").await?;
                numbers(&client, "SELECT rid FROM orders ORDER BY 1").await?
            }
            table => copy.rows(table).await?,
        };
        found.insert(table.to_owned(), rows);
    }
    for (table, rows) in &expected {
        assert_eq!(found[table], *rows, "{table} on {major}");
    }
    // What is to be shown is in it: rows that were lifted and pull nothing, and what is not whole.
    let counts: BTreeMap<&str, usize> = found
        .iter()
        .map(|(table, rows)| (table.as_str(), rows.len()))
        .collect();
    assert!(
        counts["customers"] > 300 && counts["customers"] < 3_000,
        "{counts:?}"
    );
    assert!(
        counts["orders"] < 9_000 && counts["tree"] < 4_000,
        "{counts:?}"
    );
    assert!(counts["products"] > 0 && counts["products"] < 500 || counts["lines"] > 250);
    assert_eq!(
        (counts["images"], counts["audit_log"], counts["audit_notes"]),
        (0, 0, 0)
    );
    assert_eq!((counts["currencies"], counts["settings"]), (11, 5));
    assert!(counts["regions"] < 61, "{counts:?}");
    let client = copy.server.connect("shop").await?;
    let leaked = "SELECT count(*)::int4 FROM customers WHERE email LIKE 'canary%'";
    assert_eq!(numbers(&client, leaked).await?, [0]);
    let rows: u64 = found.values().map(|rows| rows.len() as u64).sum();
    assert_eq!(copy.done.copy.rows(), rows);
    let told = copy.events.iter().any(|event| match event {
        Event::Collected(found) => found.table.name == "lines" && found.rows > 0,
        _ => false,
    });
    assert!(told, "nothing was told while rows were collected");
    assert!(copy.looked.decisions.subset.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_is_reached_is_copied_and_no_other() -> anyhow::Result<()> {
    holds(15).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_is_reached_is_copied_on_the_newest_version() -> anyhow::Result<()> {
    holds(18).await
}

const EVENTS: &str = "
CREATE TABLE events (rid int PRIMARY KEY, at timestamptz, body text);
INSERT INTO events SELECT n, CASE WHEN n % 10 > 0 THEN timestamptz '2026-01-01 00:00+00' + n * interval '1 min' END,
  repeat('x', 50) FROM generate_series(1, 100000) n;
CREATE TABLE loose (rid int);
INSERT INTO loose SELECT n FROM generate_series(1, 20000) n;
CREATE TABLE nothing (rid int, event int REFERENCES events);
CREATE ROLE reader LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader";

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_fair_the_same_for_a_key_and_another_for_another() -> anyhow::Result<()> {
    let from = Origin::start(15, EVENTS).await?;
    let share =
        "start = [{ table = \"events\", percent = 2 }, { table = \"loose\", percent = 10 }]";
    let rules = rules(share, "");
    let copy = copied(&from.production(), &rules, &key(1), 15).await??;
    let (events, loose) = (copy.rows("events").await?, copy.rows("loose").await?);
    // Six standard deviations of a binomial distribution.
    assert!((1_734..=2_266).contains(&events.len()), "{}", events.len());
    assert!((1_745..=2_255).contains(&loose.len()), "{}", loose.len());
    let again = copied(&from.production(), &rules, &key(1), 15).await??;
    assert_eq!(again.rows("events").await?, events);
    assert_eq!(again.rows("loose").await?, loose);
    // Rows are told by their keys: a new version of each of them changes nothing.
    from.client
        .batch_execute("UPDATE events SET body = 'y'")
        .await?;
    let moved = copied(&from.production(), &rules, &key(1), 15).await??;
    assert_eq!(moved.rows("events").await?, events);
    let other = copied(&from.production(), &rules, &key(2), 15).await??;
    let both = other.rows("events").await?;
    let both = both.iter().filter(|rid| events.binary_search(rid).is_ok());
    assert!(both.count() < 100, "another key takes the same rows");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_rows_are_those_with_the_greatest_values() -> anyhow::Result<()> {
    let from = Origin::start(15, EVENTS).await?;
    let newest =
        "start = [{ table = \"events\", newest = 50, by = \"at\", where = \"rid % 3 = 0\" }]";
    let rules = rules(newest, "");
    let copy = copied(&from.production(), &rules, &key(1), 15).await??;
    let sql = "SELECT rid FROM (SELECT rid FROM events WHERE at IS NOT NULL AND rid % 3 = 0 \
               ORDER BY at DESC LIMIT 50) e ORDER BY 1";
    assert_eq!(
        copy.rows("events").await?,
        numbers(&from.client, sql).await?
    );
    assert_eq!(copy.rows("loose").await?.len(), 20_000);
    Ok(())
}
