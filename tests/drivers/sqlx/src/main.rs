//! A session of sqlx against the URL given. Prints what it saw, without process ids and times.
//!
//! sqlx has no pipeline mode and sends no cancel requests: a statement is cancelled from another
//! session, and several statements with an error among them go as one simple query.

mod told;

use anyhow::Context;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnection, PgListener, PgPoolOptions, PgRow};
use sqlx::{
    Connection, Either, Executor, Row, SqlSafeStr, Statement, query, query_scalar, raw_sql,
};

const BIG: usize = 50 * 1024 * 1024;

use told::{NOTICES, digest, fails};

type Step = anyhow::Result<()>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Step {
    let url = std::env::args().nth(1).context("a URL")?;
    // Only a second logger could be refused.
    log::set_logger(&NOTICES).expect("the first logger");
    log::set_max_level(log::LevelFilter::Info);
    let mut session = PgConnection::connect(&url).await?;
    values(&mut session).await?;
    cursors(&mut session).await?;
    copies(&mut session).await?;
    errors(&mut session).await?;
    transactions(&mut session).await?;
    messages(&mut session, &url).await?;
    cancelled(&mut session, &url).await?;
    large(&mut session).await?;
    session.close().await?;
    pool(&url).await?;
    println!("done");
    Ok(())
}

async fn values(session: &mut PgConnection) -> Step {
    const SQL: &str = "SELECT $1::int8 AS a, $2::text AS b, $3::bytea AS c, $4::int4[] AS d, $5::float8 AS e, $6::bool AS f";
    let statement = session.prepare(SQL.into_sql_str()).await?;
    println!(
        "described: {:?} {:?}",
        statement.parameters(),
        statement.columns()
    );
    for number in 0..8_i32 {
        let row = query(SQL)
            .bind(i64::from(number))
            .bind(format!("text {number} ü"))
            .bind(vec![number.to_le_bytes()[0]; 3])
            .bind(vec![number, -number])
            .bind(f64::from(number))
            .bind(None::<bool>)
            .fetch_one(&mut *session)
            .await?;
        let (a, b, c): (i64, String, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (d, e, f): (Vec<i32>, f64, Option<bool>) =
            (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        println!("prepared: {a} {b} {c:?} {d:?} {e} {f:?}");
    }
    println!("cached: {}", session.cached_statements_size());
    session.clear_cached_statements().await?;
    let again: i64 = query_scalar("SELECT $1::int8")
        .bind(7_i64)
        .fetch_one(&mut *session)
        .await?;
    println!(
        "prepared again: {again} {}",
        session.cached_statements_size()
    );
    several(session, "SELECT 1; SELECT 2 WHERE false; SELECT 3").await
}

/// Statements in one simple query; each row, end and error is a line.
async fn several(session: &mut PgConnection, sql: &'static str) -> Step {
    let mut answers = raw_sql(sql).fetch_many(session);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Either::Left(done)) => println!("several: {} rows", done.rows_affected()),
            Ok(Either::Right(row)) => println!("several: {}", first(&row)?),
            Err(error) => fails::<()>("several", Err(error))?,
        }
    }
    Ok(())
}

async fn cursors(session: &mut PgConnection) -> Step {
    let mut transaction = session.begin().await?;
    transaction
        .execute("DECLARE walk SCROLL CURSOR FOR SELECT i FROM generate_series(1, 1000) i")
        .await?;
    for sql in [
        "FETCH 3 FROM walk",
        "FETCH ABSOLUTE 500 FROM walk",
        "FETCH BACKWARD 2 FROM walk",
    ] {
        let rows: Vec<i32> = query_scalar(sql).fetch_all(&mut *transaction).await?;
        println!("cursor: {rows:?}");
    }
    transaction.commit().await?;
    let numbers =
        query_scalar::<_, i32>("SELECT i FROM generate_series(1, 20000) i").fetch(&mut *session);
    let begun: Vec<i32> = numbers.take(3).try_collect().await?;
    println!("stream left: {begun:?}");
    let lengths = query_scalar("SELECT length(repeat('x', i)) FROM generate_series(1, 5000) i");
    let total: i32 = lengths
        .fetch(session)
        .try_fold(0, |total, length: i32| async move { Ok(total + length) })
        .await?;
    println!("streamed: {total}");
    Ok(())
}

async fn copies(session: &mut PgConnection) -> Step {
    session
        .execute("CREATE TEMP TABLE copied (i int, t text)")
        .await?;
    let mut copy = session.copy_in_raw("COPY copied FROM STDIN").await?;
    for number in 0..20_000 {
        copy.send(format!("{number}\trow {number}\n").into_bytes())
            .await?;
    }
    println!("copy in: {}", copy.finish().await?);
    let blocks = session
        .copy_out_raw("COPY (SELECT * FROM copied ORDER BY i) TO STDOUT")
        .await?;
    let text = blocks.try_fold(Vec::new(), |mut text, block| async move {
        text.extend_from_slice(&block);
        Ok(text)
    });
    println!("copy out: {}", digest(&text.await?));
    let mut copy = session.copy_in_raw("COPY copied FROM STDIN").await?;
    copy.send(b"x\ty\tz\n".as_slice()).await?;
    fails("copy of bad rows", copy.finish().await)?;
    let copy = session.copy_in_raw("COPY copied FROM STDIN").await?;
    fails("copy given up", copy.abort("the client gives up").await)?;
    let count: i64 = query_scalar("SELECT count(*) FROM copied")
        .fetch_one(session)
        .await?;
    println!("after copies: {count}");
    Ok(())
}

