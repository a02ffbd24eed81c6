//! The life of bases, snapshots and branches, the same with every driver.

use std::time::Duration;

use proxy::branches::setup::FileSystem;
use proxy::branches::{Activity, Driver, DropError, Origin, Roots, WakeError, WakeFailure};

use crate::place::{Place, base, label, rows, run, servers_below, shop, spec};

async fn life(file_system: Option<FileSystem>, driver: Driver) {
    let place = Place::make(file_system);
    let pool = place.open().await;
    assert_eq!(pool.facts().driver, driver);
    let snapshot = base(&pool).await;
    let manifest = pool.snapshot(&snapshot).expect("its manifest");
    assert!(manifest.weight.files > 300 && manifest.weight.bytes > 5 << 20);
    assert_eq!(manifest.cluster.databases[0].name, "shop");

    let origin = Origin::Snapshot(snapshot.clone());
    let first = pool.create(origin.clone(), spec()).await.expect("a branch");
    let lease = pool.enter(&first).await.expect("a session");
    assert_eq!(rows(&lease).await, 100);
    run(&lease, "DELETE FROM item WHERE id > 7").await;
    drop(lease);

    // A sibling sees nothing of it, a child of the sleeping branch sees all of it.
    let second = pool.create_awake(origin, spec()).await.expect("a branch");
    assert_eq!(rows(&second).await, 100);
    pool.sleep(&first).await.expect("sleep");
    let view = pool.branch(&first).expect("a view");
    assert_eq!(
        (view.activity, view.manifest.awake.clone()),
        (Activity::Asleep, None)
    );
    let child = pool
        .create(Origin::Branch(first.clone()), spec())
        .await
        .expect("a child");
    pool.drop_branch(&first).await.expect("a drop");
    let lease = pool.enter(&child).await.expect("a session");
    assert_eq!(rows(&lease).await, 7);
    drop(lease);

    let refused = pool.drop_snapshot(&snapshot).await;
    assert!(
        matches!(refused, Err(DropError::Referenced { count: 2, .. })),
        "{refused:?}"
    );
    let refused = pool.drop_branch(second.branch()).await;
    assert!(
        matches!(refused, Err(DropError::InUse { sessions: 1, .. })),
        "{refused:?}"
    );
    let kept = second.branch().clone();
    drop(second);
    pool.shutdown().await;
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new());

    let roots = Roots {
        branches: [kept.clone()].into(),
        unclaimed_for: Duration::ZERO,
        ..Roots::default()
    };
    let collected = pool.collect(&roots).await;
    assert_eq!(
        (collected.branches, collected.snapshots),
        (vec![child], vec![])
    );
    assert_eq!(place.branches(), [kept.to_string()]);
    let nothing = Roots {
        unclaimed_for: Duration::ZERO,
        ..Roots::default()
    };
    let collected = pool.collect(&nothing).await;
    assert_eq!(
        (collected.branches, collected.snapshots),
        (vec![kept], vec![snapshot])
    );
    pool.empty_trash().await.expect("an empty trash");
    for part in ["branches", "snapshots", "building", "trash"] {
        assert_eq!(place.names(part), Vec::<String>::new(), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_live_and_go_on_xfs() {
    life(Some(FileSystem::Xfs), Driver::Reflink).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_live_and_go_on_btrfs() {
    life(Some(FileSystem::Btrfs), Driver::Btrfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_live_and_go_as_full_copies() {
    life(None, Driver::Copy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_dropped_leaves_nothing() {
    let place = Place::make(None);
    let pool = place.open().await;
    let draft = shop(&pool).await;
    let mut ended = draft.server().exited();
    drop(draft);
    ended
        .wait_for(Option::is_some)
        .await
        .expect("the server ends");
    place.close(pool).await;
    let pool = place.open().await;
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
    assert_eq!(pool.snapshots(), []);
    let id = base(&pool).await;
    assert_eq!(place.names("snapshots"), [id.to_string()]);
    assert_eq!(pool.snapshot(&id).expect("it").label, label());
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_leaves_no_process_whatever_is_under_way() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let sleeping = pool.create(origin.clone(), spec()).await.expect("a branch");
    let running = pool.create_awake(origin.clone(), spec()).await;
    let running = running.expect("a branch");
    let (dropped, filling) = (shop(&pool).await, shop(&pool).await);
    let under_way = {
        let (pool, sleeping) = (pool.clone(), sleeping.clone());
        async move {
            pool.enter(&sleeping).await.ok();
            pool.create_awake(origin, spec()).await.ok();
        }
    };
    let under_way = tokio::spawn(under_way);
    pool.rest(running.branch()).await.expect("it is in use");
    drop(dropped);
    pool.shutdown().await;
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
    under_way.await.expect("refused");
    let refused = pool.enter(&sleeping).await;
    assert!(
        matches!(&refused, Err(WakeError::Failed { why, .. }) if matches!(**why, WakeFailure::Closed(_))),
        "{refused:?}"
    );
    // Its owner learns it when he goes on.
    let refused = filling.seal(label()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_waits_for_stops_that_were_begun() {
    let place = Place::make(Some(FileSystem::Btrfs));
    for _ in 0..5 {
        let pool = place.open().await;
        drop(shop(&pool).await);
        pool.shutdown().await;
        assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
        place.close(pool).await;
    }
}
