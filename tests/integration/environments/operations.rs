//! Operations wait for each other, are refused where they may not be, and are written down.

use crate::shop::{ITEMS, QA, Shop};

/// More than one works and eight wait.
const AT_ONCE: usize = 14;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_at_once_queue_up_and_those_beyond_the_queue_are_refused() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.items("shop@qa").await?;
    let outcomes: Vec<(bool, String)> = std::thread::scope(|scope| {
        let daemon = &*shop.daemon();
        let reset = || scope.spawn(|| daemon.command(&["environment", "reset", "qa", "--json"]));
        let running: Vec<_> = (0..AT_ONCE).map(|_| reset()).collect();
        running
            .into_iter()
            .map(|one| {
                let output = one.join().expect("no panic").expect("an answer");
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                (output.status.success(), said)
            })
            .collect()
    });
    let done = outcomes.iter().filter(|(done, _)| *done).count();
    for (_, said) in outcomes.iter().filter(|(done, _)| !done) {
        assert!(said.contains("operations already wait for"), "{said}");
        assert!(said.contains("\"busy\""), "{said}");
    }
    // One works and eight wait; how fast the others ask decides how many more get a turn.
    assert!((9..=AT_ONCE).contains(&done), "{outcomes:?}");
    let qa = shop.json("environment show qa")?;
    assert_eq!(qa["generation"]["number"], done + 1);
    assert_eq!(qa["queued"], 0);
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_says_who_what_and_why_not_and_survives_a_restart() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("operation=\"refresh\"");
    shop.items("shop@qa").await?;
    shop.json("environment reset qa")?;
    shop.write("migrations/002_more.sql", "SELECT nonsense;\n")?;
    shop.fails("environment refresh qa")?;
    let before = shop.json("environment show qa")?["history"].clone();
    let operations: Vec<&str> = before
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|record| record["operation"].as_str())
        .collect();
    assert_eq!(operations, ["refresh", "reset", "build"]);
    let cause = before[0]["error"].as_str().unwrap_or_default();
    assert!(cause.contains("nonsense"), "{cause}");
    assert_eq!(before[1]["from"], before[2]["to"]);
    assert_eq!(before[2]["by"], "connect:app");
    shop.daemon().stop()?;
    shop.daemon().start_again(&[])?;
    assert_eq!(shop.json("environment show qa")?["history"], before);
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeping_environment_has_no_process_and_wakes_on_connect() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    let (code, said) = shop.fails("environment sleep qa")?;
    assert_eq!(code, 1);
    assert!(said.contains("1 sessions are in it"), "{said}");
    drop(session);
    shop.until("environment show qa", |qa| qa["sessions"] == 0)?;
    shop.json("environment sleep qa")?;
    assert_eq!(shop.json("environment show qa")?["server"], "asleep");
    assert_eq!(shop.servers()?, Vec::<u32>::new());
    assert_eq!(shop.items("shop@qa").await?, ITEMS + 1);
    shop.until("environment show qa", |qa| qa["sessions"] == 0)?;
    shop.json("environment sleep qa")?;
    shop.json("environment wake qa")?;
    assert_eq!(shop.json("environment show qa")?["server"], "awake");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_environment_falls_asleep_by_itself_as_its_table_says() -> anyhow::Result<()> {
    let restless = "[environments.restless]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let shop = Shop::open(&format!("{QA}idle = \"2s\"\n{restless}"))?;
    shop.items("shop@restless").await?;
    let session = shop.enter("shop@qa").await?;
    // Nobody sleeps who has a session.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(shop.json("environment show qa")?["server"], "awake");
    assert_eq!(session.items().await?, ITEMS);
    drop(session);
    shop.until("environment show qa", |qa| qa["server"] == "asleep")?;
    assert_eq!(shop.json("environment show restless")?["server"], "awake");
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}
