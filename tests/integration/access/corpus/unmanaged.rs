//! The guard alone before a server that is not ours, whose login owns everything: set-up A of the corpus.
//! What changes data all the same is listed here, and it is nothing that a text could tell.

use std::net::SocketAddr;

use tests::daemon::Build;
use tests::postgres::{Installation, Scratch};

use super::super::client::{Client, Message, query};
use super::alone::can_write;
use super::case::{Case, Protocol, first_error};
use super::{set_up, stored};
use crate::shop::{PASSWORD, Session, Shop};

const TABLES: &str = "\
[environments.uat]
source = { upstream = \"file:uat.url\" }
access = \"read-only\"
";

/// What the guard cannot see: a body that resets the transaction's mode. From 16 on the server refuses.
const HOLES: [(&str, &str); 2] = [
    (
        "a function that resets transaction_read_only",
        "SELECT f_dyn('RESET transaction_read_only'), f_dyn('DELETE FROM acct WHERE id = 1')",
    ),
    (
        "a function that sets transaction_read_only to NULL",
        "SELECT f_dyn('SELECT set_config(''transaction_read_only'', NULL, true)'), \
                f_dyn('DELETE FROM acct WHERE id = 2')",
    ),
];

/// What the server has stored, as its superuser sees it.
struct Seen {
    admin: Session,
    mark: String,
    rows: Vec<String>,
}

impl Seen {
    async fn of(server: &Scratch) -> anyhow::Result<Self> {
        let admin = Session::begin(&server.config("corpus")).await?;
        let (mark, rows) = (stored::mark(&admin).await?, stored::rows(&admin).await?);
        Ok(Self { admin, mark, rows })
    }

    /// Whether anything is otherwise than at the last look.
    async fn changed(&mut self) -> anyhow::Result<bool> {
        let mark = stored::mark(&self.admin).await?;
        if mark == self.mark {
            return Ok(false);
        }
        let rows = stored::rows(&self.admin).await?;
        let changed = rows != self.rows;
        (self.mark, self.rows) = (mark, rows);
        Ok(changed)
    }
}

fn begin(address: SocketAddr, asked: &[(&str, &str)]) -> (Client, Vec<Message>) {
    let mut client = Client::tcp(address);
    let mut pairs = vec![("user", "app"), ("database", "corpus@uat")];
    pairs.extend(asked);
    let seen = client.start(&pairs, PASSWORD);
    (client, seen)
}

/// The first error's code, "escaped", or "allow".
fn play(address: SocketAddr, case: &Case, protocol: Protocol) -> anyhow::Result<String> {
    let (mut client, mut seen) = begin(address, &case.startup());
    if seen.last().is_some_and(|last| last.tag == b'Z') {
        seen.extend(case.send(&mut client, protocol)?);
    }
    let status = seen.last().filter(|last| last.tag == b'Z');
    if status.is_some_and(|status| can_write(&mut client, status.body == b"E")) {
        return Ok("escaped".to_owned());
    }
    Ok(first_error(&seen).unwrap_or_else(|| "allow".to_owned()))
}

async fn the_guard_alone_holds_on(major: u32) -> anyhow::Result<()> {
    let installation = Installation::of_major(major)?;
    let psql = installation.bin.join("psql");
    let settings = [
        ("autovacuum", "off"),
        ("wal_level", "logical"),
        ("max_prepared_transactions", "2"),
    ];
    let server = Scratch::start_with(installation, &settings)?;
    let client = server.database("corpus").await?;
    let dblink = "SELECT FROM pg_available_extensions WHERE name = 'dblink'";
    let contrib = client.query_opt(dblink, &[]).await?.is_some();
    set_up(&psql, &server.url("corpus"), (major, contrib))?;
    let mut shop = Shop::closed(Build::Plain, TABLES)?;
    let url = server.url("corpus");
    let (_, place) = url.split_once('@').unwrap_or_default();
    shop.write("uat.url", &format!("postgres://app@{place}"))?;
    shop.daemon().start_again(&[])?;
    let address = shop.address()?;

    let mut seen = Seen::of(&server).await?;
    let mut wrong = Vec::new();
    for protocol in Protocol::BOTH {
        for case in Case::of_major(major)? {
            let code = play(address, &case, protocol)?;
            if code == "escaped" || seen.changed().await? {
                wrong.push(format!("{} {protocol:?}: {code}", case.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "on {major}:\n{}", wrong.join("\n"));
    // The list of what does is whole: each of it does, where the server lets it.
    for (what, sql) in HOLES {
        let (mut client, _) = begin(address, &[]);
        client.send(&query(sql));
        client.until(b'Z');
        assert_eq!(seen.changed().await?, major < 16, "{what} on {major}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_alone_holds_on_15() -> anyhow::Result<()> {
    the_guard_alone_holds_on(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_alone_holds_on_18() -> anyhow::Result<()> {
    the_guard_alone_holds_on(18).await
}
