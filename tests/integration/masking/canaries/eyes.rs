//! Looks for canaries with nothing of the product's own: in databases by SQL, catalogues included, in
//! files by `grep`, in texts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use tests::postgres::{Installation, as_server_user, free_port, give_to_server_user};
use tokio_postgres::{Client, Config, NoTls};

use crate::shop::PATIENCE;

/// Begins every canary that is a text.
pub(super) const MARK: &str = "qzkanar";

/// Begins every canary that is a number.
pub(super) const NUMBER: &str = "7391046";

/// The mark, and four digits where they follow: plain, in hexadecimal, as the server writes constants of
/// expressions; and the mark alone in base64, by where it begins among three bytes.
const FORMS: &str = "(qzkanar[0-9]{0,4}|7391046[0-9]{4}|717a6b616e6172((3[0-9]){4})?\
    |113 122 107 97 110 97 114( [45][0-9]){0,4}|cXprYW5hc|F6a2FuYX|xemthbmFy)";

/// The mark in UTF-16.
const WIDE: &str = r"q\x00z\x00k\x00a\x00n\x00a\x00r";

/// Canaries by number, each with a place where it is; one whose number does not show is number 0.
pub(super) type Found = BTreeMap<u32, String>;

/// Adds the canaries of a text.
pub(super) fn in_text(text: &str, place: &str, found: &mut Found) {
    let lower = text.to_lowercase();
    let mut see = |number: u32| {
        found.entry(number).or_insert_with(|| place.to_owned());
    };
    for mark in [MARK, NUMBER] {
        for (at, _) in lower.match_indices(mark) {
            let digits = lower.as_bytes()[at + mark.len()..].iter();
            let digits: Vec<u8> = digits
                .take_while(|d| d.is_ascii_digit())
                .copied()
                .take(4)
                .collect();
            let number = String::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok());
            see(number.unwrap_or(0));
        }
    }
    for (at, form) in lower.match_indices("717a6b616e6172") {
        let hex = lower.as_bytes()[at + form.len()..].chunks(2);
        let digits: String = hex
            .take_while(|pair| matches!(pair, [b'3', b'0'..=b'9']))
            .take(4)
            .map(|pair| char::from(pair[1]))
            .collect();
        see(digits.parse().unwrap_or(0));
    }
    let constants = "113 122 107 97 110 97 114";
    for (at, _) in lower.match_indices(constants) {
        let codes = lower[at + constants.len()..].split_whitespace().take(4);
        let digits: String = codes
            .filter_map(|code| code.parse().ok().map(char::from_u32))
            .flatten()
            .collect();
        see(digits.parse().unwrap_or(0));
    }
    for form in ["cxpryw5hc", "f6a2fuyx", "xemthbmfy"] {
        if lower.contains(form) {
            see(0);
        }
    }
}

/// Adds the canaries of every table, view's rows, catalogue, sequence and out-of-line value of a
/// database.
pub(super) async fn in_database(client: &Client, found: &mut Found) -> anyhow::Result<()> {
    let relations = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 'S', 't') \
         AND (c.relkind <> 'm' OR c.relispopulated) AND n.nspname !~ '^pg_(toast_)?temp' ORDER BY 1";
    client
        .batch_execute("SET bytea_output = 'hex'; SET search_path = ''")
        .await?;
    let relations = client.query(relations, &[]).await?;
    ensure!(relations.len() > 60, "{} relations", relations.len());
    for relation in relations {
        let relation: String = relation.get(0);
        let only = if relation.starts_with("pg_toast.") {
            ""
        } else {
            "ONLY "
        };
        let sql =
            format!("SELECT ROW(t.*)::text FROM {only}{relation} t WHERE ROW(t.*)::text ~* $1");
        let rows = client.query(&sql, &[&FORMS]).await;
        for row in rows.with_context(|| sql.clone())? {
            in_text(row.get(0), &relation, found);
        }
    }
    Ok(())
}

