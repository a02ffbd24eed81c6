//! A daemon that serves a small shop from a pool of its own, and sessions in it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tests::daemon::{Build, Daemon};
use tests::volume::{Format, Volume};
use tokio::task::JoinHandle;
use tokio_postgres::error::DbError;
use tokio_postgres::{Client, Config, Error, NoTls};

/// The password of every user of a shop.
pub(crate) const PASSWORD: &str = "open-sesame-of-the-shop";

/// What a loaded machine may take for what usually takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of a pool, of which a few percent are ever written.
const POOL_BYTES: u64 = 4 << 30;

/// Rows that the migrations leave in `items`.
pub(crate) const ITEMS: i64 = 3;

const SCHEMA: &str = "\
CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO items VALUES (1, 'apple'), (2, 'pear'), (3, 'plum');
";

/// `qa` from migrations, without spares, so that nothing runs that a test did not ask for.
pub(crate) const QA: &str = "\
[environments.qa]
source = { migrations = \"migrations\", database = \"shop\" }
spares = 0
";

/// `qa`, with branches that connections make.
pub(crate) const QA_BRANCHES: &str = "\
[environments.qa]
source = { migrations = \"migrations\", database = \"shop\" }
spares = 0
branches = { create = \"on-connect\", max = 200 }
";

/// A daemon, its pool on a file system that clones, and its migrations.
pub(crate) struct Shop {
    // Before the volume: the daemon ends first.
    daemon: Daemon,
    volume: Volume,
}

impl Shop {
    /// Serves these tables of environments.
    pub(crate) fn open(environments: &str) -> anyhow::Result<Self> {
        let mut shop = Self::closed(Build::Plain, environments)?;
        shop.daemon.start_again(&[])?;
        Ok(shop)
    }

    /// Prepares all that `open` does, and does not start.
    pub(crate) fn closed(build: Build, environments: &str) -> anyhow::Result<Self> {
        Self::on(Format::Btrfs, build, environments)
    }

    /// The same on a file system of this kind.
    pub(crate) fn on(format: Format, build: Build, environments: &str) -> anyhow::Result<Self> {
        let volume = Volume::mount(format, POOL_BYTES)?;
        let pool = volume.path().join("pool");
        let daemon = Daemon::new(build, &configuration(&pool.to_string_lossy(), environments))?;
        let shop = Self { daemon, volume };
        shop.write("app.password", PASSWORD)?;
        std::fs::create_dir(shop.daemon.directory().join("migrations"))?;
        shop.write("migrations/001_items.sql", SCHEMA)?;
        Ok(shop)
    }

    /// The daemon.
    pub(crate) fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// The directory of the configuration.
    pub(crate) fn daemon_directory(&self) -> &std::path::Path {
        self.daemon.directory()
    }

    /// The pool's directory.
    pub(crate) fn pool(&self) -> PathBuf {
        self.volume.path().join("pool")
    }

    /// Fills the pool's file system to a percentage.
    pub(crate) fn fill(&self, percent: u64) -> anyhow::Result<()> {
        self.volume.fill(POOL_BYTES * (100 - percent) / 100)?;
        Ok(())
    }

    /// Writes a file beside the configuration.
    pub(crate) fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let path = self.daemon.directory().join(file);
        std::fs::write(&path, text).with_context(|| format!("write {path:?}"))
    }

    /// Changes the configuration's text.
    pub(crate) fn rewrite(&self, change: impl FnOnce(String) -> String) -> anyhow::Result<()> {
        let path = self.daemon.config_file();
        let text = std::fs::read_to_string(&path)?;
        Ok(std::fs::write(path, change(text))?)
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, command: &str) -> anyhow::Result<serde_json::Value> {
        self.daemon.json(&words(command))
    }

    /// Runs a command that must succeed; what it wrote for people.
    pub(crate) fn said(&self, command: &str) -> anyhow::Result<String> {
        let output = self.daemon.command(&words(command))?;
        ensure!(output.status.success(), "{command:?}: {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs a command that must fail; its exit code and what it wrote for people.
    pub(crate) fn fails(&self, command: &str) -> anyhow::Result<(i32, String)> {
        let output = self.daemon.command(&words(command))?;
        let code = output.status.code().context("an exit code")?;
        ensure!(code != 0, "{command:?} succeeded");
        Ok((code, String::from_utf8(output.stderr)?))
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> anyhow::Result<std::net::SocketAddr> {
        Ok(self.daemon.endpoint()?.parse()?)
    }

    /// How user `app` connects to a target.
    pub(crate) fn login(&self, target: &str) -> anyhow::Result<Config> {
        let (host, port) = self.daemon.endpoint()?.rsplit_once(':').context("a port")?;
        let mut config = Config::new();
        config
            .host(host)
            .port(port.parse()?)
            .user("app")
            .password(PASSWORD)
            .dbname(target);
        Ok(config)
    }

    /// A session of user `app`.
    pub(crate) async fn enter(&self, target: &str) -> anyhow::Result<Session> {
        Session::begin(&self.login(target)?)
            .await
            .with_context(|| format!("enter {target}"))
    }

    /// Why user `app` is not let in.
    pub(crate) async fn refused(&self, target: &str) -> anyhow::Result<DbError> {
        refusal(&self.login(target)?).await
    }

    /// Rows of `items` that a new session sees.
    pub(crate) async fn items(&self, target: &str) -> anyhow::Result<i64> {
        self.enter(target).await?.items().await
    }

    /// Asks again and again until an answer is the wanted one.
    pub(crate) fn until(
        &self,
        command: &str,
        wanted: impl Fn(&serde_json::Value) -> bool,
    ) -> anyhow::Result<serde_json::Value> {
        let began = Instant::now();
        loop {
            let answer = self.json(command)?;
            if wanted(&answer) {
                return Ok(answer);
            }
            ensure!(began.elapsed() < PATIENCE, "{command}: still {answer:#}");
        }
    }

    /// Processes of PostgreSQL that serve from the pool.
    pub(crate) fn servers(&self) -> anyhow::Result<Vec<u32>> {
        servers_of(&self.pool().to_string_lossy())
    }

    /// Names of the branch directories.
    pub(crate) fn branch_directories(&self) -> anyhow::Result<Vec<String>> {
        names_in(&self.pool().join("branches"))
    }
}

/// The names in a directory, in order.
pub(crate) fn names_in(directory: &std::path::Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(directory).with_context(|| format!("read {}", directory.display()))?
    {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Postmasters whose command line names a directory below this one.
pub(crate) fn servers_of(directory: &str) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        // A process may end between the listing and the look.
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains("postgres") && line.contains(directory) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// The configuration of a shop; user `app` may enter everything that a wildcard grants.
pub(crate) fn configuration(pool: &str, environments: &str) -> String {
    format!(
        "\
[pool]
path = \"{pool}\"

[listen]
postgres = \"127.0.0.1:0\"

[users.app]
password = \"file:app.password\"
environments = [\"*\"]
role = \"admin\"

[limits]
connect_wait = \"60s\"
login = \"60s\"

{environments}"
    )
}

/// The words of a command.
pub(crate) fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().collect()
}

/// Why somebody is not let in.
pub(crate) async fn refusal(config: &Config) -> anyhow::Result<DbError> {
    let Err(error) = config.connect(NoTls).await else {
        anyhow::bail!("the connection was not refused");
    };
    db_error(&error)
}

/// What the server said.
pub(crate) fn db_error(error: &Error) -> anyhow::Result<DbError> {
    error
        .as_db_error()
        .cloned()
        .with_context(|| format!("no error of the server: {error:?}"))
}

/// One session.
pub(crate) struct Session {
    /// Asks.
    pub(crate) client: Client,
    connection: JoinHandle<Result<(), Error>>,
}

impl Session {
    /// Connects.
    pub(crate) async fn begin(config: &Config) -> anyhow::Result<Self> {
        let (client, connection) = config.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        Ok(Self { client, connection })
    }

    /// Runs statements.
    pub(crate) async fn run(&self, sql: &str) -> anyhow::Result<()> {
        self.client
            .batch_execute(sql)
            .await
            .with_context(|| sql.to_owned())
    }

    /// The first column of the first row as text.
    pub(crate) async fn text(&self, sql: &str) -> anyhow::Result<String> {
        for message in self.client.simple_query(sql).await? {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                return Ok(row.get(0).unwrap_or("NULL").to_owned());
            }
        }
        anyhow::bail!("no row: {sql}")
    }

    /// Rows of `items`.
    pub(crate) async fn items(&self) -> anyhow::Result<i64> {
        Ok(self.text("SELECT count(*) FROM items").await?.parse()?)
    }

    /// How an idle session was ended from the other side.
    pub(crate) async fn ended(self) -> anyhow::Result<DbError> {
        let ended = tokio::time::timeout(PATIENCE, self.connection).await??;
        match ended {
            Ok(()) => anyhow::bail!("it ended without a word"),
            Err(error) => db_error(&error),
        }
    }
}
