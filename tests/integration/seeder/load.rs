//! Filling tables, and what a load leaves behind.

mod faults;

use std::sync::Mutex;

use rules::schema::{Name, diff, render};
use seeder::audit::{Audit, Finding, audit};
use seeder::load::{
    CHUNK_ROWS, Event, LoadError, Mode, Options, Outcome, Phase, Report, Request, SourceError,
    TableLoad, TriggerPolicy, load,
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
    Box::pin(load(request, source(levels, rows), &|_| ())).await
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
        "public.customer" if row.is_multiple_of(7) => format!("{row}\t{region}\t\\N"),
        "public.customer" => format!("{row}\t{region}\t{}", (row * 31 + 5) % 20_000),
        "public.twin" if row.is_multiple_of(3) => format!("{row}\t\\N\t\\N"),
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
async fn both_modes_leave_the_catalogue_as_it_was() -> anyhow::Result<()> {
    on_every_version(async |server, client| {
        client.batch_execute(KEYS).await?;
        for mode in [Mode::Rebuild, Mode::Live] {
            let loaded = keys_loaded(server, client, mode).await;
            loaded.map_err(|error| error.context(format!("{mode:?}")))?;
        }
        Ok(())
    })
    .await
}

async fn keys_loaded(server: &Scratch, client: &Client, mode: Mode) -> anyhow::Result<()> {
    let (schema, before) = (
        seeder::introspect(client).await?,
        constraints(client).await?,
    );
    let levels = keys_levels();
    let options = Options {
        mode,
        ..Options::default()
    };
    let report = filled(server, &levels, &options, keys_rows).await?;
    assert_eq!(constraints(client).await?, before);
    let after = seeder::introspect(client).await?;
    assert_eq!(render(&diff(&schema, &after)), "");
    for load in levels.iter().flatten() {
        let partitioned = schema.tables[&load.table].partition_by.is_some();
        let only = if partitioned { "" } else { "ONLY " };
        let rows = count(client, &format!("{only}{}", load.table.quoted())).await?;
        assert_eq!(rows, i64::try_from(load.rows)?, "{}", load.table);
    }
    let rows = levels.iter().flatten().map(|load| load.rows);
    assert_eq!(report.rows(), rows.sum::<u64>());
    let outcome = |name: &str| {
        let mut tables = report.tables.iter();
        let table = tables.find(|table| table.table.name == name);
        table.map(|table| table.outcome)
    };
    // TRUNCATE is refused while another table refers to this one.
    let customer = match mode {
        Mode::Rebuild => Outcome::Frozen,
        Mode::Live => Outcome::Copied,
    };
    assert_eq!(outcome("customer"), Some(customer));
    assert_eq!(outcome("late"), Some(Outcome::Frozen));
    assert_eq!(outcome("event"), Some(Outcome::Copied));
    let request = Audit {
        before: Some(&schema),
        ..Audit::default()
    };
    let findings = audit(client, &request).await?;
    let violations: Vec<String> = findings.violations().map(Finding::to_string).collect();
    assert!(violations.is_empty(), "{violations:#?}");
    let notes = findings.findings.iter().map(Finding::to_string);
    let notes: Vec<String> = notes
        .filter(|note| !note.starts_with("partition"))
        .collect();
    assert_eq!(
        notes,
        ["not validated by the server: public.late.late_region"]
    );
    let all: Vec<String> = levels
        .iter()
        .flatten()
        .map(|load| load.table.quoted())
        .collect();
    client
        .batch_execute(&format!("TRUNCATE {}", all.join(", ")))
        .await?;
    Ok(())
}

const TRIGGERS: &str = "
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'secret %', NEW; END $$;
CREATE FUNCTION fail_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no DDL here'; END $$;
CREATE TABLE plain (id int PRIMARY KEY);
CREATE TABLE parted (id int, at int) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (5);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (5) TO (10);
CREATE TRIGGER t_origin BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER t_always AFTER INSERT ON plain FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER t_replica BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER t_off BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER t_truncate BEFORE TRUNCATE ON plain EXECUTE FUNCTION fail();
CREATE CONSTRAINT TRIGGER t_late AFTER INSERT ON plain DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
ALTER TABLE plain ENABLE ALWAYS TRIGGER t_always, ENABLE REPLICA TRIGGER t_replica, DISABLE TRIGGER t_off;
CREATE TRIGGER p_row BEFORE INSERT ON parted FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER p_other AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER leaf_only BEFORE INSERT ON parted_2 FOR EACH ROW EXECUTE FUNCTION fail();
ALTER TABLE parted ENABLE ALWAYS TRIGGER p_other;
ALTER TABLE ONLY parted_1 DISABLE TRIGGER p_row;
ALTER TABLE ONLY parted_2 ENABLE REPLICA TRIGGER p_other;
CREATE RULE away AS ON INSERT TO plain DO INSTEAD NOTHING;
ALTER TABLE plain ENABLE ROW LEVEL SECURITY; ALTER TABLE plain FORCE ROW LEVEL SECURITY;
CREATE EVENT TRIGGER e_origin ON ddl_command_start EXECUTE FUNCTION fail_ddl();
CREATE EVENT TRIGGER e_off ON ddl_command_end EXECUTE FUNCTION fail_ddl();
CREATE EVENT TRIGGER e_replica ON sql_drop EXECUTE FUNCTION fail_ddl();
CREATE EVENT TRIGGER e_always ON ddl_command_end EXECUTE FUNCTION fail_ddl();
ALTER EVENT TRIGGER e_off DISABLE; ALTER EVENT TRIGGER e_replica ENABLE REPLICA; ALTER EVENT TRIGGER e_always ENABLE ALWAYS;
";

async fn trigger_states(client: &Client) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger \
               UNION ALL SELECT concat_ws(' ', evtname, evtenabled) FROM pg_event_trigger ORDER BY 1";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn numbers(_: &str, row: u64) -> String {
    row.to_string()
}

