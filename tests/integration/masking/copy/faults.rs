//! Copies that fail: what they say, and that nothing of them is left in production.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use masker::copy::{CopyError, Event};
use masker::facts::Why;
use masker::key::Draw;
use masker::plan::Action;
use masker::source::{LOCK_WAIT, Source, SourceError};
use masker::transform::{Transform, Unmaskable};
use tests::postgres::{Installation, Scratch};
use tests::volume::{Format, Volume};
use tokio_postgres::Client;

use super::{LOADING, Pair, Way, always, dump, masked, plan, token};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Enough rows for something to happen in the middle of them.
const MANY: &str = "
CREATE TABLE many (id int PRIMARY KEY, secret text, filler text);
INSERT INTO many SELECT n, 'top-secret-' || n, repeat('x', 200) FROM generate_series(1, 200000) n;
CREATE TABLE other (id int, secret text);
INSERT INTO other SELECT n, 'top-secret-' || n FROM generate_series(1, 1000) n;";

fn of_many() -> [(&'static str, Action); 2] {
    [
        ("public.many.secret", token("many")),
        ("public.other.secret", token("other")),
    ]
}

/// Waits until production has no session of a copy any more.
async fn let_go(production: &Scratch) -> anyhow::Result<()> {
    let client = production.connect("postgres").await?;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'standin mask' \
               OR application_name LIKE 'pg_dump%'";
    let began = Instant::now();
    while client.query_one(sql, &[]).await?.get::<_, i64>(0) > 0 {
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "a session is left in production"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Nothing that an error shows may hold a value.
fn shown(error: &CopyError) -> String {
    let mut shown = format!("{error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        shown.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    let all = format!("{shown} {error:?}");
    assert!(!all.contains("top-secret"), "{all}");
    assert!(error.hint().is_some(), "no hint: {shown}");
    shown
}

/// Runs a copy by one worker, during which something happens once rows flow.
async fn interrupted(
    pair: &Pair,
    happens: impl AsyncFnOnce(Client) -> anyhow::Result<()>,
) -> anyhow::Result<CopyError> {
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let plan = plan(&schema, &facts, &of_many());
    let flows = Arc::new(AtomicBool::new(false));
    let (told, wakes) = (flows.clone(), Arc::new(tokio::sync::Notify::new()));
    let wake = wakes.clone();
    let way = Way {
        progress: Arc::new(move |event: &Event| {
            if matches!(event, Event::Rows(_)) && !told.swap(true, Ordering::Relaxed) {
                wake.notify_one();
                // Whatever is to happen gets the time for it.
                std::thread::sleep(Duration::from_millis(300));
            }
        }),
        workers: 1,
        ..Way::default()
    };
    let client = pair.from.connect("shop").await?;
    let happening = async {
        wakes.notified().await;
        happens(client).await
    };
    let (ended, happened) = tokio::join!(pair.copy(&source, &plan, &way), happening);
    happened?;
    let error = ended.err();
    let error = error.ok_or_else(|| anyhow::anyhow!("the copy did not notice"))?;
    drop(source);
    let_go(&pair.from).await?;
    Ok(error)
}

#[tokio::test(flavor = "multi_thread")]
async fn production_that_is_cut_off_is_told() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, MANY).await?;
    let error = interrupted(&pair, async |client| {
        let kill =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'";
        client.batch_execute(kill).await?;
        Ok(())
    })
    .await?;
    let shown = shown(&error);
    assert!(matches!(error, CopyError::Read(_)), "{shown}");
    let told = shown.strip_prefix("read table public.many of production: ");
    // A server that cannot write at that moment says nothing more.
    let said = ["terminating connection", "the server closed the connection"];
    assert!(
        told.is_some_and(|told| said.iter().any(|said| told.starts_with(said))),
        "{shown}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_dies_is_told() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, MANY).await?;
    let target = pair.to.connect("postgres").await?;
    let error = interrupted(&pair, async |_| {
        let kill =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'";
        target.batch_execute(kill).await?;
        Ok(())
    })
    .await?;
    let shown = shown(&error);
    assert!(matches!(error, CopyError::Write(_)), "{shown}");
    assert!(shown.starts_with("load table public.many: "), "{shown}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_dropped_leaves_no_session() -> anyhow::Result<()> {
    let pair = Arc::new(Pair::start(15, 15, MANY).await?);
    let wakes = Arc::new(tokio::sync::Notify::new());
    let (copying, wake) = (pair.clone(), wakes.clone());
    let task = tokio::spawn(async move {
        let source = copying.source().await?;
        let (schema, facts) = (source.schema().await?, source.facts().await?);
        let plan = plan(&schema, &facts, &of_many());
        let way = Way {
            progress: Arc::new(move |event: &Event| {
                if matches!(event, Event::Rows(_)) {
                    wake.notify_one();
                    std::thread::sleep(Duration::from_millis(50));
                }
            }),
            ..Way::default()
        };
        copying.copy(&source, &plan, &way).await?;
        anyhow::Ok(())
    });
    wakes.notified().await;
    task.abort();
    assert!(task.await.is_err(), "it was done already");
    let_go(&pair.from).await?;
    Ok(())
}

/// A login that may read three tables of six, one of them only by a policy.
const LOWLY: &str = "CREATE ROLE \"low ly\" LOGIN;
               CREATE SCHEMA closed; CREATE TABLE closed.t (id int);
               CREATE TABLE open (id int); CREATE TABLE shut (id int); CREATE TABLE hidden (id int);
               CREATE TABLE part (id int) PARTITION BY LIST (id);
               CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
               ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
               INSERT INTO hidden VALUES (1);
               GRANT SELECT ON open, hidden, part TO \"low ly\"";

/// What it may not read, and the statements that let it.
const REFUSED: [(&str, Why, &str); 4] = [
    (
        "closed.t",
        Why::Schema,
        "GRANT USAGE ON SCHEMA \"closed\" TO \"low ly\"; \
             GRANT SELECT ON ALL TABLES IN SCHEMA \"closed\" TO \"low ly\"",
    ),
    (
        "public.hidden",
        Why::RowSecurity,
        "ALTER ROLE \"low ly\" BYPASSRLS",
    ),
    (
        "public.part_1",
        Why::Table,
        "GRANT SELECT ON \"public\".\"part_1\" TO \"low ly\"",
    ),
    (
        "public.shut",
        Why::Table,
        "GRANT SELECT ON \"public\".\"shut\" TO \"low ly\"",
    ),
];

#[tokio::test]
async fn what_a_login_may_not_read_is_listed_with_the_grants() -> anyhow::Result<()> {
    let mut pair = Pair::start(15, 15, LOWLY).await?;
    pair.login = "low ly".to_owned();
    let production = pair.production();
    let source = Source::open(&production, LOCK_WAIT).await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    assert!(!facts.login.superuser && !facts.login.bypasses_row_security);
    let refused: Vec<_> = facts
        .refused
        .iter()
        .map(|refused| {
            (
                refused.table.to_string(),
                refused.why,
                refused.grant.as_str(),
            )
        })
        .collect();
    let expected: Vec<_> = REFUSED
        .iter()
        .map(|(table, why, grant)| ((*table).to_owned(), *why, *grant))
        .collect();
    assert_eq!(refused, expected);
    let ended = pair
        .copy(&source, &plan(&schema, &facts, &[]), &Way::default())
        .await;
    let error = ended.expect_err("an error");
    let told = shown(&error);
    assert!(
        told.contains("public.shut: the login may not read it; GRANT SELECT"),
        "{told}"
    );
    source.close().await;
    // The statements are what was missing.
    let owner = pair.from.connect("shop").await?;
    for (_, _, grant) in REFUSED {
        owner.batch_execute(grant).await?;
    }
    let source = Source::open(&production, LOCK_WAIT).await?;
    let facts = source.facts().await?;
    assert_eq!(facts.refused, []);
    let plan = plan(&schema, &facts, &[]);
    let report = pair.copy(&source, &plan, &Way::default()).await?;
    assert_eq!(report.rows(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_taken_back_meanwhile_is_told() -> anyhow::Result<()> {
    let ddl = format!("{MANY} CREATE ROLE reader LOGIN; GRANT SELECT ON many, other TO reader");
    let mut pair = Pair::start(15, 15, &ddl).await?;
    pair.login = "reader".to_owned();
    let owner = pair.from.connect("shop").await?;
    let error = interrupted(&pair, async |_| {
        let revoke = "REVOKE SELECT ON other FROM reader";
        owner.batch_execute(revoke).await?;
        Ok(())
    })
    .await?;
    let told = shown(&error);
    assert_eq!(
        told,
        "read table public.other of production: permission denied for table other (SQLSTATE 42501)"
    );
    Ok(())
}

#[tokio::test]
async fn a_migration_that_holds_a_table_is_named() -> anyhow::Result<()> {
    let pair = Pair::start(
        15,
        15,
        "CREATE TABLE held (id int); CREATE TABLE free (id int)",
    )
    .await?;
    let migration = pair.from.connect("shop").await?;
    let alter = "BEGIN; ALTER TABLE held ADD COLUMN more int";
    migration.batch_execute(alter).await?;
    let production = pair.production();
    let opened = Source::open(&production, Duration::from_millis(200)).await;
    let Err(error) = opened else {
        anyhow::bail!("it did not wait for the lock");
    };
    let SourceError::Locked { tables, .. } = &error else {
        anyhow::bail!("{error}");
    };
    assert_eq!(tables.len(), 1);
    assert_eq!(
        error.to_string(),
        "no lock within 0.2 s: public.held is held by another session of production"
    );
    migration.batch_execute("COMMIT").await?;
    let_go(&pair.from).await?;
    let source = Source::open(&production, LOCK_WAIT).await?;
    let held = &source.schema().await?.tables[&"public.held".parse()?];
    assert_eq!(held.columns.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_waits_for_a_copy_that_holds_its_snapshot() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, MANY).await?;
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let plan = plan(&schema, &facts, &of_many());
    let migration = pair.from.connect("shop").await?;
    migration
        .batch_execute("SET lock_timeout = '200ms'")
        .await?;
    let waits = "ALTER TABLE many ALTER COLUMN secret TYPE varchar";
    assert!(migration.batch_execute(waits).await.is_err());
    assert!(migration.batch_execute("TRUNCATE other").await.is_err());
    // What is only written meanwhile is not seen.
    let write = "DELETE FROM other; INSERT INTO many VALUES (0, 'top-secret-0', '')";
    migration.batch_execute(write).await?;
    let report = pair.copy(&source, &plan, &Way::default()).await?;
    assert_eq!(report.rows(), 201_000);
    source.close().await;
    migration.batch_execute("TRUNCATE other").await?;
    Ok(())
}

#[tokio::test]
async fn tables_that_come_and_go_do_not_confuse_a_snapshot() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, "CREATE TABLE calm (id int)").await?;
    let busy = pair.from.connect("shop").await?;
    let stop = AtomicBool::new(false);
    let churn = async {
        while !stop.load(Ordering::Relaxed) {
            let sql =
                "CREATE TABLE one (id int); ALTER TABLE one RENAME TO other; DROP TABLE other";
            for statement in sql.split(';') {
                busy.batch_execute(statement).await?;
            }
        }
        anyhow::Ok(())
    };
    let opened = async {
        let mut held = 0;
        for _ in 0..20 {
            match pair.source().await {
                Ok(source) => {
                    // Every table of the snapshot is locked, so none can change any more.
                    let schema = source.schema().await?;
                    let locked = "SELECT count(*) FROM pg_catalog.pg_locks l \
                                  JOIN pg_catalog.pg_class c ON c.oid = l.relation \
                                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                                  WHERE n.nspname = 'public' AND l.pid = pg_backend_pid() \
                                  AND c.relkind = 'r' AND l.mode = 'AccessShareLock'";
                    let locked = source.client().query_one(locked, &[]).await?;
                    assert_eq!(locked.get::<_, i64>(0), i64::try_from(schema.tables.len())?);
                    held += 1;
                }
                Err(error) => {
                    let moving = error.downcast_ref::<SourceError>();
                    assert!(matches!(moving, Some(SourceError::Moving)), "{error}");
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        anyhow::Ok(held)
    };
    let (held, churned) = tokio::join!(opened, churn);
    churned?;
    assert!(held? > 0, "no snapshot was to be had at all");
    Ok(())
}

/// Refuses one value.
#[derive(Debug)]
struct Picky;

impl Transform for Picky {
    fn mask(&self, value: &[u8], _draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(b"fine");
        match value {
            b"top-secret-777" => Err(Unmaskable {
                reason: "has letters that are not of A to Z",
            }),
            b"top-secret-778" => panic!("a transformer has a fault"),
            _ => Ok(()),
        }
    }
}

/// The error of a copy of `other` in which one column gets a fate.
async fn failing(ddl: &str, fate: Action) -> anyhow::Result<String> {
    let pair = Pair::start(15, 15, ddl).await?;
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let plan = plan(&schema, &facts, &[("public.t.secret", fate)]);
    let error = pair.copy(&source, &plan, &Way::default()).await;
    let error = error.expect_err("an error");
    drop(source);
    let_go(&pair.from).await?;
    let client = pair.to.connect("shop").await?;
    let rows = "SELECT count(*) FROM public.t WHERE secret LIKE 'top-secret%'";
    assert_eq!(dump(&client, rows).await?, "0\n");
    Ok(shown(&error))
}

#[tokio::test]
async fn a_cell_that_fails_is_told_by_table_and_column() -> anyhow::Result<()> {
    let fill = "INSERT INTO t SELECT n, 'top-secret-' || n FROM generate_series(1, 5000) n";
    let plain = format!("CREATE TABLE t (id int, secret text); {fill}");
    let told = failing(&plain, masked(Picky, "t")).await?;
    assert_eq!(
        told,
        "mask public.t.secret with \"token\": a value has letters that are not of A to Z"
    );
    let short = format!("CREATE TABLE t (id int, secret varchar(20)); {fill}");
    let told = failing(&short, token("t")).await?;
    assert_eq!(
        told,
        "load table public.t: a value is too long (SQLSTATE 22001, column \"secret\", near row 0)"
    );
    let unique = format!("CREATE TABLE t (id int, secret text UNIQUE); {fill}");
    let told = failing(&unique, Action::Static(b"same".to_vec())).await?;
    assert_eq!(
        told,
        "restore indexes and constraints: a key is there twice (SQLSTATE 23505, table public.t, \
         constraint \"t_secret_key\")"
    );
    let checked = format!("CREATE TABLE t (id int, secret text CHECK (secret <> 'top')); {fill}");
    let told = failing(&checked, Action::Static(b"top".to_vec())).await?;
    assert_eq!(
        told,
        "load table public.t: a row does not pass a check (SQLSTATE 23514, table public.t, \
         constraint \"t_secret_check\", near row 0)"
    );
    Ok(())
}

#[tokio::test]
async fn a_transformer_that_breaks_off_is_told() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE t (id int, secret text); INSERT INTO t VALUES (1, 'top-secret-778')";
    let told = failing(ddl, masked(Picky, "t")).await?;
    assert_eq!(told, "mask public.t: a transformer broke off");
    Ok(())
}

#[tokio::test]
async fn a_target_that_production_does_not_fit_into_is_refused() -> anyhow::Result<()> {
    let check = async |from, to, ddl: &str, prepare: &str, expected: &str| -> anyhow::Result<()> {
        let pair = Pair::start(from, to, ddl).await?;
        let client = pair.to.connect("postgres").await?;
        if let Some(database) = prepare.strip_prefix("DATABASE ") {
            client.batch_execute("DROP DATABASE shop").await?;
            let create = format!("CREATE DATABASE shop TEMPLATE template0 {database}");
            client.batch_execute(&create).await?;
        } else {
            pair.to
                .connect("shop")
                .await?
                .batch_execute(prepare)
                .await?;
        }
        let source = pair.source().await?;
        let (schema, facts) = (source.schema().await?, source.facts().await?);
        let error = pair
            .copy(&source, &plan(&schema, &facts, &[]), &Way::default())
            .await;
        assert_eq!(shown(&error.expect_err("an error")), expected);
        Ok(())
    };
    let plain = "CREATE TABLE t (id int)";
    let older = "production is PostgreSQL 18, and the copy's server is 15";
    check(18, 15, plain, "", older).await?;
    let filled = "the copy's database is not empty";
    check(15, 15, plain, "CREATE TABLE there (id int)", filled).await?;
    let encoding = "production's encoding is UTF8, and that of the copy's database LATIN1";
    check(15, 15, plain, "DATABASE ENCODING 'LATIN1'", encoding).await?;
    // Built for the distribution only.
    let extensions = "CREATE EXTENSION pg_surgery; CREATE EXTENSION old_snapshot";
    let missing =
        "the copy's installation lacks extensions of production: old_snapshot, pg_surgery";
    check(15, 18, extensions, "", missing).await?;
    Ok(())
}

#[tokio::test]
async fn a_plan_of_another_schema_is_refused() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, "CREATE TABLE t (id int, secret text)").await?;
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let right = plan(&schema, &facts, &[]);
    let check = async |plan: &[masker::plan::TablePlan], expected: &str| {
        let ended = pair.copy(&source, plan, &Way::default()).await;
        assert_eq!(shown(&ended.expect_err("an error")), expected);
    };
    let mut gone = right.clone();
    gone[0].columns.push(always("gone", Action::Keep));
    let told =
        "the plan of public.t cannot be followed: production has no \"gone\" to read in public.t";
    check(&gone, told).await;
    let mut other = right.clone();
    other[0].leaves = vec!["public.u".parse()?];
    let told = "the plan of public.t cannot be followed: production has no rows in public.u";
    check(&other, told).await;
    let mut nothing = right;
    nothing[0].columns.clear();
    let told = "the plan of public.t cannot be followed: none of its columns is copied";
    check(&nothing, told).await;
    Ok(())
}

#[tokio::test]
async fn a_target_whose_disk_is_full_is_told() -> anyhow::Result<()> {
    let volume = Volume::mount(Format::Ext4, Format::BYTES_MIN)?;
    let place = volume.path().join("space");
    std::fs::create_dir(&place)?;
    tests::postgres::give_to_server_user(&place)?;
    let production = Scratch::start_with(Installation::of_major(15)?, &[])?;
    production
        .database("shop")
        .await?
        .batch_execute(MANY)
        .await?;
    let target = Scratch::start_with(Installation::of_major(15)?, &LOADING)?;
    let client = target.connect("postgres").await?;
    let space = format!("CREATE TABLESPACE small LOCATION '{}'", place.display());
    client.batch_execute(&space).await?;
    let create = "CREATE DATABASE shop TEMPLATE template0 TABLESPACE small";
    client.batch_execute(create).await?;
    let ballast = volume.fill(12 * 1024 * 1024)?;
    let pair = Pair::of(production, target);
    let source = pair.source().await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let plan = plan(&schema, &facts, &of_many());
    let error = pair.copy(&source, &plan, &Way::default()).await;
    let shown = shown(&error.expect_err("an error"));
    assert!(
        shown.starts_with("load table public.many: could not extend file"),
        "{shown}"
    );
    assert!(shown.contains("SQLSTATE 53100"), "{shown}");
    drop(source);
    let_go(&pair.from).await?;
    drop(pair);
    std::fs::remove_file(ballast)?;
    Ok(())
}
