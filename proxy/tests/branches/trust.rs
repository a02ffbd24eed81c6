//! What a pool believes at its start: who else uses it, what its file system can do, which data may
//! be torn, which servers are its own.

use std::time::Duration;

use proxy::branches::setup::{FileSystem, PoolImage};
use proxy::branches::{
    Activity, BranchSpec, Driver, OpenError, Origin, Pool, Pressure, WakeError, WakeFailure,
};
use rules::config::Durability;

use crate::place::{Place, base, rows, run, servers_below, spec};

#[tokio::test]
async fn a_second_daemon_is_told_who_has_the_pool() {
    let place = Place::make(None);
    let pool = place.open().await;
    let refused = Pool::open(place.settings()).await;
    let own = std::process::id();
    assert!(matches!(refused, Err(OpenError::Held { pid: Some(pid), .. }) if pid == own));
    place.close(pool).await;
    place.close(place.open().await).await;
}

#[tokio::test]
async fn probe_refuses_a_driver_that_copies() {
    // The host's file system is ext4 or an overlay in every place where tests run; what counts is
    // that a pool says what it can do, and says it again.
    let place = Place::make(None);
    let pool = place.open().await;
    let shares = std::process::Command::new("cp")
        .args(["--reflink=always", "pool.toml", "probe"])
        .current_dir(&place.pool)
        .output()
        .expect("cp");
    assert_eq!(shares.status.success(), pool.facts().driver != Driver::Copy);
}

#[tokio::test]
async fn driver_change_is_an_error() {
    let place = Place::make(None);
    place.close(place.open().await).await;
    let manifest = place.pool.join("pool.toml");
    let text = std::fs::read_to_string(&manifest).expect("pool.toml");
    std::fs::write(&manifest, text.replace("\"copy\"", "\"btrfs\"")).expect("pool.toml");
    let refused = Pool::open(place.settings()).await;
    assert!(matches!(
        refused,
        Err(OpenError::DriverChanged {
            recorded: Driver::Btrfs,
            found: Driver::Copy,
            ..
        })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_manifest_deletes_nothing() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let id = pool.create(origin, spec()).await.expect("a branch");
    place.close(pool).await;
    let branch = place.pool.join("branches").join(id.as_str());
    let text = std::fs::read(branch.join("branch.toml")).expect("a manifest");
    for bad in [
        &b""[..],
        b"format = 2",
        b"\xff\xfe",
        &text[..text.len() / 2],
    ] {
        std::fs::write(branch.join("branch.toml"), bad).expect("a manifest");
        let pool = place.open().await;
        let facts = pool.facts();
        assert_eq!(facts.trouble.len(), 1, "{bad:?}");
        assert_eq!(
            facts.trouble[0].path,
            branch.canonicalize().expect("a path")
        );
        assert!(pool.branch(&id).is_none());
        place.close(pool).await;
        assert!(branch.join("pgdata/PG_VERSION").exists());
    }
    std::fs::remove_file(branch.join("branch.toml")).expect("a manifest");
    let pool = place.open().await;
    assert_eq!(pool.facts().trouble.len(), 1);
    place.close(pool).await;
    std::fs::write(branch.join("branch.toml"), text).expect("a manifest");
    // What a crash in the first step leaves holds nothing and goes.
    std::fs::create_dir(place.pool.join("branches/baaaaaaaaaaaa")).expect("a directory");
    let pool = place.open().await;
    assert_eq!(pool.facts().trouble, []);
    let lease = pool.enter(&id).await.expect("a session");
    assert_eq!(rows(&lease).await, 100);
    drop(lease);
    pool.shutdown().await;
    assert_eq!(place.branches(), [id.to_string()]);
}

/// Takes the file system away as a power cut does: what was not written is lost.
fn cut_power(place: &Place) {
    let cut = std::process::Command::new("xfs_io")
        .args(["-x", "-c", "shutdown"])
        .arg(&place.pool)
        .status();
    assert!(cut.expect("xfs_io").success());
}

fn kill_servers(place: &Place) {
    while let Some(pid) = servers_below(&place.pool).pop() {
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).ok();
        std::thread::yield_now();
    }
}

/// Ends the daemon and the machine in mid-work, and starts the machine again.
fn power_cut(place: &Place, pool: Pool) {
    cut_power(place);
    kill_servers(place);
    drop(pool);
    place.unmount();
    assert!(PoolImage::mount_again(&place.pool).expect("a mount"));
}

#[tokio::test(flavor = "multi_thread")]
async fn power_cut_marks_suspect() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let spec_of = BranchSpec::new;
    let process = pool
        .create_awake(origin(), spec_of(Durability::Process))
        .await
        .expect("one");
    let woken = pool
        .create(origin(), spec_of(Durability::Process))
        .await
        .expect("one");
    let machine = pool
        .create_awake(origin(), spec_of(Durability::Machine))
        .await
        .expect("one");
    let asleep = pool
        .create(origin(), spec_of(Durability::Process))
        .await
        .expect("one");
    let lease = pool.enter(&woken).await.expect("a session");
    run(&machine, "DELETE FROM item WHERE id > 5").await;
    let (torn, kept) = (process.branch().clone(), machine.branch().clone());
    drop((process, machine, lease));
    power_cut(&place, pool);
    let pool = place.open().await;
    for id in [&torn, &woken] {
        assert_eq!(pool.branch(id).expect("it").activity, Activity::Suspect);
        assert!(matches!(pool.enter(id).await, Err(WakeError::Suspect(_))));
    }
    let lease = pool
        .enter(&kept)
        .await
        .expect("what was committed is there");
    assert_eq!(rows(&lease).await, 5);
    let other = pool.enter(&asleep).await.expect("what slept is there");
    assert_eq!(rows(&other).await, 100);
    drop((lease, other));
    pool.accept_suspect(&woken).await.expect("accepted");
    assert_eq!(pool.branch(&woken).expect("it").activity, Activity::Asleep);
    pool.shutdown().await;
}

