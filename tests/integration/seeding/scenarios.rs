//! Rows of scenarios beside generated ones, on real servers: there, harmless to the others, and named
//! where they cannot be.

use std::collections::BTreeMap;

use rules::config::{Seed, parse};
use seeder::run::{self, Filled, Job, SeedError, fill};
use seeder::scenario::{KeyValue, ScenarioTold};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// A shop that bills: accounts and their members, customers, invoices with lines and payments.
pub(super) const SCHEMA: &str = "
CREATE TYPE state AS ENUM ('draft', 'open', 'paid', 'void');
CREATE TABLE accounts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, plan text NOT NULL
    CHECK (plan IN ('free', 'pro', 'team')));
CREATE TABLE members (account_id int NOT NULL REFERENCES accounts (id), id int NOT NULL, email varchar(60) NOT NULL,
    boss int, PRIMARY KEY (account_id, id), FOREIGN KEY (account_id, boss) REFERENCES members (account_id, id));
CREATE UNIQUE INDEX members_email ON members (lower(email));
CREATE TABLE customers (id bigserial PRIMARY KEY, full_name text NOT NULL, email text NOT NULL UNIQUE,
    vip boolean NOT NULL, created_at timestamptz NOT NULL, deleted_at timestamptz,
    CHECK (deleted_at >= created_at));
CREATE TABLE invoices (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id),
    number text NOT NULL UNIQUE, status state NOT NULL, due_on date NOT NULL, paid_at timestamptz,
    created_at timestamptz NOT NULL, total numeric(8, 2) NOT NULL CHECK (total > 0), doubled numeric GENERATED ALWAYS AS (total * 2) STORED,
    CONSTRAINT paid_when CHECK ((status = 'paid') = (paid_at IS NOT NULL)));
CREATE TABLE lines (invoice_id bigint NOT NULL REFERENCES invoices (id), position int NOT NULL CHECK (position > 0),
    note text, data jsonb, PRIMARY KEY (invoice_id, position));
CREATE TABLE profiles (customer_id bigint PRIMARY KEY REFERENCES customers (id), nickname text);
CREATE TABLE staff (id int PRIMARY KEY, name text NOT NULL, manager int REFERENCES staff (id));
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a trigger fired''; END';
CREATE TRIGGER touched BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION touched();
";

const OVERDUE: &str = r#"
[[seed.scenario]]
name = "overdue"
rows = [
  { handle = "second", table = "lines", set = { invoice_id = "@inv", note = "two", data = '{"a": [1]}' } },
  { handle = "first", table = "lines", set = { invoice_id = "@inv", note = { text = "null" } } },
  { handle = "inv", table = "invoices", set = { customer_id = "@acme", status = "open", due_on = "as_of-30d", total = 12.505 } },
  { handle = "acme", table = "customers", set = { full_name = "Acme \"\\ O'Neil", vip = true } },
  { handle = "face", table = "profiles", set = { customer_id = "@acme" } },
  { handle = "boss", table = "staff" },
  { handle = "hand", table = "staff", set = { manager = "@boss" } },
  { handle = "own", table = "accounts", set = { plan = "team" } },
  { handle = "chief", table = "members", set = { account_id = "@own" } },
  { handle = "clerk", table = "members", set = { account_id = "@own", boss = "@chief", email = "Clerk@Example.org" } },
]
assert = [
  { sql = "select count(*) from invoices where id = :inv and due_on < :as_of and paid_at is null", is = 1 },
  { sql = "select full_name = :acme.full_name from customers where id = :acme" },
  { sql = "select array_agg(position order by position) from lines where invoice_id = :inv", is = "{1,2}" },
  { sql = "select (account_id, id) = :chief from members where lower(email) = lower(:chief.email)" },
  { sql = "select doubled from invoices where id = :inv", is = 25.02 },
  { sql = "select note from lines where (invoice_id, position) = :first", is = "null" },
]
"#;

