//! Places that connecting makes, and those that it does not.

use futures_util::StreamExt;
use tests::daemon::Build;
use tests::volume::Format;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::shop::{ITEMS, QA, QA_BRANCHES, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_connection_builds_an_environment() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    assert_eq!(shop.json("environment list")?[0]["state"], "not built");
    // Several at once: one builds, all get in.
    let (one, two, three) = tokio::join!(
        shop.items("shop@qa"),
        shop.items("shop@qa"),
        shop.items("shop@qa")
    );
    assert_eq!((one?, two?, three?), (ITEMS, ITEMS, ITEMS));
    let qa = shop.json("environment show qa")?;
    assert_eq!(qa["state"], "built");
    assert_eq!(qa["generation"]["number"], 1);
    assert_eq!(qa["generation"]["by"], "connect:app");
    assert_eq!(qa["history"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_name_of_a_wildcard_is_an_environment_of_its_own() -> anyhow::Result<()> {
    let wildcard = "[environments.\"test-*\"]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let shop = Shop::open(&format!("{QA}{wildcard}"))?;
    let one = shop.enter("shop@test-1").await?;
    one.run("DELETE FROM items").await?;
    assert_eq!(shop.items("shop@test-2").await?, ITEMS);
    assert_eq!(one.items().await?, 0);
    let listed = shop.json("environment list")?;
    let names: Vec<&str> = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| line["name"].as_str())
        .collect();
    assert_eq!(names, ["qa", "test-*", "test-1", "test-2"]);
    shop.json("environment drop test-2")?;
    // Dropped, it is made anew by the next connection.
    assert_eq!(shop.items("shop@test-2").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_is_made_by_connecting_only_where_that_is_configured() -> anyhow::Result<()> {
    let strict = "[environments.staging]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let shop = Shop::open(&format!("{QA_BRANCHES}{strict}"))?;
    let mine = shop.enter("shop@qa.login-fix").await?;
    mine.run("INSERT INTO items VALUES (4, 'fig')").await?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    assert_eq!(shop.items("shop@qa.login-fix").await?, ITEMS + 1);
    assert_eq!(shop.items("shop@staging").await?, ITEMS);

    let refused = shop.refused("shop@staging.mine").await?;
    assert_eq!(refused.code(), &SqlState::UNDEFINED_DATABASE);
    let hint = refused.hint().unwrap_or_default();
    assert!(
        hint.contains("standin branch create staging.mine"),
        "{hint}"
    );
    assert_eq!(shop.json("branch list")?.as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_branch_too_many_is_refused_and_names_the_longest_unused() -> anyhow::Result<()> {
    let table = QA_BRANCHES.replace("max = 200", "max = 2");
    let mut shop = Shop::open(&table)?;
    shop.daemon().expect("has 2 branches, its maximum");
    shop.items("shop@qa.first").await?;
    shop.items("shop@qa.second").await?;
    let refused = shop.refused("shop@qa.third").await?;
    assert_eq!(refused.code(), &SqlState::CONFIGURATION_LIMIT_EXCEEDED);
    let hint = refused.hint().unwrap_or_default();
    assert!(hint.contains("qa.first, qa.second"), "{hint}");
    shop.json("branch drop qa.first")?;
    assert_eq!(shop.items("shop@qa.third").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_refused_with_what_does() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let environment = shop.refused("shop@qaa").await?;
    assert_eq!(environment.code(), &SqlState::UNDEFINED_DATABASE);
    let said = environment.message();
    assert!(said.contains("did you mean \"qa\"?"), "{said}");
    let hint = environment.hint().unwrap_or_default();
    assert!(hint.contains("database@environment"), "{hint}");
    let database = shop.refused("shup@qa").await?;
    assert_eq!(database.code(), &SqlState::UNDEFINED_DATABASE);
    assert_eq!(database.hint(), Some("it has: shop"));
    let nowhere = shop.refused("shop").await?;
    assert_eq!(nowhere.code(), &SqlState::UNDEFINED_DATABASE);
    assert!(
        nowhere
            .hint()
            .unwrap_or_default()
            .contains("database@environment")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistyped_database_makes_no_branch_and_no_environment() -> anyhow::Result<()> {
    let wildcard = "[environments.\"test-*\"]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let shop = Shop::open(&format!("{QA_BRANCHES}{wildcard}"))?;
    for target in ["shup@qa.mine", "shup@test-1"] {
        let refused = shop.refused(target).await?;
        assert_eq!(refused.code(), &SqlState::UNDEFINED_DATABASE, "{target}");
        assert_eq!(refused.hint(), Some("it has: shop"), "{target}");
    }
    assert_eq!(shop.json("branch list")?.as_array().map(Vec::len), Some(0));
    // A branch that connecting does not make is no reason to make its environment.
    let refused = shop.refused("shop@test-1.fix").await?;
    assert_eq!(refused.code(), &SqlState::UNDEFINED_DATABASE);
    // The source was built to find out, and nothing else.
    let names = shop.json("environment list")?.to_string();
    assert!(!names.contains("test-1"), "{names}");
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS);
    assert_eq!(shop.items("shop@test-1").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_environment_that_lost_its_table_is_listed_and_can_be_dropped() -> anyhow::Result<()> {
    let wildcard = "[environments.\"test-*\"]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let mut shop = Shop::open(&format!("{QA}{wildcard}"))?;
    shop.daemon().expect("has no table any more");
    shop.daemon().expect("cannot be dropped");
    assert_eq!(shop.items("shop@test-1").await?, ITEMS);
    shop.rewrite(|text| text.replace(wildcard, ""))?;
    shop.json("reload")?;
    assert_eq!(shop.json("environment show test-1")?["state"], "no table");
    let refused = shop.refused("shop@test-1").await?;
    assert_eq!(refused.code(), &SqlState::UNDEFINED_DATABASE);
    shop.json("environment drop test-1")?;
    let names = shop.json("environment list")?.to_string();
    assert!(!names.contains("test-1"), "{names}");
    // One that has a table stays as long as that does.
    let (code, said) = shop.fails("environment drop qa")?;
    assert_eq!(code, 1);
    assert!(
        said.contains("it has a table in the configuration"),
        "{said}"
    );
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

/// What the server says at once to who connects.
async fn greeting(shop: &Shop, target: &str) -> anyhow::Result<Vec<String>> {
    let (client, mut connection) = shop.login(target)?.connect(NoTls).await?;
    drop(client);
    let mut heard = futures_util::stream::poll_fn(|cx| connection.poll_message(cx));
    let mut notices = Vec::new();
    while let Some(message) = heard.next().await {
        if let AsyncMessage::Notice(notice) = message? {
            notices.push(notice.message().to_owned());
        }
    }
    Ok(notices)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_makes_a_branch_is_told_where_it_is_a_full_copy() -> anyhow::Result<()> {
    let copy = "a full copy of ";
    for (format, told) in [(Format::Ext4, true), (Format::Xfs, false)] {
        let mut shop = Shop::on(format, Build::Plain, QA_BRANCHES)?;
        shop.daemon().start_again(&[])?;
        shop.items("shop@qa").await?;
        let made = shop.daemon().command(&["branch", "create", "qa.one"])?;
        let said = String::from_utf8(made.stderr)?;
        assert!(made.status.success(), "{said}");
        assert_eq!(said.contains(copy), told, "{format:?}: {said}");
        let made = greeting(&shop, "shop@qa.two").await?;
        assert_eq!(
            made.iter().any(|one| one.contains(copy)),
            told,
            "{format:?}: {made:?}"
        );
        // It is made once, and said once.
        assert_eq!(greeting(&shop, "shop@qa.two").await?, Vec::<String>::new());
        let notes = shop.json("status")?["pool"]["notes"].to_string();
        assert_eq!(notes.contains("full copies"), told, "{format:?}: {notes}");
        let doctor = shop.daemon().command(&["doctor"])?;
        let doctor = String::from_utf8(doctor.stdout)?;
        assert_eq!(doctor.contains("full copies"), told, "{format:?}: {doctor}");
    }
    Ok(())
}
