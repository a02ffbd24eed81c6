//! Loads that fail: what they say, and that nothing is left of them.

use std::sync::Mutex;

use rules::schema::Name;
use seeder::load::{
    CHUNK_ROWS, Event, FilledPolicy, Left, LoadError, Options, Outcome, Request, SourceError, load,
};
use tests::postgres::Scratch;
use tokio_postgres::Client;

use super::{Rows, constraints, count, filled, numbers, source, table, trigger_states};

/// The first error of a load of `wrong`, whose source is given.
async fn wrong(server: &Scratch, client: &Client, rows: Rows) -> anyhow::Result<LoadError> {
    let ddl = "
        CREATE TABLE parent (id int PRIMARY KEY, CHECK (id < 1000000));
        CREATE TABLE wrong (id int PRIMARY KEY, name varchar(20) NOT NULL, \"odd: name\" int,
            parent int CONSTRAINT of_parent REFERENCES parent);
        CREATE TRIGGER t BEFORE INSERT ON wrong FOR EACH ROW EXECUTE FUNCTION
            suppress_redundant_updates_trigger();
        ALTER TABLE wrong ENABLE ALWAYS TRIGGER t";
    let drop = "DROP TABLE IF EXISTS wrong, parent";
    client.batch_execute(&format!("{drop}; {ddl}")).await?;
    let before = (
        constraints(client).await?,
        trigger_states(client).await?.len(),
    );
    let schema = seeder::introspect(client).await?;
    let levels = [
        vec![table("parent", "id", 20_000)],
        vec![table("wrong", "id", 20_000)],
    ];
    let mut levels = levels.to_vec();
    levels[1][0].columns = ["id", "name", "odd: name", "parent"]
        .map(str::to_owned)
        .to_vec();
    let error = filled(server, &levels, &Options::default(), rows).await;
    let error = error.expect_err("an error");
    let after = (
        constraints(client).await?,
        trigger_states(client).await?.len(),
    );
    assert_eq!(after, before);
    assert_eq!(seeder::introspect(client).await?, schema);
    assert_eq!(
        count(client, "parent").await? + count(client, "wrong").await?,
        0
    );
    assert!(
        matches!(
            &error,
            LoadError::Failed {
                left: Left::Nothing,
                ..
            }
        ),
        "{error}"
    );
    let all = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
    assert!(!all.contains("secret"), "{all}");
    Ok(error)
}

