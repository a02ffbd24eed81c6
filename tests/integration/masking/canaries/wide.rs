//! A production that holds canaries in every channel by which a copy could carry them along.

use std::collections::BTreeMap;
use std::fs;

use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// What each channel is called, and how its canaries get there. `{c}` is a canary, `{d}` one that is a
/// number, `{k}` one that is a value of `directory.secret` too, which makes it one that no name may tell;
/// `{s}` is the first of ten that follow each other.
const CHANNELS: [(&str, &str); 35] = [
    (
        "text",
        "INSERT INTO people (id, email) SELECT n, k({s} + n) || '@leak.example' FROM g",
    ),
    ("varchar", "UPDATE people SET name = 'Miss ' || k({s} + id)"),
    ("char", "UPDATE people SET code = k({s} + id)"),
    ("citext", "UPDATE people SET alias = upper(k({s} + id))"),
    ("domain", "UPDATE people SET nick = k({s} + id)"),
    ("name", "UPDATE people SET login = k({s} + id)"),
    ("bytea", "UPDATE people SET raw = k({s} + id)::bytea"),
    (
        "json leaf",
        "UPDATE people SET doc = json_build_object('a', json_build_object('b', json_build_array(k({s} + id))))",
    ),
    (
        "jsonb leaf and key",
        "UPDATE people SET docb = jsonb_build_object('mail', k({s} + id) || '@leak.example', 'by', \
       jsonb_build_object(k({s} + id), k({s} + id)))",
    ),
    (
        "hstore",
        "UPDATE people SET extra = hstore(ARRAY['a', k({s} + id), k({s} + id), 'b'])",
    ),
    (
        "array",
        "UPDATE people SET tags = ARRAY[k({s} + id), 'x,\"' || k({s} + id)]",
    ),
    (
        "composite",
        "UPDATE people SET contact = ROW(k({s} + id) || '@leak.example', 'with \"' || k({s} + id))",
    ),
    (
        "range",
        "UPDATE people SET span = textrange(k({s} + id), k({s} + id) || 'z')",
    ),
    (
        "xml",
        "UPDATE people SET page = ('<p a=\"' || k({s} + id) || '\">' || k({s} + id) || '</p>')::xml",
    ),
    (
        "tsvector",
        "UPDATE people SET words = to_tsvector('simple', k({s} + id))",
    ),
    (
        "number",
        "UPDATE people SET number = (7391046 || lpad(({s} + id)::text, 4, '0'))::int8",
    ),
    (
        "quoted and unicode name",
        "UPDATE people SET \"né \"\"x\" = k({s} + id)",
    ),
    (
        "out of line",
        "UPDATE people SET long = k({s} + id) || repeat('x', 5000), \
       packed = repeat(k({s} + id) || ' ', 2000)",
    ),
    (
        "partitions",
        "INSERT INTO visits VALUES (1, '2020-01-02', '{c}'), (2, '2021-01-02', '{c}'); \
       ALTER TABLE visits DETACH PARTITION visits_2021; \
       INSERT INTO visits_late VALUES (3, '2022-01-02', '{c}'); \
       ALTER TABLE visits ATTACH PARTITION visits_late FOR VALUES FROM ('2022-01-01') TO ('2023-01-01'); \
       INSERT INTO hashed SELECT k({s} + n) FROM g",
    ),
    (
        "inherited and unlogged",
        "INSERT INTO animals VALUES ('{c}'); INSERT INTO cats VALUES ('{c}', '{c}'); \
       INSERT INTO queue VALUES ('{c}')",
    ),
    (
        "denormalised",
        "INSERT INTO history SELECT to_jsonb(p) FROM people p; \
       INSERT INTO backup SELECT email, name FROM people; REFRESH MATERIALIZED VIEW mailing",
    ),
    (
        "large objects",
        "SELECT lo_from_bytea(4711, '{c}'); COMMENT ON LARGE OBJECT 4711 IS '{c}'",
    ),
    (
        "dropped column",
        "ALTER TABLE people ADD COLUMN gone text; UPDATE people SET gone = k({s} + id); \
       ALTER TABLE people DROP COLUMN gone",
    ),
    (
        "dead rows",
        "INSERT INTO backup VALUES ('{c}', '{c}'); DELETE FROM backup WHERE email NOT LIKE '%leak%'",
    ),
    (
        "statistics",
        "ANALYZE; CREATE STATISTICS s (mcv) ON name, nick FROM people; \
       CREATE STATISTICS e ON lower(email), upper(name) FROM people; ANALYZE people",
    ),
    (
        "sequences",
        "SELECT setval('tickets', {d}); SELECT setval(pg_get_serial_sequence('parcels', 'id'), {d})",
    ),
    (
        "comments outside of a schema",
        "COMMENT ON DATABASE shop IS '{c}'; COMMENT ON ROLE reader IS '{c}'",
    ),
    (
        "user mappings",
        "CREATE ROLE \"{k}\"; CREATE USER MAPPING FOR \"{k}\" SERVER far OPTIONS (user '{c}', password '{c}')",
    ),
    (
        "publications",
        "CREATE PUBLICATION \"{k}\" FOR TABLE people WHERE (email <> '{c}') WITH (publish = 'insert'); \
       COMMENT ON PUBLICATION \"{k}\" IS '{c}'",
    ),
    (
        "subscriptions",
        "CREATE SUBSCRIPTION \"{k}\" CONNECTION 'host=nowhere password={c}' PUBLICATION p \
       WITH (connect = false); COMMENT ON SUBSCRIPTION \"{k}\" IS '{c}'",
    ),
    (
        "event triggers",
        "CREATE EVENT TRIGGER \"{k}\" ON ddl_command_end EXECUTE FUNCTION told(); \
       COMMENT ON EVENT TRIGGER \"{k}\" IS '{c}'; ALTER EVENT TRIGGER \"{k}\" DISABLE",
    ),
    (
        "settings",
        "ALTER DATABASE shop SET app.token = '{c}'; ALTER ROLE reader IN DATABASE shop SET app.who = '{c}'; \
       ALTER ROLE reader SET app.whose = '{c}'; SET app.every = ''; ALTER SYSTEM SET app.every = '{c}'",
    ),
    (
        "rights",
        "CREATE ROLE \"{k}\"; GRANT SELECT ON people TO \"{k}\"; \
       ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO \"{k}\"",
    ),
    (
        "slots",
        "SELECT pg_create_physical_replication_slot('{c}', true)",
    ),
    (
        "WAL and statements",
        "SELECT pg_logical_emit_message(false, 'x', '{c}'); SELECT 1 /* {c} */",
    ),
];