#[tokio::test]
async fn triggers_of_every_state_sleep_and_are_put_back() -> anyhow::Result<()> {
    on_every_version(async |server, client| {
        client.batch_execute(TRIGGERS).await?;
        let before = trigger_states(client).await?;
        let levels = [vec![table("plain", "id", 10), table("parted", "id at", 10)]];
        let rows: Rows = |table, row| match table {
            "public.plain" => row.to_string(),
            _ => format!("{row}\t{row}"),
        };
        filled(server, &levels, &Options::default(), rows).await?;
        assert_eq!(trigger_states(client).await?, before);
        assert_eq!(count(client, "plain").await?, 10);
        assert_eq!(count(client, "parted").await?, 10);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn triggers_fire_where_asked_and_their_words_stay_inside() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute(TRIGGERS).await?;
    let before = trigger_states(&client).await?;
    let levels = [vec![table("plain", "id", 10)]];
    let mut options = Options::default();
    let name = Name::new("public", "plain");
    options.triggers_of.insert(name, TriggerPolicy::Fire);
    let error = filled(&server, &levels, &options, numbers).await;
    let error = error.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "load table public.plain: a function or trigger raised an exception (SQLSTATE P0001, near \
         row 0); the tables are empty again and the schema is as it was before"
    );
    assert_eq!(trigger_states(&client).await?, before);
    Ok(())
}

const NUMBERED: &str = "
CREATE SEQUENCE loose START 100 INCREMENT 10;
CREATE SEQUENCE down INCREMENT -1 START -5;
CREATE SEQUENCE words;
CREATE TABLE numbered (
    a serial, b bigint GENERATED ALWAYS AS IDENTITY, c int GENERATED BY DEFAULT AS IDENTITY (INCREMENT 7 START 3),
    d int DEFAULT nextval('loose'), e int DEFAULT nextval('down'), f text DEFAULT 'n-' || nextval('words'),
    g smallint GENERATED ALWAYS AS IDENTITY (MAXVALUE 50));
CREATE TABLE also (d int DEFAULT nextval('loose'));
INSERT INTO also VALUES (1234);
CREATE TABLE empty (id serial, x int GENERATED ALWAYS AS IDENTITY (START 40));
";

#[tokio::test]
async fn the_next_insert_finds_free_numbers() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute(NUMBERED).await?;
    let levels = [vec![
        table("numbered", "a b c d e f g", 30),
        table("empty", "id x", 0),
    ]];
    let rows: Rows = |_, row| {
        let down = -10 - row as i64;
        format!(
            "{}\t{}\t{row}\t{row}\t{down}\tn-{}\t{}",
            row + 1,
            row * 5,
            row + 1,
            row + 21
        )
    };
    let report = filled(&server, &levels, &Options::default(), rows).await?;
    assert_eq!(report.sequences.len(), 7, "{:?}", report.sequences);
    client
        .batch_execute("INSERT INTO numbered DEFAULT VALUES; INSERT INTO empty DEFAULT VALUES")
        .await
        .expect_err("the identity of g is used up, which takes a number of each");
    client
        .batch_execute("ALTER TABLE numbered DROP COLUMN g")
        .await?;
    let row = client
        .query_one(
            "INSERT INTO numbered DEFAULT VALUES RETURNING concat_ws(' ', a, b, c, d, e, f)",
            &[],
        )
        .await?;
    assert_eq!(row.get::<_, String>(0), "32 147 45 1260 -41 n-32");
    let row = client
        .query_one(
            "INSERT INTO empty DEFAULT VALUES RETURNING concat_ws(' ', id, x)",
            &[],
        )
        .await?;
    assert_eq!(row.get::<_, String>(0), "1 40");
    Ok(())
}

