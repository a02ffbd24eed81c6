//! Zero rules: every schema of `schemas/` is filled, and every constraint of it holds.

use std::collections::BTreeMap;
use std::path::Path;

use rules::config::Seed;
use rules::seed::{LoadMode, SeedRules, TriggerPolicy};
use seeder::engine::CHUNK_ROWS;
use seeder::run::{Job, fill, plan};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// What a schema alone asks for.
pub(super) fn job(workers: usize) -> Job {
    Job {
        rules: SeedRules::default(),
        seed: Seed {
            seed: 42,
            scale_per_mille: 300,
            scenarios: Vec::new(),
        },
        today: jiff::civil::date(2026, 1, 1),
        workers: Some(workers),
    }
}

/// The schemas by the names of their files.
pub(super) fn schemas() -> anyhow::Result<Vec<(String, String)>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/seeding/schemas");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        found.push((name, std::fs::read_to_string(&path)?));
    }
    found.sort();
    Ok(found)
}

/// A database with a schema.
async fn database(server: &Scratch, name: &str, sql: &str) -> anyhow::Result<Client> {
    let client = server.database(name).await?;
    client.batch_execute(sql).await?;
    Ok(client)
}

pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_is_filled_with_no_rules() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut failed = Vec::new();
    for (name, sql) in schemas()? {
        let _client = database(&server, &name, &sql).await?;
        // The load validates every constraint, and the audit looks again.
        let filled = match fill(&server.config(&name), &job(2), &|_| {}).await {
            Ok(filled) => filled,
            Err(error) => {
                failed.push(format!("{name}: {}", chain(&error)));
                continue;
            }
        };
        let rows = filled.load.rows();
        assert!(rows > 1_000, "{name}: {rows} rows");
        assert_eq!(filled.audit.violations().count(), 0);
        let empty = filled.load.tables.iter().filter(|table| table.rows == 0);
        let empty: Vec<String> = empty.map(|table| table.table.to_string()).collect();
        assert!(empty.is_empty(), "{name}: no rows in {}", empty.join(", "));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    Ok(())
}

/// With every foreign key in force while rows are loaded.
#[tokio::test(flavor = "multi_thread")]
async fn schemas_full_of_keys_are_filled_live() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let mut filled_live = 0;
    for (name, sql) in schemas()? {
        if !["hr", "saas", "bank", "logistics"].contains(&name.as_str()) {
            continue;
        }
        let _client = database(&server, &name, &sql).await?;
        let mut job = job(2);
        job.rules.mode = LoadMode::Live;
        let filled = fill(&server.config(&name), &job, &|_| {}).await;
        let filled = filled.map_err(|error| anyhow::anyhow!("{name}: {}", chain(&error)))?;
        assert_eq!(filled.audit.violations().count(), 0, "{name}");
        let empty = filled.load.tables.iter().filter(|table| table.rows == 0);
        assert_eq!(empty.count(), 0, "{name}");
        filled_live += 1;
    }
    assert_eq!(filled_live, 4);
    Ok(())
}

