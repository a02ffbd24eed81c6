//! Running a directory of SQL files.

use std::path::Path;

use seeder::migrate::{DirectoryError, hash_directory, run_directory};
use tempfile::TempDir;
use tests::postgres::Scratch;
use tokio_postgres::Client;

fn directory(files: &[(&str, &str)]) -> anyhow::Result<TempDir> {
    let directory = tempfile::tempdir()?;
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text)?;
    }
    Ok(directory)
}

/// Runs files that must fail on a fresh database; gives the error, without the directory's path,
/// and the session.
async fn failure(
    server: &Scratch,
    database: &str,
    files: &[(&str, &str)],
) -> anyhow::Result<(DirectoryError, String, Client)> {
    let client = server.database(database).await?;
    let directory = directory(files)?;
    let error = run_directory(&client, directory.path(), |_| {})
        .await
        .expect_err("an error");
    let text = error.to_string();
    let text = text.replace(&format!("{}/", directory.path().display()), "");
    Ok((error, text, client))
}

async fn tables(client: &Client) -> anyhow::Result<Vec<String>> {
    let rows = client
        .query(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn files_run_in_natural_order_each_in_a_transaction_of_its_own() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    let note = "INSERT INTO turn SELECT $$one; two$$, txid_current(); INSERT INTO turn SELECT 'x', txid_current();";
    let files = directory(&[
        (
            "V1__first.sql",
            "CREATE TABLE turn (n serial, name text, tx bigint); SET search_path = nowhere;",
        ),
        (
            "V10__last.sql",
            &note
                .replace("turn SELECT $$one", "turn (name, tx) SELECT $$V10 one")
                .replace("turn SELECT", "turn (name, tx) SELECT"),
        ),
        (
            "V2__second.sql",
            &note
                .replace("turn SELECT $$one", "turn (name, tx) SELECT $$V2 one")
                .replace("turn SELECT", "turn (name, tx) SELECT"),
        ),
        ("V2__second.down.sql", "DROP TABLE turn"),
        ("readme.txt", "no SQL"),
    ])?;
    let mut told = Vec::new();
    let ran = run_directory(&client, files.path(), |done| {
        told.push(format!(
            "{}/{} {} {}",
            done.number, done.of, done.name, done.statements
        ));
    })
    .await?;
    assert_eq!(ran, 3);
    assert_eq!(
        told,
        [
            "1/3 V1__first.sql 2",
            "2/3 V2__second.sql 2",
            "3/3 V10__last.sql 2"
        ]
    );
    let rows = client
        .query(
            "SELECT string_agg(name, ',' ORDER BY n) FROM public.turn GROUP BY tx ORDER BY min(n)",
            &[],
        )
        .await?;
    let transactions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(transactions, ["V2 one; two,x", "V10 one; two,x"]);
    Ok(())
}

#[tokio::test]
async fn a_refused_statement_is_found_by_line_and_column_and_undoes_its_file() -> anyhow::Result<()>
{
    let server = Scratch::start()?;
    let bad = "CREATE TABLE b (x int);\n-- a comment; with ' a quote\nSELECT 'ü',\n  'ä', nothing FROM b;\n";
    let files = [("1.sql", "CREATE TABLE a ();"), ("2.sql", bad)];
    let (_, text, client) = failure(&server, "one", &files).await?;
    assert_eq!(text, "2.sql:4:8: column \"nothing\" does not exist (42703)");
    assert_eq!(
        tables(&client).await?,
        ["a"],
        "the first file stays, the second is undone"
    );
    client.batch_execute("VACUUM a").await?;

    let files = [(
        "1.sql",
        "CREATE TABLE t (x int UNIQUE);\n\nINSERT INTO t VALUES (1), (1);",
    )];
    let (error, text, _) = failure(&server, "two", &files).await?;
    assert_eq!(
        text,
        "1.sql:3:1: duplicate key value violates unique constraint \"t_x_key\" (23505)"
    );
    assert!(
        !format!("{error:?}").contains("(x)=(1)"),
        "a row's value in {error:?}"
    );

    let files = [("1.sql", "CREATE TABLE p (x int);\nSELECT y FROM p;")];
    let (_, text, _) = failure(&server, "three", &files).await?;
    assert_eq!(text, "1.sql:2:8: column \"y\" does not exist (42703)");

    let deferred = "CREATE TABLE a (x int PRIMARY KEY);\nCREATE TABLE b (x int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO b VALUES (1);";
    let (_, text, client) = failure(&server, "four", &[("1.sql", deferred)]).await?;
    assert!(
        text.starts_with("1.sql:3:25: insert or update on table \"b\" violates foreign key"),
        "{text}"
    );
    assert!(tables(&client).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_cannot_run_in_a_transaction_says_so_and_runs_with_the_line() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let index = "CREATE INDEX CONCURRENTLY ON t (x);";
    let files = [("1.sql", "CREATE TABLE t (x int);"), ("2.sql", index)];
    let (_, text, _) = failure(&server, "one", &files).await?;
    assert_eq!(
        text,
        "2.sql:1:1: CREATE INDEX CONCURRENTLY cannot run inside a transaction block (25001); hint: \
         put this statement into a file of its own with the line \"-- standin: no transaction\""
    );
    let client = server.database("two").await?;
    let marked = format!("-- standin: no transaction\n{index}\nVACUUM t;\n{index}");
    let files = directory(&[files[0], ("2.sql", &marked)])?;
    assert_eq!(run_directory(&client, files.path(), |_| {}).await?, 2);
    Ok(())
}

#[tokio::test]
async fn transactions_of_a_files_own_are_left_to_it() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("one").await?;
    let own = "BEGIN;\nCREATE TABLE a ();\nSAVEPOINT s;\nROLLBACK TO s;\nCOMMIT;\nVACUUM a;";
    let files = directory(&[("1.sql", own)])?;
    assert_eq!(run_directory(&client, files.path(), |_| {}).await?, 1);
    assert_eq!(tables(&client).await?, ["a"]);

    let open = "CREATE TABLE a ();\n  BEGIN;\nCREATE TABLE b ();";
    let (_, text, client) = failure(&server, "two", &[("1.sql", open)]).await?;
    assert_eq!(
        text,
        "1.sql:2:3: the transaction that begins here is never ended"
    );
    assert_eq!(tables(&client).await?, ["a"]);
    Ok(())
}

#[tokio::test]
async fn what_only_other_tools_understand_is_refused_before_anything_runs() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    for (number, bad, expected) in [
        (
            1,
            "SELECT 1;\n  \\i other.sql\n",
            "2.sql:2:3: \"\\\\i\" is a command of psql",
        ),
        (
            2,
            "COPY a FROM stdin;\n1\n\\.\n",
            "2.sql:1:1: COPY … FROM STDIN",
        ),
        (
            3,
            "SELECT 1;\n-- migrate:down\nDROP TABLE a;",
            "2.sql:2:1: the line \"-- migrate:down\" belongs to dbmate",
        ),
        (4, "SELECT 'a;\n", "2.sql:1:8: a string has no end"),
        (
            5,
            "SELECT $f$ a;\n",
            "2.sql:1:8: a dollar-quoted string has no end",
        ),
        (6, "/* /* */ SELECT 1;", "2.sql:1:1: a comment has no end"),
        (7, "SELECT \"a;", "2.sql:1:8: a quoted name has no end"),
    ] {
        let database = format!("d{number}");
        let files = [("1.sql", "CREATE TABLE a (x int);"), ("2.sql", bad)];
        let (_, text, client) = failure(&server, &database, &files).await?;
        assert!(text.starts_with(expected), "{text}");
        assert!(
            tables(&client).await?.is_empty(),
            "file 1 ran before {bad:?} was found"
        );
    }
    Ok(())
}

