//! Copies of a running server: they are whole, they act on nothing, they can be worked with.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rules::config::AccessMode;
use server::{
    ConnectionString, Copied, CopyError, Database, Home, QuarantineError, Server, copy_running,
    databases, ensure_login, quarantine, take_ownership,
};

use crate::roles::enter;
use crate::scratch::{Scratch, installations};
use crate::source::{PASSWORD, Source};

async fn source(scratch: &Scratch, name: &str, settings: &[&str]) -> Source {
    let directory = scratch.path().join(name);
    Source::start(
        &scratch.installation,
        &scratch.account,
        &directory,
        settings,
    )
    .await
}

async fn copy(scratch: &Scratch, source: &Source, home: &Home) -> Result<Copied, CopyError> {
    let url: ConnectionString = source.url("copier").parse().expect("a URL");
    let copying = copy_running(&scratch.installation, &scratch.account, home, &url, &|_| {});
    // A quarantine that dials a publisher waits there until the source lets go of its slot.
    let copied = tokio::time::timeout(std::time::Duration::from_secs(60), copying);
    copied.await.expect("nobody is waited for")
}

async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(
    client: &tokio_postgres::Client,
    query: &str,
) -> T {
    client.query_one(query, &[]).await.expect("a row").get(0)
}

const COPIER: &str = "SET password_encryption = 'scram-sha-256'; \
    CREATE ROLE copier LOGIN REPLICATION PASSWORD 'pässword of the source'";

/// Objects and roles of a superuser and of another role, of many kinds.
const OBJECTS: &str = "CREATE TABLE news (i int PRIMARY KEY); \
    CREATE TABLE pairs (i serial PRIMARY KEY, note text); \
    INSERT INTO pairs (note) SELECT 'n' || i FROM generate_series(1, 1000) i; \
    CREATE TYPE mood AS ENUM ('good'); CREATE SEQUENCE alone; CREATE SCHEMA other; \
    CREATE VIEW other.seen AS SELECT * FROM pairs; \
    CREATE FUNCTION powerful() RETURNS text LANGUAGE sql SECURITY DEFINER \
    AS 'SELECT current_user::text'; \
    CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int); \
    CREATE ROLE writer LOGIN CREATEROLE; GRANT pg_execute_server_program TO writer; \
    GRANT postgres TO writer; CREATE TABLE other.written (i int); \
    ALTER TABLE other.written OWNER TO writer; \
    ALTER ROLE writer SET session_preload_libraries = 'plpgsql'; \
    ALTER ROLE writer SET local_preload_libraries = 'x'; \
    ALTER DATABASE postgres SET search_path = other, public; \
    ALTER DATABASE postgres SET log_statement = 'all'; \
    ALTER ROLE writer SET log_min_duration_statement = 0; \
    SELECT pg_create_physical_replication_slot('held', true)";

fn archived(directory: &Path) -> usize {
    directory.read_dir().expect("the archive").count()
}

/// A publisher, and a subscriber to it that also archives, loads a library, follows a primary on
/// paper, holds a slot and a prepared transaction.
async fn busy(scratch: &Scratch) -> (Source, Source, std::path::PathBuf) {
    let publisher = source(scratch, "publisher", &["wal_level=logical"]).await;
    let there = publisher.connect("postgres").await;
    there
        .batch_execute(
            "CREATE TABLE news (i int PRIMARY KEY); INSERT INTO news VALUES (1); \
             CREATE PUBLICATION p FOR TABLE news",
        )
        .await
        .expect("a publication");

    let archive = scratch.path().join("archive");
    std::fs::create_dir(&archive).expect("an archive");
    let (uid, gid) = (scratch.account.uid, scratch.account.gid);
    std::os::unix::fs::chown(&archive, Some(uid), Some(gid)).expect("its owner");
    let busy = source(scratch, "source", &["max_prepared_transactions=5"]).await;
    let here = busy.connect("postgres").await;
    for setting in [
        "wal_level = logical".to_owned(),
        "archive_mode = on".to_owned(),
        format!("archive_command = 'cp %p {}/%f'", archive.display()),
        format!(
            "primary_conninfo = 'host={}'",
            publisher.directory.display()
        ),
        "session_preload_libraries = 'plpgsql'".to_owned(),
        "work_mem = '7MB'".to_owned(),
    ] {
        here.batch_execute(&format!("ALTER SYSTEM SET {setting}"))
            .await
            .expect("a setting");
    }
    here.batch_execute("SELECT pg_reload_conf()")
        .await
        .expect("a reload");
    here.batch_execute(COPIER)
        .await
        .expect("a login for the copy");
    here.batch_execute(OBJECTS).await.expect("objects");
    let dial = format!(
        "host={} user=postgres dbname=postgres",
        publisher.directory.display()
    );
    let subscribe = format!("CREATE SUBSCRIPTION s CONNECTION '{dial}' PUBLICATION p");
    here.batch_execute(&subscribe)
        .await
        .expect("a subscription");
    here.batch_execute("BEGIN; INSERT INTO pairs (note) VALUES ('p'); PREPARE TRANSACTION 'it''s'")
        .await
        .expect("a prepared transaction");
    while one::<i64>(&here, "SELECT count(*) FROM public.news").await == 0 {
        tokio::task::yield_now().await;
    }
    (publisher, busy, archive)
}