const SCHEMA: &str = "
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw;
CREATE ROLE reader LOGIN SUPERUSER;
CREATE DOMAIN nickname AS varchar(80) CHECK (VALUE <> '');
CREATE TYPE contact AS (mail text, note text);
CREATE TYPE textrange AS RANGE (subtype = text);
CREATE TABLE directory (secret text);
CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL UNIQUE, name varchar(80), code char(24), alias citext,
  nick nickname, login name, raw bytea, doc json, docb jsonb, extra hstore, tags text[], contact contact,
  span textrange, page xml, words tsvector, number int8, \"né \"\"x\" text, long text, packed text,
  shout text GENERATED ALWAYS AS (upper(email)) STORED);
ALTER TABLE people ALTER COLUMN long SET STORAGE EXTERNAL;
CREATE INDEX ON people (lower(name));
CREATE TABLE visits (id int, at date, who text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE visits_2020 PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE visits_2021 PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE visits_late (id int NOT NULL, at date NOT NULL, who text);
CREATE TABLE hashed (who text) PARTITION BY HASH (who);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE animals (owner text);
CREATE TABLE cats (breed text) INHERITS (animals);
CREATE UNLOGGED TABLE queue (who text);
CREATE TABLE history (old_row jsonb);
CREATE TABLE backup (email text, name text);
CREATE MATERIALIZED VIEW mailing AS SELECT email, shout, words FROM people;
CREATE TABLE parcels (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind int);
INSERT INTO parcels (kind) VALUES (1), (2);
CREATE SEQUENCE tickets;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
";

/// What a careful owner writes about it.
pub(super) const RULES: &str = r##"
[production]
url = "file:production.url"
[masking]
key = "file:masking.key"
[masking.tables]
history = "drop"
"public.visits_2021" = "drop"
[masking.tables.directory]
secret = "token"
[masking.tables.people]
id = "keep"
email = "email"
name = { with = "name", by = "row" }
code = "code"
alias = "username"
nick = "token"
login = "token"
raw = "secret"
doc = { with = "json", by = "row", parts = { "a.b[]" = "token" } }
docb = { with = "json", parts = { "mail" = "email", "by.*" = "token", "by.*#key" = "token" } }
extra = { with = "hstore", parts = { "*" = "token", "*#key" = "token" } }
tags = { with = "array", element = "token" }
contact = { with = "fields", parts = { mail = "email", note = "lorem" } }
span = "null"
page = "null"
words = { with = "derive", sql = "to_tsvector('simple', email)" }
number = "int"
"né \"x" = "token"
long = "lorem"
packed = "lorem"
[masking.tables.visits]
id = "keep"
at = "keep"
who = "token"
[masking.tables.hashed]
who = "token"
[masking.tables.animals]
owner = "token"
[masking.tables.cats]
owner = "token"
breed = "token"
[masking.tables.queue]
who = "token"
[masking.tables.backup]
email = "email"
name = { with = "name", by = "value" }
[masking.tables.parcels]
id = "keep"
kind = "keep"
[environments.copy]
source = "production"
spares = 0
"##;

/// Canaries at least.
const CANARIES_MIN: usize = 200;

/// A production with canaries, and the sessions in which some of them live.
pub(super) struct Wide {
    pub(super) server: Scratch,
    /// The channel of every canary.
    pub(super) planted: BTreeMap<u32, String>,
    /// Hold what is pending, and temporary files.
    _held: Vec<Client>,
}

/// Fills in canaries, each once.
#[derive(Default)]
struct Planting {
    planted: BTreeMap<u32, String>,
    known: Vec<u32>,
    last: u32,
}

impl Planting {
    fn next(&mut self, channel: &str) -> u32 {
        self.last += 1;
        self.planted.insert(self.last, channel.to_owned());
        self.last
    }

    /// The statements of a channel. What stands twice as `{k}` is one canary.
    fn sql(&mut self, channel: &str, template: &str) -> String {
        let known = template.contains("{k}").then(|| self.next(channel));
        self.known.extend(known);
        let known = known.map(|known| format!("qzkanar{known:04}"));
        let mut sql = template.replace("{k}", &known.unwrap_or_default());
        for (hole, begins) in [("{c}", "qzkanar"), ("{d}", "7391046")] {
            while sql.contains(hole) {
                let canary = format!("{begins}{:04}", self.next(channel));
                sql = sql.replacen(hole, &canary, 1);
            }
        }
        while sql.contains("{s}") {
            let first = self.next(channel);
            for _ in 1..10 {
                self.next(channel);
            }
            sql = sql.replacen("{s}", &first.to_string(), 1);
        }
        sql
    }
}

impl Wide {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let settings = [
            ("autovacuum", "off"),
            ("wal_level", "logical"),
            ("max_prepared_transactions", "5"),
            ("shared_preload_libraries", "pg_stat_statements"),
            ("full_page_writes", "off"),
        ];
        let server = Scratch::start_with(Installation::usual()?, &settings)?;
        let client = server.database("shop").await?;
        client.batch_execute(SCHEMA).await?;
        let helpers = "CREATE FUNCTION pg_temp.k(n bigint) RETURNS text LANGUAGE sql \
             AS $$ SELECT 'qzkanar' || lpad(n::text, 4, '0') $$; \
             CREATE TEMP VIEW g AS SELECT n FROM generate_series(0, 9) n; \
             SET search_path = public, pg_temp";
        client.batch_execute(helpers).await?;
        let mut planting = Planting::default();
        for (channel, template) in CHANNELS {
            let sql = planting.sql(channel, template).replace("k(", "pg_temp.k(");
            // One by one: some may not be within a transaction.
            for statement in sql.split("; ") {
                let ran = client.batch_execute(statement).await;
                ran.map_err(|error| anyhow::anyhow!("{channel}: {statement}: {error:?}"))?;
            }
        }
        let held = vec![
            foreign(&server, &mut planting).await?,
            held(&server, &mut planting).await?,
        ];
        beside(&server, &mut planting).await?;
        for known in &planting.known {
            let sql = format!("INSERT INTO directory VALUES ('qzkanar{known:04}')");
            client.batch_execute(&sql).await?;
        }
        client.batch_execute("CHECKPOINT").await?;
        anyhow::ensure!(
            planting.planted.len() >= CANARIES_MIN,
            "{}",
            planting.planted.len()
        );
        Ok(Self {
            server,
            planted: planting.planted,
            _held: held,
        })
    }
}

