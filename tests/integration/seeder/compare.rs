//! Telling which rows differ.

use rules::schema::{Name, Schema};
use seeder::compare::{self, CompareError, Database, RowChange, RowIdentity, TableDelta};
use tests::postgres::Scratch;
use tokio_postgres::Client;

const TABLES: &str = "
CREATE TABLE by_id (id bigint PRIMARY KEY, at timestamptz, x float8);
CREATE TABLE by_two (a smallint, b int, note text, PRIMARY KEY (b, a));
CREATE TABLE by_uuid (id uuid PRIMARY KEY, x int);
CREATE TABLE by_text (k text, n numeric, v jsonb, PRIMARY KEY (k, n));
CREATE TABLE loose (x int, y text);
CREATE TABLE empty ();
CREATE TABLE parted (id int PRIMARY KEY, x int) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (MINVALUE) TO (5000);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (5000) TO (MAXVALUE);
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child () INHERITS (parent);
INSERT INTO by_id SELECT i - 5000, '2024-01-01'::timestamptz + i * interval '1 min', i / 3.0 FROM generate_series(1, 10000) i;
INSERT INTO by_two SELECT i % 7 - 3, i, 'note ' || i FROM generate_series(1, 9000) i;
INSERT INTO by_uuid SELECT md5(i::text)::uuid, i FROM generate_series(1, 9000) i;
INSERT INTO by_text SELECT chr(97 + i % 26) || CASE i % 3 WHEN 0 THEN 'Z' WHEN 1 THEN 'é, \"q\"' ELSE '' END, i / 10.0, '{}' FROM generate_series(1, 9000) i;
INSERT INTO loose SELECT i % 100, 'same' FROM generate_series(1, 9000) i;
INSERT INTO empty SELECT FROM generate_series(1, 3);
INSERT INTO parted SELECT i, i FROM generate_series(1, 9000) i;
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1), (2);
";

async fn pair(
    server: &Scratch,
    change: &str,
) -> anyhow::Result<((Client, Schema), (Client, Schema))> {
    let before = server.database("before").await?;
    before.batch_execute(TABLES).await?;
    let after = server.database("after").await?;
    after.batch_execute(TABLES).await?;
    after.batch_execute(change).await?;
    let (old, new) = (
        seeder::introspect(&before).await?,
        seeder::introspect(&after).await?,
    );
    Ok(((before, old), (after, new)))
}

fn database((client, schema): &(Client, Schema)) -> Database<'_> {
    Database { client, schema }
}

fn shown(deltas: &[TableDelta]) -> Vec<String> {
    let count = |rows: Option<u64>| rows.map_or("none".to_owned(), |rows| rows.to_string());
    deltas
        .iter()
        .filter(|delta| !delta.is_same())
        .map(|delta| {
            let (before, after) = (count(delta.before), count(delta.after));
            let TableDelta {
                table,
                added,
                removed,
                changed,
                ..
            } = delta;
            format!("{table} {before}→{after} +{added} -{removed} ~{changed}")
        })
        .collect()
}

#[tokio::test]
async fn equal_databases_differ_nowhere_whatever_order_and_settings() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let change = "UPDATE by_id SET x = x WHERE id % 3 = 0; DELETE FROM loose WHERE x < 50; \
                  INSERT INTO loose SELECT i % 50, 'same' FROM generate_series(1, 4500) i; \
                  SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = -5";
    let (before, after) = pair(&server, change).await?;
    let deltas = compare::tables(database(&before), database(&after)).await?;
    assert_eq!(shown(&deltas), Vec::<String>::new());
    let names: Vec<String> = deltas.iter().map(|delta| delta.table.to_string()).collect();
    assert_eq!(
        names.join(" "),
        "public.by_id public.by_text public.by_two public.by_uuid public.child public.empty \
         public.loose public.parent public.parted"
    );
    assert_eq!(deltas[0].before, Some(10_000));
    assert_eq!(
        deltas[7].before,
        Some(1),
        "rows of a child are not its parent's"
    );
    Ok(())
}