/// A name, the number of tables `t0`, `t1`, …, and their foreign keys as pairs.
type Shape = (&'static str, usize, &'static [(usize, usize)]);

const SHAPES: [Shape; 4] = [
    ("self", 1, &[(0, 0)]),
    ("2-cycle", 2, &[(0, 1), (1, 0)]),
    ("3-cycle", 3, &[(0, 1), (1, 2), (2, 0)]),
    ("two cycles", 3, &[(0, 1), (1, 0), (1, 2), (2, 1)]),
];

fn shape_ddl(tables: usize, keys: &[(usize, usize)], null: &str, deferrable: &str) -> String {
    let mut ddl = String::new();
    for at in 0..tables {
        let own = keys.iter().filter(|(from, _)| *from == at);
        let columns: String = own.map(|(_, to)| format!(", r{to} int {null}")).collect();
        ddl += &format!("CREATE TABLE t{at} (id int PRIMARY KEY{columns});");
    }
    for (from, to) in keys {
        ddl +=
            &format!("ALTER TABLE t{from} ADD FOREIGN KEY (r{to}) REFERENCES t{to} {deferrable};");
    }
    ddl
}

#[tokio::test]
async fn every_cycle_loads_in_both_modes() -> anyhow::Result<()> {
    on_every_version(async |server, client| {
        for (shape, tables, keys) in SHAPES {
            for null in ["NULL", "NOT NULL"] {
                for deferrable in ["", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"] {
                    let drop = (0..3).map(|at| format!("DROP TABLE IF EXISTS t{at} CASCADE;"));
                    client.batch_execute(&drop.collect::<String>()).await?;
                    client
                        .batch_execute(&shape_ddl(tables, keys, null, deferrable))
                        .await?;
                    cycle(server, client, (tables, keys))
                        .await
                        .map_err(|error| error.context(format!("{shape} {null} {deferrable}")))?;
                }
            }
        }
        Ok(())
    })
    .await
}