/// What is confirmed may be lost for three times `wal_writer_delay`, 200 ms.
const UNSAFE_FOR: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn consistent_survives_fs_shutdown() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let spec = BranchSpec::new(Durability::Consistent);
    let lease = pool.create_awake(origin, spec).await.expect("a branch");
    run(
        &lease,
        "CREATE TABLE tick (id bigint PRIMARY KEY, other bigint)",
    )
    .await;
    let client = lease.admin("shop").await.expect("a session");
    let (began, mut confirmed) = (std::time::Instant::now(), Vec::new());
    while began.elapsed() < 3 * UNSAFE_FOR {
        let next = confirmed.len() as i64;
        let sql = "INSERT INTO tick VALUES ($1, -($1::bigint))";
        client.execute(sql, &[&next]).await.expect("a row");
        confirmed.push(std::time::Instant::now());
    }
    let id = lease.branch().clone();
    drop((client, lease));
    let cut = std::time::Instant::now();
    power_cut(&place, pool);
    let pool = place.open().await;
    assert_eq!(pool.branch(&id).expect("it").activity, Activity::Asleep);
    let lease = pool.enter(&id).await.expect("a session");
    let client = lease.admin("shop").await.expect("a session");
    let sql = "SELECT count(*), max(id), sum(id + other)::bigint FROM tick";
    let found = client.query_one(sql, &[]).await.expect("a count");
    let (rows, last, sum): (i64, i64, i64) = (found.get(0), found.get(1), found.get(2));
    // A beginning of what was confirmed, without a gap, and all of it that is old enough.
    assert_eq!((rows, sum), (last + 1, 0));
    let safe = confirmed
        .iter()
        .filter(|at| cut.duration_since(**at) > UNSAFE_FOR);
    let safe = safe.count() as i64;
    assert!(safe > 0 && rows >= safe, "{rows} rows, {safe} of them safe");
    drop((client, lease));
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_snapshot_survives_fs_shutdown() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    power_cut(&place, pool);
    let pool = place.open().await;
    let lease = pool
        .create_awake(Origin::Snapshot(snapshot), spec())
        .await
        .expect("a branch");
    assert_eq!(rows(&lease).await, 100);
    drop(lease);
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn created_branch_survives_fs_shutdown() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let id = pool.create(origin, spec()).await.expect("a branch");
    power_cut(&place, pool);
    let pool = place.open().await;
    let lease = pool.enter(&id).await.expect("a session");
    assert_eq!(rows(&lease).await, 100);
    drop(lease);
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_opened_again_takes_its_servers_over() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let lease = pool.create_awake(origin, spec()).await.expect("a branch");
    let (id, pid) = (lease.branch().clone(), lease.server().pid());
    run(&lease, "DELETE FROM item WHERE id > 9").await;
    drop(lease);
    place.close(pool).await;
    let pool = place.open().await;
    let view = pool.branch(&id).expect("it");
    assert!(matches!(view.activity, Activity::Awake { pid: now, .. } if now == pid));
    let lease = pool.enter(&id).await.expect("a session");
    assert_eq!(rows(&lease).await, 9);
    drop(lease);
    pool.shutdown().await;
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
}