/// A schema with one CHECK that only its own function knows, beside one that nobody can satisfy.
const UNSOLVABLE: &str = "
CREATE FUNCTION valid_terms(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 LIKE 'net %' $$;
CREATE TABLE contracts (id int PRIMARY KEY, terms text NOT NULL,
    CONSTRAINT contracts_terms CHECK (valid_terms(terms)));
CREATE TABLE limits (id int PRIMARY KEY, low int NOT NULL,
    CONSTRAINT limits_low CHECK (low > 5), CONSTRAINT limits_high CHECK (low < 3));
";

#[tokio::test]
async fn what_is_not_solved_is_named_before_a_row_is_written() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    client.batch_execute(UNSOLVABLE).await?;
    let error = fill(&server.config("app"), &job(1), &|_| {}).await;
    let text = chain(&error.expect_err("a schema that cannot be filled"));
    for part in [
        "public.contracts: contracts_terms",
        "CHECK (public.valid_terms(terms))",
        "[seed.tables.\"public.contracts\"] columns.terms = { values = { ",
        "limits_high: CHECK ((low < 3)) and limits_low: CHECK ((low > 5))",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let row = client.query_one(
        "SELECT (SELECT count(*) FROM contracts) + (SELECT count(*) FROM limits)",
        &[],
    );
    assert_eq!(row.await?.get::<_, i64>(0), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_of_a_table_fire_where_its_rule_says_so() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let ddl = "CREATE TABLE loud (id int PRIMARY KEY, told text); CREATE TABLE mute (LIKE loud INCLUDING ALL);
               CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN NEW.told := 'fired'; RETURN NEW; END $$;
               CREATE TRIGGER tell BEFORE INSERT ON loud FOR EACH ROW EXECUTE FUNCTION tell();
               CREATE TRIGGER tell BEFORE INSERT ON mute FOR EACH ROW EXECUTE FUNCTION tell();";
    let client = database(&server, "app", ddl).await?;
    let mut job = job(1);
    let loud = job.rules.tables.entry("public.loud".parse()?);
    loud.or_default().triggers = Some(TriggerPolicy::Fire);
    let filled = fill(&server.config("app"), &job, &|_| {}).await;
    filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
    let sql = "SELECT (SELECT bool_and(told = 'fired') FROM loud), (SELECT bool_or(told = 'fired') FROM mute)";
    let row = client.query_one(sql, &[]).await?;
    assert_eq!((row.get(0), row.get(1)), (true, false));
    Ok(())
}

/// A plan never passes what a run refuses: it tries rows as well.
#[tokio::test]
async fn a_plan_names_rows_that_no_try_satisfies() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    let ddl = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
               CREATE TABLE pairs (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a,
                 b_id int NOT NULL REFERENCES b, CONSTRAINT pairs_far CHECK (a_id + b_id > 1000000))";
    client.batch_execute(ddl).await?;
    let planned = plan(&client, &job(1)).await.map(drop);
    let planned = chain(&planned.expect_err("rows that cannot be made"));
    assert!(planned.contains("pairs_far"), "{planned}");
    let filled = fill(&server.config("app"), &job(1), &|_| {}).await;
    let filled = chain(&filled.expect_err("rows that cannot be made"));
    assert_eq!(planned, filled);
    Ok(())
}

#[tokio::test]
async fn a_column_that_contradictions_leave_empty_is_told() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    let ddl = "CREATE TABLE limits (id int PRIMARY KEY, low int, note text CHECK (note <> ''),
                 CONSTRAINT limits_low CHECK (low > 5), CONSTRAINT limits_high CHECK (low < 3))";
    client.batch_execute(ddl).await?;
    let filled = fill(&server.config("app"), &job(1), &|_| {}).await;
    let filled = filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
    let row = client.query_one("SELECT count(*), count(low), count(note) FROM limits", &[]);
    let row = row.await?;
    let (rows, lows, notes): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert!(rows > 0 && lows == 0 && notes > 0, "{rows} {lows} {notes}");
    let shown = filled.plan.shown();
    let why = "nothing but NULL satisfies limits_high: CHECK ((low < 3)) and limits_low: CHECK ((low > 5))";
    assert_eq!(shown.empty, [format!("public.limits.low: {why}")]);
    let low = &shown.tables[0].columns[1];
    assert_eq!((low.from.as_str(), low.because.as_str()), ("NULL", why));
    assert_eq!(low.nulls_per_mille, 1_000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_the_values_of_a_check_is_trusted_and_the_server_judges() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    client.batch_execute(UNSOLVABLE).await?;
    client.batch_execute("DROP TABLE limits").await?;
    let mut job = job(1);
    let mut rule = rules::seed::ColumnRule {
        values: vec![("net 30".to_owned(), 3), ("net 60".to_owned(), 1)],
        ..rules::seed::ColumnRule::default()
    };
    let table = job
        .rules
        .tables
        .entry("public.contracts".parse()?)
        .or_default();
    table.columns.insert("terms".to_owned(), rule.clone());
    table.rows = Some(400);
    let filled = fill(&server.config("app"), &job, &|_| {}).await;
    filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
    let row = client
        .query_one("SELECT count(*), count(DISTINCT terms) FROM contracts", &[])
        .await?;
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (400, 2));
    client.batch_execute("TRUNCATE contracts").await?;
    rule.values = vec![("on demand".to_owned(), 1)];
    let table = job
        .rules
        .tables
        .entry("public.contracts".parse()?)
        .or_default();
    table.columns.insert("terms".to_owned(), rule);
    let error = fill(&server.config("app"), &job, &|_| {}).await;
    let text = chain(&error.expect_err("a value that the server refuses"));
    assert!(
        text.contains("contracts_terms") && !text.contains("on demand"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn rows_that_a_key_has_no_room_for_are_refused_with_both_numbers() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    client
        .batch_execute(
            "CREATE TABLE grades (grade smallint PRIMARY KEY CHECK (grade BETWEEN 1 AND 18))",
        )
        .await?;
    let mut job = job(1);
    job.rules
        .tables
        .entry("public.grades".parse()?)
        .or_default()
        .rows = Some(19);
    let error = fill(&server.config("app"), &job, &|_| {}).await;
    let text = chain(&error.expect_err("more rows than keys"));
    assert!(
        text.contains("19 rows") && text.contains("room for 18"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn keys_that_checks_tie_have_no_row_without_its_partner() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    // A span has no upper end near the end of its type, and of two pairs in one key both are tied.
    let ddl = "CREATE TABLE spans (lo smallint NOT NULL UNIQUE, hi smallint NOT NULL UNIQUE, CHECK (hi > lo));
               CREATE TABLE loose (lo smallint NOT NULL UNIQUE, hi smallint UNIQUE, CHECK (hi > lo));
               CREATE TABLE pairs (a int CHECK (a BETWEEN 1 AND 9), b int CHECK (b BETWEEN 1 AND 9),
                 c int CHECK (c BETWEEN 1 AND 9), d int CHECK (d BETWEEN 1 AND 9),
                 PRIMARY KEY (a, b, c, d), CHECK (a < b), CHECK (c < d))";
    let client = database(&server, "app", ddl).await?;
    let mut job = job(2);
    let wanted = [("spans", 5_000), ("loose", 5_000), ("pairs", 1_000)];
    for (table, rows) in wanted {
        let table = job.rules.tables.entry(format!("public.{table}").parse()?);
        table.or_default().rows = Some(rows);
    }
    let filled = fill(&server.config("app"), &job, &|_| {}).await;
    filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
    for (table, rows) in wanted {
        let partner = if table == "pairs" { "d" } else { "hi" };
        let sql = format!("SELECT count(*), count({partner}) FROM {table}");
        let row = client.query_one(&sql, &[]).await?;
        let found: (i64, i64) = (row.get(0), row.get(1));
        assert_eq!(found, (rows as i64, rows as i64), "{table}");
    }
    Ok(())
}

/// Digits that no value of ours has are no wrap-around.
#[tokio::test]
async fn a_tie_of_finer_decimals_than_there_are_is_refused_by_name() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let ddl =
        "CREATE TABLE fine (lo numeric(50, 40) NOT NULL UNIQUE, hi numeric(50, 40) NOT NULL UNIQUE,
                 CHECK (hi > lo))";
    let _client = database(&server, "app", ddl).await?;
    let error = fill(&server.config("app"), &job(1), &|_| {}).await;
    let text = chain(&error.expect_err("a tie that cannot be made"));
    assert!(
        text.contains("public.fine") && text.contains("fine_check"),
        "{text}"
    );
    Ok(())
}

/// The rows of every table in the order in which they were written, hashed by the server.
async fn hash(client: &Client) -> anyhow::Result<Vec<String>> {
    let tables = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
                  JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|^information_schema' ORDER BY 1";
    let mut hashes = Vec::new();
    for table in client.query(tables, &[]).await? {
        let table: String = table.get(0);
        let sql = format!("SELECT md5(string_agg(t::text, E'\\n' ORDER BY ctid)) FROM {table} t");
        let row = client.query_one(&sql, &[]).await?;
        hashes.push(format!("{table} {:?}", row.get::<_, Option<String>>(0)));
    }
    Ok(hashes)
}

/// Thousandths of what a schema alone asks for: every table gets rows, and most of them a few.
const SMALL_PER_MILLE: u64 = 40;

/// The hashes of a schema's tables, filled by so many workers.
async fn dump(
    server: &Scratch,
    (name, sql): (&str, &str),
    (workers, scale_per_mille): (usize, u64),
) -> anyhow::Result<Vec<String>> {
    let database_name = format!("{name}_{workers}");
    let client = database(server, &database_name, sql).await?;
    let mut job = job(workers);
    job.seed.scale_per_mille = scale_per_mille;
    match fill(&server.config(&database_name), &job, &|_| {}).await {
        Ok(_) => hash(&client).await,
        Err(error) => anyhow::bail!("{name}, {workers} workers: {}", chain(&error)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_gets_the_same_rows_of_any_workers_on_any_version() -> anyhow::Result<()> {
    let installations = Installation::all();
    let majors: Vec<u32> = installations.iter().map(|one| one.major).collect();
    for major in [15, 16, 18] {
        assert!(majors.contains(&major), "of {majors:?} none is {major}");
    }
    let mut first: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, installation) in installations.into_iter().enumerate() {
        let server = Scratch::start_with(installation, &[])?;
        // The first server sees every number of workers, the others one each that differs.
        let workers: &[usize] = [&[1, 2, 16], &[16][..], &[2]][number.min(2)];
        for (name, sql) in schemas()? {
            // Not every build of a server has libxml, without which no value of the type can be written.
            let sql = sql.replace(" xml,", " text,");
            for &workers in workers {
                let dumped = dump(&server, (&name, &sql), (workers, SMALL_PER_MILLE)).await?;
                match first.get(&name) {
                    Some(first) => assert_eq!(
                        *first, dumped,
                        "{name}, {workers} workers, {majors:?} {number}"
                    ),
                    None => assert!(first.insert(name.clone(), dumped).is_none()),
                }
            }
        }
    }
    assert_eq!(first.len(), schemas()?.len());
    Ok(())
}

/// Tables of several chunks, which workers share.
#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_workers_gives_the_same_rows() -> anyhow::Result<()> {
    let mut schemas = schemas()?.into_iter();
    let found = schemas.find(|(name, _)| name == "shop");
    let (name, sql) = found.expect("the shop's schema");
    let server = Scratch::start()?;
    let mut first: Option<Vec<String>> = None;
    for workers in [1, 2, 16] {
        let hashes = dump(&server, (&name, &sql), (workers, 1_500)).await?;
        let client = server.connect(&format!("{name}_{workers}")).await?;
        let most = "SELECT max(reltuples)::bigint FROM pg_class WHERE relkind = 'r'";
        let most: i64 = client.query_one(most, &[]).await?.get(0);
        assert!(
            most as u64 > 2 * CHUNK_ROWS,
            "{most} rows are no third chunk"
        );
        match &first {
            Some(first) => assert_eq!(*first, hashes),
            None => first = Some(hashes),
        }
    }
    Ok(())
}
