//! Shapes that stand alone: keys of every kind, more rows than one statement names, a standby.

use std::sync::Arc;

use masker::copy::Progress;
use masker::source::{LOCK_WAIT, Production, Source};
use masker::subset::{BYTES_MAX, Request, SubsetError, collect};
use rules::mask::decide;
use tests::postgres::{Installation, Scratch};

use super::super::standby::Standby;
use super::{Origin, copied, key, numbers, rules};

/// Each table but the first refers to one before it, or to itself; row 1 is the one to begin with.
const KEYS: &str = "
CREATE SCHEMA \"Other \"\"side\";
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE base (rid int PRIMARY KEY, a int NOT NULL, b int NOT NULL, word text COLLATE folded UNIQUE, UNIQUE (a, b));
INSERT INTO base SELECT n, n, n % 2 + 100, 'Word ' || n FROM generate_series(1, 20) n;
INSERT INTO base VALUES (21, 7, 7, 'seven');
-- To a key that is not the primary one, its columns in another order.
CREATE TABLE \"Other \"\"side\".\"turned round\" (rid int, \"B\" int, \"A\" int,
  FOREIGN KEY (\"B\", \"A\") REFERENCES public.base (b, a) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO \"Other \"\"side\".\"turned round\" VALUES (1, 101, 1), (2, 100, 2), (3, NULL, 1), (4, 101, NULL);
-- All of a key or nothing of it.
CREATE TABLE filled (rid int, a int, b int, FOREIGN KEY (a, b) REFERENCES base (a, b) MATCH FULL);
INSERT INTO filled VALUES (1, 1, 101), (2, NULL, NULL), (3, 2, 100);
-- One column for both of the key's.
CREATE TABLE twice (rid int, n int, FOREIGN KEY (n, n) REFERENCES base (a, b));
INSERT INTO twice VALUES (1, 7), (2, NULL);
-- Equal to the key without being the same.
CREATE TABLE words (rid int, word text COLLATE folded REFERENCES base (word), base int REFERENCES base);
INSERT INTO words VALUES (1, 'WORD 1', NULL), (2, 'word 5', 1), (3, 'WORD 2', 2);
-- Equal as char(5), which counts no blanks, and not as text.
CREATE TABLE codes (rid int, code char(5) PRIMARY KEY, base int REFERENCES base);
INSERT INTO codes VALUES (1, 'ab', 1), (2, 'cd', 2);
CREATE TABLE coded (rid int, code text REFERENCES codes);
INSERT INTO coded VALUES (1, 'ab   '), (2, 'cd'), (3, 'ab');
-- A chain that is walked a row at a time, and a circle of three tables.
CREATE TABLE chain (rid int PRIMARY KEY, next int REFERENCES chain, base int REFERENCES base);
INSERT INTO chain SELECT n, NULL, NULL FROM generate_series(1, 299) n;
INSERT INTO chain VALUES (300, 1, 1), (301, NULL, 2), (302, 302, NULL);
UPDATE chain SET next = rid + 1 WHERE rid < 300;
CREATE TABLE x (rid int PRIMARY KEY, y int, base int REFERENCES base);
CREATE TABLE z (rid int PRIMARY KEY, x int NOT NULL REFERENCES x);
CREATE TABLE y (rid int PRIMARY KEY, z int NOT NULL REFERENCES z);
ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y;
INSERT INTO x SELECT n, NULL, CASE WHEN n = 1 THEN 1 END FROM generate_series(1, 5) n;
INSERT INTO z SELECT n, n % 5 + 1 FROM generate_series(1, 5) n;
INSERT INTO y SELECT n, n FROM generate_series(1, 3) n;
UPDATE x SET y = rid % 3 + 1;
-- To a leaf alone, and from one.
CREATE TABLE parts (rid int, kind int NOT NULL, base int, PRIMARY KEY (rid, kind)) PARTITION BY LIST (kind);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
ALTER TABLE parts_1 ADD FOREIGN KEY (base) REFERENCES base;
ALTER TABLE parts_1 ADD UNIQUE (rid);
INSERT INTO parts VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1);
CREATE TABLE of_leaf (rid int, part int REFERENCES parts_1 (rid));
INSERT INTO of_leaf VALUES (1, 1), (2, 2), (3, NULL);
CREATE TABLE untouched (rid int, n int);
INSERT INTO untouched VALUES (1, 1);
CREATE ROLE reader LOGIN;
GRANT USAGE ON SCHEMA \"Other \"\"side\" TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public, \"Other \"\"side\" TO reader";

