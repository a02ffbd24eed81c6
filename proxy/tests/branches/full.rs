//! A pool that runs full while servers write, and what is there again once it has room.

use proxy::branches::setup::FileSystem;
use proxy::branches::{Activity, BranchId, Lease, Origin, Pool, Pressure, WakeError, WakeFailure};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::error::Error;
use std::fs::File;
use std::path::PathBuf;

use crate::place::{Place, base, rows, run, spec};

/// What the ballast grows by at a time: some file systems refuse to give all that they call free.
const STEP_BYTES: u64 = 4 << 20;

/// A file that takes all room but `left` bytes, or a little more.
fn ballast(place: &Place, left: u64) -> File {
    let ballast = File::create(place.pool.join("ballast")).expect("a file");
    let mut bytes = 0;
    while Place::free_bytes(&place.pool) > left + STEP_BYTES {
        match fallocate(&ballast, FallocateFlags::empty(), bytes, STEP_BYTES) {
            Ok(()) => bytes += STEP_BYTES,
            Err(Errno::NOSPC) => break,
            Err(error) => panic!("ballast: {error}"),
        }
    }
    ballast
}

async fn give_back(place: &Place, ballast: File) {
    ballast.set_len(0).expect("an empty file");
    ballast.sync_all().expect("on the disk");
    let directory = File::open(&place.pool).expect("the pool");
    rustix::fs::syncfs(directory).expect("all on the disk");
}

fn reserve(place: &Place) -> u64 {
    let path: PathBuf = place.pool.join("reserve");
    path.metadata().map_or(0, |found| found.len())
}

const ROW_BYTES: usize = 100_000;
/// Far more than there is room for.
const ROWS_MAX: i64 = 4_000;

/// Writes until that fails; how many rows the server has confirmed.
async fn fill(lease: &Lease) -> i64 {
    let client = lease.server().admin("shop").await.expect("a session");
    let insert = format!(
        "INSERT INTO filler SELECT {{}}, string_agg(md5(random()::text), '') \
         FROM generate_series(1, {})",
        ROW_BYTES / 32
    );
    for row in 0..ROWS_MAX {
        let sql = insert.replace("{}", &row.to_string());
        if client.batch_execute(&sql).await.is_err() {
            return row;
        }
    }
    panic!("the pool was never full");
}

/// Enters a branch once its server, which may be ending at this moment, can be entered again.
async fn enter(pool: &Pool, id: &BranchId) -> Lease {
    let began = std::time::Instant::now();
    loop {
        match pool.enter(id).await {
            Ok(lease) if lease.admin("shop").await.is_ok() => return lease,
            failed => assert!(began.elapsed().as_secs() < 60, "{failed:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// What a branch holds once its server, which may be ending at this moment, answers again: the rows that
/// were filled in, those of them that are whole, and the rows it had before. It takes more rows then.
async fn answered(pool: &Pool, id: &BranchId) -> (i64, i64, i64) {
    let began = std::time::Instant::now();
    loop {
        match asked(pool, id).await {
            Ok(found) => return found,
            Err(failed) => assert!(began.elapsed().as_secs() < 60, "{failed}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn asked(pool: &Pool, id: &BranchId) -> Result<(i64, i64, i64), Box<dyn Error>> {
    let lease = pool.enter(id).await?;
    let client = lease.admin("shop").await?;
    let sql = "SELECT count(*), count(*) FILTER (WHERE length(text) = 32 * 3125), \
                 (SELECT count(*) FROM item) FROM filler WHERE id >= 0";
    let found = client.query_one(sql, &[]).await?;
    client
        .batch_execute("INSERT INTO filler VALUES (-1, 'more')")
        .await?;
    Ok((found.get(0), found.get(1), found.get(2)))
}

async fn full_then_freed(file_system: FileSystem) {
    let place = Place::make(Some(file_system));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let mut leases = Vec::new();
    for _ in 0..3 {
        let origin = Origin::Snapshot(snapshot.clone());
        let lease = pool.create_awake(origin, spec()).await.expect("a branch");
        run(&lease, "CREATE TABLE filler (id bigint, text text)").await;
        leases.push(lease);
    }
    let ballast = ballast(&place, 24 << 20);
    let filling = leases.iter().map(fill);
    let confirmed = futures_util::future::join_all(filling).await;
    let ids: Vec<BranchId> = leases.iter().map(|lease| lease.branch().clone()).collect();
    drop(leases);
    give_back(&place, ballast).await;
    for (id, confirmed) in ids.iter().zip(confirmed) {
        let (there, whole, before) = answered(&pool, id).await;
        assert_eq!(there, whole, "{id}");
        // The last one may have been committed without a word.
        assert!(
            (confirmed..=confirmed + 1).contains(&there),
            "{there} of {confirmed}"
        );
        assert_eq!(before, 100);
    }
    pool.guard().await;
    assert!(reserve(&place) > 0, "the reserve is back");
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pool_full_then_freed_all_recover_on_xfs() {
    full_then_freed(FileSystem::Xfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pool_full_then_freed_all_recover_on_btrfs() {
    full_then_freed(FileSystem::Btrfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_pool_nearly_full_only_the_largest_grower_is_put_to_sleep() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let quiet = pool.create_awake(origin(), spec()).await.expect("a branch");
    let grower = pool.create_awake(origin(), spec()).await.expect("a branch");
    pool.weigh().await;
    let sql =
        "CREATE TABLE filler AS SELECT repeat(md5(g::text), 30) FROM generate_series(1, 16000) g";
    run(&grower, sql).await;
    run(&grower, "CHECKPOINT").await;
    let ballast = ballast(&place, 40 << 20);
    assert_eq!(pool.pressure(), Pressure::Critical);
    pool.guard().await;
    let activity = |lease: &Lease| pool.branch(lease.branch()).expect("it").activity;
    assert_eq!(activity(&grower), Activity::Asleep);
    // Nobody grows any more, so nobody else is stopped.
    pool.guard().await;
    run(&quiet, "UPDATE item SET name = name || '!'").await;
    assert!(matches!(
        activity(&quiet),
        Activity::Awake { sessions: 1, .. }
    ));
    give_back(&place, ballast).await;
    enter(&pool, grower.branch()).await;
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_pool_nearly_full_a_server_that_must_recover_gets_the_reserve() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let asleep = pool.create(origin(), spec()).await.expect("a branch");
    let lease = pool.create_awake(origin(), spec()).await.expect("a branch");
    run(&lease, "DELETE FROM item WHERE id > 7").await;
    pool.guard().await;
    let kept = reserve(&place);
    assert!(kept >= 16 << 20, "{kept} bytes");
    let _ballast = ballast(&place, 30 << 20);
    let mut ended = lease.server().exited();
    let pid = i32::try_from(lease.server().pid()).expect("a process id");
    let group = nix::unistd::Pid::from_raw(pid);
    nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).expect("a kill");
    ended.wait_for(Option::is_some).await.expect("it ended");
    let id = lease.branch().clone();
    drop(lease);
    // What was shut down gets nothing of it.
    let refused = pool.enter(&asleep).await;
    assert!(
        matches!(&refused, Err(WakeError::Failed { why, .. }) if matches!(**why, WakeFailure::Full(_))),
        "{refused:?}"
    );
    assert_eq!(reserve(&place), kept);
    let lease = enter(&pool, &id).await;
    assert_eq!(rows(&lease).await, 7);
    assert_eq!(reserve(&place), 0);
    drop(lease);
    pool.shutdown().await;
}
