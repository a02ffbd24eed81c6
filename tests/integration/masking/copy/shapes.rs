//! Every shape of a table and of what stands around tables.

use masker::copy::{CopyError, Report};
use masker::plan::Action;
use rules::schema::{Name, Schema, diff, render};
use tokio_postgres::Client;

use super::{Pair, Way, dump, plan, rows_of, token};

/// Columns whose values are replaced.
fn masked() -> Vec<(&'static str, Action)> {
    [
        "public.person.email",
        "public.person.name",
        "\"Odd \"\"Schema\"\"\".\"Täble 'x'\".sp ace",
        "public.event.who",
        "public.spread.who",
        "public.computed.who",
        "public.moved.who",
        "public.base.secret",
        "public.derived.secret",
        "ünï.queue.secret",
        "public.no_rows.secret",
        "public.twice.secret",
    ]
    .map(|column| (column.replace("ünï.", "\"ünï\"."), token(column)))
    .map(|(column, action)| (&*column.leak(), action))
    .to_vec()
}

async fn copied(pair: &Pair, way: &Way) -> anyhow::Result<(Schema, Result<Report, CopyError>)> {
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let mut plan = plan(&schema, &facts, &masked());
    plan.retain(|table| table.table.name != "structure_only");
    let report = pair.copy(&source, &plan, way).await;
    source.close().await;
    Ok((schema, report))
}

/// Tables with rows of their own, with the columns that are kept.
fn kept(schema: &Schema) -> Vec<(&Name, Vec<String>)> {
    let masked = masked();
    let tables = schema.tables.iter();
    let own = tables.filter(|(name, table)| {
        table.partition_by.is_none()
            && table.kind == rules::schema::TableKind::Ordinary
            && !["structure_only", "no_columns"].contains(&name.name.as_str())
    });
    own.map(|(name, table)| {
        let root = schema.root_of(name);
        let columns = table.columns.iter().filter(|column| {
            let place = format!("{root}.{}", column.name);
            let computed = column.generated.is_some();
            !computed && masked.iter().all(|(masked, _)| *masked != place)
        });
        (name, columns.map(|column| column.name.clone()).collect())
    })
    .collect()
}

async fn one(client: &Client, sql: &str) -> anyhow::Result<String> {
    Ok(dump(client, sql).await?.trim_end().to_owned())
}

async fn every_shape(from: u32, to: u32) -> anyhow::Result<()> {
    let pair = Pair::start(from, to, include_str!("shapes.sql")).await?;
    let way = Way {
        workers: 3,
        // Several blocks of every table that has them.
        chunk_bytes: 16 * 1024,
        ..Way::default()
    };
    let (schema, report) = copied(&pair, &way).await?;
    let report = report?;
    let (before, after) = pair.sessions().await?;
    let there = seeder::introspect(&after).await?;
    assert_eq!(render(&diff(&schema, &there)), "");
    for (table, columns) in kept(&schema) {
        if table.name.starts_with("moved") || columns.is_empty() {
            continue;
        }
        let one = rows_of(&before, table, &columns).await?;
        let other = rows_of(&after, table, &columns).await?;
        assert_eq!(one, other, "{table}");
    }
    let moved = "SELECT amount FROM public.moved ORDER BY 1";
    assert_eq!(dump(&before, moved).await?, dump(&after, moved).await?);
    values(&after).await?;
    what_is_around(&after, &report).await?;
    Ok(())
}

/// What was replaced is, and what is computed follows.
async fn values(after: &Client) -> anyhow::Result<()> {
    for (table, column) in [
        ("person", "name"),
        ("person", "email::text"),
        ("event", "who"),
        ("spread", "who"),
        ("computed", "who"),
        ("moved", "who"),
        ("base", "secret"),
        ("derived", "secret"),
        ("twice", "secret"),
        ("\"ünï\".queue", "secret"),
        ("\"Odd \"\"Schema\"\"\".\"Täble 'x'\"", "\"sp ace\""),
    ] {
        let table = match table.starts_with('"') {
            true => table.to_owned(),
            false => format!("public.{table}"),
        };
        let sql =
            format!("SELECT count(*) > 0, bool_and({column} ~ '^[a-z2-7]{{24}}$') FROM {table}");
        assert_eq!(one(after, &sql).await?, "t\tt", "{table}.{column}");
    }
    let checks = [
        ("SELECT count(*) FROM public.no_columns", "7"),
        ("SELECT count(*) FROM public.no_rows", "0"),
        ("SELECT count(*) FROM public.structure_only", "0"),
        (
            "SELECT count(*), count(DISTINCT secret) FROM public.twice",
            "5\t1",
        ),
        ("SELECT count(*) FROM ONLY public.base", "20"),
        ("SELECT count(*) FROM public.base", "50"),
        (
            "SELECT bool_and(initial = upper(left(name, 1))), bool_and(note = 'none') FROM public.person",
            "t\tt",
        ),
        ("SELECT bool_and(who < 'm') FROM public.moved_m", "t"),
        // Materialised views hold what the copy holds.
        (
            "SELECT sum(n), bool_and(who ~ '^[a-z2-7]{24}$') FROM public.per_kind",
            "1200\tt",
        ),
        ("SELECT n FROM public.over_view", "1200"),
    ];
    for (sql, expected) in checks {
        assert_eq!(one(after, sql).await?, expected, "{sql}");
    }
    // Sequences stand behind what was loaded.
    let next = "INSERT INTO public.person (name) VALUES ('next') RETURNING id, legacy";
    let row = after.query_one(next, &[]).await?;
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i32>(1)), (1600, 501));
    Ok(())
}

