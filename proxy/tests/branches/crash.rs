//! Ends the process, or fails the disk, at every named point; what is found afterwards is whole.
//!
//! The daemon to be ended is this test binary once more, with the test [`daemon`] alone.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proxy::branches::setup::FileSystem;
use proxy::branches::{
    Activity, BranchId, BranchSpec, Lease, Origin, Pool, Roots, STEPS, SnapshotId,
};
use proxy::environments::chain;
use rules::config::{AccessMode, Durability};

use crate::place::{Place, base, label, rows, run, servers_below, settings_at, spec};

/// The pool on which the second process works; absent in the first.
const POOL: &str = "STANDIN_TEST_POOL";
/// The signal that ends a process unasked.
const KILLED: i32 = 9;
/// The branch that must survive everything that is done to it.
const KEPT: &str = "kept";
/// The branch whose server runs while everything happens to others.
const RUNNING: &str = "running";
/// btrfs gives the room of what was dropped back later, and every point leaves something to drop.
const IMAGE_BYTES: u64 = 2 << 30;
/// A daemon must be back in service within this time, whatever it finds.
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

/// What a daemon does on its way to a point. Whatever fails says which error of the disk it was, and
/// what is done is there to be seen.
async fn work(pool: &Pool, point: &str, from: &SnapshotId, kept: &BranchId) {
    let origin = || Origin::Snapshot(from.clone());
    let made = |id: &BranchId| assert!(pool.branch(id).is_some(), "{point}: {id} is not listed");
    let sealed = |id: &SnapshotId| assert!(pool.snapshot(id).is_some(), "{point}: {id}");
    match point.split('.').next().expect("a name") {
        "create" => {
            if let Some(id) = told(point, pool.create(origin(), spec()).await) {
                made(&id);
            }
            if let Some(lease) = told(point, pool.create_awake(origin(), spec()).await) {
                made(lease.branch());
                assert_eq!(rows(&lease).await, 100, "{point}");
            }
        }
        "wake" | "sleep" | "durable" => {
            if let Some(lease) = told(point, pool.enter(kept).await) {
                drop(lease);
                told(point, pool.sleep(kept).await);
                assert_eq!(pool.branch(kept).expect("it").activity, Activity::Asleep);
            }
        }
        "draft" | "seal" => {
            if let Some(draft) = told(point, pool.draft(shop_plan(), |_| {}).await)
                && let Some(id) = told(point, draft.seal(label()).await)
            {
                sealed(&id);
            }
        }
        "rights" => {
            let id = pool.create(origin(), append_only()).await;
            let id = id.expect("a branch");
            if let Some(lease) = told(point, pool.enter(&id).await) {
                assert!(only_appends(&lease).await, "{point}");
            }
        }
        "live" => {
            let _lease = pool.enter(kept).await.expect("a session");
            if let Some(id) = told(point, pool.snapshot_branch(kept, label()).await) {
                sealed(&id);
            }
        }
        "drop" | "trash" => {
            let id = pool.create(origin(), spec()).await.expect("a branch");
            match told(point, pool.drop_branch(&id).await) {
                Some(()) => assert!(pool.branch(&id).is_none(), "{point}: it is listed"),
                None => drop(pool.enter(&id).await.expect(point)),
            }
            told(point, pool.empty_trash().await);
        }
        "remove" => {
            let file = pool.environments_directory().join("gone.toml");
            std::fs::write(&file, "").expect("a file");
            told(point, pool.remove_durably(file.clone()).await);
            assert!(!file.exists(), "{point}");
        }
        other => panic!("no work passes {other:?}"),
    }
}

/// What was done; of what was not, a text in which the error of the disk stands.
fn told<T, E: std::error::Error>(point: &str, outcome: Result<T, E>) -> Option<T> {
    let error = match outcome {
        Ok(done) => return Some(done),
        Err(error) => error,
    };
    let wanted = match point.split_once(':') {
        Some((_, "EIO")) => "Input/output error",
        Some((_, "ENOSPC")) => "No space left on device",
        _ => panic!("{point}: {error:?}"),
    };
    let said = chain(&error);
    assert!(said.contains(wanted), "{point}: {said}");
    None
}

fn shop_plan() -> proxy::branches::DraftPlan {
    proxy::branches::DraftPlan::Fresh {
        major: None,
        database: "shop".to_owned(),
    }
}

/// Of a branch that one user enters, who may not change what is there.
fn append_only() -> BranchSpec {
    let ada = "ada".parse().expect("a name");
    BranchSpec {
        access: AccessMode::Append,
        entrants: vec![(ada, AccessMode::Append)],
        ..spec()
    }
}

/// Whether the user of such a branch has the rights of its mode, and no others.
async fn only_appends(lease: &Lease) -> bool {
    let client = lease.admin("shop").await.expect("a session of ours");
    let rights = "SELECT has_database_privilege(u, 'shop', 'CONNECT') \
                  AND NOT has_database_privilege(u, 'shop', 'CREATE, TEMPORARY') \
                  AND NOT has_table_privilege(u, 'item', 'UPDATE, DELETE, TRUNCATE') \
                  AND NOT has_schema_privilege(u, 'public', 'CREATE') \
                  FROM (VALUES ('standin_appender_ada'::name)) users (u)";
    let row = client.query_one(rights, &[]).await;
    row.expect("the rights of the user").get(0)
}

