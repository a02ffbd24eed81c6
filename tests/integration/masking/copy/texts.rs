//! Encodings, long cells, columns that are computed, and settings of the schema.

use masker::plan::{Action, Derived};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

use super::{LOADING, Pair, Way, dump, plan, token};

/// A pair whose databases are made by hand.
async fn encoded(encoding: &str, ddl: &str) -> anyhow::Result<(Pair, Client)> {
    let from = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let to = Scratch::start_with(Installation::of_major(15)?, &LOADING)?;
    let client = from.connect("postgres").await?;
    let create = format!("CREATE DATABASE shop TEMPLATE template0 ENCODING '{encoding}'");
    client.batch_execute(&create).await?;
    from.connect("shop").await?.batch_execute(ddl).await?;
    to.connect("postgres").await?.batch_execute(&create).await?;
    let pair = Pair::of(from, to);
    let facts = pair.source().await?.facts().await?;
    assert_eq!(facts.database.encoding, encoding);
    assert_eq!(
        (
            facts.database.collate.as_str(),
            facts.database.provider.as_str()
        ),
        ("C", "libc")
    );
    let after = pair.to.connect("shop").await?;
    Ok((pair, after))
}

#[tokio::test]
async fn latin1_is_kept_and_masked() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE \"tÿpe\" (id int, \"é\" text, kept text);
               CREATE TABLE passes (kept text);
               INSERT INTO \"tÿpe\" SELECT n, 'é' || chr(n), chr(n) FROM generate_series(161, 255) n;
               INSERT INTO passes SELECT chr(n) FROM generate_series(161, 255) n";
    let (pair, after) = encoded("LATIN1", ddl).await?;
    pair.copied(&[("public.\"tÿpe\".é", Action::Static("Zoë".into()))])
        .await?;
    let before = pair.from.connect("shop").await?;
    for sql in [
        "SELECT id, kept, length(kept) FROM public.\"tÿpe\" ORDER BY id",
        "SELECT kept FROM public.passes",
        "SELECT convert_to(kept, 'LATIN1') FROM public.passes",
    ] {
        assert_eq!(dump(&before, sql).await?, dump(&after, sql).await?);
    }
    let sql = "SELECT DISTINCT \"é\", length(\"é\"), octet_length(\"é\") FROM public.\"tÿpe\"";
    assert_eq!(dump(&after, sql).await?, "Zoë\t3\t3\n");
    // What the encoding lacks is told by table and column.
    let (pair, _after) = encoded("LATIN1", ddl).await?;
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let fate = ("public.\"tÿpe\".é", Action::Static("Łukasz".into()));
    let error = pair
        .copy(&source, &plan(&schema, &facts, &[fate]), &Way::default())
        .await
        .expect_err("an error");
    assert_eq!(
        error.to_string(),
        "load table public.\"tÿpe\": a character is none of the database's encoding \
         (SQLSTATE 22P05, near row 0)"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("encoding")));
    Ok(())
}

#[tokio::test]
async fn bytes_of_no_encoding_pass_and_are_not_masked() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE passes (kept text); CREATE TABLE t (id int, secret text, kept text);
               INSERT INTO passes VALUES (E'a\\xff\\x80'); INSERT INTO t VALUES (1, 'é', E'\\xfe\\xff\\t')";
    let (pair, after) = encoded("SQL_ASCII", ddl).await?;
    pair.copied(&[("public.t.secret", token("t"))]).await?;
    let before = pair.from.connect("shop").await?;
    for sql in [
        "SELECT kept::bytea FROM public.passes",
        "SELECT kept::bytea FROM public.t",
    ] {
        let sql = sql.replace("kept::bytea", "convert_to(kept, 'SQL_ASCII')");
        assert_eq!(dump(&before, &sql).await?, dump(&after, &sql).await?);
    }
    let ddl = "CREATE TABLE t (id int, secret text); INSERT INTO t VALUES (1, E'\\xff')";
    let (pair, _after) = encoded("SQL_ASCII", ddl).await?;
    let error = pair.copied(&[("public.t.secret", token("t"))]).await;
    let error = error.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "mask public.t.secret with \"token\": a value is not UTF-8"
    );
    Ok(())
}

