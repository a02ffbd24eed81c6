//! A reload that changes what clients may do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};
use tokio_postgres::error::SqlState;

use super::client::{Client, Message, message, query};
use super::modes::denied;
use crate::shop::{ITEMS, PASSWORD, PATIENCE, QA, Shop};

/// Changes the access of the only environment.
fn turn_to(shop: &Shop, access: &str) -> anyhow::Result<()> {
    shop.rewrite(|text| {
        let lines = text.lines().filter(|line| !line.starts_with("access"));
        let lines: Vec<&str> = lines.collect();
        lines.join("\n").replace(
            "[environments.qa]",
            &format!("[environments.qa]\naccess = \"{access}\""),
        )
    })?;
    shop.json("reload").map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_access_ends_sessions_and_holds_for_the_next() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    for (access, code) in [
        ("read-only", "25006"),
        ("append", "42501"),
        ("read-only", "25006"),
    ] {
        let session = shop.enter("shop@qa").await?;
        turn_to(&shop, access)?;
        let ended = session.ended().await?;
        assert_eq!(ended.code(), &SqlState::ADMIN_SHUTDOWN);
        let session = shop.enter("shop@qa").await?;
        assert_eq!(session.items().await?, ITEMS + 1, "what was there stays");
        let found = denied(&session, "UPDATE items SET name = 'x'").await?;
        assert_eq!(found.code(), code, "{access}");
        let standby = session.text("SELECT pg_is_in_recovery()").await?;
        assert_eq!(standby == "t", access == "read-only");
    }
    shop.rewrite(|text| text.replace("access = \"read-only\"", "access = \"read-write\""))?;
    shop.json("reload")?;
    let session = shop.enter("shop@qa").await?;
    session
        .run("DELETE FROM items; CREATE TABLE t (a int)")
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_a_reload_adds_gets_into_a_read_only_environment() -> anyhow::Result<()> {
    let shop = Shop::open(&QA.replace("spares", "access = \"read-only\"\nspares"))?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    shop.rewrite(|text| {
        format!("{text}\n[users.bob]\npassword = \"file:app.password\"\nenvironments = [\"qa\"]\n")
    })?;
    shop.json("reload")?;
    let mut config = shop.login("shop@qa")?;
    config.user("bob");
    let session = crate::shop::Session::begin(&config).await?;
    assert_eq!(session.items().await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_limits_reach_the_sessions_that_there_are() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    let many = "SELECT generate_series(1, 100000000)";
    for (limits, rows, code) in [
        ("{ rows = 10 }", 10, "54000"),
        ("{ rows = 1000 }", 1000, "54000"),
        ("{ statement = \"1s\" }", 20_000, "57014"),
    ] {
        shop.rewrite(|text| {
            let lines = text.lines().filter(|line| !line.starts_with("limits ="));
            let lines: Vec<&str> = lines.collect();
            let table = format!("[environments.qa]\nlimits = {limits}");
            lines.join("\n").replace("[environments.qa]", &table)
        })?;
        shop.json("reload")?;
        let some = format!("SELECT generate_series(1, {rows})");
        session.run(&some).await.context(limits)?;
        let many = if code == "57014" {
            "SELECT pg_sleep(60)"
        } else {
            many
        };
        assert_eq!(denied(&session, many).await?.code(), code, "{limits}");
    }
    Ok(())
}

/// Rows that several clients add, each by pipelines of INSERTs, until their sessions end.
fn adds(address: SocketAddr, first: usize, sent: &AtomicUsize) -> Result<(), String> {
    let mut client = Client::tcp(address);
    let pairs = [("user", "app"), ("database", "shop@qa")];
    if let Some(code) = code_in(&client.start(&pairs, PASSWORD), b'Z')? {
        return Err(code);
    }
    for round in 0.. {
        let one = |row: usize| {
            let id = first + round * PIPELINED + row;
            query(&format!("INSERT INTO items VALUES ({id}, 'added')"))
        };
        let pipeline: Vec<u8> = (0..PIPELINED).flat_map(one).collect();
        if client.socket.write_all(&pipeline).is_err() {
            break;
        }
        for _ in 0..PIPELINED {
            match code_in(&client.until(b'Z'), b'Z')?.as_deref() {
                None => sent.fetch_add(1, Ordering::AcqRel),
                Some("57P01") => return Ok(()),
                Some(code) => return Err(code.to_owned()),
            };
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_added_once_a_reload_to_read_only_has_answered() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    for turn in 1..=TURNS / 3 {
        turn_to(&shop, "read-write")?;
        shop.enter("shop@qa").await?.items().await?;
        let address = shop.address()?;
        let added = AtomicUsize::new(0);
        let (seen, ends) = std::thread::scope(|scope| {
            let clients = [1, 2, 3, 4].map(|client| {
                let (first, added) = ((turn * 10 + client) * 10_000_000, &added);
                scope.spawn(move || adds(address, first, added))
            });
            let began = Instant::now();
            while added.load(Ordering::Acquire) < 50 * PIPELINED && began.elapsed() < PATIENCE {
                std::thread::yield_now();
            }
            let turned = turn_to(&shop, "read-only");
            // What a standby holds now is what it holds behind all that the clients had sent.
            let seen = turned.and_then(|()| {
                let counted = tokio::runtime::Handle::current();
                tokio::task::block_in_place(|| counted.block_on(shop.items("shop@qa")))
            });
            (seen, clients.map(|client| client.join()))
        });
        let seen = usize::try_from(seen?)?;
        for end in ends {
            assert_eq!(end.ok(), Some(Ok(())));
        }
        let session = shop.enter("shop@qa").await?;
        assert_eq!(session.text("SELECT pg_is_in_recovery()").await?, "t");
        assert_eq!(
            usize::try_from(session.items().await?)?,
            seen,
            "turn {turn}"
        );
        // Whatever a client was told of is there.
        let told = "SELECT count(*) FROM items WHERE id / 100000000 = {turn}";
        let told = session
            .text(&told.replace("{turn}", &turn.to_string()))
            .await?;
        assert!(told.parse::<usize>()? >= added.load(Ordering::Acquire));
        assert!(added.load(Ordering::Acquire) >= 50 * PIPELINED);
    }
    Ok(())
}

/// How often the access changes while clients come and go.
const TURNS: usize = 9;
/// INSERTs that a client sends at once.
const PIPELINED: usize = 40;
/// Clients that get what they want between two changes.
const SERVED: usize = 20;
/// An answer that comes at once, and one of which the server always has more to send.
const SHORT: &str = "SELECT count(*) FROM items";
const LONG: &str = "SELECT repeat('x', i % 5000) FROM generate_series(1, 30000) i";

/// The SQLSTATE in an answer whose last message should have a tag; an end without a word is an error.
fn code_in(answer: &[Message], last: u8) -> Result<Option<String>, String> {
    let error = answer.iter().find(|message| message.tag == b'E');
    match (error, answer.last()) {
        (Some(error), _) => Ok(error.field(b'C')),
        (None, Some(message)) if message.tag == last => Ok(None),
        (None, end) => Err(format!("a bare end behind {end:?}")),
    }
}

/// What becomes of one connection that asks the same again and again until it is over.
fn visit(
    address: SocketAddr,
    (times, sql): (usize, &str),
    over: &AtomicBool,
) -> Result<String, String> {
    let mut client = Client::tcp(address);
    let pairs = [("user", "app"), ("database", "shop@qa")];
    if let Some(code) = code_in(&client.start(&pairs, PASSWORD), b'Z')? {
        return Ok(code);
    }
    for _ in 0..times {
        if over.load(Ordering::Acquire) {
            break;
        }
        // A reason that came meanwhile is read all the same.
        let _ = client.socket.write_all(&query(sql));
        if let Some(code) = code_in(&client.until(b'Z'), b'Z')? {
            return Ok(code);
        }
    }
    client.send(&message(b'X', b""));
    Ok("rows".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_hears_why_it_ends_while_access_changes() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    shop.enter("shop@qa").await?.items().await?;
    let address = shop.address()?;
    let (over, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let stay = || {
        let clients = [
            (1, SHORT),
            (1, SHORT),
            (3, SHORT),
            (3, SHORT),
            (usize::MAX, LONG),
            (usize::MAX, LONG),
        ];
        clients.map(|what| {
            let (over, served) = (&over, &served);
            move || {
                let mut outcomes = Vec::new();
                while !over.load(Ordering::Acquire) {
                    let outcome = visit(address, what, over);
                    let rows = outcome.as_deref() == Ok("rows");
                    served.fetch_add(usize::from(rows), Ordering::AcqRel);
                    outcomes.push(outcome);
                }
                outcomes
            }
        })
    };
    let turn = |turn: usize| {
        let wanted = served.load(Ordering::Acquire) + SERVED;
        let began = Instant::now();
        while served.load(Ordering::Acquire) < wanted {
            ensure!(began.elapsed() < PATIENCE, "clients are not served");
            std::thread::yield_now();
        }
        turn_to(&shop, ["read-only", "append", "read-write"][turn % 3])
    };
    let outcomes = std::thread::scope(|scope| {
        let clients = stay().map(|client| scope.spawn(client));
        let turned = (0..TURNS).try_for_each(turn);
        over.store(true, Ordering::Release);
        let outcomes = clients.map(|client| client.join().unwrap_or_default());
        turned.map(|()| outcomes.concat())
    })?;
    let mut counts = BTreeMap::new();
    for outcome in &outcomes {
        *counts.entry(format!("{outcome:?}")).or_insert(0) += 1;
    }
    let known = |code: &str| ["rows", "57P01", "57P03"].contains(&code);
    let all = |outcome: &Result<String, String>| outcome.as_deref().is_ok_and(known);
    assert!(outcomes.iter().all(all), "{counts:#?}");
    let ended = counts.get("Ok(\"57P01\")").copied().unwrap_or(0);
    assert!(ended >= TURNS, "{counts:#?}");
    Ok(())
}
