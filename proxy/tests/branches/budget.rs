//! The budget of servers, memory and disk: who waits, who is refused, and what the refusal names.

use std::time::Duration;

use proxy::branches::setup::FileSystem;
use proxy::branches::{
    Activity, BranchId, BranchSpec, CreateError, Full, Lease, Origin, Pool, PoolSettings,
    SnapshotId, WakeError,
};

use crate::place::{Place, base, run, spec};

async fn open(place: &Place, change: impl FnOnce(&mut PoolSettings)) -> (Pool, SnapshotId) {
    let mut settings = place.settings();
    change(&mut settings);
    let pool = Pool::open(settings).await.expect("an open pool");
    let snapshot = base(&pool).await;
    (pool, snapshot)
}

fn named(environment: &str, name: &str) -> BranchSpec {
    BranchSpec {
        environment: Some(environment.to_owned()),
        name: Some(name.to_owned()),
        ..spec()
    }
}

async fn awake(pool: &Pool, snapshot: &SnapshotId, spec: BranchSpec) -> Lease {
    let origin = Origin::Snapshot(snapshot.clone());
    pool.create_awake(origin, spec).await.expect("a branch")
}

async fn asleep(pool: &Pool, snapshot: &SnapshotId, spec: BranchSpec) -> BranchId {
    let origin = Origin::Snapshot(snapshot.clone());
    pool.create(origin, spec).await.expect("a branch")
}

/// Begins to enter a branch, and returns once its wake has begun.
async fn entering(pool: &Pool, id: &BranchId) -> tokio::task::JoinHandle<Result<Lease, WakeError>> {
    let (other, wanted) = (pool.clone(), id.clone());
    let entering = tokio::spawn(async move { other.enter(&wanted).await });
    // One that is refused at once has come further already.
    while pool.branch(id).expect("it").activity == Activity::Asleep {
        tokio::task::yield_now().await;
    }
    entering
}

fn refusal(entered: Result<Lease, WakeError>) -> (String, String) {
    match entered {
        Err(error @ WakeError::Failed { .. }) => {
            let hint = error.hint().unwrap_or_default();
            let source = std::error::Error::source(&error).map(ToString::to_string);
            (source.unwrap_or_default(), hint)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_server_gets_the_one_that_becomes_idle() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let (pool, snapshot) = open(&place, |settings| settings.awake_max = 1).await;
    let lease = awake(&pool, &snapshot, spec()).await;
    let second = asleep(&pool, &snapshot, spec()).await;
    let entering = entering(&pool, &second).await;
    let first = lease.branch().clone();
    // Whether it waits already or not: the branch becomes idle for it, and its own time to idle is
    // ten minutes.
    drop(lease);
    entering.await.expect("a task").expect("a session");
    assert_eq!(pool.branch(&first).expect("it").activity, Activity::Asleep);
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_too_many_is_refused_with_the_three_largest_of_its_environment() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let change = |settings: &mut PoolSettings| {
        (settings.awake_max, settings.connect_wait) = (5, Duration::from_secs(5));
    };
    let (pool, snapshot) = open(&place, change).await;
    let mut leases = vec![awake(&pool, &snapshot, named("other", "theirs")).await];
    for name in ["a", "b", "c", "d"] {
        leases.push(awake(&pool, &snapshot, named("qa", name)).await);
    }
    // Theirs is the largest of all, and no concern of whoever asks for one more.
    let theirs = leases[0].admin("shop").await.expect("a session");
    let sql = "SET temp_buffers = '128MB';
        CREATE TEMP TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 60000)";
    theirs.batch_execute(sql).await.expect("much memory");
    let more = asleep(&pool, &snapshot, named("qa", "more")).await;
    let (why, hint) = refusal(pool.enter(&more).await);
    assert_eq!(why, "5 branches are awake and in use");
    assert_eq!(hint.matches("qa.").count(), 3, "{hint}");
    assert!(hint.contains("awake_max"), "{hint}");
    assert!(!hint.contains("theirs"), "{hint}");
    drop(leases);
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_memory_is_let_in_once_there_is_some() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let change = |settings: &mut PoolSettings| {
        // Less than one server takes: the first one is let in, and nobody beside it.
        settings.memory_bytes = Some(1 << 20);
        settings.connect_wait = Duration::from_secs(5);
    };
    let (pool, snapshot) = open(&place, change).await;
    let lease = awake(&pool, &snapshot, named("qa", "first")).await;
    let second = asleep(&pool, &snapshot, named("qa", "second")).await;
    let (why, hint) = refusal(pool.enter(&second).await);
    assert!(why.contains("and all of them are in use"), "{why}");
    assert!(hint.contains("qa.first"), "{hint}");
    let entering = entering(&pool, &second).await;
    drop(lease);
    entering.await.expect("a task").expect("a session");
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spare_costs_nobody_a_server_and_gives_its_own() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let (pool, snapshot) = open(&place, |settings| settings.awake_max = 1).await;
    let spare = || {
        let mut spec = spec();
        spec.spare = true;
        spec
    };
    let kept = awake(&pool, &snapshot, spare()).await;
    let used = asleep(&pool, &snapshot, spec()).await;
    drop(pool.enter(&used).await.expect("the spare makes room"));
    let activity = |id: &BranchId| pool.branch(id).expect("it").activity;
    assert_eq!(activity(kept.branch()), Activity::Asleep);
    let origin = Origin::Snapshot(snapshot.clone());
    let refused = pool.create_awake(origin, spare()).await;
    assert!(
        matches!(refused, Err(CreateError::Wake(WakeError::Failed { .. }))),
        "{refused:?}"
    );
    assert!(matches!(activity(&used), Activity::Awake { .. }));
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_disk_budget_nothing_new_is_made_until_something_goes() {
    let place = Place::make(Some(FileSystem::Xfs));
    let (pool, snapshot) = open(&place, |settings| settings.disk_bytes = Some(64 << 20)).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let lease = awake(&pool, &snapshot, named("qa", "large")).await;
    let small = asleep(&pool, &snapshot, named("qa", "small")).await;
    let sql = "CREATE TABLE own AS SELECT g, repeat('x', 1000) FROM generate_series(1, 64000) g";
    run(&lease, sql).await;
    let large = lease.branch().clone();
    drop(lease);
    pool.sleep(&large).await.expect("sleep");
    pool.weigh().await;
    match pool.create(origin(), spec()).await {
        Err(CreateError::Full(full @ Full::Budget { .. })) => {
            let hint = full.hint();
            assert!(hint.contains("the largest are qa.large ("), "{hint}");
        }
        other => panic!("{other:?}"),
    }
    // What is there goes on.
    drop(pool.enter(&small).await.expect("a session"));
    pool.drop_branch(&large).await.expect("a drop");
    pool.create(origin(), spec()).await.expect("a branch");
    pool.shutdown().await;
}