#[tokio::test]
async fn added_removed_and_changed_rows_are_counted_for_every_kind_of_key() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let change = "
        DELETE FROM by_id WHERE id IN (-4999, 0, 5000); UPDATE by_id SET x = x + 1 WHERE id IN (-1, 4);
        INSERT INTO by_id VALUES (-9999999999), (9999999999);
        UPDATE by_two SET note = NULL WHERE b = 10; DELETE FROM by_two WHERE b > 8990;
        UPDATE by_uuid SET x = -x WHERE x % 1000 = 0; INSERT INTO by_uuid VALUES (gen_random_uuid(), 0);
        UPDATE by_text SET v = '[1]' WHERE n < 1; DELETE FROM by_text WHERE k LIKE 'bZ%';
        DELETE FROM loose WHERE ctid IN (SELECT ctid FROM loose WHERE x = 7 LIMIT 5); INSERT INTO loose VALUES (7, NULL);
        INSERT INTO empty SELECT FROM generate_series(1, 2);
        UPDATE parted SET x = 0 WHERE id IN (1, 8999);
        INSERT INTO child VALUES (3); DROP TABLE parent CASCADE;
        CREATE TABLE fresh (a int); INSERT INTO fresh VALUES (1), (2);
    ";
    let (before, after) = pair(&server, change).await?;
    let deltas = compare::tables(database(&before), database(&after)).await?;
    assert_eq!(
        shown(&deltas),
        [
            "public.by_id 10000→9999 +2 -3 ~2",
            "public.by_text 9000→8884 +0 -116 ~9",
            "public.by_two 9000→8990 +0 -10 ~1",
            "public.by_uuid 9000→9001 +1 -0 ~9",
            "public.child 2→none +0 -2 ~0",
            "public.empty 3→5 +2 -0 ~0",
            "public.fresh none→2 +2 -0 ~0",
            "public.loose 9000→8996 +1 -5 ~0",
            "public.parent 1→none +0 -1 ~0",
            "public.parted 9000→9000 +0 -0 ~2",
        ]
    );
    let by = |table: &str| deltas.iter().find(|d| d.table.name == table).map(|d| d.by);
    assert_eq!(by("by_text"), Some(RowIdentity::PrimaryKey));
    assert_eq!(by("loose"), Some(RowIdentity::WholeRow));
    Ok(())
}

#[tokio::test]
async fn rows_are_told_by_key_in_order_and_up_to_the_limit() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let change = "DELETE FROM by_two WHERE b = 5; UPDATE by_two SET note = 'x' WHERE b = 9000; \
                  INSERT INTO by_two VALUES (1, -8, 'y'); DELETE FROM by_text WHERE n = 0.1";
    let (before, after) = pair(&server, change).await?;
    let rows = async |table: &str, limit| {
        let name = Name::new("public", table);
        compare::rows(database(&before), database(&after), &name, limit).await
    };
    let found = rows("by_two", 100).await?;
    let found: Vec<(&str, RowChange)> = found
        .iter()
        .map(|row| (row.key.as_str(), row.change))
        .collect();
    assert_eq!(
        found,
        [
            ("(-8,1)", RowChange::Added),
            ("(5,2)", RowChange::Removed),
            ("(9000,2)", RowChange::Changed),
        ]
    );
    assert_eq!(rows("by_two", 2).await?.len(), 2);
    assert_eq!(rows("by_two", 0).await?.len(), 0);
    assert_eq!(
        rows("by_text", 9).await?[0].key,
        "(\"bé, \"\"q\"\"\",0.10000000000000000000)"
    );
    assert!(rows("by_uuid", 9).await?.is_empty());
    let error = rows("loose", 9).await.expect_err("an error");
    assert!(matches!(error, CompareError::NoKey { .. }), "{error}");
    let error = rows("unheard_of", 9).await.expect_err("an error");
    assert!(matches!(error, CompareError::NotInBoth { .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn columns_of_one_side_only_are_left_out() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let change = "ALTER TABLE by_uuid ADD COLUMN extra int DEFAULT 7; ALTER TABLE by_id DROP COLUMN at; \
                  ALTER TABLE by_two DROP CONSTRAINT by_two_pkey; UPDATE by_two SET note = '' WHERE b = 1";
    let (before, after) = pair(&server, change).await?;
    let deltas = compare::tables(database(&before), database(&after)).await?;
    assert_eq!(shown(&deltas), ["public.by_two 9000→9000 +1 -1 ~0"]);
    Ok(())
}

#[tokio::test]
async fn errors_name_table_and_side_and_leave_the_sessions_usable() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let (before, after) = pair(&server, "").await?;
    after.0.batch_execute("DROP TABLE by_uuid").await?;
    let error = compare::tables(database(&before), database(&after)).await;
    let error = error.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "read table public.by_uuid of the second database"
    );
    for (client, _) in [&before, &after] {
        client.batch_execute("VACUUM loose").await?;
    }
    drop(server);
    let error = compare::tables(database(&before), database(&after)).await;
    assert!(
        matches!(error, Err(CompareError::Begin { .. })),
        "{error:?}"
    );
    Ok(())
}