async fn cycle(
    server: &Scratch,
    client: &Client,
    (tables, keys): (usize, &[(usize, usize)]),
) -> anyhow::Result<()> {
    let before = constraints(client).await?;
    let loads = (0..tables).map(|at| {
        let own = keys.iter().filter(|(from, _)| *from == at);
        let columns: String = own.map(|(_, to)| format!(" r{to}")).collect();
        table(&format!("t{at}"), &format!("id{columns}"), 9_000)
    });
    let levels = [loads.collect::<Vec<TableLoad>>()];
    let rows: Rows = |table, row| {
        // Later rows as parents too, across chunks.
        let parent = (row * 7 + 3) % 9_000;
        format!(
            "{row}\t{parent}{}",
            if table == "public.t1" { "\t5" } else { "" }
        )
    };
    let pairs = keys.iter().filter(|(from, _)| *from == 1).count() == 2;
    let narrow: Rows = |_, row| format!("{row}\t{}", (row * 7 + 3) % 9_000);
    let rows = if pairs { rows } else { narrow };
    for mode in [Mode::Live, Mode::Rebuild] {
        let options = Options {
            mode,
            vacuum: false,
            ..Options::default()
        };
        filled(server, &levels, &options, rows).await?;
        assert_eq!(constraints(client).await?, before, "{mode:?}");
        for at in 0..tables {
            assert_eq!(count(client, &format!("t{at}")).await?, 9_000);
        }
        let findings = audit(client, &Audit::default()).await?;
        assert_eq!(findings.findings, []);
        let names: Vec<String> = (0..tables).map(|at| format!("t{at}")).collect();
        client
            .batch_execute(&format!("TRUNCATE {}", names.join(", ")))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn phases_come_in_order_and_rows_add_up() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute(
            "CREATE TABLE a (id int); CREATE VIEW v AS SELECT count(*) AS n FROM a;
             CREATE MATERIALIZED VIEW z_first AS SELECT n FROM v;
             CREATE MATERIALIZED VIEW a_second AS SELECT n + 1 AS n FROM z_first",
        )
        .await?;
    let schema = seeder::introspect(&client).await?;
    let levels = [vec![table("a", "id", 20_000)]];
    let (config, options) = (server.config("shop"), Options::default());
    let request = Request {
        config: &config,
        schema: &schema,
        levels: &levels,
        options: &options,
    };
    let events = Mutex::new(Vec::new());
    let progress = |event: &Event| events.lock().expect("a lock").push(event.clone());
    let report = Box::pin(load(request, source(&levels, numbers), &progress)).await?;
    let events = events.into_inner()?;
    let phases: Vec<Phase> = events
        .iter()
        .filter_map(|event| match event {
            Event::Phase(phase) => Some(*phase),
            _ => None,
        })
        .collect();
    assert!(phases.is_sorted() && phases.len() == 7, "{phases:?}");
    let rows: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Rows { rows, .. } => Some(*rows),
            _ => None,
        })
        .collect();
    assert_eq!(rows, [8_192, 16_384, 20_000]);
    assert_eq!((report.rows(), report.bytes()), (20_000, 108_890));
    assert_eq!(report.phases.len(), 7);
    let row = client.query_one("SELECT n FROM a_second", &[]).await?;
    assert_eq!(
        row.get::<_, i64>(0),
        20_001,
        "each view behind what it reads"
    );
    let sql = "SELECT reltuples::int8, relallvisible > 0 FROM pg_class WHERE relname = 'a'";
    let row = client.query_one(sql, &[]).await?;
    assert_eq!((row.get(0), row.get(1)), (20_000_i64, true));
    Ok(())
}

const OWNED: &str = "
CREATE ROLE owner LOGIN; CREATE SCHEMA own AUTHORIZATION owner; SET ROLE owner;
CREATE FUNCTION own.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TABLE own.parent (id serial PRIMARY KEY);
CREATE TABLE own.child (id int GENERATED ALWAYS AS IDENTITY, parent int REFERENCES own.parent);
CREATE TRIGGER t BEFORE INSERT ON own.child FOR EACH ROW EXECUTE FUNCTION own.fail();
ALTER TABLE own.child ENABLE ALWAYS TRIGGER t;
ALTER TABLE own.child ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON own.child USING (false);
RESET ROLE";

#[tokio::test]
async fn an_owner_who_is_no_superuser_loads_under_forced_row_security() -> anyhow::Result<()> {
    on_every_version(async |server, client| {
        client.batch_execute(OWNED).await?;
        let schema = seeder::introspect(client).await?;
        let before = constraints(client).await?;
        let mut config = server.config("shop");
        config.user("owner");
        let levels = [
            vec![table("own.parent", "id", 10)],
            vec![table("own.child", "id parent", 9_000)],
        ];
        let rows: Rows = |table, row| match table {
            "own.parent" => row.to_string(),
            _ => format!("{row}\t{}", row % 10),
        };
        let options = Options::default();
        let request = Request {
            config: &config,
            schema: &schema,
            levels: &levels,
            options: &options,
        };
        Box::pin(load(request, source(&levels, rows), &|_| ())).await?;
        assert_eq!(constraints(client).await?, before);
        let now = seeder::introspect(client).await?;
        assert_eq!(render(&diff(&schema, &now)), "");
        assert_eq!(count(client, "own.child").await?, 9_000);
        Ok(())
    })
    .await
}