/// Ends the server of a branch as a crash does, and sees the pool take note of it.
async fn crash(pool: &Pool, id: &proxy::branches::BranchId) {
    let lease = pool.enter(id).await.expect("a session");
    let mut ended = lease.server().exited();
    let pid = nix::unistd::Pid::from_raw(lease.server().pid().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).expect("a signal");
    ended.wait_for(Option::is_some).await.expect("it ends");
    while matches!(
        pool.branch(id).expect("it").activity,
        Activity::Awake { .. }
    ) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_again_and_again_is_left_alone_for_a_while() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let id = pool.create(origin, spec()).await.expect("a branch");
    for _ in 0..2 {
        crash(&pool, &id).await;
        assert_eq!(pool.branch(&id).expect("it").activity, Activity::Asleep);
    }
    crash(&pool, &id).await;
    let failed = std::time::Instant::now();
    // Nobody starts it meanwhile, however many come.
    for _ in 0..2 {
        let refused = pool.enter(&id).await.expect_err("a refusal");
        let WakeError::Failed { why, .. } = &refused else {
            panic!("{refused:?}");
        };
        let said = why.to_string();
        assert_eq!(said, "its server ended by itself 3 times in a row");
        let hint = refused.hint().unwrap_or_default();
        assert!(hint.contains("its log"), "{hint}");
        assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
    }
    let lease = loop {
        match pool.enter(&id).await {
            Ok(lease) => break lease,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let paused = failed.elapsed();
    let pause = Duration::from_secs(25)..Duration::from_secs(60);
    assert!(pause.contains(&paused), "{paused:?}");
    assert_eq!(rows(&lease).await, 100);
    drop(lease);
    pool.shutdown().await;
}

#[test]
fn setup_twice_changes_nothing_and_leaves_no_holes() {
    use std::os::unix::fs::MetadataExt;
    for file_system in [FileSystem::Xfs, FileSystem::Btrfs] {
        let place = Place::make(Some(file_system));
        let image = PoolImage::file_of(&place.pool);
        let file = || image.metadata().expect("the image");
        assert!(
            file().blocks() * 512 >= file().len(),
            "{file_system:?} has holes"
        );
        assert_eq!(file().mode() & 0o777, 0o600);
        let mut wanted = PoolImage {
            path: place.pool.clone(),
            file_system,
            size_bytes: Some(file().len()),
        };
        std::fs::write(place.pool.join("something"), "here").expect("a file");
        assert_eq!(
            wanted.ensure().expect("set up").changes,
            Vec::<String>::new()
        );
        let before = Place::free_bytes(&place.pool);
        wanted.size_bytes = Some(file().len() + (256 << 20));
        assert_eq!(wanted.ensure().expect("grown").changes.len(), 1);
        assert!(
            Place::free_bytes(&place.pool) > before + (200 << 20),
            "{file_system:?}"
        );
        assert!(
            file().blocks() * 512 >= file().len(),
            "{file_system:?} has holes"
        );
        place.unmount();
        assert!(PoolImage::mount_again(&place.pool).expect("mounted"));
        assert!(!PoolImage::mount_again(&place.pool).expect("mounted"));
        let kept = std::fs::read_to_string(place.pool.join("something"));
        assert_eq!(kept.expect("the file"), "here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pool_full_refuses_create_keeps_running() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let lease = pool.create_awake(origin(), spec()).await.expect("a branch");
    let asleep = pool.create(origin(), spec()).await.expect("a branch");
    // The reserve is there already and stays as it is: in a small pool it is the same for all.
    pool.guard().await;
    let ballast = std::fs::File::create(place.pool.join("ballast")).expect("a file");
    let bytes = Place::free_bytes(&place.pool) - (60 << 20);
    let flags = rustix::fs::FallocateFlags::empty();
    rustix::fs::fallocate(&ballast, flags, 0, bytes).expect("ballast");
    let refused = pool.create(origin(), spec()).await;
    assert!(
        matches!(refused, Err(proxy::branches::CreateError::Full(_))),
        "{refused:?}"
    );
    run(&lease, "UPDATE item SET name = name || '!'").await;
    assert_eq!(rows(&lease).await, 100);
    assert_eq!(pool.pressure(), Pressure::Refuse);
    pool.enter(&asleep).await.expect("a branch that wakes");
    pool.sleep(&asleep).await.expect("sleep");
    rustix::fs::fallocate(&ballast, flags, bytes, 25 << 20).expect("more ballast");
    assert_eq!(pool.pressure(), Pressure::Critical);
    let refused = pool.enter(&asleep).await;
    assert!(
        matches!(&refused, Err(WakeError::Failed { why, .. }) if matches!(**why, WakeFailure::Full(_))),
        "{refused:?}"
    );
    let notes = pool.facts().notes;
    assert!(
        notes.iter().any(|note| note.contains("no branch wakes")),
        "{notes:?}"
    );
    run(&lease, "UPDATE item SET name = name || '!'").await;
    assert_eq!(rows(&lease).await, 100);
    // Removing the file would free its blocks some time later.
    ballast.set_len(0).expect("an empty file");
    pool.create(origin(), spec())
        .await
        .expect("there is room again");
    assert_eq!(pool.pressure(), Pressure::Easy);
    pool.enter(&asleep).await.expect("a branch that wakes");
    drop(lease);
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_sessions_make_one_start() {
    let place = Place::make(Some(FileSystem::Xfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let id = pool.create(origin, spec()).await.expect("a branch");
    let entering = (0..100).map(|_| {
        let (pool, id) = (pool.clone(), id.clone());
        tokio::spawn(async move { pool.enter(&id).await.expect("a session") })
    });
    let mut leases = Vec::new();
    for entered in entering.collect::<Vec<_>>() {
        leases.push(entered.await.expect("a task"));
    }
    let mut pids: Vec<u32> = leases.iter().map(|lease| lease.server().pid()).collect();
    pids.dedup();
    assert_eq!(pids.len(), 1);
    let view = pool.branch(&id).expect("it");
    assert!(
        matches!(view.activity, Activity::Awake { sessions: 100, .. }),
        "{view:?}"
    );
    drop(leases);
    pool.set_idle(&id, Some(Duration::ZERO))
        .await
        .expect("no idling");
    let mut ended = pool.enter(&id).await.expect("a session").server().exited();
    ended
        .wait_for(Option::is_some)
        .await
        .expect("it sleeps once it is idle");
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_gives_up_leaves_nothing_half_done() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let id = pool.create(origin(), spec()).await.expect("a branch");
    for wait_ms in (0..60).step_by(4) {
        let wait = Duration::from_millis(wait_ms);
        tokio::time::timeout(wait, pool.enter(&id)).await.ok();
        tokio::time::timeout(wait, pool.sleep(&id)).await.ok();
        tokio::time::timeout(wait, pool.create(origin(), spec()))
            .await
            .ok();
        tokio::time::timeout(wait, pool.create_awake(origin(), spec()))
            .await
            .ok();
        let lease = pool.enter(&id).await.expect("a session");
        assert_eq!(rows(&lease).await, 100);
    }
    pool.shutdown().await;
    let nothing = proxy::branches::Roots {
        unclaimed_for: Duration::ZERO,
        ..proxy::branches::Roots::default()
    };
    pool.collect(&nothing).await;
    place.close(pool).await;
    let pool = place.open().await;
    pool.empty_trash().await.expect("an empty trash");
    assert_eq!(pool.branches().len(), 0);
    for part in ["branches", "snapshots", "building", "trash"] {
        assert_eq!(place.names(part), Vec::<String>::new(), "{part}");
    }
    assert_eq!(servers_below(&place.pool), Vec::<i32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_idle_branch_makes_room_and_one_in_use_does_not() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let mut settings = place.settings();
    (settings.awake_max, settings.connect_wait) = (1, Duration::from_secs(5));
    let pool = Pool::open(settings).await.expect("an open pool");
    let snapshot = base(&pool).await;
    let origin = || Origin::Snapshot(snapshot.clone());
    let first = pool.create(origin(), spec()).await.expect("a branch");
    let second = pool.create(origin(), spec()).await.expect("a branch");
    drop(pool.enter(&first).await.expect("a session"));
    let lease = pool
        .enter(&second)
        .await
        .expect("the first one sleeps for it");
    assert_eq!(pool.branch(&first).expect("it").activity, Activity::Asleep);
    let refused = pool.enter(&first).await;
    let why = match refused {
        Err(WakeError::Failed { why, .. }) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why, "1 branches are awake and in use");
    drop(lease);
    pool.enter(&first)
        .await
        .expect("the second one sleeps for it");
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_branches_are_listed_from_memory() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let id = pool.create(origin, spec()).await.expect("a branch");
    place.close(pool).await;
    let branches = place.pool.join("branches");
    let manifest = std::fs::read_to_string(branches.join(id.as_str()).join("branch.toml"));
    let manifest = manifest.expect("a manifest");
    for _ in 1..1000 {
        let other = proxy::branches::BranchId::draw();
        let directory = branches.join(other.as_str());
        std::fs::create_dir_all(directory.join("pgdata")).expect("a directory");
        let text = manifest.replace(id.as_str(), other.as_str());
        std::fs::write(directory.join("branch.toml"), text).expect("a manifest");
    }
    let began = std::time::Instant::now();
    let pool = place.open().await;
    let opened = began.elapsed();
    assert!(opened < Duration::from_secs(5), "{opened:?}");
    // What is listed is in memory: taking the directory away changes nothing.
    std::fs::rename(&branches, place.pool.join("away")).expect("a rename");
    let began = std::time::Instant::now();
    let listed = pool.branches();
    let took = began.elapsed();
    std::fs::rename(place.pool.join("away"), &branches).expect("a rename");
    assert_eq!(listed.len(), 1000);
    assert!(took < Duration::from_millis(50), "{took:?}");
}
