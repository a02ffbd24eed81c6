//! Copies of a server under writes: right with every step, wrong or dead without one.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use server::{
    Home, Server, Settings, StartError, amcheck, backup, backup::BackupLabel, create_database,
    start,
};
use tokio_postgres::Client;

use crate::scratch::{Scratch, installations};

/// What is left out of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutant {
    None,
    /// The slot that keeps the WAL.
    Slot,
    /// Beginning and end of the backup, and with them the label.
    Backup,
    /// The second copy of the WAL.
    Wal,
    /// The label.
    Label,
}

const ACCOUNTS: i64 = 2000;

async fn bank(server: &Server) {
    create_database(server, "bank").await.expect("a database");
    let client = server.admin("bank").await.expect("a session");
    client
        .batch_execute(&format!(
            "CREATE TABLE accounts (id int PRIMARY KEY, money int, pad text); \
             INSERT INTO accounts SELECT i, 100, repeat('x', 400) FROM generate_series(1, {ACCOUNTS}) i; \
             CREATE TABLE moves (id serial PRIMARY KEY, a int, b int); \
             CREATE INDEX ON moves (a); CREATE INDEX ON moves (b); \
             CREATE TABLE notes (move int REFERENCES moves)"
        ))
        .await
        .expect("accounts");
}

/// Moves money about and writes checkpoints until it is stopped; the sum never changes.
async fn writes(server: Server, over: Arc<AtomicBool>, seed: i64) -> usize {
    let client = server.admin("bank").await.expect("a session");
    let mut moves = 0;
    while !over.load(Ordering::Relaxed) {
        let (a, b) = (
            (seed + moves * 7919) % ACCOUNTS + 1,
            (seed * 31 + moves * 104_729) % ACCOUNTS + 1,
        );
        let (low, high) = (a.min(b), a.max(b));
        let statement = format!(
            "BEGIN; UPDATE accounts SET money = money - 1 WHERE id = {low}; \
             UPDATE accounts SET money = money + 1 WHERE id = {high}; \
             INSERT INTO moves (a, b) VALUES ({low}, {high}); \
             INSERT INTO notes SELECT currval('moves_id_seq'); COMMIT"
        );
        client.batch_execute(&statement).await.expect("a move");
        if moves % 50 == 0 {
            client
                .batch_execute("CHECKPOINT")
                .await
                .expect("a checkpoint");
        }
        moves += 1;
    }
    usize::try_from(moves).expect("a count")
}

fn clone(from: &Path, to: &Path) {
    let done = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .status()
        .expect("cp");
    // A file that vanishes under way is one that the WAL makes again, or a temporary one.
    assert!(done.code().is_some(), "cp was killed");
}

async fn clone_aside(from: &Path, to: &Path) {
    let (from, to) = (from.to_owned(), to.to_owned());
    tokio::task::spawn_blocking(move || clone(&from, &to))
        .await
        .expect("cloned");
}

fn clear(home: &Home) {
    for name in ["postmaster.pid", "postmaster.opts"] {
        std::fs::remove_file(home.pgdata().join(name)).ok();
    }
    let slots = home.pgdata().join("pg_replslot").read_dir().expect("slots");
    for slot in slots.flatten() {
        std::fs::remove_dir_all(slot.path()).expect("removed");
    }
}

/// A backup, whole or with something left out.
enum Begun {
    Whole(backup::Backup),
    WithoutSlot(Client),
    Not,
}

async fn begin(server: &Server, mutant: Mutant) -> Begun {
    match mutant {
        Mutant::Backup => Begun::Not,
        Mutant::Slot => {
            let client = server.admin("template1").await.expect("a session");
            let begin = "SELECT pg_backup_start('standin', fast => true)";
            client.batch_execute(begin).await.expect("a backup");
            Begun::WithoutSlot(client)
        }
        _ => Begun::Whole(backup::start(server).await.expect("a backup")),
    }
}

impl Begun {
    /// Ends the backup and gives the label; whoever keeps the WAL does so as long as the second
    /// value lives.
    async fn end(self) -> (Option<String>, Option<BackupLabel>) {
        match self {
            Self::Not => (None, None),
            Self::WithoutSlot(client) => {
                let end = "SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)";
                let row = client.query_one(end, &[]).await.expect("an end");
                (Some(row.get(0)), None)
            }
            Self::Whole(begun) => {
                let ended = begun.stop().await.expect("an end");
                (Some(ended.content.clone()), Some(ended))
            }
        }
    }
}

/// Copies the server at work; the steps are those of a branch of a live branch.
async fn copy(scratch: &Scratch, server: &Server, name: &str, mutant: Mutant) -> Home {
    let (from, home) = (server.home().pgdata(), scratch.home(name));
    std::fs::create_dir(&home.directory).expect("a directory");
    let begun = begin(server, mutant).await;
    // Any order is allowed; with a checkpoint between the tables and the control file only the
    // label knows where recovery has to begin.
    let early = home.directory.join("early");
    clone_aside(&from.join("base"), &early).await;
    let client = server.admin("bank").await.expect("a session");
    // Twice, each with a segment of its own: what nothing keeps is removed.
    for statement in ["CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"] {
        client.batch_execute(statement).await.expect(statement);
    }
    clone_aside(&from, &home.pgdata()).await;
    std::fs::remove_dir_all(home.pgdata().join("base")).expect("removed");
    std::fs::rename(early, home.pgdata().join("base")).expect("renamed");
    let (label, keeper) = begun.end().await;
    if let Some(label) = label.filter(|_| mutant != Mutant::Label) {
        assert!(label.contains("START WAL LOCATION"));
        let path = home.pgdata().join("backup_label");
        match &keeper {
            Some(ended) => ended
                .write(&home.pgdata(), &scratch.account)
                .expect("a label"),
            None => std::fs::write(path, label).expect("a label"),
        }
    }
    if mutant != Mutant::Wal {
        std::fs::remove_dir_all(home.pgdata().join("pg_wal")).expect("removed");
        clone_aside(&from.join("pg_wal"), &home.pgdata().join("pg_wal")).await;
    }
    drop(keeper);
    clear(&home);
    home
}

