//! Limits of an environment's statements, on its branches and counted over all of them.

use std::time::Instant;

use anyhow::ensure;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use super::modes::denied;
use crate::shop::{ITEMS, PATIENCE, QA_BRANCHES, Shop};

/// Serves `qa` with these limits.
fn limited(limits: &str) -> anyhow::Result<Shop> {
    Shop::open(&format!("{QA_BRANCHES}limits = {{ {limits} }}\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_has_the_limits_of_its_environment() -> anyhow::Result<()> {
    let shop = limited("statement = \"1s\", rows = 1000, idle_in_transaction = \"1s\"")?;
    let branch = shop.enter("shop@qa.mine").await?;
    for (sql, code) in [
        ("SELECT pg_sleep(60)", "57014"),
        ("SELECT generate_series(1, 100000000)", "54000"),
    ] {
        assert_eq!(denied(&branch, sql).await?.code(), code, "{sql}");
    }
    assert_eq!(branch.items().await?, ITEMS);
    branch.run("BEGIN").await?;
    assert_eq!(branch.ended().await?.code().code(), "25P03");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_at_once_are_counted_over_an_environment_and_its_branches() -> anyhow::Result<()>
{
    let shop = limited("statements = 1")?;
    let environment = shop.enter("shop@qa").await?;
    let branches = [
        shop.enter("shop@qa.one").await?,
        shop.enter("shop@qa.two").await?,
    ];
    let cancel = environment.client.cancel_token();
    let busy = tokio::spawn(async move { environment.run("SELECT pg_sleep(120)").await });
    let began = Instant::now();
    for branch in &branches {
        let refused = loop {
            if let Err(error) = branch.client.batch_execute("SELECT 1").await {
                break error;
            }
            ensure!(
                began.elapsed() < PATIENCE && !busy.is_finished(),
                "nobody is counted"
            );
        };
        assert_eq!(refused.code(), Some(&SqlState::TOO_MANY_CONNECTIONS));
    }
    // Whoever is done makes room.
    cancel.cancel_query(NoTls).await?;
    assert!(busy.await?.is_err(), "it was cancelled");
    for branch in &branches {
        assert_eq!(branch.items().await?, ITEMS);
    }
    Ok(())
}
