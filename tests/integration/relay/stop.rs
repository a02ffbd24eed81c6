//! Who is there when the daemon stops or a place goes, and who comes then.

use std::collections::BTreeSet;
use std::time::Instant;

use nix::sys::signal::Signal;
use tests::daemon::Build;
use tokio_postgres::NoTls;

use crate::security::raw_request;
use crate::shop::{PATIENCE, QA, Shop, db_error};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_a_transaction_finish_and_tells_who_comes_why_not() -> anyhow::Result<()> {
    let mut shop = Shop::closed(Build::Plain, QA)?;
    shop.rewrite(|text| text.replace("[limits]", "[limits]\ndrain = \"120s\""))?;
    shop.daemon().start_again(&[])?;
    let session = shop.enter("shop@qa").await?;
    session
        .run("BEGIN; INSERT INTO items VALUES (9, 'fig')")
        .await?;
    let idle = shop.enter("shop@qa").await?;
    shop.daemon().signal(Signal::SIGTERM)?;
    assert_eq!(idle.ended().await?.code().code(), "57P01");
    for _ in 0..3 {
        let refused = shop.refused("shop@qa").await?;
        assert_eq!(refused.code().code(), "57P03");
        assert_eq!(refused.message(), "standin is stopping");
    }
    session.run("COMMIT").await?;
    assert_eq!(session.ended().await?.code().code(), "57P01");
    assert!(shop.daemon().wait()?.success());
    shop.daemon().start_again(&[])?;
    assert_eq!(shop.items("shop@qa").await?, crate::shop::ITEMS + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_outlasts_the_drain_is_told() -> anyhow::Result<()> {
    let mut shop = Shop::closed(Build::Plain, QA)?;
    shop.rewrite(|text| text.replace("[limits]", "[limits]\ndrain = \"1s\""))?;
    shop.daemon().start_again(&[])?;
    let session = shop.enter("shop@qa").await?;
    session.run("BEGIN").await?;
    shop.daemon().signal(Signal::SIGTERM)?;
    let told = session.ended().await?;
    assert_eq!(told.code().code(), "57P01");
    assert!(told.message().contains("standin is stopping"), "{told:?}");
    assert!(shop.daemon().wait()?.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_meets_a_branch_that_is_dropped_hears_of_that_and_nothing_else() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let mut codes = BTreeSet::new();
    for _ in 0..3 {
        shop.json("branch create qa.x")?;
        let mut comers = Vec::new();
        for _ in 0..8 {
            let login = shop.login("shop@qa.x")?;
            comers.push(tokio::spawn(async move {
                let mut told = Vec::new();
                loop {
                    match login.connect(NoTls).await {
                        Ok((client, connection)) => drop((client, connection)),
                        Err(error) => {
                            let code = db_error(&error)?.code().code().to_owned();
                            told.push(code.clone());
                            if code == "3D000" {
                                return anyhow::Ok(told);
                            }
                        }
                    }
                }
            }));
        }
        tokio::task::block_in_place(|| shop.json("branch drop qa.x"))?;
        for comer in comers {
            codes.extend(comer.await??);
        }
    }
    codes.remove("57P01");
    assert_eq!(codes, ["3D000".to_owned()].into());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrape_shows_what_a_session_carries_while_it_lives() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    let socket = shop.pool().join("control.sock");
    let sent = || -> anyhow::Result<u64> {
        let answer = raw_request(&socket, "GET", "/metrics")?;
        let line = answer
            .lines()
            .find_map(|line| line.strip_prefix("relay_messages_total{from=\"client\"} "));
        Ok(line.unwrap_or("0").trim().parse()?)
    };
    let before = sent()?;
    for _ in 0..50 {
        session.items().await?;
    }
    let began = Instant::now();
    while sent()? < before + 50 {
        assert!(began.elapsed() < PATIENCE);
    }
    Ok(())
}
