//! What branches take on the disk, at birth and over generations.

use proxy::branches::setup::FileSystem;
use proxy::branches::{BranchId, DraftPlan, Origin, Pool, SnapshotId, Weight};

use crate::place::{Place, base, label, spec};

/// Wide rows on mostly empty pages: every update writes a page of its own.
const SCHEMA: &str = "
    CREATE TABLE item (id int PRIMARY KEY, amount int NOT NULL DEFAULT 0, filler text)
        WITH (fillfactor = 10, autovacuum_enabled = off);
    INSERT INTO item SELECT g, 0, repeat('x', 380) FROM generate_series(1, 30000) g;";
const UPDATES: &str = "UPDATE item SET amount = amount + 1
    WHERE id IN (SELECT 1 + (random() * 29999)::int FROM generate_series(1, 1500))";
/// Enough for three times the bound if nothing were done.
const GENERATIONS: usize = 12;
/// Scattered files are written anew only where there is room, and the rest of this pool is little: the
/// snapshot and two branches that share next to nothing.
const ROOMY_BYTES: u64 = 2 << 30;
/// Pieces beyond one for each file from which on a branch is written anew before it is cloned.
const PIECES_MAX: u64 = 10_000;

async fn wide(pool: &Pool) -> SnapshotId {
    let plan = DraftPlan::Fresh {
        major: None,
        database: "shop".to_owned(),
    };
    let draft = pool.draft(plan, |_| {}).await.expect("a draft");
    let client = draft.admin("shop").await.expect("a session");
    client.batch_execute(SCHEMA).await.expect("a schema");
    drop(client);
    draft.seal(label()).await.expect("a snapshot")
}

async fn update(pool: &Pool, id: &BranchId) {
    let lease = pool.enter(id).await.expect("a session");
    let client = lease.admin("shop").await.expect("a session");
    client.batch_execute(UPDATES).await.expect("updates");
    drop((client, lease));
    pool.sleep(id).await.expect("sleep");
}

async fn weight(pool: &Pool, id: &BranchId) -> Weight {
    pool.weigh().await;
    let view = pool.branch(id).expect("a view");
    view.weight.expect("a weight")
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_stay_bounded_over_generations_of_branches() {
    let place = Place::sized(Some(FileSystem::Xfs), ROOMY_BYTES);
    let pool = place.open().await;
    let origin = Origin::Snapshot(wide(&pool).await);
    let mut parent = pool.create(origin, spec()).await.expect("a branch");
    let (mut grandparent, mut written) = (None, 0);
    for generation in 1..=GENERATIONS {
        let before = weight(&pool, &parent).await.extents;
        update(&pool, &parent).await;
        written += weight(&pool, &parent).await.extents.saturating_sub(before);
        let child = pool.create(Origin::Branch(parent.clone()), spec()).await;
        let child = child.expect("a child");
        let lies = weight(&pool, &child).await;
        assert!(
            lies.extents <= lies.files + PIECES_MAX,
            "generation {generation}: {lies:?}, {:?}",
            pool.facts()
        );
        // As long as the parent is there, what its child writes goes to other places.
        if let Some(old) = grandparent.replace(parent) {
            pool.drop_branch(&old).await.expect("a drop");
            pool.empty_trash().await.expect("an empty trash");
        }
        parent = child;
    }
    assert!(written > 2 * PIECES_MAX, "{written} pieces prove nothing");
    let lease = pool.enter(&parent).await.expect("a session");
    let client = lease.admin("shop").await.expect("a session");
    let rows = client
        .query_one("SELECT count(*) FROM item", &[])
        .await
        .expect("a count");
    assert_eq!(rows.get::<_, i64>(0), 30000);
    drop((client, lease));
    pool.shutdown().await;
}

/// Bytes that the file system counts as used, once all of it is on the disk.
fn used_bytes(place: &Place) -> u64 {
    let directory = std::fs::File::open(&place.pool).expect("the pool");
    rustix::fs::syncfs(directory).expect("all on the disk");
    let space = rustix::fs::statvfs(&place.pool).expect("a file system");
    (space.f_blocks - space.f_bfree) * space.f_frsize
}

const BRANCHES: u64 = 20;
const BIRTH_BYTES_MAX: u64 = 2 << 20;

async fn birth(file_system: FileSystem) {
    let place = Place::make(Some(file_system));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    // The first one brings what all of them share: directories, trees of the file system.
    pool.create(origin.clone(), spec()).await.expect("a branch");
    let before = used_bytes(&place);
    let mut last = None;
    for _ in 0..BRANCHES {
        last = Some(pool.create(origin.clone(), spec()).await.expect("a branch"));
    }
    let asleep = used_bytes(&place).saturating_sub(before) / BRANCHES;
    assert!(asleep <= BIRTH_BYTES_MAX, "{asleep} bytes for a branch");
    let id = last.expect("a branch");
    let lies = weight(&pool, &id).await;
    assert!(lies.exclusive_bytes <= 256 << 10, "{lies:?}");

    // What it writes is its own, and no more than that.
    let before = (used_bytes(&place), lies.exclusive_bytes);
    let lease = pool.enter(&id).await.expect("a session");
    let client = lease.admin("shop").await.expect("a session");
    let sql = "CREATE TABLE own AS SELECT g, repeat('x', 1000) FROM generate_series(1, 30000) g";
    client.batch_execute(sql).await.expect("a table");
    drop((client, lease));
    pool.sleep(&id).await.expect("sleep");
    let used = used_bytes(&place) - before.0;
    let own = weight(&pool, &id).await.exclusive_bytes - before.1;
    assert!(own > 30_000_000, "{own} bytes, and {used} on the disk");
    let apart = own.abs_diff(used);
    assert!(apart < used / 4, "{own} bytes, and {used} on the disk");
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_branch_takes_less_than_two_megabytes_on_xfs() {
    birth(FileSystem::Xfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_branch_takes_less_than_two_megabytes_on_btrfs() {
    birth(FileSystem::Btrfs).await;
}