/// Adds the canaries of all files below directories, of what is in them and of what they are called.
pub(super) fn in_files(directories: &[&Path], found: &mut Found) -> anyhow::Result<()> {
    for (kind, form) in [("-E", FORMS), ("-P", WIDE)] {
        let mut grep = Command::new("grep");
        grep.args(["-r", "-a", "-o", "-i", "-s", kind, form])
            .env("LC_ALL", "C");
        let output = grep.args(directories).stdin(Stdio::null()).output()?;
        for line in output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let line = String::from_utf8_lossy(line);
            let (path, text) = line.split_once(':').unwrap_or(("?", &line));
            match kind {
                "-P" => drop(
                    found
                        .entry(0)
                        .or_insert_with(|| format!("{path} in UTF-16")),
                ),
                _ => in_text(text, path, found),
            }
        }
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(said.is_empty(), "{said}");
    }
    for directory in directories {
        names_in(directory, found)?;
    }
    Ok(())
}

fn names_in(directory: &Path, found: &mut Found) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        in_text(&name, &format!("the name {name}"), found);
        if entry.file_type()?.is_dir() {
            names_in(&entry.path(), found)?;
        }
    }
    Ok(())
}

/// A server of the test's own over a copy of a data directory that the product made.
pub(super) struct Reopened {
    directory: tempfile::TempDir,
    port: u16,
    server: Child,
}

impl Reopened {
    pub(super) fn start(data: &Path) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("standin-eyes-")
            .tempdir_in("/var/tmp")?;
        give_to_server_user(directory.path())?;
        let own = directory.path().join("pgdata");
        let copied = Command::new("cp").arg("-a").args([data, &own]).status()?;
        ensure!(copied.success(), "{copied}");
        let hba = directory.path().join("hba.conf");
        std::fs::write(&hba, "local all all trust\n")?;
        let port = free_port()?;
        let mut server = as_server_user(&Installation::usual()?.bin.join("postgres"));
        server.arg("-D").arg(&own);
        let sockets = directory.path().to_string_lossy();
        for setting in [
            format!("hba_file={}", hba.display()),
            format!("ident_file={}", hba.display()),
            format!("unix_socket_directories={sockets}"),
            "unix_socket_permissions=0777".to_owned(),
            "listen_addresses=".to_owned(),
            format!("port={port}"),
        ] {
            server.arg("-c").arg(setting);
        }
        let server = server
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Self {
            server: server.spawn()?,
            directory,
            port,
        })
    }

    /// A session of the superuser, once the server is ready.
    pub(super) async fn connect(&self, database: &str) -> anyhow::Result<Client> {
        let mut config = Config::new();
        config.host_path(self.directory.path()).port(self.port);
        config.user("standin").dbname(database);
        let began = Instant::now();
        loop {
            match config.connect(NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return Ok(client);
                }
                Err(error) => ensure!(began.elapsed() < PATIENCE, "{database}: {error:?}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Adds the canaries of all its databases, templates included; gives how many there are.
    pub(super) async fn look(&self, found: &mut Found) -> anyhow::Result<usize> {
        let first = self.connect("template1").await?;
        first
            .batch_execute("UPDATE pg_database SET datallowconn = true")
            .await?;
        let databases = first
            .query("SELECT datname::text FROM pg_database", &[])
            .await?;
        let databases: BTreeSet<String> = databases.iter().map(|row| row.get(0)).collect();
        for database in &databases {
            in_database(&self.connect(database).await?, found).await?;
        }
        Ok(databases.len())
    }
}

impl Drop for Reopened {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let pid = nix::unistd::Pid::from_raw(pid);
            // It may have ended by itself; its directory goes after it.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT);
        }
        let _ = self.server.wait();
    }
}

#[test]
fn eyes_see_every_form() {
    let check = |text: &str, number: u32| {
        let mut found = Found::new();
        in_text(text, "here", &mut found);
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [number], "{text}");
    };
    check("x QZKanar0017@leak.example", 17);
    check("tel 73910460018", 18);
    check("\\x717a6b616e617230303139", 19);
    check("[ 40 0 0 0 113 122 107 97 110 97 114 48 48 50 48 ]", 20);
    check("eHF6a2FuYXIwMDIx", 0);
    check("cXprYW5hcjAwMjE=", 0);
}