/// Rows of another server's, here of a file, which a materialised view holds.
async fn foreign(server: &Scratch, planting: &mut Planting) -> anyhow::Result<Client> {
    let client = server.connect("shop").await?;
    let file = server.socket_directory().join("far.csv");
    fs::write(&file, planting.sql("foreign rows", "{c}\n{c}\n"))?;
    let sql = format!(
        "CREATE FOREIGN TABLE far_rows (who text) SERVER files OPTIONS (filename '{}'); \
         CREATE MATERIALIZED VIEW far_copy AS SELECT * FROM far_rows",
        file.display()
    );
    client.batch_execute(&sql).await?;
    Ok(client)
}

/// What a session holds: a pending notification, a temporary table, a temporary file, an open
/// transaction; and a transaction that is prepared.
async fn held(server: &Scratch, planting: &mut Planting) -> anyhow::Result<Client> {
    let sql = "BEGIN; INSERT INTO backup VALUES ('{c}', '{c}'); PREPARE TRANSACTION '{c}'";
    let client = server.connect("shop").await?;
    client
        .batch_execute(&planting.sql("prepared transactions", sql))
        .await?;
    let sql = "SET work_mem = '64kB'; BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT '{c}' || n FROM generate_series(1, 9000) n; COMMIT";
    client
        .batch_execute(&planting.sql("temporary files", sql))
        .await?;
    let sql = "CREATE TEMP TABLE t AS SELECT '{c}' AS who";
    client
        .batch_execute(&planting.sql("temporary tables", sql))
        .await?;
    let sql = "LISTEN news; BEGIN; INSERT INTO backup VALUES ('{c}', '{c}')";
    client
        .batch_execute(&planting.sql("an open transaction", sql))
        .await?;
    Ok(client)
}

/// Another database of the cluster, and what the server's log says.
async fn beside(server: &Scratch, planting: &mut Planting) -> anyhow::Result<()> {
    let crm = server.database("crm").await?;
    let sql = "CREATE TABLE leads (who text); INSERT INTO leads VALUES ('{c}'), ('{c}')";
    crm.batch_execute(&planting.sql("another database", sql))
        .await?;
    let sql = "CREATE UNIQUE INDEX ON leads (who); INSERT INTO leads VALUES ('{c}'), ('{c}')";
    crm.batch_execute(&planting.sql("another database", sql))
        .await?;
    let sql = "INSERT INTO leads SELECT '{c}' FROM generate_series(1, 2)";
    let failed = crm.batch_execute(&planting.sql("the log", sql)).await;
    anyhow::ensure!(failed.is_err(), "a key was there twice");
    let notified = crm
        .batch_execute(&planting.sql("notifications", "NOTIFY news, '{c}'"))
        .await;
    Ok(notified?)
}
