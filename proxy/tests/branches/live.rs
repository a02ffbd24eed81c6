//! Clones of branches whose servers are at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proxy::branches::setup::FileSystem;
use proxy::branches::{BranchSpec, DraftPlan, Lease, Origin, Pool, SnapshotId};
use rules::config::Durability;

use crate::place::{Place, label};

/// Accounts whose balances always sum up to zero, and a journal of all transfers.
const SCHEMA: &str = "
    CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, filler text);
    INSERT INTO account SELECT g, 0, repeat('x', 200) FROM generate_series(1, 20000) g;
    CREATE TABLE transfer (id bigserial PRIMARY KEY, source int REFERENCES account,
                           target int REFERENCES account, amount bigint);";
/// One transfer, locking in one order; a torn copy would show a sum that is not zero.
const TRANSFER: &str = "
    DO $$DECLARE s int := (random() * 19999)::int + 1; t int := (random() * 19999)::int + 1;
    BEGIN
      UPDATE account SET balance = balance - 7 WHERE id = least(s, t);
      UPDATE account SET balance = balance + 7 WHERE id = greatest(s, t);
      INSERT INTO transfer (source, target, amount) VALUES (least(s, t), greatest(s, t), 7);
    END$$";
const WRITERS: usize = 4;
const ROUNDS: usize = 5;

async fn bank(pool: &Pool) -> SnapshotId {
    let plan = DraftPlan::Fresh {
        major: None,
        database: "bank".to_owned(),
    };
    let draft = pool.draft(plan, |_| {}).await.expect("a draft");
    let client = draft.admin("bank").await.expect("a session");
    client.batch_execute(SCHEMA).await.expect("a schema");
    drop(client);
    draft.seal(label()).await.expect("a snapshot")
}

/// Balances and journal must tell the same story: money neither appears nor vanishes.
async fn check(lease: &Lease) -> i64 {
    let client = lease.admin("bank").await.expect("a session");
    let row = client
        .query_one(
            "SELECT (SELECT sum(balance) FROM account)::bigint,
                    (SELECT count(*) FROM transfer),
                    (SELECT count(*) FROM account a FULL JOIN (
                        SELECT id, sum(amount)::bigint AS amount FROM (
                            SELECT source AS id, -amount AS amount FROM transfer
                            UNION ALL SELECT target, amount FROM transfer) e GROUP BY id) j
                     USING (id) WHERE a.balance IS DISTINCT FROM coalesce(j.amount, 0)),
                    (SELECT count(*) FROM transfer
                       LEFT JOIN account s ON s.id = source LEFT JOIN account t ON t.id = target
                      WHERE s.id IS NULL OR t.id IS NULL)",
            &[],
        )
        .await
        .expect("sums");
    let transfers: i64 = row.get(1);
    let (sum, wrong, orphans): (i64, i64, i64) = (row.get(0), row.get(2), row.get(3));
    assert_eq!(
        (sum, wrong, orphans),
        (0, 0, 0),
        "after {transfers} transfers"
    );
    let index = client.batch_execute(
        "CREATE EXTENSION IF NOT EXISTS amcheck;
         SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
          WHERE c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND i.indisvalid",
    );
    index.await.expect("sound indexes");
    transfers
}

async fn storm(file_system: Option<FileSystem>) {
    let place = Place::make(file_system);
    let pool = place.open().await;
    let base = bank(&pool).await;
    let spec = || BranchSpec::new(Durability::Consistent);
    let lease = pool
        .create_awake(Origin::Snapshot(base), spec())
        .await
        .expect("a branch");
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let client = lease.admin("bank").await.expect("a session");
        let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
        writers.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                client.batch_execute(TRANSFER).await.expect("a transfer");
                done.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let client = lease.admin("bank").await.expect("a session");
    let storming = Arc::clone(&stop);
    writers.push(tokio::spawn(async move {
        while !storming.load(Ordering::Relaxed) {
            client
                .batch_execute("CHECKPOINT")
                .await
                .expect("a checkpoint");
        }
    }));
    for _ in 0..ROUNDS {
        let before = done.load(Ordering::Relaxed);
        let id = pool
            .snapshot_branch(lease.branch(), label())
            .await
            .expect("a snapshot");
        let copy = pool
            .create_awake(Origin::Snapshot(id), spec())
            .await
            .expect("a branch");
        let found = u64::try_from(check(&copy).await).expect("a count");
        let after = done.load(Ordering::Relaxed) + WRITERS as u64;
        assert!(
            (before.saturating_sub(WRITERS as u64)..=after).contains(&found),
            "{found} transfers, and there were {before} before and {after} after"
        );
    }
    let child = pool
        .create(Origin::Branch(lease.branch().clone()), spec())
        .await;
    let child = pool
        .enter(&child.expect("a child of an awake branch"))
        .await
        .expect("a session");
    check(&child).await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("a writer");
    }
    check(&lease).await;
    drop((lease, child));
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_snapshot_under_checkpoint_storm_on_xfs() {
    storm(Some(FileSystem::Xfs)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_snapshot_under_checkpoint_storm_on_btrfs() {
    storm(Some(FileSystem::Btrfs)).await;
}