/// Whether the copy starts and every move of money is whole in it.
async fn is_right(scratch: &Scratch, home: &Home) -> Result<bool, StartError> {
    let settings = Settings::default();
    let server = start(&scratch.installation, &scratch.account, home, &settings).await?;
    let client = server.admin("bank").await.expect("a session");
    let query = "SELECT sum(money), count(*) FILTER (WHERE money <> 100 + got - given) FROM accounts, \
        LATERAL (SELECT count(*) AS got FROM moves WHERE b = accounts.id) x, \
        LATERAL (SELECT count(*) AS given FROM moves WHERE a = accounts.id) y";
    // Read from the tables themselves: an index may lack the same rows.
    let orphans = "SET enable_indexscan = off; SET enable_indexonlyscan = off; \
        SET enable_bitmapscan = off; \
        DO $$BEGIN IF EXISTS (SELECT FROM notes FULL JOIN moves ON move = id \
        WHERE move IS NULL OR id IS NULL) THEN RAISE 'orphans'; END IF; END$$";
    let joined = client.batch_execute(orphans).await.is_ok();
    let row = client.query_one(query, &[]).await;
    let right = row.is_ok_and(|row| {
        let (sum, wrong): (i64, i64) = (row.get(0), row.get(1));
        sum == ACCOUNTS * 100 && wrong == 0
    });
    let sound = amcheck(&server)
        .await
        .is_ok_and(|report| report.problems.is_empty());
    server.stop().await.expect("it stops");
    Ok(right && joined && sound)
}

async fn copies_under_load(scratch: &Scratch, rounds: &[Mutant]) -> Vec<Result<bool, StartError>> {
    let home = scratch.fresh("bank").await;
    let server = scratch.start(&home).await;
    bank(&server).await;
    let over = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (1..=4)
        .map(|seed| tokio::spawn(writes(server.clone(), over.clone(), seed)))
        .collect();
    let mut results = Vec::new();
    for (round, mutant) in rounds.iter().enumerate() {
        let copied = copy(scratch, &server, &format!("copy-{round}"), *mutant).await;
        results.push(is_right(scratch, &copied).await);
    }
    over.store(true, Ordering::Relaxed);
    for load in load {
        assert!(load.await.expect("a writer") > 0);
    }
    let client = server.admin("bank").await.expect("a session");
    let slots = client
        .query_one("SELECT count(*) FROM pg_replication_slots", &[])
        .await;
    assert_eq!(
        slots.expect("a count").get::<_, i64>(0),
        0,
        "a slot was left"
    );
    server.stop().await.expect("it stops");
    results
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_server_under_writes_is_right_on_every_version() {
    for installation in installations().iter() {
        let scratch = Scratch::on(installation);
        for result in copies_under_load(&scratch, &[Mutant::None; 3]).await {
            assert!(result.expect("it starts"), "{}", installation.version);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_without_its_second_copy_of_the_wal_does_not_start() {
    let scratch = Scratch::new();
    for result in copies_under_load(&scratch, &[Mutant::Wal; 2]).await {
        assert!(
            matches!(result, Err(StartError::Exited { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_whose_wal_nobody_kept_does_not_start() {
    let scratch = Scratch::new();
    for result in copies_under_load(&scratch, &[Mutant::Slot; 2]).await {
        assert!(
            matches!(result, Err(StartError::Exited { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_without_a_backup_is_wrong_or_does_not_start() {
    let scratch = Scratch::new();
    let results = copies_under_load(&scratch, &[Mutant::Backup; 4]).await;
    let caught = results.iter().filter(|result| !matches!(result, Ok(true)));
    assert!(caught.count() > 0, "{results:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_without_its_label_is_wrong_or_does_not_start() {
    let scratch = Scratch::new();
    let results = copies_under_load(&scratch, &[Mutant::Label; 4]).await;
    let caught = results.iter().filter(|result| !matches!(result, Ok(true)));
    assert!(caught.count() > 0, "{results:?}");
}

#[tokio::test]
async fn a_backup_that_is_dropped_leaves_nothing_on_the_server() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    drop(backup::start(&server).await.expect("a backup"));
    let client = server.admin("template1").await.expect("a session");
    let slots = "SELECT count(*) FROM pg_replication_slots";
    while client
        .query_one(slots, &[])
        .await
        .expect("a count")
        .get::<_, i64>(0)
        > 0
    {
        tokio::task::yield_now().await;
    }
    backup::start(&server)
        .await
        .expect("another backup")
        .stop()
        .await
        .expect("its end");
    server.stop().await.expect("it stops");
}