/// Rows of each table that row 1 of the first leads to.
const REACHED: [(&str, &[i32]); 14] = [
    // Row 5 is lifted by a word.
    ("base", &[1, 5]),
    ("\"Other \"\"side\".\"turned round\"", &[1]),
    ("filled", &[1]),
    ("twice", &[]),
    ("words", &[1, 2]),
    ("codes", &[1]),
    ("coded", &[1, 3]),
    // Row 5 of z refers to the first of x, whose circle lifts the others, and these pull nothing in.
    ("x", &[1, 2, 3, 4]),
    ("z", &[1, 2, 3, 5]),
    ("y", &[1, 2, 3]),
    ("parts", &[1]),
    ("of_leaf", &[1]),
    ("untouched", &[1]),
    ("chain WHERE rid > 300", &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_every_kind_are_followed() -> anyhow::Result<()> {
    let from = Origin::start(15, KEYS).await?;
    let keep = "tables.\"*.*\".\"*\" = { with = \"keep\", why = \"numbers only\" }\n";
    // What is referred to is replaced, and what refers to it alike.
    let columns = ["*\".a", "*\".b", "*.*\".A", "*.*\".B", "*\".n"];
    let masked = columns.map(|column| format!("tables.\"{column} = \"int\"\n"));
    for masked in ["", &masked.concat()] {
        let start = "start = [{ table = \"base\", where = \"rid = 1\" }]";
        let rules = rules(start, &format!("{keep}{masked}"));
        let copy = copied(&from.production(), &rules, &key(1), 15).await??;
        let client = copy.server.connect("shop").await?;
        for (table, rows) in REACHED {
            let found = numbers(&client, &format!("SELECT rid FROM {table} ORDER BY 1")).await?;
            assert_eq!(found, rows, "{table}");
        }
        let chain = numbers(&client, "SELECT rid FROM chain ORDER BY 1").await?;
        assert_eq!(chain, (1..=300).collect::<Vec<_>>());
        let joined = "SELECT w.rid FROM words w JOIN base b ON b.word = w.word ORDER BY 1";
        assert_eq!(numbers(&client, joined).await?, [1, 2]);
    }
    let seven = rules("start = [{ table = \"base\", where = \"rid = 21\" }]", keep);
    let copy = copied(&from.production(), &seven, &key(1), 15).await??;
    assert_eq!(copy.rows("twice").await?, [1]);
    assert_eq!(copy.rows("base").await?, [21]);
    Ok(())
}

/// More rows than one statement names, in two tables that refer to each other, one of them with a
/// column that is computed in the copy; every fourth row was made anew elsewhere.
const MANY: &str = "
CREATE TABLE many (rid int PRIMARY KEY, twin int, text text);
INSERT INTO many SELECT n, NULL, 'text ' || n FROM generate_series(1, 100000) n;
CREATE TABLE more (rid int PRIMARY KEY, many int NOT NULL REFERENCES many, text text, long int);
INSERT INTO more SELECT n, 100001 - n, 'text ' || n, 0 FROM generate_series(1, 100000) n;
CREATE INDEX ON more (many);
UPDATE many SET twin = rid WHERE rid % 4 = 0;
ALTER TABLE many ADD FOREIGN KEY (twin) REFERENCES more;
CREATE ROLE reader LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader";

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_a_statement_names_are_all_copied() -> anyhow::Result<()> {
    let from = Origin::start(15, MANY).await?;
    let computed = "tables.more.long = { with = \"derive\", sql = \"length(text)\" }";
    let start = "start = [{ table = \"many\", where = \"rid <= 90000\" }]";
    let rules = rules(start, computed);
    let copy = copied(&from.production(), &rules, &key(1), 15).await??;
    let client = copy.server.connect("shop").await?;
    // Twins above 90,000 are pulled by what refers to their twins, or lifted by these.
    for (table, among) in [
        ("many", "rid <= 90000 OR rid % 4 IN (0, 1)"),
        ("more", "rid > 10000 OR rid % 4 IN (0, 1)"),
    ] {
        let expected = format!("SELECT rid FROM {table} WHERE {among} ORDER BY 1");
        let expected = numbers(&from.client, &expected).await?;
        assert!(copy.rows(table).await? == expected, "{table}");
    }
    let wrong = "SELECT count(*)::int4 FROM more WHERE long IS DISTINCT FROM length(text)";
    assert_eq!(numbers(&client, wrong).await?, [0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_places_than_memory_is_given_are_refused() -> anyhow::Result<()> {
    let from = Origin::start(15, MANY).await?;
    let start = "start = [{ table = \"many\", where = \"rid <= 90000\" }]";
    let rules = rules(start, "");
    let source = Source::open(&from.production(), LOCK_WAIT).await?;
    let schema = source.schema().await?;
    let decisions = decide(&schema, &rules);
    let (subset, reach) = (rules.subset.as_ref(), decisions.subset.as_ref());
    let progress: Progress = Arc::new(|_| ());
    let collected = async |bytes_max| {
        collect(&Request {
            source: &source,
            schema: &schema,
            subset: subset.expect("given"),
            reach: reach.expect("a subset"),
            key: &key(1),
            bytes_max,
            progress: &progress,
        })
        .await
    };
    let picked = collected(BYTES_MAX).await?;
    assert!(
        picked.tables().values().all(|rows| *rows > 90_000),
        "{picked:?}"
    );
    let Err(error) = collected(200_000).await else {
        anyhow::bail!("there was no bound");
    };
    assert!(matches!(error, SubsetError::Many { .. }), "{error}");
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("not_followed"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subset_of_a_standby_is_the_subset_of_its_primary() -> anyhow::Result<()> {
    let primary = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = primary.database("shop").await?;
    client.batch_execute(super::EVENTS).await?;
    let standby = Standby::of(&primary).await?;
    let production = |config| Production { config, tls: None };
    let start = "start = [{ table = \"events\", percent = 1 },
        { table = \"events\", newest = 20, by = \"at\", where = \"body <> ''\" }]";
    let rules = rules(start, "");
    let mut own = primary.config("shop");
    own.user("reader");
    let whole = copied(&production(own), &rules, &key(1), 15).await??;
    let away = standby.config("reader", "shop");
    let copy = copied(&production(away), &rules, &key(1), 15).await??;
    let rows = copy.rows("events").await?;
    assert!(rows.len() > 800 && rows.len() < 1_250, "{}", rows.len());
    assert_eq!(rows, whole.rows("events").await?);
    Ok(())
}
