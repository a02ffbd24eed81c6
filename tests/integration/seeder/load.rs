//! Filling tables, and what a load leaves behind.

use rules::schema::{Name, diff, render};
use seeder::load::{
    CHUNK_ROWS, LoadError, Options, Outcome, Report, Request, SourceError, TableLoad, load,
};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// What the cells of a row are, by table.
type Rows = fn(table: &str, row: u64) -> String;

fn table(name: &str, columns: &str, rows: u64) -> TableLoad {
    let name = name.parse().unwrap_or_else(|_| Name::new("public", name));
    let columns = columns.split_whitespace().map(str::to_owned).collect();
    TableLoad::new(name, columns, rows)
}

fn source(
    levels: &[Vec<TableLoad>],
    rows: Rows,
) -> impl Fn(usize, u64, &mut Vec<u8>) -> Result<(), SourceError> + Send + Sync + 'static {
    let tables: Vec<(String, u64)> = levels
        .iter()
        .flatten()
        .map(|load| (load.table.to_string(), load.rows))
        .collect();
    move |table, chunk, out| {
        let (name, of) = &tables[table];
        for row in chunk * CHUNK_ROWS..(*of).min((chunk + 1) * CHUNK_ROWS) {
            out.extend_from_slice(rows(name, row).as_bytes());
            out.push(b'\n');
        }
        Ok(())
    }
}

async fn filled(
    server: &Scratch,
    levels: &[Vec<TableLoad>],
    options: &Options,
    rows: Rows,
) -> Result<Report, LoadError> {
    let client = server.connect("shop").await.expect("a session");
    let schema = seeder::introspect(&client).await.expect("a schema");
    let config = server.config("shop");
    let request = Request {
        config: &config,
        schema: &schema,
        levels,
        options,
    };
    load(request, source(levels, rows), &|_| ()).await
}

async fn on_every_version(
    check: impl AsyncFn(&Scratch, &Client) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for installation in Installation::all() {
        let major = installation.major;
        let server = Scratch::start_with(installation, &[])?;
        let client = server.database("shop").await?;
        let checked = check(&server, &client).await;
        checked.map_err(|error| error.context(format!("on {major}")))?;
    }
    Ok(())
}

/// What the model of a schema does not hold: names of derived constraints, comments, flags.
async fn constraints(client: &Client) -> anyhow::Result<Vec<String>> {
    let rows = client
        .query(
            "SELECT concat_ws(' | ', k.conrelid::regclass, k.confrelid::regclass, k.conname, k.contype,
                    pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'), k.convalidated,
                    k.condeferrable, k.condeferred, k.conislocal, k.coninhcount, p.conname)
               FROM pg_constraint k LEFT JOIN pg_constraint p ON p.oid = k.conparentid
              WHERE k.conrelid <> 0 AND k.connamespace <> 'pg_catalog'::regnamespace ORDER BY 1",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn count(client: &Client, what: &str) -> anyhow::Result<i64> {
    let sql = format!("SELECT count(*) FROM {what}");
    Ok(client.query_one(&sql, &[]).await?.get(0))
}

const KEYS: &str = r#"
CREATE SCHEMA other;
CREATE TABLE other.region (id int PRIMARY KEY, name text UNIQUE);
CREATE TABLE customer (id bigint PRIMARY KEY, region int NOT NULL,
    boss bigint CONSTRAINT "odd ""boss""" REFERENCES customer DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT lives FOREIGN KEY (region) REFERENCES other.region ON UPDATE CASCADE);
COMMENT ON CONSTRAINT lives ON customer IS 'it''s a \ comment';
CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b), UNIQUE (b, a));
CREATE TABLE twin (id int PRIMARY KEY, a int, b int,
    FOREIGN KEY (b, a) REFERENCES pair (b, a) MATCH FULL DEFERRABLE);
CREATE TABLE late (id int, region int);
ALTER TABLE late ADD CONSTRAINT late_region FOREIGN KEY (region) REFERENCES other.region NOT VALID;
COMMENT ON CONSTRAINT late_region ON late IS 'later';
CREATE TABLE base (id int PRIMARY KEY, region int REFERENCES other.region);
CREATE TABLE derived (more int REFERENCES other.region) INHERITS (base);
CREATE TABLE event (id bigint, at int, region int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10);
CREATE TABLE event_2 (region int, id bigint NOT NULL, at int NOT NULL,
    CONSTRAINT own_name FOREIGN KEY (region) REFERENCES other.region);
