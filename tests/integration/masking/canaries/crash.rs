//! The daemon is killed at every named point of a masked copy: nothing is published, nothing is left, and
//! the next copy is made as if nothing had been.

use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

use super::eyes::Found;
use super::small::{PEOPLE, Small, around, emptied, snapshots, temporary};
use crate::shop::{PATIENCE, Shop, names_in};

/// The signal that ends a process unasked.
const KILLED: i32 = 9;

/// Points of the pool that a copy passes, before and behind the masker's own; the others have tests of
/// their own.
const BEFORE: [&str; 1] = ["draft.started"];
const BEHIND: [&str; 3] = ["seal.stopped", "seal.manifest", "seal.published"];

/// Points of the swing: the environment may be at the new generation by then.
const SWING: [&str; 3] = ["create.renamed", "durable.synced", "durable.renamed"];

/// A copy whose values are told apart from those of another production.
pub(super) async fn first_address(shop: &Shop) -> anyhow::Result<String> {
    let session = shop.enter("shop@copy").await?;
    let counted = session.text("SELECT count(*) FROM customers").await?;
    assert_eq!(counted, PEOPLE.to_string());
    let first = "SELECT email || kind FROM customers ORDER BY id LIMIT 1";
    session.text(first).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_point_of_a_masked_copy_nothing_is_left_and_the_next_one_is_made()
-> anyhow::Result<()> {
    let mut small = Small::closed().await?;
    let temporary = temporary(&small.shop).to_string_lossy().into_owned();
    start(&mut small.shop, &temporary, None)?;
    small.shop.json("environment build copy")?;
    let mut served = first_address(&small.shop).await?;
    small.shop.daemon().stop()?;
    let masker = masker::step::STEPS.iter().copied();
    let points = BEFORE.into_iter().chain(masker).chain(BEHIND).chain(SWING);
    for (round, point) in points.enumerate() {
        // Another production each time, so that an old copy and a new one are not taken for each other.
        let change = format!("UPDATE customers SET kind = 'person {round}'");
        small.source.batch_execute(&change).await?;
        let before = snapshots(&small.shop)?;
        start(&mut small.shop, &temporary, Some(point))?;
        let (_, said) = small.shop.fails("environment refresh copy")?;
        let status = small.shop.daemon().wait()?;
        assert_eq!(
            status.signal(),
            Some(KILLED),
            "{point} was not passed: {said}"
        );
        let_go(&small).await?;
        start(&mut small.shop, &temporary, None)?;
        let now = first_address(&small.shop).await?;
        let swung = now != served;
        assert!(
            !swung || SWING.contains(&point),
            "{point}: a half copy serves"
        );
        let unfinished = names_in(&small.shop.pool().join("building"))?;
        assert_eq!(unfinished, Vec::<String>::new(), "{point}");
        let sealed = BEHIND.last() == Some(&point) || SWING.contains(&point);
        let new = snapshots(&small.shop)?;
        let new = new.iter().filter(|id| !before.contains(id)).count();
        assert!(new <= usize::from(sealed), "{point}: published");
        nothing_left(&mut small.shop, point)?;
        small.shop.json("environment refresh copy")?;
        served = first_address(&small.shop).await?;
        assert!(
            served.ends_with(&format!("person {round}")),
            "{point}: {served}"
        );
        small
            .shop
            .until("environment show copy", |copy| copy["sessions"] == 0)?;
        small.shop.daemon().stop()?;
        assert_eq!(small.shop.servers()?, Vec::<u32>::new(), "{point}");
    }
    Ok(())
}

fn start(shop: &mut Shop, temporary: &str, point: Option<&str>) -> anyhow::Result<()> {
    let at = point.map(|point| ("STANDIN_CRASH_AT", point));
    let variables: Vec<_> = [("TMPDIR", temporary)].into_iter().chain(at).collect();
    shop.daemon().start_again(&variables)
}

/// Waits until production has no session of a copy any more.
pub(super) async fn let_go(small: &Small) -> anyhow::Result<()> {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'";
    let began = Instant::now();
    while small.source.query_one(sql, &[]).await?.get::<_, i64>(0) > 0 {
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "a session is left in production"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Waits until the trash is empty, and looks at all that there is.
pub(super) fn nothing_left(shop: &mut Shop, point: &str) -> anyhow::Result<()> {
    emptied(shop)?;
    let temporary = names_in(&temporary(shop))?;
    assert_eq!(temporary, Vec::<String>::new(), "{point}");
    let mut found = Found::new();
    around(shop, &mut found)?;
    assert_eq!(found, Found::new(), "{point}");
    Ok(())
}
