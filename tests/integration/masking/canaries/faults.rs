//! A refresh that fails: it says why, publishes nothing, leaves nothing anywhere, and the old copy serves.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::crash::{first_address, let_go, nothing_left};
use super::small::{Small, snapshots, temporary};
use crate::shop::PATIENCE;

/// Enough rows for a session to be ended in the middle of them.
const MANY: &str = "INSERT INTO customers SELECT n, 'x' || n || '@corp.example', repeat('note ', 40), 'x' || n,
    'person', 'x' || n, jsonb_build_object('mail', 'x' || n), ARRAY['x' || n], '' FROM generate_series(1000, 60000) n; ANALYZE customers";

/// Ends the session that reads rows, once there is one.
async fn cut(client: Client) -> anyhow::Result<()> {
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = 'reader' AND state = 'active' AND query LIKE 'COPY%'";
    let began = Instant::now();
    while client.query(kill, &[]).await?.is_empty() {
        anyhow::ensure!(began.elapsed() < PATIENCE, "no row was read");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Refreshes, which must fail with these words.
async fn refused(small: &mut Small, (fault, words): (&str, &str)) -> anyhow::Result<()> {
    let served = first_address(&small.shop).await?;
    let before = snapshots(&small.shop)?;
    let (code, said) = small.shop.fails("environment refresh copy")?;
    assert!(code == 1 && said.contains(words), "{fault}: {said}");
    let_go(small).await?;
    assert_eq!(snapshots(&small.shop)?, before, "{fault}");
    nothing_left(&mut small.shop, fault)?;
    assert_eq!(first_address(&small.shop).await?, served, "{fault}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_refresh_that_fails_leaves_the_old_copy_and_nothing_else() -> anyhow::Result<()> {
    let mut small = Small::closed().await?;
    let tmp = temporary(&small.shop).to_string_lossy().into_owned();
    small.shop.daemon().expect("failed");
    small.shop.daemon().start_again(&[("TMPDIR", &tmp)])?;
    small.shop.json("environment build copy")?;
    first_address(&small.shop).await?;

    small.source.batch_execute(MANY).await?;
    let cutting = tokio::spawn(cut(small.production.connect("shop").await?));
    refused(&mut small, ("cut", "of production")).await?;
    cutting.await??;

    small
        .source
        .batch_execute("ALTER ROLE reader NOSUPERUSER")
        .await?;
    refused(&mut small, ("revoked", "GRANT SELECT ON")).await?;
    small
        .source
        .batch_execute("ALTER ROLE reader SUPERUSER")
        .await?;

    // A migration that the rules do not know of.
    let migration = "ALTER TABLE customers ADD COLUMN late text";
    small.source.batch_execute(migration).await?;
    refused(
        &mut small,
        ("migration", "public.customers.late: no rule decides"),
    )
    .await?;
    let back = "ALTER TABLE customers DROP COLUMN late";
    small.source.batch_execute(back).await?;

    small.shop.daemon().expect("% full");
    small.shop.fill(92)?;
    refused(&mut small, ("full", "% full")).await
}