/// The second process; in the first there is nothing for it to do.
#[tokio::test(flavor = "multi_thread")]
async fn daemon() {
    let Some(path) = std::env::var_os(POOL) else {
        return;
    };
    let point = std::env::var("STANDIN_CRASH_AT").expect("a point");
    let pool = Pool::open(settings_at(PathBuf::from(path)))
        .await
        .expect("an open pool");
    let (from, kept) = found(&pool, KEPT);
    work(&pool, &point, &from, &kept).await;
    // Whatever failed, what runs lives on.
    let (_, running) = found(&pool, RUNNING);
    let lease = pool.enter(&running).await.expect("a session");
    run(&lease, "UPDATE item SET name = name || '.'").await;
    drop(lease);
    pool.shutdown().await;
}

/// A protected branch by its name, and the snapshot that it was made from.
fn found(pool: &Pool, name: &str) -> (SnapshotId, BranchId) {
    let mut views = pool.branches().into_iter();
    let found = views.find(|view| view.manifest.spec.name.as_deref() == Some(name));
    let manifest = found.expect("the branch").manifest;
    (
        manifest.base.clone().expect("its base"),
        manifest.id.clone(),
    )
}

/// Leaves a server running as a daemon does that was killed; gives its process id.
async fn leave_running(place: &Place) -> u32 {
    let pool = place.open().await;
    let (_, running) = found(&pool, RUNNING);
    let lease = pool.enter(&running).await.expect("a session");
    let pid = lease.server().pid();
    drop(lease);
    place.close(pool).await;
    pid
}

fn daemon_until(place: &Place, point: &str) -> std::process::Output {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "crash::daemon", "--nocapture"])
        .env(POOL, &place.pool)
        .env("STANDIN_CRASH_AT", point)
        .stdin(Stdio::null())
        .output()
        .expect("a second process")
}

/// Opens the pool after a crash: nothing half made, nothing leaked, the kept branch whole.
async fn recovers(place: &Place, point: &str) {
    let began = Instant::now();
    let pool = place.open().await;
    let took = began.elapsed();
    assert!(took < RECOVERED_WITHIN, "{point}: {took:?}");
    assert_eq!(pool.facts().trouble, [], "{point}");
    let (from, kept) = found(&pool, KEPT);
    let (_, running) = found(&pool, RUNNING);
    let lease = pool.enter(&kept).await.expect(point);
    assert_eq!(rows(&lease).await, 42, "{point}");
    drop(lease);
    // Whatever else is listed opens too, with the rights that it is to have.
    let mut restricted = 0;
    for view in pool.branches() {
        let lease = pool.enter(&view.manifest.id).await.expect(point);
        assert!(rows(&lease).await > 0, "{point}");
        if view.manifest.spec.access == AccessMode::Append {
            assert!(only_appends(&lease).await, "{point}");
            restricted += 1;
        }
    }
    assert_eq!(restricted > 0, point.starts_with("rights."), "{point}");
    pool.shutdown().await;
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new(), "{point}");
    let nothing = Roots {
        unclaimed_for: Duration::ZERO,
        snapshots: [from.clone()].into(),
        ..Roots::default()
    };
    pool.collect(&nothing).await;
    place.close(pool).await;
    let pool = place.open().await;
    pool.empty_trash().await.expect("an empty trash");
    let mut branches = [kept.to_string(), running.to_string()];
    branches.sort();
    assert_eq!(place.names("branches"), branches, "{point}");
    assert_eq!(place.names("snapshots"), [from.to_string()], "{point}");
    assert_eq!(place.names("building"), Vec::<String>::new(), "{point}");
    assert_eq!(place.names("trash"), Vec::<String>::new(), "{point}");
    assert_eq!(
        pool.branch(&kept).expect("kept").activity,
        Activity::Asleep,
        "{point}"
    );
    place.close(pool).await;
}

async fn furnished(file_system: FileSystem) -> Place {
    let place = Place::sized(Some(file_system), IMAGE_BYTES);
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    for (name, durability) in [
        (KEPT, Durability::Process),
        (RUNNING, Durability::Consistent),
    ] {
        let spec = BranchSpec {
            name: Some(name.to_owned()),
            protect: true,
            idle: None,
            ..BranchSpec::new(durability)
        };
        let lease = pool.create_awake(origin.clone(), spec).await;
        run(&lease.expect("a branch"), "DELETE FROM item WHERE id > 42").await;
    }
    pool.shutdown().await;
    place.close(pool).await;
    place
}

async fn killed_everywhere(file_system: FileSystem) {
    let place = furnished(file_system).await;
    for point in STEPS {
        let pid = leave_running(&place).await;
        let output = daemon_until(&place, point);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.signal(),
            Some(KILLED),
            "{point} was not passed: {said}"
        );
        let left = servers_below(&place.pool);
        assert!(left.contains(&pid.cast_signed()), "{point}: {left:?}");
        recovers(&place, point).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_nothing_is_lost_or_leaked_on_xfs() {
    killed_everywhere(FileSystem::Xfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_nothing_is_lost_or_leaked_on_btrfs() {
    killed_everywhere(FileSystem::Btrfs).await;
}

async fn failed_everywhere(file_system: FileSystem) {
    let place = furnished(file_system).await;
    for point in STEPS {
        for error in ["EIO", "ENOSPC"] {
            let point = format!("{point}:{error}");
            leave_running(&place).await;
            let output = daemon_until(&place, &point);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{point}: {said}");
            recovers(&place, &point).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_at_any_point_costs_nothing_on_xfs() {
    failed_everywhere(FileSystem::Xfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_at_any_point_costs_nothing_on_btrfs() {
    failed_everywhere(FileSystem::Btrfs).await;
}
