//! What must be true of a cluster before it becomes a snapshot.

use std::path::{Path, PathBuf};

use proxy::branches::setup::FileSystem;
use proxy::branches::{Check, Lease, Origin};

use crate::place::{Place, base, label, run, shop, spec};

/// The file of a relation of database `shop`, relative to the data directory.
async fn file_of(lease: &Lease, relation: &str) -> PathBuf {
    let client = lease.admin("shop").await.expect("a session");
    let query = "SELECT pg_relation_filepath($1::text::regclass)";
    let row = client.query_one(query, &[&relation]).await.expect("a path");
    row.get::<_, String>(0).into()
}

fn cut(path: &Path, length: u64) {
    let file = std::fs::File::options().write(true).open(path);
    file.expect("a file").set_len(length).expect("a cut file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cluster_never_becomes_a_snapshot() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let published = place.names("snapshots");
    // What is damaged, how long its file is afterwards, and what tells.
    let damages = [
        ("item_key", 0, "named: \"shop.public.item_key\""),
        ("pg_class", 8192, ""),
        ("pg_class_oid_index", 0, ""),
        ("pg_toast.pg_toast_1255_index", 0, "Short"),
    ];
    for (relation, length, told) in damages {
        let lease = pool.create_awake(origin(), spec()).await.expect("a branch");
        run(&lease, "CREATE UNIQUE INDEX item_key ON item (id)").await;
        let file = file_of(&lease, relation).await;
        let id = lease.branch().clone();
        drop(lease);
        pool.sleep(&id).await.expect("sleep");
        cut(
            &pool.branch_directory(&id).join("pgdata").join(file),
            length,
        );
        let refused = pool.snapshot_branch(&id, label()).await;
        let why = format!("{:?}", refused.expect_err(relation));
        assert!(
            why.contains("Proof") && why.contains(told),
            "{relation}: {why}"
        );
        assert_eq!(place.names("snapshots"), published, "{relation}");
    }
    let id = pool.create(origin(), spec()).await.expect("a branch");
    let control = pool.branch_directory(&id).join("pgdata/global/pg_control");
    cut(&control, 100);
    let refused = pool.snapshot_branch(&id, label()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(place.names("snapshots"), published);
    pool.shutdown().await;
}

/// What a server logs, and when.
async fn logged(client: &tokio_postgres::Client) -> Vec<String> {
    let query = "SELECT name || '=' || setting FROM pg_settings
        WHERE name IN ('wal_level', 'full_page_writes', 'autovacuum', 'max_wal_senders') ORDER BY name";
    let rows = client.query(query, &[]).await.expect("settings");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Else rows would be written twice while it is filled, or what came of it would lose them in a crash.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_logs_no_rows_and_what_comes_of_it_logs_all() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let draft = shop(&pool).await;
    let client = draft.admin("shop").await.expect("a session");
    let loading = [
        "autovacuum=off",
        "full_page_writes=off",
        "max_wal_senders=0",
        "wal_level=minimal",
    ];
    assert_eq!(logged(&client).await, loading);
    let wal = async || -> i64 {
        let place = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";
        client.query_one(place, &[]).await.expect("a place").get(0)
    };
    let before = wal().await;
    let filled = "CREATE TABLE long AS SELECT repeat('x', 500) AS a FROM generate_series(1, 20000)";
    client.batch_execute(filled).await.expect("rows");
    let written = wal().await - before;
    assert!(
        written < 2 << 20,
        "{written} bytes of log for 10 MB of rows"
    );
    drop(client);
    let snapshot = draft.seal(label()).await.expect("a snapshot");
    let branch = pool.create_awake(Origin::Snapshot(snapshot), spec()).await;
    let branch = branch.expect("a branch");
    let client = branch.admin("shop").await.expect("a session");
    let safe = [
        "autovacuum=on",
        "full_page_writes=on",
        "max_wal_senders=2",
        "wal_level=replica",
    ];
    assert_eq!(logged(&client).await, safe);
    // A clone of a live branch is recovered from its log.
    run(
        &branch,
        "CREATE TABLE late AS SELECT 1 AS a; UPDATE item SET name = 'late'",
    )
    .await;
    let id = branch.branch().clone();
    let clone = pool.create_awake(Origin::Branch(id), spec()).await;
    let clone = clone.expect("a clone of what is awake");
    run(
        &clone,
        "SELECT 1 / (SELECT count(*) FROM late JOIN item ON name = 'late')",
    )
    .await;
    drop((client, branch, clone));
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_whose_server_was_killed_never_becomes_a_snapshot() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let draft = shop(&pool).await;
    let mut ended = draft.server().exited();
    let pid = nix::unistd::Pid::from_raw(draft.server().pid().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).expect("a signal");
    ended.wait_for(Option::is_some).await.expect("it ends");
    let refused = draft.seal(label()).await;
    assert!(refused.is_err(), "{refused:?}");
    pool.shutdown().await;
    assert_eq!(place.names("snapshots"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_indexes_are_compared_on_request() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let draft = shop(&pool).await;
    let client = draft.admin("shop").await.expect("a session");
    let sql = "CREATE UNIQUE INDEX item_key ON item (id)";
    client.batch_execute(sql).await.expect("an index");
    drop(client);
    let sealed = draft.seal_checked(label(), Check::Integrity).await;
    let id = sealed.expect("a whole cluster");
    let manifest = pool.snapshot(&id).expect("its manifest");
    assert_eq!(manifest.checked, Check::Integrity);
    let newest = pool.installations().newest().expect("an installation");
    assert_eq!(manifest.server_version, newest.version.to_string());
    assert!(manifest.weight.bytes > 0 && manifest.took_ms > 0);

    // An index that misses rows answers, starts, and has its length.
    let lease = pool.create_awake(Origin::Snapshot(id), spec()).await;
    let lease = lease.expect("a branch");
    let lose = "SET allow_system_table_mods = on; \
        UPDATE pg_index SET indisready = false WHERE indexrelid = 'item_key'::regclass; \
        INSERT INTO item VALUES (1000, 'lost'); \
        UPDATE pg_index SET indisready = true WHERE indexrelid = 'item_key'::regclass";
    run(&lease, lose).await;
    let branch = lease.branch().clone();
    drop(lease);
    pool.snapshot_branch(&branch, label())
        .await
        .expect("it looks whole");
    let checked = pool.snapshot_checked(&branch, label(), Check::Integrity);
    let why = format!("{:?}", checked.await.expect_err("a row is missing"));
    assert!(why.contains("Damaged") && why.contains("item_key"), "{why}");
    pool.shutdown().await;
}
