//! The measured corpus through relay, guard, roles and standby together, on each major version: every
//! client sees the code of its mode, and nothing changes that the mode forbids.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, ensure};
use tests::daemon::Build;
use tests::postgres::{Installation, Scratch};
use toml::{Table, Value};

use super::client::{Client, Message, message};
use crate::shop::{PASSWORD, Shop};

const CORPUS: &str = include_str!("../../guard/corpus.toml");
const SETUP: &str = include_str!("../../guard/setup.sql");

const TABLES: &str = "\
[postgres]
bin = [\"BIN\"]
[production]
url = \"file:production.url\"
[environments.copy]
source = { mirror = \"production\", unmasked = true }
access = \"read-only\"
spares = 0
[environments.ao]
source = { environment = \"copy\" }
access = \"append\"
spares = 0
[environments.rw]
source = { environment = \"copy\" }
spares = 1
[users.narrow]
password = \"file:app.password\"
environments = [\"rw\"]
access = \"read-only\"
";

/// Case, column and code where a server answers otherwise than the one that was measured.
type Otherwise = (&'static str, &'static str, &'static str);

/// A branch's server lets nobody prepare transactions for later.
const OF_BRANCHES: [Otherwise; 1] = [("prepare-transaction", "read_write", "55000")];

/// From 16 on the mode of a transaction cannot be reset.
const SINCE_16: [Otherwise; 5] = [
    ("reset-transaction-read-only", "append", "0A000"),
    ("reset-transaction-read-only", "read_write", "0A000"),
    ("reset-tro-late", "append", "0A000"),
    ("reset-tro-late", "read_write", "0A000"),
    ("set-config-null", "read_write", "0A000"),
];

/// Servers that come without contributed extensions and without libxml.
const BARE: [Otherwise; 2] = [
    ("create-extension", "read_write", "0A000"),
    ("query-to-xml", "read_write", "0A000"),
];

/// How a case's last message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Simple,
    Extended,
}

/// A place, the column of its expectations, and who enters.
struct Way {
    place: &'static str,
    user: &'static str,
    columns: &'static [&'static str],
}

const WAYS: [Way; 4] = [
    Way {
        place: "copy",
        user: "app",
        columns: &["read_only_standby", "read_only"],
    },
    // By role alone: the same codes but where a standby is different.
    Way {
        place: "rw",
        user: "narrow",
        columns: &["read_only"],
    },
    Way {
        place: "ao",
        user: "app",
        columns: &["append"],
    },
    Way {
        place: "rw",
        user: "app",
        columns: &["read_write"],
    },
];

struct Bench {
    shop: Shop,
    _production: Scratch,
    address: SocketAddr,
    major: u32,
    /// Whether the server has contributed extensions.
    contrib: bool,
}

impl Bench {
    async fn open(major: u32) -> anyhow::Result<Self> {
        let installation = Installation::of_major(major)?;
        let psql = installation.bin.join("psql");
        let production = Scratch::start_with(installation, &[])?;
        let client = production.database("corpus").await?;
        let dblink = "SELECT FROM pg_available_extensions WHERE name = 'dblink'";
        let contrib = client.query_opt(dblink, &[]).await?.is_some();
        drop(client);
        set_up(&psql, &production.url("corpus"), (major, contrib))?;
        let bin = psql.parent().context("a directory")?.display().to_string();
        let mut shop = Shop::closed(Build::Plain, &TABLES.replace("BIN", &bin))?;
        shop.write("production.url", &production.url("corpus"))?;
        shop.rewrite(|text| {
            text.replacen(
                "environments = [\"*\"]",
                "environments = [\"copy\", \"ao\", \"rw\"]",
                1,
            )
        })?;
        // The guard's denials are no warning; what a hostile client provokes may be.
        shop.daemon().start_again(&[])?;
        for place in ["copy", "ao", "rw"] {
            shop.json(&format!("environment build {place}"))?;
        }
        let login = shop.login("corpus@copy")?;
        let port = login.get_ports().first().copied().context("a port")?;
        Ok(Self {
            shop,
            _production: production,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            major,
            contrib,
        })
    }

    /// Where its server answers otherwise.
    fn otherwise(&self) -> impl Iterator<Item = &'static Otherwise> {
        let newer = SINCE_16.iter().filter(|_| self.major >= 16);
        let bare = BARE.iter().filter(|_| !self.contrib);
        OF_BRANCHES.iter().chain(newer).chain(bare)
    }

    /// The first error's code in a case, or "allow".
    fn play(&self, case: &Table, way: &Way, protocol: Protocol) -> anyhow::Result<String> {
        let database = format!("corpus@{}", way.place);
        let mut pairs = vec![("user", way.user), ("database", database.as_str())];
        let asked = case.get("startup").and_then(Value::as_table);
        for (name, value) in asked.into_iter().flatten() {
            pairs.push((name, value.as_str().unwrap_or_default()));
        }
        let mut client = Client::tcp(self.address);
        let mut seen = client.start(&pairs, PASSWORD);
        let began = seen.last().is_some_and(|last| last.tag == b'Z');
        let messages = messages(case)?;
        for (number, sql) in messages.iter().enumerate().take_while(|_| began) {
            let last = number + 1 == messages.len();
            let params = case.get("params").filter(|_| last);
            client.send(&match (params, protocol) {
                (None, Protocol::Simple) => message(b'Q', &[sql.as_slice(), b"\0"].concat()),
                _ => extended(sql, params),
            });
            let data = case.get("copy_data").and_then(Value::as_str);
            let synced = params.is_some() || protocol == Protocol::Extended;
            let answer = until_ready(&mut client, data.filter(|_| last), synced);
            let ended = answer.last().is_none_or(|last| last.tag != b'Z');
            seen.extend(answer);
            if ended {
                break;
            }
        }
        if let Some(call) = case.get("fastpath").and_then(Value::as_table) {
            client.send(&function_call(call));
            seen.extend(client.until(b'Z'));
        }
        let error = seen.iter().find(|message| message.tag == b'E');
        let code = error.and_then(|error| error.field(b'C'));
        Ok(code.unwrap_or_else(|| "allow".to_owned()))
    }

    /// What a mode must not change, as text.
    async fn state(&self, place: &str) -> anyhow::Result<String> {
        let session = self.shop.enter(&format!("corpus@{place}")).await?;
        session
            .text(
                "SELECT concat_ws(' ', \
                 (SELECT string_agg(a::text, ',' ORDER BY id) FROM acct a WHERE id <= 2), \
                 (SELECT string_agg(d::text, ',') FROM doc d), \
                 (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), \
                 (SELECT count(*) FROM pg_roles WHERE rolname !~ '^standin'), \
                 (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_temp|^pg_toast_temp'), \
                 (SELECT count(*) FROM pg_largeobject_metadata), \
                 (SELECT string_agg(relacl::text, ',' ORDER BY oid) FROM pg_class \
                  WHERE relnamespace = 'public'::regnamespace))",
            )
            .await
    }
}

fn set_up(psql: &std::path::Path, url: &str, (major, contrib): (u32, bool)) -> anyhow::Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let lines = SETUP.lines();
    let lines = lines.filter(|line| contrib || !line.starts_with("CREATE EXTENSION"));
    let lines: Vec<&str> = lines.collect();
    let mut text = lines.join("\n");
    if major >= 16 {
        // Refused there: parameter "transaction_read_only" cannot be set locally in functions.
        text = text.replace("  SET transaction_read_only = off AS\n", "  AS\n");
    }
    std::fs::write(file.path(), text)?;
    let done = std::process::Command::new(psql)
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
        .arg(file.path())
        .arg(url)
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

fn messages(case: &Table) -> anyhow::Result<Vec<Vec<u8>>> {
    let filled = |sql: &str| sql.replace("{db}", "corpus").into_bytes();
    if let Some(steps) = case.get("steps").and_then(Value::as_array) {
        return Ok(steps.iter().filter_map(Value::as_str).map(filled).collect());
    }
    if let Some(hex) = case.get("sql_hex").and_then(Value::as_str) {
        let bytes = (0..hex.len()).step_by(2);
        let bytes = bytes.map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        return Ok(vec![bytes.collect::<Result<_, _>>()?]);
    }
    let sql = case.get("sql").and_then(Value::as_str);
    Ok(sql.map(filled).into_iter().collect())
}

/// Parse, Bind, Describe, Execute and Sync with text parameters.
fn extended(sql: &[u8], params: Option<&Value>) -> Vec<u8> {
    let params = params.and_then(Value::as_array);
    let params: Vec<&str> = params
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut bind = b"\0\0\0\0".to_vec();
    bind.extend(
        u16::try_from(params.len())
            .unwrap_or_default()
            .to_be_bytes(),
    );
    for param in params {
        bind.extend(u32::try_from(param.len()).unwrap_or_default().to_be_bytes());
        bind.extend(param.as_bytes());
    }
    bind.extend(b"\0\0");
    [
        message(b'P', &[b"\0", sql, b"\0\0\0"].concat()),
        message(b'B', &bind),
        message(b'D', b"P\0"),
        message(b'E', b"\0\0\0\0\0"),
        message(b'S', b""),
    ]
    .concat()
}

fn function_call(call: &Table) -> Vec<u8> {
    // set_config(text, text, boolean) is 2078 in every version (pg_proc.dat).
    let arguments = call["args"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let arguments: Vec<&str> = arguments.collect();
    let mut body = 2078_u32.to_be_bytes().to_vec();
    body.extend(0_u16.to_be_bytes());
    body.extend(
        u16::try_from(arguments.len())
            .unwrap_or_default()
            .to_be_bytes(),
    );
    for argument in arguments {
        body.extend(
            u32::try_from(argument.len())
                .unwrap_or_default()
                .to_be_bytes(),
        );
        body.extend(argument.as_bytes());
    }
    body.extend(0_u16.to_be_bytes());
    message(b'F', &body)
}

/// Messages up to ReadyForQuery; what COPY asks for is given to it.
fn until_ready(client: &mut Client, data: Option<&str>, synced: bool) -> Vec<Message> {
    let mut seen = Vec::new();
    while let Some(next) = client.receive() {
        if next.tag == b'G' {
            client.send(&message(b'd', data.unwrap_or_default().as_bytes()));
            client.send(&message(b'c', b""));
            if synced {
                client.send(&message(b'S', b""));
            }
        }
        let last = next.tag == b'Z';
        seen.push(next);
        if last {
            break;
        }
    }
    seen
}

async fn the_corpus_holds_on(major: u32) -> anyhow::Result<()> {
    let bench = Bench::open(major).await?;
    let corpus: Table = CORPUS.parse()?;
    let cases = corpus["case"].as_array().context("a list")?;
    let before = [bench.state("copy").await?, bench.state("ao").await?];
    let (mut wrong, mut played) = (Vec::new(), 0);
    for way in &WAYS {
        for protocol in [Protocol::Simple, Protocol::Extended] {
            for case in cases.iter().filter_map(Value::as_table) {
                let id = case["id"].as_str().unwrap_or_default();
                let since = case.get("since").and_then(Value::as_integer).unwrap_or(0);
                if since > i64::from(bench.major) {
                    continue;
                }
                let mut columns = way.columns.iter();
                let expected = columns
                    .find_map(|column| case.get(*column))
                    .and_then(Value::as_str);
                let column = way.columns[way.columns.len() - 1];
                let known = bench.otherwise();
                let mut known = known.filter(|(one, mode, _)| *one == id && *mode == column);
                let otherwise = known.next();
                let expected = otherwise.map_or(expected, |(_, _, code)| Some(*code));
                let code = bench.play(case, way, protocol)?;
                played += 1;
                // A message of several statements has no extended form.
                let several = protocol == Protocol::Extended && code == "42601";
                if Some(code.as_str()) != expected && !several {
                    let expected = expected.unwrap_or("nothing");
                    wrong.push(format!(
                        "{id} {protocol:?} in {} as {}: {code}, not {expected}",
                        way.place, way.user
                    ));
                }
                let writes = case["rules"]
                    .as_array()
                    .is_some_and(|rules| !rules.is_empty());
                if way.user == "app" && code == "allow" && writes && way.place != "copy" {
                    bench
                        .shop
                        .json(&format!("environment reset {}", way.place))?;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "on {major}:\n{}", wrong.join("\n"));
    let after = [bench.state("copy").await?, bench.state("ao").await?];
    assert_eq!(before, after);
    assert!(played > 1000, "{played} cases");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_holds_on_15() -> anyhow::Result<()> {
    the_corpus_holds_on(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_holds_on_16() -> anyhow::Result<()> {
    the_corpus_holds_on(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_holds_on_18() -> anyhow::Result<()> {
    the_corpus_holds_on(18).await
}
