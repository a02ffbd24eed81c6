//! Copies by real rules: the same for one key however they are made, others by another key, and with keys
//! that are masked themselves in every shape of reference.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use super::plan::{KEY, copied_by, production};

/// People with bosses, teams with parents that people lead and are in, and a key of two columns.
const SCHEMA: &str = "
CREATE TABLE person (id int PRIMARY KEY, boss int REFERENCES person, name text NOT NULL, mail text UNIQUE,
  born date, hired date, doc jsonb, pay numeric(10,2), loud text);
CREATE TABLE team (code text PRIMARY KEY, lead int NOT NULL REFERENCES person, parent text REFERENCES team);
ALTER TABLE person ADD team text REFERENCES team;
CREATE TABLE seat (team text REFERENCES team, place int, holder int REFERENCES person, PRIMARY KEY (team, place));
CREATE TABLE visit (id bigint PRIMARY KEY, team text, place int, note text,
  FOREIGN KEY (team, place) REFERENCES seat);
INSERT INTO person SELECT n, nullif(n / 7, 0), 'Canary ' || n, 'canary' || n || '@corp.invalid',
    date '1960-01-01' + n, date '2000-01-01' + n, jsonb_build_object('mail', 'c' || n || '@corp.invalid', 'n', n),
    1000 + n * 1.25, upper('Canary ' || n)
  FROM generate_series(1, 3000) n;
INSERT INTO team SELECT 'T-' || lpad(n::text, 3, '0'), n * 3, CASE WHEN n > 1 THEN 'T-' || lpad((n / 2)::text, 3, '0') END
  FROM generate_series(1, 60) n;
UPDATE person SET team = 'T-' || lpad((1 + id % 60)::text, 3, '0');
INSERT INTO seat SELECT 'T-' || lpad((1 + n % 60)::text, 3, '0'), n, 1 + n * 7 % 3000 FROM generate_series(1, 900) n;
INSERT INTO visit SELECT n, team, place, 'note of canary' || n FROM generate_series(1, 3) m, seat s,
  LATERAL (SELECT m * 1000 + s.place) v (n);
ANALYZE;
";

const RULES: &str = "[masking.tables.person]
id = \"int\"
name = { with = \"name\", by = { subject = \"id\" } }
mail = { with = \"email\", by = { subject = \"id\" } }
born = \"date-shift\"
hired = \"date-shift\"
doc = { with = \"json\", parts = { mail = \"email\", n = \"keep\" } }
pay = \"noise\"
loud = { with = \"derive\", sql = \"upper(name)\" }
[masking.tables.team]
code = \"code\"
[masking.tables.seat]
place = \"int\"
[masking.tables.visit]
id = \"int\"
note = \"lorem\"
";

const TABLES: [(&str, &str); 4] = [
    ("person", "id"),
    ("team", "code"),
    ("seat", "team, place"),
    ("visit", "id"),
];

/// All rows of all tables, in one order.
async fn content(client: &Client) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for (table, key) in TABLES {
        let sql = format!("SELECT t::text FROM {table} t ORDER BY {key}");
        let rows = client.query(&sql, &[]).await?;
        all.extend(
            rows.iter()
                .map(|row| format!("{table} {}", row.get::<_, String>(0))),
        );
    }
    Ok(all)
}

async fn column(client: &Client, sql: &str) -> anyhow::Result<BTreeSet<String>> {
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// How rows refer to each other, whatever their keys are.
async fn shape(client: &Client) -> anyhow::Result<String> {
    let sql = "SELECT concat_ws(' ',
        (SELECT string_agg(n::text, ',' ORDER BY n) FROM (SELECT count(*) n FROM person GROUP BY boss) b),
        (SELECT string_agg(n::text, ',' ORDER BY n) FROM (SELECT count(*) n FROM team GROUP BY parent) p),
        (SELECT count(*) FROM person p JOIN team t ON t.code = p.team JOIN person l ON l.id = t.lead
           JOIN team o ON o.code = l.team JOIN person b ON b.id = p.boss),
        (SELECT count(*) FROM visit v JOIN seat s USING (team, place) JOIN person h ON h.id = s.holder
           JOIN team t ON t.code = s.team),
        (SELECT count(*) FROM person WHERE loud = upper(name)),
        (SELECT count(DISTINCT hired - born) FROM person))";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

#[tokio::test]
async fn a_copy_by_rules_follows_from_its_key_alone() -> anyhow::Result<()> {
    let (production, source) = production(SCHEMA).await?;
    let expected = shape(&source).await?;
    let (_server, first) = copied_by(&production, RULES, (KEY, 1)).await?;
    let content_of_one = content(&first).await?;
    assert_eq!(content_of_one.len(), 3_000 + 60 + 900 + 2_700);
    assert_eq!(shape(&first).await?, expected);
    assert!(
        !content_of_one
            .iter()
            .any(|row| row.to_lowercase().contains("canary"))
    );
    for workers in [2, 8] {
        let (_server, other) = copied_by(&production, RULES, (KEY, workers)).await?;
        assert!(
            content(&other).await? == content_of_one,
            "{workers} workers"
        );
    }
    let (_server, other) = copied_by(&production, RULES, (KEY + 2, 2)).await?;
    assert_eq!(shape(&other).await?, expected);
    for sql in [
        "SELECT id::text FROM person",
        "SELECT mail FROM person",
        "SELECT doc->>'mail' FROM person",
        "SELECT id::text FROM visit",
        "SELECT concat_ws(' ', name, born, pay) FROM person",
    ] {
        let (one, other) = (column(&first, sql).await?, column(&other, sql).await?);
        assert!(one.len() > 2_000 && one.is_disjoint(&other), "{sql}");
    }
    // Of 26,000 codes of this form some sixty are taken by each.
    let codes = "SELECT code FROM team";
    let (one, other) = (column(&first, codes).await?, column(&other, codes).await?);
    assert!(one.intersection(&other).count() < 6);
    Ok(())
}
