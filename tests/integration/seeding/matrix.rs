//! Foreign keys of every shape × nullable × deferrable, filled in both modes.

use rules::seed::LoadMode;
use seeder::run::fill;
use tests::postgres::Scratch;
use tokio_postgres::Client;

use super::fill::{chain, job};

/// DDL in the schema `@`; `?` stands for what a column of a foreign key says of NULL, `!` for what its
/// constraint says of deferring.
const SHAPES: [(&str, &str); 10] = [
    (
        "plain",
        "CREATE TABLE @.parent (id int PRIMARY KEY);
         CREATE TABLE @.child (id int PRIMARY KEY, parent_id int? REFERENCES @.parent!);",
    ),
    (
        "self",
        "CREATE TABLE @.node (id int PRIMARY KEY, parent_id int? REFERENCES @.node!);",
    ),
    (
        "cycle",
        "CREATE TABLE @.a (id int PRIMARY KEY, b_id int?);
         CREATE TABLE @.b (id int PRIMARY KEY, a_id int? REFERENCES @.a!);
         ALTER TABLE @.a ADD CONSTRAINT @_back FOREIGN KEY (b_id) REFERENCES @.b!;",
    ),
    (
        "composite",
        "CREATE TABLE @.parent (no int, code varchar(8), PRIMARY KEY (no, code));
         CREATE TABLE @.child (id int PRIMARY KEY, no int?, code varchar(8)?,
            FOREIGN KEY (no, code) REFERENCES @.parent!);",
    ),
    (
        "overlapping",
        "CREATE TABLE @.tenants (id int PRIMARY KEY);
         CREATE TABLE @.users (tenant_id int REFERENCES @.tenants, id int, PRIMARY KEY (tenant_id, id));
         CREATE TABLE @.teams (tenant_id int REFERENCES @.tenants, id int, PRIMARY KEY (tenant_id, id));
         CREATE TABLE @.members (id int PRIMARY KEY, tenant_id int NOT NULL, user_id int?, team_id int?,
            FOREIGN KEY (tenant_id, user_id) REFERENCES @.users!,
            FOREIGN KEY (tenant_id, team_id) REFERENCES @.teams!);",
    ),
    (
        "cross_schema",
        "CREATE SCHEMA @_other; CREATE TABLE @_other.parent (id int PRIMARY KEY);
         CREATE TABLE @.child (id int PRIMARY KEY, parent_id int? REFERENCES @_other.parent!);",
    ),
    (
        "key_is_foreign",
        "CREATE TABLE @.parent (id int PRIMARY KEY);
         CREATE TABLE @.child (id int? UNIQUE REFERENCES @.parent!, note text);",
    ),
    (
        "match_full",
        "CREATE TABLE @.parent (no int, code varchar(8), PRIMARY KEY (no, code));
         CREATE TABLE @.child (id int PRIMARY KEY, no int?, code varchar(8)?,
            FOREIGN KEY (no, code) REFERENCES @.parent MATCH FULL!);",
    ),
    (
        "to_partitioned",
        "CREATE TABLE @.parent (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
         CREATE TABLE @.early PARTITION OF @.parent FOR VALUES FROM ('2020-01-01') TO ('2023-01-01');
         CREATE TABLE @.late PARTITION OF @.parent FOR VALUES FROM ('2023-01-01') TO ('2026-01-01');
         CREATE TABLE @.child (id int PRIMARY KEY, parent_id int?, day date?,
            FOREIGN KEY (parent_id, day) REFERENCES @.parent!);",
    ),
    (
        "from_partitioned",
        "CREATE TABLE @.parent (id int PRIMARY KEY);
         CREATE TABLE @.child (id int PRIMARY KEY, parent_id int? REFERENCES @.parent!)
            PARTITION BY HASH (id);
         CREATE TABLE @.even PARTITION OF @.child FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE @.odd PARTITION OF @.child FOR VALUES WITH (MODULUS 2, REMAINDER 1);",
    ),
];

/// Every cell: the name of its schema, and its DDL.
fn cells() -> Vec<(String, String)> {
    let mut cells = Vec::new();
    for (shape, ddl) in SHAPES {
        for (null, nullable) in [("null", ""), ("full", " NOT NULL")] {
            for (when, deferring) in [("now", ""), ("later", " DEFERRABLE INITIALLY DEFERRED")] {
                let name = format!("{shape}_{null}_{when}");
                let ddl = format!("CREATE SCHEMA @; {ddl}")
                    .replace('@', &name)
                    .replace('?', nullable)
                    .replace('!', deferring);
                cells.push((name, ddl));
            }
        }
    }
    cells
}

/// Name, state and match of every foreign key.
async fn keys(client: &Client) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT concat_ws(' ', conrelid::regclass, conname, condeferrable, condeferred, confmatchtype,
                 convalidated) FROM pg_constraint WHERE contype = 'f' ORDER BY 1";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Rows of every table, and how many cells of its foreign keys hold something and nothing.
async fn counts(client: &Client) -> anyhow::Result<Vec<(String, i64, i64, i64)>> {
    let sql = "
        SELECT c.oid::regclass::text,
            format('SELECT count(*), %s, %s FROM %s',
                coalesce(string_agg(format('count(%I)', a.attname), ' + ') FILTER (WHERE a.attname IS NOT NULL), '0::bigint'),
                coalesce(string_agg(format('count(*) FILTER (WHERE %I IS NULL)', a.attname), ' + ')
                    FILTER (WHERE a.attname IS NOT NULL), '0::bigint'),
                c.oid::regclass)
        FROM pg_class c LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (f.conkey)
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relnamespace::regnamespace::text !~ '^pg_|^information_schema'
        GROUP BY c.oid ORDER BY 1";
    let mut found = Vec::new();
    for row in client.query(sql, &[]).await? {
        let counted = client.query_one(row.get::<_, &str>(1), &[]).await?;
        found.push((row.get(0), counted.get(0), counted.get(1), counted.get(2)));
    }
    Ok(found)
}

async fn filled(mode: LoadMode) -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("matrix").await?;
    for (name, ddl) in cells() {
        let made = client.batch_execute(&ddl).await;
        made.map_err(|error| anyhow::anyhow!("{name}: {error:?}"))?;
    }
    let before = keys(&client).await?;
    let mut job = job(2);
    job.seed.scale_per_mille = 100;
    job.rules.mode = mode;
    let filled = fill(&server.config("matrix"), &job, &|_| {}).await;
    let filled = filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
    assert_eq!(filled.audit.violations().count(), 0);
    // Each is there as it was, and the server vouches for it.
    assert_eq!(keys(&client).await?, before);
    assert!(before.iter().all(|key| key.ends_with(" t")), "{before:#?}");
    for (table, rows, some, none) in counts(&client).await? {
        assert!(rows > 0, "{table} is empty");
        let last = table.rsplit('.').next().unwrap_or_default();
        if ["child", "node", "a", "b", "members"].contains(&last) {
            assert!(some > 0, "{table}: no foreign key holds a value");
            assert_eq!(none > 0, table.contains("_null_"), "{table}: {none} NULLs");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_foreign_key_is_filled_and_rebuilt() -> anyhow::Result<()> {
    filled(LoadMode::Rebuild).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_foreign_key_is_filled_live() -> anyhow::Result<()> {
    filled(LoadMode::Live).await
}
