//! Reload: a right configuration is taken whole, a wrong one not at all.

use std::time::Instant;

use nix::sys::signal::Signal;
use tests::postgres::free_port;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::shop::{ITEMS, PASSWORD, PATIENCE, QA, Shop, refusal};

const BOB: &str =
    "[users.bob]\npassword = \"file:app.password\"\nenvironments = [\"qa\"]\n\n[limits]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_come_and_go_without_a_session_being_dropped() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    let mut bob = shop.login("shop@qa")?;
    bob.user("bob").password(PASSWORD);
    let unknown = refusal(&bob).await?;
    assert_eq!(unknown.code(), &SqlState::INVALID_PASSWORD);
    shop.rewrite(|text| text.replace("[limits]", BOB))?;
    assert_eq!(shop.json("reload")?, serde_json::json!({ "restart": [] }));
    assert!(bob.connect(NoTls).await.is_ok());
    assert_eq!(session.items().await?, ITEMS);
    shop.rewrite(|text| text.replace(BOB, "[limits]"))?;
    shop.json("reload")?;
    let gone = refusal(&bob).await?;
    assert_eq!(
        (gone.code(), gone.message()),
        (unknown.code(), unknown.message())
    );
    assert_eq!(session.items().await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hangup_reads_the_configuration_again() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.rewrite(|text| text.replace("[limits]", BOB))?;
    shop.daemon().signal(Signal::SIGHUP)?;
    let mut bob = shop.login("shop@qa")?;
    bob.user("bob");
    let began = Instant::now();
    while bob.connect(NoTls).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_configuration_is_refused_whole_with_line_and_column() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("the new configuration was refused");
    shop.items("shop@qa").await?;
    shop.rewrite(|text| {
        text.replace("[limits]", BOB)
            .replace("spares = 0", "spaers = 0")
    })?;
    let (code, said) = shop.fails("reload")?;
    assert_eq!(code, 2, "{said}");
    let text = std::fs::read_to_string(shop.daemon().config_file())?;
    let before: Vec<&str> = text.lines().collect();
    let line = before.iter().position(|line| line.contains("spaers"));
    let place = format!("standin.toml:{}:1", line.map_or(0, |line| line + 1));
    assert!(said.contains(&place), "{place} in {said}");
    assert!(said.contains("did you mean \"spares\"?"), "{said}");
    let mut bob = shop.login("shop@qa")?;
    bob.user("bob");
    refusal(&bob).await?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_need_a_restart_are_named() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    shop.rewrite(|text| {
        text.replace("[listen]", "awake_max = 3\n[listen]\nproxy_protocol = true")
    })?;
    let named = shop.json("reload")?;
    assert_eq!(
        named,
        serde_json::json!({ "restart": ["pool.awake_max", "listen.proxy_protocol"] })
    );
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_of_an_environment_opens_and_closes_by_reload() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("the new configuration was refused");
    let port = free_port()?;
    let table = format!("port = {port}\nspares = 0");
    shop.rewrite(|text| text.replace("spares = 0", &table))?;
    assert_eq!(shop.json("reload")?, serde_json::json!({ "restart": [] }));
    // Every database name means this environment there.
    let common = shop.login("shop")?;
    let mut on_port = tokio_postgres::Config::new();
    on_port
        .host("127.0.0.1")
        .port(port)
        .user("app")
        .password(PASSWORD)
        .dbname("shop_production");
    let session = crate::shop::Session::begin(&on_port).await?;
    assert_eq!(session.items().await?, ITEMS);
    refusal(&common).await?;

    // A port that somebody else has is refused, and nothing changes.
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let other = format!("port = {}\nspares = 0", taken.local_addr()?.port());
    shop.rewrite(|text| text.replace(&table, &other))?;
    let (code, said) = shop.fails("reload")?;
    assert_eq!(code, 2);
    assert!(said.contains("listen on 127.0.0.1"), "{said}");
    crate::shop::Session::begin(&on_port).await?;

    shop.rewrite(|text| text.replace(&other, "spares = 0"))?;
    shop.json("reload")?;
    assert!(on_port.connect(NoTls).await.is_err());
    assert_eq!(session.items().await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_that_went_away_are_refused_at_a_reload_with_their_place() -> anyhow::Result<()>
{
    let mut shop = Shop::open(QA)?;
    shop.daemon().expect("the new configuration was refused");
    shop.rewrite(|text| text.replace("= \"migrations\"", "= \"migrated\""))?;
    let output = shop.daemon().command(&["reload", "--json"])?;
    assert_eq!(output.status.code(), Some(2));
    let refused: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(refused["kind"], "configuration");
    let mistake = &refused["problems"][0];
    assert_eq!(mistake["column"], 25, "{refused}");
    let message = mistake["message"].as_str().unwrap_or_default();
    assert!(message.contains("\"migrated\" does not exist"), "{refused}");
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}