/// Slots, sessions of walsenders and all sessions that the publisher has ever had.
async fn contacts(publisher: &Source) -> (i64, i64, usize) {
    let there = publisher.connect("postgres").await;
    let slots = one(&there, "SELECT count(*) FROM pg_replication_slots").await;
    let senders = one(&there, "SELECT count(*) FROM pg_stat_replication").await;
    drop(there);
    let log = std::fs::read_to_string(publisher.directory.join("log")).expect("the log");
    (slots, senders, log.matches("replication command").count())
}

#[tokio::test]
async fn a_copy_touches_nothing_of_the_world_and_can_be_written_to_on_every_version() {
    for installation in installations().iter() {
        let scratch = Scratch::on(installation);
        a_copy_touches_nothing(&scratch).await;
    }
}

async fn a_copy_touches_nothing(scratch: &Scratch) {
    let (publisher, busy, archive) = busy(scratch).await;
    let there = publisher.connect("postgres").await;
    there
        .batch_execute("ALTER SYSTEM SET log_replication_commands = on")
        .await
        .expect("logged");
    there
        .batch_execute("SELECT pg_reload_conf()")
        .await
        .expect("a reload");
    let home = scratch.home("copy");
    let copied = copy(scratch, &busy, &home).await.expect("a copy");
    let report = &copied.quarantine;
    assert_eq!(report.subscriptions, ["postgres.s"]);
    assert_eq!(report.prepared, ["postgres: it's"]);
    assert_eq!(report.passwords, 1);
    assert_eq!(
        report.settings,
        [
            "local_preload_libraries",
            "log_min_duration_statement",
            "log_statement",
            "session_preload_libraries"
        ]
    );

    // The source is stopped, so that whatever still comes is the copy's doing.
    drop(busy);
    let before = contacts(&publisher).await;
    assert_eq!(before.0, 1, "the slot of the source is kept for it");
    let files = archived(&archive);
    let server = scratch.start(&home).await;
    let client = server.admin("postgres").await.expect("a session");
    for count in [
        "pg_subscription",
        "pg_replication_slots",
        "pg_prepared_xacts",
    ] {
        let query = format!("SELECT count(*) FROM {count}");
        assert_eq!(one::<i64>(&client, &query).await, 0, "{count}");
    }
    assert_eq!(one::<String>(&client, "SHOW work_mem").await, "7MB");
    assert_eq!(one::<String>(&client, "SHOW log_statement").await, "none");
    client
        .batch_execute("SELECT pg_switch_wal(); CHECKPOINT; SELECT pg_switch_wal()")
        .await
        .expect("finished segments");
    there
        .batch_execute("INSERT INTO news VALUES (2)")
        .await
        .expect("news");
    take_ownership(&server).await.expect("taken over");
    take_ownership(&server).await.expect("taken over already");
    assert!(server.stop().await.expect("it stops").clean);
    let server = scratch.start(&home).await;
    assert_eq!(contacts(&publisher).await, before);
    assert_eq!(archived(&archive), files);

    let shop = Database {
        name: "postgres".into(),
        owner: "standin_owner".into(),
    };
    assert_eq!(
        databases(&server).await.expect("databases"),
        std::slice::from_ref(&shop)
    );
    works_as_its_owner(&server, &shop).await;
    server.stop().await.expect("it stops");
}

async fn works_as_its_owner(server: &Server, shop: &Database) {
    let ada = "ada".parse().expect("a user name");
    ensure_login(
        server,
        &ada,
        AccessMode::ReadWrite,
        std::slice::from_ref(shop),
    )
    .await
    .expect("a login");
    let client = enter(server, "ada", shop).await.expect("entry");
    client
        .batch_execute(
            "INSERT INTO public.pairs (note) VALUES ('mine'); INSERT INTO other.written VALUES (1); \
             ALTER TABLE public.pairs ADD COLUMN more int; ALTER TYPE public.mood ADD VALUE 'bad'; \
             DROP VIEW other.seen; SELECT nextval('public.alone'); DROP AGGREGATE public.total(int); \
             CREATE TABLE public.fresh (i int); DROP TABLE public.news",
        )
        .await
        .expect("the work of an owner");
    assert_eq!(
        one::<String>(&client, "SELECT public.powerful()").await,
        "standin_owner"
    );
    for forbidden in [
        "SET ROLE writer",
        "SET ROLE postgres",
        "COPY public.pairs TO PROGRAM 'cat'",
    ] {
        assert!(
            client.batch_execute(forbidden).await.is_err(),
            "{forbidden} was allowed"
        );
    }
}