#[tokio::test]
async fn long_cells_pass_and_are_masked_up_to_a_bound() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE long (id int, before text, secret text, after bytea);
               ALTER TABLE long ALTER before SET STORAGE EXTERNAL, ALTER secret SET STORAGE EXTERNAL;
               INSERT INTO long VALUES
                 (1, repeat('é', 50000000), 'a', 'x'),
                 (2, E'b\\n', repeat(E'secret\\\\', 3000000), convert_to(repeat('y', 20000000), 'UTF8')),
                 (3, '', '', '')";
    let pair = Pair::start(15, 15, ddl).await?;
    pair.copied(&[("public.long.secret", token("long"))])
        .await?;
    let (before, after) = pair.sessions().await?;
    let sql = "SELECT id, md5(before), length(before), md5(after) FROM public.long ORDER BY id";
    assert_eq!(dump(&before, sql).await?, dump(&after, sql).await?);
    let sql = "SELECT bool_and(length(secret) = 24) FROM public.long";
    assert_eq!(dump(&after, sql).await?, "t\n");
    let ddl = "CREATE TABLE long (id int, secret text);
               ALTER TABLE long ALTER secret SET STORAGE EXTERNAL;
               INSERT INTO long VALUES (1, repeat('x', 80000000))";
    let pair = Pair::start(15, 15, ddl).await?;
    let error = pair.copied(&[("public.long.secret", token("long"))]).await;
    let error = error.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "mask public.long: the cells of a row that rules replace or look at take more than 64 MiB"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_computed_follows_from_what_is_masked() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE page (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL,
                 slug text NOT NULL UNIQUE, search tsvector, seen int,
                 twice text GENERATED ALWAYS AS (title || title) STORED);
               CREATE INDEX page_search ON page USING gin (search);
               INSERT INTO page (title, slug, search, seen)
                 SELECT 'Maria ' || n, 'maria-' || n, to_tsvector('simple', 'maria ' || n), n
                   FROM generate_series(1, 3000) n;
               CREATE TABLE log (at date, who text, search tsvector) PARTITION BY RANGE (at);
               CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
               CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
               INSERT INTO log SELECT date '2020-01-01' + n, 'maria', to_tsvector('simple', 'maria')
                 FROM generate_series(0, 700) n";
    let pair = Pair::start(15, 15, ddl).await?;
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let fates = [
        ("public.page.title", token("title")),
        ("public.log.who", token("who")),
    ];
    let mut plan = plan(&schema, &facts, &fates);
    for table in &mut plan {
        let derived = |column: &str, expression: &str| Derived {
            column: column.to_owned(),
            expression: expression.to_owned(),
        };
        table.derived = match table.table.name.as_str() {
            "page" => vec![
                derived("slug", "lower(page.title) || '-' || page.id"),
                derived("search", "to_tsvector('simple', title)"),
            ],
            _ => vec![derived("search", "to_tsvector('simple', who)")],
        };
        let derived: Vec<String> = table.derived.iter().map(|d| d.column.clone()).collect();
        table
            .columns
            .retain(|column| !derived.contains(&column.column));
        table.key = (0..table.key.len()).collect();
    }
    let report = pair.copy(&source, &plan, &Way::default()).await?;
    assert!(
        report
            .tables
            .iter()
            .all(|table| table.way == masker::copy::Way::Derived)
    );
    let after = pair.to.connect("shop").await?;
    let sql = "SELECT count(*), bool_and(slug = lower(title) || '-' || id), \
               bool_and(search = to_tsvector('simple', title)), bool_and(twice = title || title), \
               bool_and(seen = id) FROM public.page";
    assert_eq!(dump(&after, sql).await?, "3000\tt\tt\tt\tt\n");
    let sql = "SELECT count(*), bool_and(search = to_tsvector('simple', who)), count(DISTINCT who) \
               FROM public.log";
    assert_eq!(dump(&after, sql).await?, "701\tt\t1\n");
    let sql = "SELECT (SELECT count(*) FROM public.log_1), (SELECT count(*) FROM public.log_2)";
    assert_eq!(dump(&after, sql).await?, "366\t335\n");
    // Nothing was written twice: no dead row is left to be seen by who reads pages.
    let dead = "SELECT sum(n_dead_tup) FROM pg_catalog.pg_stat_user_tables";
    assert_eq!(dump(&after, dead).await?, "0\n");
    let wrong = "SELECT count(*) FROM public.page WHERE search @@ 'maria'";
    assert_eq!(dump(&after, wrong).await?, "0\n");
    Ok(())
}

#[tokio::test]
async fn no_password_of_a_mapping_reaches_the_copy() -> anyhow::Result<()> {
    let ddl = "CREATE EXTENSION postgres_fdw;
               CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid');
               CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'u', password 'pass-of-mapping');
               CREATE FOREIGN TABLE remote (id int) SERVER far;
               CREATE TABLE t (id int)";
    let pair = Pair::start(15, 15, ddl).await?;
    pair.copied(&[]).await?;
    let after = pair.to.connect("shop").await?;
    let sql = "SELECT count(*) FROM pg_catalog.pg_foreign_table";
    assert_eq!(dump(&after, sql).await?, "1\n");
    after.batch_execute("CHECKPOINT").await?;
    let found = std::process::Command::new("grep")
        .args(["-r", "-l", "-a", "pass-of-mapping"])
        .arg(pair.to.data_directory())
        .output()?;
    assert_eq!(String::from_utf8(found.stdout)?, "");
    // The same search finds what is there: the server's name.
    let found = std::process::Command::new("grep")
        .args(["-r", "-l", "-a", "nowhere.invalid"])
        .arg(pair.to.data_directory())
        .output()?;
    assert!(!found.stdout.is_empty());
    Ok(())
}
