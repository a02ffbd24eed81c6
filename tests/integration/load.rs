//! Many at once: creates, awake servers, resets under writers.
//!
//! The long forms run where `STANDIN_TEST_LONG` is set.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::join_all;
use tests::daemon::Build;
use tokio::sync::mpsc;
use tokio_postgres::NoTls;

use crate::shop::{ITEMS, PATIENCE, QA, QA_BRANCHES, Session, Shop};

/// What a client may be told while its environment is reset: its session ends, a connect waits in
/// vain or comes at the wrong moment.
const TOLD: [&str; 2] = ["57P01", "57P03"];

fn is_long() -> bool {
    std::env::var_os("STANDIN_TEST_LONG").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn branches_made_by_connecting_at_once_are_made_or_refused_by_a_bound() -> anyhow::Result<()>
{
    let count = if is_long() { 100 } else { 16 };
    let most = format!("max = {}", count - 2);
    let tables = QA_BRANCHES.replace("max = 200", &most);
    let mut shop = Shop::closed(Build::Plain, &tables)?;
    // The number of branches is the only bound that they meet.
    let awake = format!("[pool]\nawake_max = {}", count + 1);
    shop.rewrite(|text| {
        text.replace("[pool]", &awake)
            .replace("= \"60s\"", "= \"600s\"")
    })?;
    shop.daemon().expect("its maximum");
    shop.daemon().start_again(&[])?;
    shop.items("shop@qa").await?;
    let enter = |number: usize| {
        let login = shop.login(&format!("shop@qa.b{number}"));
        async move {
            let (client, connection) = match login?.connect(NoTls).await {
                Ok(connected) => connected,
                Err(error) => return Ok::<_, anyhow::Error>(Err(crate::shop::db_error(&error)?)),
            };
            tokio::spawn(connection);
            let row = client.query_one("SELECT count(*) FROM items", &[]).await?;
            Ok(Ok(row.get::<_, i64>(0)))
        }
    };
    let mut made = 0;
    let mut refused = 0;
    for outcome in join_all((0..count).map(enter)).await {
        match outcome? {
            Ok(items) => {
                assert_eq!(items, ITEMS);
                made += 1;
            }
            Err(error) => {
                assert_eq!(error.code().code(), "53400", "{error:?}");
                let hint = error.hint().unwrap_or_default();
                assert!(hint.contains("qa.b") || hint.contains("raise"), "{error:?}");
                refused += 1;
            }
        }
    }
    assert_eq!((made, refused), (count - 2, 2));
    let listed = shop.json("branch list")?;
    assert_eq!(listed.as_array().map(Vec::len), Some(made));
    Ok(())
}

/// One client of the reset loop.
struct Writer {
    login: tokio_postgres::Config,
    /// The highest number of a generation whose reset was answered.
    latest: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
    /// Told of each session that wrote: the highest number when it began.
    wrote: mpsc::UnboundedSender<i64>,
    told: BTreeMap<String, usize>,
}

impl Writer {
    /// Writes and reads until told to stop; counts the codes that it was told.
    async fn run(mut self) -> anyhow::Result<BTreeMap<String, usize>> {
        while !self.stop.load(Ordering::Acquire) {
            let known = self.latest.load(Ordering::Acquire);
            let (client, connection) = match self.login.connect(NoTls).await {
                Ok(connected) => connected,
                Err(error) => {
                    self.note(code(&error)?)?;
                    continue;
                }
            };
            let connection = tokio::spawn(connection);
            let (mut failed, mut why) = (false, None);
            for done in 0..SESSION_STEPS {
                match step(&client).await {
                    // Who entered after a reset was answered never sees what was before it.
                    Ok(number) => anyhow::ensure!(
                        number == UNNUMBERED || number >= known,
                        "{number} after {known}"
                    ),
                    Err(error) => {
                        (failed, why) = (true, code(&error)?);
                        break;
                    }
                }
                if done == 0 {
                    // Nobody counts any more once the last reset was seen.
                    let _ = self.wrote.send(known);
                }
            }
            drop(client);
            // Who has just sent something is told here, who was idle by the connection.
            if let Err(error) = connection.await? {
                (failed, why) = (true, why.or(code(&error)?));
            }
            if failed {
                self.note(why)?;
            }
        }
        Ok(self.told)
    }

    /// Counts one session that ended early, or did not begin.
    fn note(&mut self, why: Option<String>) -> anyhow::Result<()> {
        let code = why.context("a session was cut off without a word")?;
        *self.told.entry(code).or_default() += 1;
        Ok(())
    }
}

/// What the server said; nothing where only the end was noticed.
fn code(error: &tokio_postgres::Error) -> anyhow::Result<Option<String>> {
    if error.is_closed() {
        return Ok(None);
    }
    let said = crate::shop::db_error(error)?;
    Ok(Some(said.code().code().to_owned()))
}

/// After so many a client connects anew, so that each generation is entered often.
const SESSION_STEPS: usize = 8;

/// What a generation says that has no number yet, as in [`step`].
const UNNUMBERED: i64 = -1;

/// One write, and the number of the generation that it went to.
///
/// Without named statements: the driver closes those unasked, and loses what it is told meanwhile.
async fn step(client: &tokio_postgres::Client) -> Result<i64, tokio_postgres::Error> {
    let write = "INSERT INTO items SELECT max(id) + 1, 'mine' FROM items ON CONFLICT DO NOTHING";
    client.batch_execute(write).await?;
    let read = "SELECT coalesce(max(number), -1) FROM generation";
    Ok(client.query_typed(read, &[]).await?[0].get(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_under_writers_never_show_a_generation_that_was_left() -> anyhow::Result<()> {
    let (clients, resets) = if is_long() { (32, 200) } else { (32, 6) };
    let shop = Shop::open(QA)?;
    shop.write(
        "migrations/002_generation.sql",
        "CREATE TABLE generation (number bigint);",
    )?;
    let number = async |number: i64| {
        let session = Session::begin(&shop.login("shop@qa")?).await?;
        session
            .run(&format!("INSERT INTO generation VALUES ({number})"))
            .await
    };
    number(0).await?;
    let (latest, stop) = (
        Arc::new(AtomicI64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (wrote, mut written) = mpsc::unbounded_channel();
    let login = shop.login("shop@qa")?;
    let mut running: tokio::task::JoinSet<_> = (0..clients)
        .map(|_| Writer {
            login: login.clone(),
            latest: Arc::clone(&latest),
            stop: Arc::clone(&stop),
            wrote: wrote.clone(),
            told: BTreeMap::new(),
        })
        .map(Writer::run)
        .collect();
    for reset in 0..=resets {
        if reset > 0 {
            tokio::task::block_in_place(|| shop.json("environment reset qa"))?;
            // Whoever enters from now on sees this generation, which holds its number, or later ones.
            latest.store(reset, Ordering::Release);
            number(reset).await?;
        }
        let mut entered = 0;
        while entered < clients {
            tokio::select! {
                Some(begun) = written.recv() => entered += usize::from(begun == reset),
                Some(ended) = running.join_next() => anyhow::bail!("a client ended: {:?}", ended?),
                () = tokio::time::sleep(PATIENCE) => anyhow::bail!("no client gets in"),
            }
        }
    }
    stop.store(true, Ordering::Release);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(ended) = tokio::time::timeout(PATIENCE * 2, running.join_next()).await? {
        for (code, times) in ended?? {
            *told.entry(code).or_default() += times;
        }
    }
    assert!(
        told.keys().all(|code| TOLD.contains(&code.as_str())),
        "{told:?}"
    );
    assert!(told.contains_key("57P01"), "{told:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_branch_of_a_crowd_is_listed_once() -> anyhow::Result<()> {
    let count = if is_long() { 1_000 } else { 24 };
    let shop = Shop::open(&QA_BRANCHES.replace("max = 200", "max = 1000"))?;
    shop.items("shop@qa").await?;
    let made: Vec<String> = (0..count)
        .map(|number| format!("qa.b{number:04}"))
        .collect();
    for name in &made {
        shop.json(&format!("branch create {name}"))?;
        shop.json(&format!("branch sleep {name}"))?;
    }
    let listed = shop.json("branch list")?;
    let mut names = Vec::new();
    for line in listed.as_array().context("a list")? {
        assert_eq!(line["server"], "asleep", "{line}");
        names.push(line["name"].as_str().context("a name")?);
    }
    names.sort_unstable();
    assert_eq!(names, made);
    let took = listing(&shop)?;
    assert!(took < LISTED_WITHIN, "{took:?} for {count} branches");
    Ok(())
}

/// What a listing may take of a thousand branches.
const LISTED_WITHIN: Duration = Duration::from_millis(100);

/// How long the daemon takes to list its branches to a program, at the best of a few times.
fn listing(shop: &Shop) -> anyhow::Result<Duration> {
    let mut best = PATIENCE;
    for _ in 0..5 {
        let began = Instant::now();
        let mut daemon = UnixStream::connect(shop.pool().join(proxy::daemon::CONTROL_SOCKET))?;
        daemon.write_all(
            b"GET /v1/branches HTTP/1.1\r\nhost: standin\r\nconnection: close\r\n\r\n",
        )?;
        let mut answer = Vec::new();
        daemon.read_to_end(&mut answer)?;
        best = best.min(began.elapsed());
        anyhow::ensure!(answer.starts_with(b"HTTP/1.1 200"), "no listing");
    }
    Ok(best)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_branches_are_awake_at_once() -> anyhow::Result<()> {
    let count = if is_long() { 40 } else { 6 };
    let shop = Shop::open(QA_BRANCHES)?;
    let mut sessions = Vec::new();
    for number in 0..count {
        sessions.push(shop.enter(&format!("shop@qa.b{number}")).await?);
    }
    for (number, session) in sessions.iter().enumerate() {
        session
            .run(&format!(
                "INSERT INTO items VALUES ({}, 'own')",
                10 + number
            ))
            .await?;
    }
    for session in &sessions {
        assert_eq!(session.items().await?, ITEMS + 1);
    }
    let listed = shop.json("branch list")?;
    let awake = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter(|line| line["server"] == "awake");
    assert_eq!(awake.count(), count);
    Ok(())
}