#[tokio::test]
async fn a_row_that_fails_is_told_without_its_values() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    const LEFT: &str = "; the tables are empty again and the schema is as it was before";
    let cases: [(Rows, &str); 6] = [
        (
            |table, row| match (table, row) {
                ("public.parent", _) => row.to_string(),
                (_, 12_345) => "secret\tn\t1\t1".to_owned(),
                _ => format!("{row}\tn\t1\t1"),
            },
            "load table public.wrong: a value is none of its type (SQLSTATE 22P02, column \"id\", near row 12345)",
        ),
        (
            |table, row| match (table, row) {
                ("public.parent", _) => row.to_string(),
                (_, 7) => "7\tn\tsecret: 1\t1".to_owned(),
                _ => format!("{row}\tn\t1\t1"),
            },
            "load table public.wrong: a value is none of its type (SQLSTATE 22P02, column \"odd: name\", near row 7)",
        ),
        (
            |table, row| match (table, row) {
                ("public.parent", _) => row.to_string(),
                (_, 9_000) => format!("{row}\tsecret, which is too long\t1\t1"),
                _ => format!("{row}\tn\t1\t1"),
            },
            "load table public.wrong: a value is too long (SQLSTATE 22001, column \"name\", near row 9000)",
        ),
        (
            |table, row| match table {
                "public.parent" => row.to_string(),
                _ => format!("{}\tsecret\t1\t1", row % 19_999),
            },
            "load table public.wrong: a key is there twice (SQLSTATE 23505, table public.wrong, constraint \"wrong_pkey\", near row 19999)",
        ),
        (
            |table, row| match table {
                "public.parent" => row.to_string(),
                _ => format!("{row}\tsecret\t1\t{}", row + 1),
            },
            "validate foreign key public.wrong.\"of_parent\": a row has no parent (SQLSTATE 23503, table public.wrong, constraint \"of_parent\")",
        ),
        (
            |table, row| match table {
                "public.parent" => row.to_string(),
                _ => format!("{row}\tsecret\t1"),
            },
            "load table public.wrong: a row has not the right number of fields (SQLSTATE 22P04, near row 0)",
        ),
    ];
    for (rows, expected) in cases {
        let error = wrong(&server, &client, rows).await?;
        let shown = error.to_string();
        assert!(error.hint().is_some(), "{shown}");
        let told = shown.strip_suffix(LEFT).unwrap_or(&shown);
        assert_eq!(told, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_source_that_fails_or_panics_is_named() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute("CREATE TABLE plain (id int)").await?;
    let schema = seeder::introspect(&client).await?;
    let config = server.config("shop");
    let levels = [vec![table("plain", "id", 100_000)]];
    let options = Options::default();
    let request = Request {
        config: &config,
        schema: &schema,
        levels: &levels,
        options: &options,
    };
    let refuses = |_: usize, chunk: u64, out: &mut Vec<u8>| -> Result<(), SourceError> {
        out.extend_from_slice("1\n".repeat(CHUNK_ROWS as usize).as_bytes());
        if chunk == 3 {
            Err("no more words".into())
        } else {
            Ok(())
        }
    };
    let error = Box::pin(load(request, refuses, &|_| ()))
        .await
        .expect_err("an error");
    assert!(
        error
            .to_string()
            .starts_with("write rows of public.plain from row 24576 on: no more words;"),
        "{error}"
    );
    let short = |_: usize, _: u64, out: &mut Vec<u8>| -> Result<(), SourceError> {
        out.extend_from_slice(b"1\n");
        Ok(())
    };
    let error = Box::pin(load(request, short, &|_| ()))
        .await
        .expect_err("an error");
    assert!(
        error
            .to_string()
            .starts_with("load table public.plain: 13 rows arrived instead of 100000;"),
        "{error}"
    );
    assert_eq!(count(&client, "plain").await?, 0);
    Ok(())
}

#[tokio::test]
async fn tables_with_rows_are_refused_or_kept_and_nothing_else_is_touched() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    let ddl = "CREATE TABLE country (id int PRIMARY KEY); INSERT INTO country VALUES (0), (1);
               CREATE TABLE city (id int, country int REFERENCES country, full_name text GENERATED ALWAYS AS ('x') STORED);
               CREATE VIEW v AS SELECT 1 AS id";
    client.batch_execute(ddl).await?;
    let levels = [
        vec![table("country", "id", 5)],
        vec![table("city", "id country", 5)],
    ];
    let rows: Rows = |_, row| format!("{row}\t{}", row % 2);
    let error = filled(&server, &levels, &Options::default(), rows).await;
    assert_eq!(
        error.expect_err("an error").to_string(),
        "table public.country has rows already"
    );
    let mut options = Options::default();
    options
        .filled_of
        .insert(Name::new("public", "country"), FilledPolicy::Keep);
    let report = filled(&server, &levels, &options, rows).await?;
    let outcomes: Vec<Outcome> = report.tables.iter().map(|table| table.outcome).collect();
    assert_eq!(outcomes, [Outcome::Kept, Outcome::Frozen]);
    assert_eq!(count(&client, "country").await?, 2);
    for (name, columns, expected) in [
        (
            "city",
            "id full_name",
            "column public.city.full_name is none that can be written",
        ),
        (
            "city",
            "",
            "column public.city.id is none that can be written",
        ),
        ("v", "id", "table public.v is none that can be loaded"),
    ] {
        let levels = [vec![table(name, columns, 1)]];
        let error = filled(&server, &levels, &Options::default(), rows).await;
        let error = error.expect_err("an error");
        assert!(matches!(error, LoadError::Refused(_)), "{error}");
        assert_eq!(error.to_string(), expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_killed_in_the_middle_leaves_nothing() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p)")
        .await?;
    let schema = seeder::introspect(&client).await?;
    let before = constraints(&client).await?;
    let levels = [
        vec![table("p", "id", 100)],
        vec![table("c", "id p", 400_000)],
    ];
    let (config, options) = (server.config("shop"), Options::default());
    let request = Request {
        config: &config,
        schema: &schema,
        levels: &levels,
        options: &options,
    };
    let killer = std::sync::Arc::new(Mutex::new(None));
    let (kill, killed) = tokio::sync::oneshot::channel();
    *killer.lock().expect("a lock") = Some(kill);
    let rows: Rows = |table, row| match table {
        "public.p" => row.to_string(),
        _ => format!("{row}\t{}", row % 100),
    };
    let progress = move |event: &Event| {
        let reached = matches!(event, Event::Rows { table, .. } if table.name == "c");
        let mut killer = killer.lock().expect("a lock");
        if let Some(kill) = killer.take_if(|_| reached) {
            // The other side waits for it until the end.
            let _ = kill.send(());
        }
    };
    let admin = server.connect("postgres").await?;
    let killing = async {
        killed.await?;
        let sql =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%\"c\"%'";
        let killed = admin.query(sql, &[]).await?;
        anyhow::Ok(killed.len())
    };
    let (outcome, killed) = tokio::join!(
        Box::pin(load(request, source(&levels, rows), &progress)),
        killing
    );
    assert_eq!(killed?, 1);
    let error = outcome.expect_err("an error");
    assert!(
        matches!(
            &error,
            LoadError::Failed {
                left: Left::Nothing,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().starts_with("load table public.c: "),
        "{error}"
    );
    assert_eq!(constraints(&client).await?, before);
    assert_eq!(count(&client, "p").await?, 0);
    filled(&server, &levels, &Options::default(), rows).await?;
    Ok(())
}

#[tokio::test]
async fn a_server_gone_for_good_is_told_as_such() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute("CREATE TABLE p (id int)").await?;
    let schema = seeder::introspect(&client).await?;
    let levels = [vec![table("p", "id", 400_000)]];
    let (config, options) = (server.config("shop"), Options::default());
    let request = Request {
        config: &config,
        schema: &schema,
        levels: &levels,
        options: &options,
    };
    let server = Mutex::new(Some(server));
    let progress = move |event: &Event| {
        if matches!(event, Event::Rows { .. }) {
            server.lock().expect("a lock").take();
        }
    };
    let error = Box::pin(load(request, source(&levels, numbers), &progress)).await;
    let error = error.expect_err("an error");
    assert!(
        matches!(
            &error,
            LoadError::Failed {
                left: Left::Changed { .. },
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("throw the database away"),
        "{error}"
    );
    Ok(())
}
