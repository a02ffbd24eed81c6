//! The daemon is killed in the middle of a reset: the place is at the old or the new generation.

use std::time::{Duration, Instant};

use tests::daemon::Build;

use crate::shop::{ITEMS, QA, Shop, names_in};

/// `up` must serve again within this time, whatever it finds.
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

/// Points of a reset, and whether the pointer may have moved by then.
const POINTS: [(&str, bool); 8] = [
    ("create.directory", false),
    ("create.cloned", false),
    ("create.manifest", false),
    ("create.renamed", false),
    ("durable.written", true),
    ("durable.synced", true),
    ("durable.renamed", true),
    ("durable.published", true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_cut_short_is_done_or_was_never_asked_for() -> anyhow::Result<()> {
    let mut shop = Shop::closed(Build::CrashPoints, QA)?;
    shop.daemon().start_again(&[])?;
    shop.enter("shop@qa")
        .await?
        .run("DELETE FROM items")
        .await?;
    shop.daemon().stop()?;
    for (point, may_be_done) in POINTS {
        let before = generation(&mut shop)?;
        shop.daemon().start_again(&[("STANDIN_CRASH_AT", point)])?;
        let (code, said) = shop.fails("environment reset qa")?;
        assert_eq!(code, 1, "{point}: {said}");
        let status = shop.daemon().wait()?;
        assert!(!status.success(), "{point}");

        let began = Instant::now();
        shop.daemon().start_again(&[])?;
        let took = began.elapsed();
        assert!(took < RECOVERED_WITHIN, "{point}: {took:?}");
        let after = shop.json("environment show qa")?["generation"]["number"].clone();
        let items = shop.items("shop@qa").await?;
        if after == before {
            assert_eq!(items, 0, "{point}");
        } else {
            assert!(may_be_done, "{point}: from {before} to {after}");
            assert_eq!(items, ITEMS, "{point}");
            shop.enter("shop@qa")
                .await?
                .run("DELETE FROM items")
                .await?;
        }
        shop.until("environment show qa", |qa| qa["sessions"] == 0)?;
        shop.daemon().stop()?;
        assert_eq!(shop.servers()?, Vec::<u32>::new(), "{point}");
    }
    // Whatever was half made is gone: what is left is what the pointer names.
    shop.daemon().start_again(&[])?;
    let qa = shop.json("environment show qa")?;
    let earlier = qa["earlier"].as_array().map_or(0, Vec::len);
    let began = Instant::now();
    while shop.branch_directories()?.len() != 1 + earlier {
        assert!(
            began.elapsed() < crate::shop::PATIENCE,
            "{:?}",
            shop.branch_directories()?
        );
    }
    assert_eq!(names_in(&shop.pool().join("trash"))?, Vec::<String>::new());
    Ok(())
}

/// The generation that the place serves, asked of a daemon that runs for it alone.
fn generation(shop: &mut Shop) -> anyhow::Result<serde_json::Value> {
    shop.daemon().start_again(&[])?;
    let number = shop.json("environment show qa")?["generation"]["number"].clone();
    shop.daemon().stop()?;
    Ok(number)
}
