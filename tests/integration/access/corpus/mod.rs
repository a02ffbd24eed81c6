//! The measured corpus on each major version, through a daemon whose environments have the three access
//! modes. What the guard alone says of it is tested beside the guard.

mod alone;
mod both;
mod case;
#[path = "../../../guard/forms.rs"]
mod forms;
mod inner;
mod stored;
mod unmanaged;

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, ensure};
use rules::config::AccessMode;
use rules::guard::{Kind, Lexer};
use tests::daemon::Build;
use tests::postgres::{Installation, Scratch};

use self::case::Case;
use crate::shop::Shop;

const SETUP: &str = include_str!("../../../guard/setup.sql");

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

/// A place, who enters it and as which role, and where its expectations stand.
struct Way {
    place: &'static str,
    user: &'static str,
    role: &'static str,
    mode: AccessMode,
    /// The first that a case has is what a client sees.
    columns: &'static [&'static str],
    /// The set-up of `db_alone`.
    alone: &'static str,
}

const WAYS: [Way; 4] = [
    Way {
        place: "copy",
        user: "app",
        role: "standin_reader_app",
        mode: AccessMode::ReadOnly,
        columns: &["read_only_standby", "read_only"],
        alone: "S",
    },
    // By role alone: the same codes but where a standby is different.
    Way {
        place: "rw",
        user: "narrow",
        role: "standin_reader_narrow",
        mode: AccessMode::ReadOnly,
        columns: &["read_only"],
        alone: "E",
    },
    Way {
        place: "ao",
        user: "app",
        role: "standin_appender_app",
        mode: AccessMode::Append,
        columns: &["append"],
        alone: "F",
    },
    Way {
        place: "rw",
        user: "app",
        role: "standin_user_app",
        mode: AccessMode::ReadWrite,
        columns: &["read_write"],
        alone: "G",
    },
];

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

    /// The code that a client of the way sees in a case, or "allow".
    fn expected<'a>(&self, case: &'a Case, way: &Way) -> &'a str {
        let newer = SINCE_16.iter().filter(|_| self.major >= 16);
        let bare = BARE.iter().filter(|_| !self.contrib);
        let column = way.columns[way.columns.len() - 1];
        let mut otherwise = OF_BRANCHES.iter().chain(newer).chain(bare);
        let known = otherwise.find(|(id, mode, _)| *id == case.id() && *mode == column);
        let measured = way.columns.iter().find_map(|column| case.text(column));
        known.map_or_else(|| measured.unwrap_or("nothing"), |(_, _, code)| code)
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