pub(super) fn job(toml: &str, names: &[&str]) -> anyhow::Result<Job> {
    let config = parse(toml).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    Ok(Job {
        rules: config.seed,
        seed: Seed {
            seed: 42,
            scale_per_mille: 300,
            scenarios: names.iter().map(|name| (*name).to_owned()).collect(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: Some(2),
    })
}

pub(super) async fn database(server: &Scratch, name: &str, sql: &str) -> anyhow::Result<Client> {
    let client = server.database(name).await?;
    client.batch_execute(sql).await?;
    Ok(client)
}

pub(super) async fn filled(server: &Scratch, name: &str, job: &Job) -> anyhow::Result<Filled> {
    let filled = fill(&server.config(name), job, &|_| {}).await;
    filled.map_err(|error| anyhow::anyhow!(chain(&error)))
}

/// What keeps a database from being filled.
pub(super) async fn refused(server: &Scratch, name: &str, job: &Job) -> String {
    match fill(&server.config(name), job, &|_| {}).await {
        Ok(_) => "nothing".to_owned(),
        Err(error) => chain(&error),
    }
}

pub(super) fn chain(error: &SeedError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The rows of every table that are none of the scenarios', in the order of their texts, hashed. Tables
/// without a primary key are left out.
async fn others(client: &Client, told: &[ScenarioTold]) -> anyhow::Result<Vec<String>> {
    let mut added: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in told.iter().flat_map(|told| told.handles.values()) {
        let parts = row.key.iter().map(|(column, value)| {
            let text = match value {
                KeyValue::Number(number) => number.to_string(),
                KeyValue::Text(text) => text.replace('\'', "''"),
            };
            format!("t.\"{column}\"::text = '{text}'")
        });
        let parts: Vec<String> = parts.collect();
        let name = row.table.parse::<rules::schema::Name>()?.quoted();
        added
            .entry(name)
            .or_default()
            .push(format!("({})", parts.join(" AND ")));
    }
    let tables = "SELECT format('\"%s\".\"%s\"', n.nspname, c.relname) FROM pg_class c \
                  JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition \
                  AND n.nspname !~ '^pg_|^information_schema' \
                  AND EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') \
                  ORDER BY 1";
    client
        .batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'")
        .await?;
    let mut hashes = Vec::new();
    for table in client.query(tables, &[]).await? {
        let table: String = table.get(0);
        let rows = added
            .remove(&table)
            .unwrap_or_else(|| vec!["false".to_owned()]);
        let sql = format!(
            "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")), \
             (SELECT count(*) FROM {table} t WHERE {0}) FROM {table} t WHERE NOT ({0})",
            rows.join(" OR ")
        );
        let row = client.query_one(&sql, &[]).await?;
        let (count, hash, found): (i64, Option<String>, i64) = (row.get(0), row.get(1), row.get(2));
        let expected = rows.iter().filter(|row| *row != "false").count();
        anyhow::ensure!(
            found as usize == expected,
            "{table}: {found} of {expected} rows are there"
        );
        hashes.push(format!("{table} {count} {hash:?}"));
    }
    Ok(hashes)
}

pub(super) async fn count(client: &Client, sql: &str) -> anyhow::Result<i64> {
    Ok(client.query_one(sql, &[]).await?.get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_there_and_no_other_row_has_changed() -> anyhow::Result<()> {
    let mut answers = Vec::new();
    for installation in Installation::all() {
        let server = Scratch::start_with(installation, &[])?;
        let plain = database(&server, "plain", SCHEMA).await?;
        let told = filled(&server, "plain", &job("", &[])?).await?;
        assert_eq!(told.scenarios, []);
        let without = others(&plain, &[]).await?;
        for (name, mode) in [("rebuild", ""), ("live", "[seed]\nmode = \"live\"\n")] {
            let client = database(&server, name, SCHEMA).await?;
            let job = job(&format!("{mode}{OVERDUE}"), &["overdue"])?;
            let filled = filled(&server, name, &job).await?;
            assert_eq!(filled.scenarios[0].handles.len(), 10);
            assert_eq!(others(&client, &filled.scenarios).await?, without, "{name}");
            let added = "SELECT count(*) FROM customers WHERE full_name = 'Acme \"\\ O''Neil'";
            assert_eq!(count(&client, added).await?, 1);
            // Sequences stand behind the added rows.
            client
                .batch_execute("ALTER TABLE customers DISABLE TRIGGER touched")
                .await?;
            let next = "INSERT INTO customers (full_name, email, vip, created_at) \
                        VALUES ('x', 'x@example.org', false, now()) RETURNING id";
            let id = count(&client, next).await?;
            assert_eq!(id, count(&client, "SELECT max(id) FROM customers").await?);
            answers.push(serde_json::to_string(&filled.scenarios)?);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    Ok(())
}

/// Every scenario that a schema alone is enough for.
const BUILT_IN: [&str; 5] = [
    "unicode-names",
    "max-length-text",
    "null-heavy",
    "future-dates",
    "dst-edge",
];

/// Schemas that are filled with the built-in scenarios: uniques of several columns, tenants, partitions,
/// cycles, exclusions and domains are among them.
const FITTED: [&str; 3] = ["bank", "hospital", "identity"];

#[tokio::test(flavor = "multi_thread")]
async fn built_in_scenarios_fit_schemas_of_many_kinds_and_change_no_row() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut schemas = super::fill::schemas()?;
    schemas.retain(|(name, _)| FITTED.contains(&name.as_str()));
    assert_eq!(schemas.len(), FITTED.len());
    let mut added = 0;
    for (name, sql) in schemas {
        let plain = database(&server, "plain", &sql).await?;
        let few = |names: &[&str]| -> anyhow::Result<Job> {
            let mut job = job("", names)?;
            job.seed.scale_per_mille = 150;
            Ok(job)
        };
        filled(&server, "plain", &few(&[])?).await?;
        let without = others(&plain, &[]).await?;
        let client = database(&server, "together", &sql).await?;
        let job = few(&BUILT_IN)?;
        let (_, planned) = run::plan(&client, &job).await?;
        let filled = filled(&server, "together", &job).await;
        let filled = filled.map_err(|error| error.context(name.clone()))?;
        assert_eq!(others(&client, &filled.scenarios).await?, without, "{name}");
        // Twice the same.
        assert_eq!(planned.shown(), filled.plan.shown(), "{name}");
        added += filled
            .scenarios
            .iter()
            .map(|told| told.handles.len())
            .sum::<usize>();
        drop((plain, client));
        for used in ["plain", "together"] {
            let drop = format!("DROP DATABASE {used} WITH (FORCE)");
            server
                .connect("postgres")
                .await?
                .batch_execute(&drop)
                .await?;
        }
    }
    assert!(added > 300, "{added} rows");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn built_in_rows_are_what_they_are_called() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let schema = "CREATE TABLE things (id int PRIMARY KEY, full_name varchar(12) NOT NULL, code varchar(5) CHECK \
                  (char_length(code) BETWEEN 2 AND 4), born date, note text, at timestamptz NOT NULL, \
                  local_at timestamp NOT NULL, maybe int, sure int NOT NULL)";
    let client = database(&server, "app", schema).await?;
    let filled = filled(&server, "app", &job("", &BUILT_IN)?).await?;
    let ids = |scenario: &str| -> String {
        let told = filled.scenarios.iter().find(|told| told.name == scenario);
        let keys = told
            .into_iter()
            .flat_map(|told| told.handles.values())
            .flat_map(|row| row.key.values());
        let keys = keys.map(|key| match key {
            KeyValue::Number(number) => number.to_string(),
            KeyValue::Text(text) => text.clone(),
        });
        keys.collect::<Vec<_>>().join(", ")
    };
    for (scenario, asked, expected) in [
        (
            "unicode-names",
            "octet_length(full_name) > char_length(full_name)",
            10,
        ),
        ("unicode-names", "char_length(full_name) = 12", 9),
        (
            "max-length-text",
            "char_length(full_name) = 12 AND char_length(code) = 4 AND char_length(note) = 10000",
            2,
        ),
        (
            "null-heavy",
            "code IS NULL AND born IS NULL AND note IS NULL AND maybe IS NULL",
            1,
        ),
        (
            "future-dates",
            "at >= '2026-01-02' AND local_at > at AT TIME ZONE 'UTC'",
            3,
        ),
        (
            "dst-edge",
            "at IN ('2025-03-30 01:00Z', '2025-10-26 01:00Z', '2025-03-09 07:00Z', '2025-11-02 06:00Z')",
            4,
        ),
        ("dst-edge", "local_at::time IN ('02:30', '01:30')", 4),
    ] {
        let sql = format!(
            "SELECT count(*) FROM things WHERE id IN ({}) AND {asked}",
            ids(scenario)
        );
        assert_eq!(count(&client, &sql).await?, expected, "{scenario}: {asked}");
    }
    Ok(())
}

/// The demo's shop with the scenarios that stand in its configuration.
const SHOP: &str = include_str!("../../../proxy/src/cli/demo/shop/001_schema.sql");
const SHOP_SCENARIOS: &str = include_str!("../../../proxy/src/cli/demo/shop/scenarios.toml");

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_has_ten_scenarios_at_once_twice_the_same() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let names = parse(SHOP_SCENARIOS)
        .map_err(|problems| anyhow::anyhow!("{problems:?}"))?
        .seed
        .scenarios;
    let names: Vec<&str> = names
        .iter()
        .map(|one| one.name.as_str())
        .chain(BUILT_IN)
        .collect();
    assert_eq!(names.len(), 10);
    let job = job(SHOP_SCENARIOS, &names)?;
    let mut seen = Vec::new();
    for name in ["one", "two"] {
        let client = database(&server, name, SHOP).await?;
        let filled = filled(&server, name, &job).await?;
        assert_eq!(
            filled.audit.checked.get(&seeder::audit::Kind::Assertion),
            Some(&9)
        );
        seen.push((others(&client, &[]).await?, filled.scenarios));
    }
    assert_eq!(seen[0], seen[1]);
    // Whatever else is chosen, a row is the same but for its number.
    let alone = database(&server, "alone", SHOP).await?;
    let gone = filled(
        &server,
        "alone",
        &self::job(SHOP_SCENARIOS, &["churned-user"])?,
    )
    .await?;
    let both = server.connect("one").await?;
    let mut rows = Vec::new();
    for (client, told) in [(&alone, &gone.scenarios), (&both, &seen[0].1)] {
        let told = told.iter().find(|told| told.name == "churned-user");
        let key = told.and_then(|told| told.handles["gone"].key.get("id"));
        let Some(KeyValue::Number(id)) = key else {
            anyhow::bail!("no key");
        };
        let sql =
            format!("SELECT (to_jsonb(c) - 'id' - 'email')::text FROM customers c WHERE id = {id}");
        rows.push(client.query_one(&sql, &[]).await?.get::<_, String>(0));
    }
    assert_eq!(rows[0], rows[1]);
    Ok(())
}

const KEPT_OUT: &str = r#"
[[seed.scenario]]
name = "late"
exclusive = true
rows = [{ handle = "inv", table = "invoices", set = { number = "INV-LATE", status = "open", due_on = "as_of-30d", paid_at = "null" } }]
assert = [{ sql = "select count(*) from invoices where status = 'open' and due_on < :as_of and paid_at is null", is = 1 }]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn exclusive_keeps_generated_rows_out() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let late = "SELECT count(*) FROM invoices WHERE status = 'open' AND due_on < '2026-01-01' AND paid_at IS NULL";
    let client = database(&server, "shared", SCHEMA).await?;
    let shared = KEPT_OUT
        .replace("exclusive = true", "")
        .replace("is = 1", "is = 0");
    let said = refused(&server, "shared", &job(&shared, &["late"])?).await;
    let counted = count(&client, late).await?;
    assert!(counted > 10, "{counted}");
    assert!(
        said.contains(&format!("expected 0, got {counted}")),
        "{said}"
    );
    let everything = others(&client, &[]).await?;

    let client = database(&server, "apart", SCHEMA).await?;
    let filled = filled(&server, "apart", &job(KEPT_OUT, &["late"])?).await?;
    assert_eq!(count(&client, late).await?, 1);
    // Other statuses, and open ones that are not late, are there as before.
    for other in [
        "status = 'paid'",
        "status = 'open' AND due_on >= '2026-01-01'",
        "status = 'draft' AND due_on < '2026-01-01'",
    ] {
        let sql = format!("SELECT count(*) FROM invoices WHERE {other}");
        assert!(count(&client, &sql).await? > 5, "{other}");
    }
    // Only invoices have changed: no other table knows of it.
    let apart = others(&client, &filled.scenarios).await?;
    let changed: Vec<&String> = apart
        .iter()
        .filter(|table| !everything.contains(table))
        .collect();
    assert!(
        changed
            .iter()
            .all(|table| table.starts_with("\"public\".\"invoices\" ")),
        "{changed:?}"
    );

    let nothing = KEPT_OUT.replace(
        "status = \"open\", due_on = \"as_of-30d\", paid_at = \"null\"",
        "total = 5",
    );
    let _client = database(&server, "nothing", SCHEMA).await?;
    let said = refused(&server, "nothing", &job(&nothing, &["late"])?).await;
    assert!(
        said.contains("nothing that it sets tells generated rows apart from it"),
        "{said}"
    );
    Ok(())
}
