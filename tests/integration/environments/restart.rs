//! The daemon stops in order, or is killed: what is left, and what the next start makes of it.

use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::Signal;
use tokio_postgres::error::SqlState;

use crate::shop::{ITEMS, QA_BRANCHES, Shop, names_in, servers_of};

/// `up` must serve again within this time, whatever it finds.
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_sessions_with_57p01_and_leaves_no_server() -> anyhow::Result<()> {
    let mut shop = Shop::open(&QA_BRANCHES.replace("spares = 0", "spares = 1"))?;
    let idle = shop.enter("shop@qa").await?;
    let other = shop.enter("shop@qa.mine").await?;
    other.run("BEGIN; DELETE FROM items").await?;
    shop.rewrite(|text| text.replace("login = ", "drain = \"0s\"\nlogin = "))?;
    shop.json("reload")?;
    shop.daemon().signal(Signal::SIGTERM)?;
    assert_eq!(idle.ended().await?.code(), &SqlState::ADMIN_SHUTDOWN);
    assert_eq!(other.ended().await?.code(), &SqlState::ADMIN_SHUTDOWN);
    assert!(shop.daemon().wait()?.success());
    assert_eq!(
        servers_of(&shop.pool().to_string_lossy())?,
        Vec::<u32>::new()
    );
    let (code, said) = shop.fails("status")?;
    assert_eq!(code, 1);
    assert!(said.contains("`standin up` starts it"), "{said}");
    shop.daemon().start_again(&[])?;
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_a_killed_daemon_are_taken_over() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA_BRANCHES)?;
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    shop.enter("shop@qa.mine")
        .await?
        .run("DELETE FROM items")
        .await?;
    let (servers, directories) = (shop.servers()?, shop.branch_directories()?);
    shop.daemon().kill()?;
    let began = Instant::now();
    shop.daemon().start_again(&[])?;
    let took = began.elapsed();
    assert!(took < RECOVERED_WITHIN, "{took:?}");
    assert_eq!(shop.items("shop@qa").await?, ITEMS + 1);
    assert_eq!(shop.items("shop@qa.mine").await?, 0);
    // The same processes: nobody had to recover.
    assert_eq!(shop.servers()?, servers);
    assert_eq!(shop.branch_directories()?, directories);
    shop.daemon().stop()?;
    assert_eq!(shop.servers()?, Vec::<u32>::new());
    assert_eq!(names_in(&shop.pool().join("trash"))?, Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_stays_and_doctor_and_status_name_it() -> anyhow::Result<()> {
    let other = "[environments.staging]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let mut shop = Shop::open(&format!("{QA_BRANCHES}{other}"))?;
    shop.json("environment build staging")?;
    shop.daemon().expect("a pointer is unreadable");
    shop.daemon().expect("left alone");
    let told = |shop: &mut Shop| -> anyhow::Result<Vec<serde_json::Value>> {
        let output = shop.daemon().command(&["doctor", "--json"])?;
        let said: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)?;
        let wrong = said.into_iter().filter(|one| one["what"] == "pool");
        let wrong: Vec<serde_json::Value> = wrong.collect();
        assert_eq!(output.status.success(), wrong.is_empty(), "{wrong:?}");
        Ok(wrong)
    };
    assert_eq!(told(&mut shop)?, Vec::<serde_json::Value>::new());
    let staging = shop.json("environment show staging")?["generation"]["branch"].clone();
    let manifest = format!(
        "branches/{}/branch.toml",
        staging.as_str().unwrap_or_default()
    );
    shop.daemon().stop()?;
    let files = ["environments/qa.toml", &manifest].map(|file| shop.pool().join(file));
    let directories = shop.branch_directories()?;
    for file in &files {
        std::fs::write(file, "torn = [")?;
    }
    shop.daemon().start_again(&[])?;
    let (wrong, status) = (
        told(&mut shop)?,
        shop.json("status")?["problems"].to_string(),
    );
    assert_eq!(wrong.len(), files.len(), "{wrong:?}");
    let [pointer, manifest] = &files;
    for path in [pointer, manifest.parent().context("a directory")?] {
        let path = path.to_string_lossy();
        let named = wrong
            .iter()
            .find(|one| one["detail"].to_string().contains(&*path));
        assert_eq!(
            named.map(|one| &one["state"]),
            Some(&"WRONG".into()),
            "{path}"
        );
        assert!(status.contains(&*path), "{status}");
    }
    let hint = wrong[0]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("it is left alone"), "{hint}");
    assert_eq!(shop.branch_directories()?, directories);
    Ok(())
}