async fn what_is_around(after: &Client, report: &Report) -> anyhow::Result<()> {
    let none = "SELECT (SELECT count(*) FROM pg_catalog.pg_publication), \
                (SELECT count(*) FROM pg_catalog.pg_event_trigger), \
                (SELECT count(*) FROM pg_catalog.pg_user_mapping), \
                (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata), \
                (SELECT count(*) FROM pg_catalog.pg_class WHERE relname LIKE 'standin%')";
    assert_eq!(one(after, none).await?, "0\t0\t0\t0\t0");
    let unfilled = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_catalog.pg_class \
                    WHERE relkind = 'm' AND NOT relispopulated";
    assert_eq!(one(after, unfilled).await?, "never_filled of_remote");
    // Statistics are the copy's own; nothing is left to be vacuumed away or frozen.
    let analysed = "SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') \
                    AND c.reltuples < 0 AND c.relnamespace = 'public'::pg_catalog.regnamespace";
    assert_eq!(one(after, analysed).await?, "0");
    let extended = "SELECT count(*) FROM pg_catalog.pg_stats_ext WHERE n_distinct IS NOT NULL";
    assert_eq!(one(after, extended).await?, "1");
    assert_eq!(report.roles, ["shapes_reader"]);
    let reader = "SELECT count(*) FROM pg_catalog.pg_class WHERE relacl IS NOT NULL \
                  AND relnamespace = 'public'::pg_catalog.regnamespace";
    assert_eq!(one(after, reader).await?, "0", "rights are not copied");
    let left_out = report.left_out.join("; ");
    for kind in [
        "USER MAPPING",
        "EVENT TRIGGER on_ddl",
        "PUBLICATION everything",
    ] {
        // Publications are left out by pg_dump itself.
        let expected = !kind.starts_with("PUBLICATION");
        assert_eq!(left_out.contains(kind), expected, "{left_out}");
    }
    Ok(())
}

#[tokio::test]
async fn every_shape_is_copied() -> anyhow::Result<()> {
    let done = every_shape(15, 15).await;
    done.map_err(|error| error.context("15 to 15"))?;
    Ok(())
}

#[tokio::test]
async fn a_table_may_have_as_many_columns_as_there_can_be() -> anyhow::Result<()> {
    let columns: Vec<String> = (1..=1_600).map(|n| format!("c{n} smallint")).collect();
    let values: Vec<String> = (1..=1_600).map(|n| (n % 7).to_string()).collect();
    let ddl = format!(
        "CREATE TABLE wide ({}); INSERT INTO wide SELECT {} FROM generate_series(1, 300)",
        columns.join(", "),
        values.join(", ")
    );
    for column in ["c1", "c800", "c1600"] {
        let pair = Pair::start(15, 15, &ddl).await?;
        let place = format!("public.wide.{column}");
        pair.copied(&[(&place, Action::Static(b"-1".to_vec()))])
            .await?;
        let (before, after) = pair.sessions().await?;
        let rest: Vec<String> = (1..=1_600)
            .map(|n| format!("c{n}"))
            .filter(|name| name != column)
            .collect();
        let sql = format!("SELECT {} FROM public.wide", rest.join(", "));
        assert_eq!(dump(&before, &sql).await?, dump(&after, &sql).await?);
        let sql = format!("SELECT DISTINCT {column} FROM public.wide");
        assert_eq!(dump(&after, &sql).await?, "-1\n");
    }
    Ok(())
}

#[tokio::test]
async fn xml_is_kept() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE doc (id int, secret text, body xml, bodies xml[]);
               INSERT INTO doc VALUES (1, 's', '<a b=\"1\">x&#9;y\n</a>', ARRAY['<c/>'::xml, NULL])";
    let pair = Pair::start(15, 15, ddl).await?;
    pair.copied(&[("public.doc.secret", token("doc"))]).await?;
    let (before, after) = pair.sessions().await?;
    let sql = "SELECT id, body, bodies FROM public.doc";
    assert_eq!(dump(&before, sql).await?, dump(&after, sql).await?);
    Ok(())
}