async fn errors(session: &mut PgConnection) -> Step {
    session
        .execute("CREATE TEMP TABLE kept (i int UNIQUE)")
        .await?;
    for sql in [
        "SELEC 1",
        "SELECT *\nFROM nowhere",
        "SELECT 1 / 0",
        "INSERT INTO kept VALUES (1), (1)",
        "DO $$ BEGIN RAISE EXCEPTION 'own' USING ERRCODE = 'ZZ001', DETAIL = 'd', HINT = 'h'; END $$",
    ] {
        fails(sql, query(sql).execute(&mut *session).await)?;
    }
    for number in [5_i32, 0, 2] {
        // The same named statement before, at and after its error.
        let divided = query_scalar::<_, i32>("SELECT 10 / $1").bind(number);
        fails("prepared", divided.fetch_one(&mut *session).await)?;
    }
    several(session, "SELECT 1; SELECT 1 / 0; SELECT 2").await
}

async fn transactions(session: &mut PgConnection) -> Step {
    let mut transaction = session.begin().await?;
    fails(
        "in a transaction",
        transaction.execute("SELECT 1 / 0").await,
    )?;
    fails("failed transaction", transaction.execute("SELECT 1").await)?;
    transaction.rollback().await?;
    let mut transaction = session.begin().await?;
    let mut inner = transaction.begin().await?;
    inner.execute("INSERT INTO kept VALUES (1)").await?;
    fails(
        "savepoint",
        inner.execute("INSERT INTO kept VALUES (1)").await,
    )?;
    inner.rollback().await?;
    transaction.execute("INSERT INTO kept VALUES (2)").await?;
    transaction.commit().await?;
    // Left without an end: the next statement rolls it back first.
    let mut dropped = session.begin().await?;
    dropped.execute("INSERT INTO kept VALUES (3)").await?;
    drop(dropped);
    let kept: Vec<i32> = query_scalar("SELECT i FROM kept")
        .fetch_all(session)
        .await?;
    println!("kept: {kept:?}");
    Ok(())
}

async fn messages(session: &mut PgConnection, url: &str) -> Step {
    session
        .execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$")
        .await?;
    println!("notices: {:?}", NOTICES.taken());
    let mut listener = PgListener::connect(url).await?;
    listener.listen("bell").await?;
    session
        .execute("SELECT pg_notify('bell', 'a'), pg_notify('bell', 'b')")
        .await?;
    for _ in 0..2 {
        let said = listener.recv().await?;
        println!("notification: {} {}", said.channel(), said.payload());
    }
    Ok(())
}

async fn cancelled(session: &mut PgConnection, url: &str) -> Step {
    let pid: i32 = query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *session)
        .await?;
    let mut other = PgConnection::connect(url).await?;
    let cancel = async {
        let active = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%pg_sleep(60)'";
        let told = loop {
            let told: Option<bool> = query_scalar(active)
                .bind(pid)
                .fetch_optional(&mut other)
                .await?;
            if let Some(told) = told {
                break told;
            }
        };
        anyhow::Ok(told)
    };
    let (slept, told) = tokio::join!(session.execute("SELECT pg_sleep(60)"), cancel);
    println!("cancel: {}", told?);
    fails("cancelled", slept)?;
    session.execute("SET statement_timeout = '100ms'").await?;
    fails("timed out", session.execute("SELECT pg_sleep(60)").await)?;
    session.execute("RESET statement_timeout").await?;
    let after: i32 = query_scalar("SELECT 1").fetch_one(session).await?;
    println!("after cancel: {after}");
    Ok(())
}

async fn large(session: &mut PgConnection) -> Step {
    let data: Vec<u8> = (0..=255).cycle().take(BIG).collect();
    let row = query("SELECT $1::bytea, length($1::bytea)")
        .bind(&data)
        .fetch_one(&mut *session)
        .await?;
    let back: Vec<u8> = row.try_get(0)?;
    println!(
        "large bytes: {} {} {}",
        digest(&back),
        back == data,
        row.try_get::<i32, _>(1)?
    );
    let text: String = query_scalar("SELECT repeat('0123456789abcdef', 3276800)")
        .fetch_one(session)
        .await?;
    println!("large text: {}", digest(text.as_bytes()));
    Ok(())
}

async fn pool(url: &str) -> Step {
    let pool = PgPoolOptions::new().max_connections(4).connect(url).await?;
    let numbers = (0..20_i32).map(|number| query_scalar("SELECT $1").bind(number).fetch_one(&pool));
    let answers: Vec<i32> = try_join_all(numbers).await?;
    println!("pool: {answers:?}");
    pool.close().await;
    Ok(())
}

fn first(row: &PgRow) -> anyhow::Result<String> {
    // A simple query's values are text whatever their type.
    Ok(row
        .try_get_raw(0)?
        .as_str()
        .map_err(anyhow::Error::from_boxed)?
        .to_owned())
}