/// Looks at every process again and again until it is stopped or dropped.
struct Watcher {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

impl Watcher {
    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        let thread = std::thread::spawn(move || {
            let mut looks = 0;
            while !seen.load(Ordering::Relaxed) {
                looks += look();
            }
            looks
        });
        Self {
            over,
            thread: Some(thread),
        }
    }

    /// How often the program that copies was seen.
    fn stop(mut self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("stopped once");
        thread.join().expect("no password was seen")
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn look() -> usize {
    let mut copying = 0;
    for entry in Path::new("/proc").read_dir().expect("/proc").flatten() {
        for file in ["cmdline", "environ"] {
            let text = std::fs::read(entry.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(PASSWORD), "it is in {:?}", entry.path());
            copying += usize::from(text.contains("pg_basebackup"));
        }
    }
    copying
}

#[tokio::test]
async fn the_password_of_the_source_shows_in_no_process_and_stays_in_no_file() {
    let scratch = Scratch::new();
    let busy = source(&scratch, "source", &[]).await;
    let here = busy.connect("postgres").await;
    here.batch_execute(COPIER).await.expect("a login");
    here.batch_execute(
        "CREATE TABLE t AS SELECT i, repeat('x', 500) FROM generate_series(1, 50000) i",
    )
    .await
    .expect("rows that take a while");
    let home = scratch.home("copy");
    let watcher = Watcher::start();
    let copied = copy(&scratch, &busy, &home).await;
    assert!(watcher.stop() > 0, "the copying was never seen");
    copied.expect("a copy");
    for directory in [home.run(), home.pgdata()] {
        for entry in directory.read_dir().expect("a directory").flatten() {
            let text = std::fs::read(entry.path()).unwrap_or_default();
            assert!(
                !String::from_utf8_lossy(&text).contains(PASSWORD),
                "{:?}",
                entry.path()
            );
        }
    }
}

#[tokio::test]
async fn a_source_with_a_tablespace_is_refused_before_anything_is_copied() {
    let scratch = Scratch::new();
    let busy = source(&scratch, "source", &[]).await;
    let here = busy.connect("postgres").await;
    let place = busy.directory.join("elsewhere");
    std::fs::create_dir(&place).expect("a directory");
    let (uid, gid) = (scratch.account.uid, scratch.account.gid);
    std::os::unix::fs::chown(&place, Some(uid), Some(gid)).expect("its owner");
    here.batch_execute(COPIER).await.expect("a login");
    let make = format!("CREATE TABLESPACE far LOCATION '{}'", place.display());
    here.batch_execute(&make).await.expect("a tablespace");
    let refused = copy(&scratch, &busy, &scratch.home("copy")).await;
    assert!(matches!(refused, Err(CopyError::Tablespaces { names }) if names == ["far"]));
    here.batch_execute("DROP TABLESPACE far")
        .await
        .expect("gone");
}

#[tokio::test]
async fn signal_files_slots_and_waiting_segments_do_not_survive_the_quarantine() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let pgdata = home.pgdata();
    let write = |name: &str| {
        let path = pgdata.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, "").expect("a file");
    };
    for name in [
        "standby.signal",
        "recovery.signal",
        "pg_wal/archive_status/000000010000000000000001.ready",
        "pg_replslot/held/state",
    ] {
        write(name);
    }
    std::fs::write(
        pgdata.join("postgresql.auto.conf"),
        "primary_conninfo = 'host=x'\n",
    )
    .expect("a configuration");
    std::fs::write(
        pgdata.join("postgresql.conf"),
        "archive_command = 'false'\n",
    )
    .expect("a configuration");
    let report = quarantine::offline(&scratch.installation, &scratch.account, &home).await;
    let report = report.expect("a quarantine");
    assert_eq!(report.signals, ["standby.signal", "recovery.signal"]);
    assert_eq!(
        (report.unarchived, report.slots),
        (1, vec!["held".to_owned()])
    );
    let conf = |name: &str| std::fs::read_to_string(pgdata.join(name)).expect("a file");
    assert_eq!(conf("postgresql.auto.conf"), "");
    assert!(!conf("postgresql.conf").contains("archive_command"));
    let server = scratch.start(&home).await;
    let client = server.admin("template1").await.expect("a session");
    assert!(!one::<bool>(&client, "SELECT pg_is_in_recovery()").await);
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_link_in_a_data_directory_stops_the_quarantine() {
    let scratch = Scratch::new();
    for (name, link) in [("a", "pg_wal"), ("b", "pg_tblspc/16400")] {
        let home = scratch.fresh(name).await;
        let path = home.pgdata().join(link);
        std::fs::rename(&path, scratch.path().join(format!("moved-{name}"))).ok();
        symlink("/var/empty", &path).expect("a link");
        let refused = quarantine::offline(&scratch.installation, &scratch.account, &home).await;
        assert!(matches!(refused, Err(QuarantineError::Link { path: found }) if found == path));
    }
}