#[tokio::test]
async fn directories_and_files_that_cannot_be_read_are_named() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    let run = async |path: &Path| {
        run_directory(&client, path, |_| {})
            .await
            .expect_err("an error")
    };

    let error = run(Path::new("/nowhere/at/all")).await;
    assert_eq!(error.to_string(), "read \"/nowhere/at/all\"");
    let empty = directory(&[("notes.md", "")])?;
    let error = run(empty.path()).await;
    assert!(matches!(error, DirectoryError::Empty { .. }), "{error}");
    let binary = directory(&[])?;
    std::fs::write(binary.path().join("1.sql"), b"SELECT 1;\nSELECT '\xff';")?;
    let error = run(binary.path()).await;
    assert!(
        error
            .to_string()
            .ends_with("1.sql:2:9: not UTF-8 from here on"),
        "{error}"
    );
    let huge = directory(&[])?;
    std::fs::File::create(huge.path().join("1.sql"))?.set_len(1 << 30)?;
    let error = run(huge.path()).await;
    assert!(
        matches!(error, DirectoryError::TooLarge { bytes, .. } if bytes == 1 << 30),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_with_the_statement() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let sql = "SELECT 1;\nSELECT pg_terminate_backend(pg_backend_pid());";
    let (_, text, _) = failure(&server, "one", &[("1.sql", sql)]).await?;
    assert!(
        text.starts_with("1.sql:2:1: terminating connection"),
        "{text}"
    );
    let client = server.database("two").await?;
    drop(server);
    let files = directory(&[("1.sql", sql)])?;
    let error = run_directory(&client, files.path(), |_| {})
        .await
        .expect_err("an error");
    assert!(
        matches!(error, DirectoryError::Connection { .. }),
        "{error:?}"
    );
    Ok(())
}

#[test]
fn the_hash_knows_names_and_bytes_and_nothing_else() -> anyhow::Result<()> {
    let hash = |files: &[(&str, &str)]| -> anyhow::Result<String> {
        Ok(hash_directory(directory(files)?.path())?)
    };
    let one = hash(&[("1.sql", "a"), ("2.sql", "b")])?;
    assert_eq!(one.len(), 64);
    assert_eq!(
        one,
        hash(&[("2.sql", "b"), ("1.sql", "a"), ("x.txt", "c")])?
    );
    assert_ne!(one, hash(&[("1.sql", "a"), ("2.sql", "c")])?);
    assert_ne!(one, hash(&[("1.sql", "a"), ("3.sql", "b")])?);
    assert_ne!(one, hash(&[("1.sql", "a2.sqlb")])?);
    assert!(hash_directory(Path::new("/nowhere/at/all")).is_err());
    Ok(())
}