COMMENT ON CONSTRAINT own_name ON event_2 IS 'of the partition';
ALTER TABLE event ADD CONSTRAINT event_region FOREIGN KEY (region) REFERENCES other.region;
ALTER TABLE event ATTACH PARTITION event_2 FOR VALUES FROM (10) TO (20);
CREATE TABLE event_3 PARTITION OF event FOR VALUES FROM (20) TO (30) PARTITION BY HASH (id);
CREATE TABLE event_3_0 PARTITION OF event_3 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE event_3_1 PARTITION OF event_3 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE event_3_1 ADD CONSTRAINT leaf_only FOREIGN KEY (id) REFERENCES customer;
CREATE TABLE seen (event bigint, at int, FOREIGN KEY (event, at) REFERENCES event);
CREATE TABLE event_0 PARTITION OF event FOR VALUES FROM (-10) TO (0);
CREATE TABLE log (id bigint, event bigint, at int, FOREIGN KEY (event, at) REFERENCES event)
    PARTITION BY HASH (id);
CREATE TABLE log_0 PARTITION OF log FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE log_1 PARTITION OF log FOR VALUES WITH (MODULUS 2, REMAINDER 1);
"#;

fn keys_levels() -> Vec<Vec<TableLoad>> {
    vec![
        vec![
            table("other.region", "id name", 5),
            table("pair", "a b", 100),
        ],
        vec![
            table("customer", "id region boss", 20_000),
            table("twin", "id b a", 300),
            table("late", "id region", 10),
            table("base", "id region", 10),
            table("derived", "id region more", 10),
            table("event", "id at region", 20_000),
        ],
        vec![
            table("seen", "event at", 9_000),
            table("log", "id event at", 9_000),
        ],
    ]
}

fn keys_rows(table: &str, row: u64) -> String {
    let region = row % 5;
    match table {
        "other.region" => format!("{row}\tr{row}"),
        "public.pair" => format!("{row}\t{}", row + 1),
        "public.customer" if row % 7 == 0 => format!("{row}\t{region}\t\\N"),
        "public.customer" => format!("{row}\t{region}\t{}", (row * 31 + 5) % 20_000),
        "public.twin" if row % 3 == 0 => format!("{row}\t\\N\t\\N"),
        "public.twin" => format!("{row}\t{}\t{}", row % 100 + 1, row % 100),
        "public.late" | "public.base" => format!("{row}\t{region}"),
        "public.derived" => format!("{}\t{region}\t3", row + 100),
        "public.event" => format!("{row}\t{}\t{region}", at(row)),
        "public.seen" => format!("{row}\t{}", at(row)),
        "public.log" => format!("{row}\t{row}\t{}", at(row)),
        other => unreachable!("{other}"),
    }
}

fn at(row: u64) -> i64 {
    (row % 40) as i64 - 10
}

#[tokio::test]
async fn rebuild_leaves_the_catalogue_as_it_was() -> anyhow::Result<()> {
    on_every_version(async |server, client| {
        client.batch_execute(KEYS).await?;
        let (schema, before) = (
            seeder::introspect(client).await?,
            constraints(client).await?,
        );
        let levels = keys_levels();
        let report = filled(server, &levels, &Options::default(), keys_rows).await?;
        assert_eq!(constraints(client).await?, before);
        let after = seeder::introspect(client).await?;
        assert_eq!(render(&diff(&schema, &after)), "");
        for load in levels.iter().flatten() {
            let partitioned = schema.tables[&load.table].partition_by.is_some();
            let only = if partitioned { "" } else { "ONLY " };
            let rows = count(client, &format!("{only}{}", load.table.quoted())).await?;
            assert_eq!(rows, i64::try_from(load.rows)?, "{}", load.table);
        }
        assert_eq!(
            report.rows(),
            levels.iter().flatten().map(|load| load.rows).sum::<u64>()
        );
        let outcome = |name: &str| {
            let mut tables = report.tables.iter();
            tables
                .find(|table| table.table.name == name)
                .map(|table| table.outcome)
        };
        assert_eq!(outcome("customer"), Some(Outcome::Frozen));
        assert_eq!(outcome("event"), Some(Outcome::Copied));
        Ok(())
    })
    .await
}
