//! The demo's production: an ordinary PostgreSQL with a shop in it, which Standin only reads.
//!
//! It is started like anybody's server, outside the pool, so that the demo shows what a copy of a
//! foreign server is like.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::fs::{Mode, OFlags};
use tokio_postgres::{Client, Config, NoTls};

use super::super::failure::Failure;
use crate::branches::{Account, Installation};

/// What the server gets to start, and to stop.
const START_MAX: Duration = Duration::from_secs(30);

/// Between two looks at whether it answers.
const LOOK: Duration = Duration::from_millis(10);

/// The number in its socket's name; it listens nowhere else.
const PORT: u16 = 5;

/// Customers of the shop; a few hundred thousand rows follow from them.
const CUSTOMERS: u32 = 40_000;

const SCHEMA: &str = include_str!("shop/001_schema.sql");
const DATA: &str = include_str!("shop/002_data.sql");

/// A running production.
pub(super) struct Production {
    process: Child,
    url: String,
}

impl Production {
    /// Starts the production below `directory`, made and filled at the first time.
    pub(super) async fn start(
        directory: &Path,
        installation: &Installation,
        account: &Account,
    ) -> Result<Self, Failure> {
        let home = directory.join("production");
        let (data, run) = (home.join("pgdata"), home.join("run"));
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        // What stands in it is written by us, so the servers' user may not lay links there.
        own_directory(&home, 0o711, (uid.as_raw(), gid.as_raw()))?;
        for directory in [&data, &run] {
            // Whoever reaches the socket is whom he says, the superuser too.
            own_directory(directory, 0o700, (account.uid, account.gid))?;
        }
        stop_stale(&data);
        let major = format!("{}\n", installation.version.major);
        let present = std::fs::read_to_string(data.join("PG_VERSION")).ok();
        let filled = home.join("filled");
        let fresh = present.as_ref() != Some(&major) || !filled.exists();
        if fresh {
            initialise(&home, installation, account)?;
        }
        let process = spawn(&data, &run, installation, account)?;
        let host = run.display();
        let url = format!("postgres://reader@/shop?host={host}&port={PORT}");
        let mut production = Self { process, url };
        if let Err(failure) = production.make_ready(&run, fresh, &filled).await {
            production.stop().await;
            return Err(failure);
        }
        Ok(production)
    }

    async fn make_ready(&mut self, run: &Path, fresh: bool, filled: &Path) -> Result<(), Failure> {
        let admin = self.connect(run, "postgres").await?;
        if fresh {
            sql(
                &admin,
                "CREATE ROLE shop; CREATE ROLE reader LOGIN REPLICATION",
            )
            .await?;
            sql(&admin, "GRANT pg_read_all_data TO reader").await?;
            sql(&admin, "CREATE DATABASE shop OWNER shop").await?;
            let shop = self.connect(run, "shop").await?;
            sql(&shop, "ALTER SCHEMA public OWNER TO shop; SET ROLE shop").await?;
            sql(&shop, SCHEMA).await?;
            sql(&shop, &format!("SET shop.customers = {CUSTOMERS}")).await?;
            sql(&shop, DATA).await?;
            sql(&admin, "CHECKPOINT").await?;
            std::fs::write(filled, "")
                .map_err(|error| Failure::failed(format!("mark the production: {error}")))?;
        }
        Ok(())
    }

    /// Waits until the server answers.
    async fn connect(&mut self, run: &Path, database: &str) -> Result<Client, Failure> {
        let mut config = Config::new();
        config
            .host_path(run)
            .port(PORT)
            .user("postgres")
            .dbname(database);
        let began = Instant::now();
        loop {
            match config.connect(NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return Ok(client);
                }
                Err(error) if began.elapsed() > START_MAX => {
                    return Err(Failure::failed(format!("the demo's production: {error}")));
                }
                Err(_) => tokio::time::sleep(LOOK).await,
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(
                    Failure::failed(format!("the demo's production ended: {status}"))
                        .hint("its log is in production/log in the demo's directory"),
                );
            }
        }
    }

    /// Connection URL of a login that can read and replicate.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server, cleanly where it lets itself be.
    pub(super) async fn stop(mut self) {
        self.stop_gently().await;
    }

    async fn stop_gently(&mut self) {
        signal(&self.process, Signal::SIGINT);
        let began = Instant::now();
        while began.elapsed() < START_MAX {
            if let Ok(Some(_)) = self.process.try_wait() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Production {
    /// Whoever gave up a start, or waiting for the end of it, leaves no server behind.
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            signal(&self.process, Signal::SIGQUIT);
            let _ = self.process.wait();
        }
    }
}

fn signal(process: &Child, signal: Signal) {
    if let Ok(pid) = i32::try_from(process.id()) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Stops what a demo that was killed left running; who calls it holds the demo's directory, so it is
/// nobody's any more.
fn stop_stale(data: &Path) {
    let Ok(text) = std::fs::read_to_string(data.join("postmaster.pid")) else {
        return;
    };
    let Some(pid) = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse::<i32>().ok())
    else {
        return;
    };
    let same = std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data);
    let began = Instant::now();
    while same && kill(Pid::from_raw(pid), Signal::SIGINT).is_ok() && began.elapsed() < START_MAX {
        std::thread::sleep(LOOK);
    }
}

/// Makes a directory and gives it away; follows no link, because its parent may once have been the
/// servers' user's own.
fn own_directory(directory: &Path, mode: u32, (uid, gid): (u32, u32)) -> Result<(), Failure> {
    let failed = |error| Failure::failed(format!("make {}: {error}", directory.display()));
    match std::fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(directory, flags, Mode::empty());
    let opened = File::from(opened.map_err(|error| failed(error.into()))?);
    std::os::unix::fs::fchown(&opened, Some(uid), Some(gid)).map_err(failed)?;
    opened
        .set_permissions(Permissions::from_mode(mode))
        .map_err(failed)
}

fn command(program: PathBuf, account: &Account) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null());
    if rustix::process::geteuid().is_root() {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

fn initialise(home: &Path, installation: &Installation, account: &Account) -> Result<(), Failure> {
    let failed = |error| Failure::failed(format!("make the demo's production: {error}"));
    let data = home.join("pgdata");
    match std::fs::remove_file(home.join("filled")) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::fs::remove_dir_all(&data).map_err(failed)?;
    own_directory(&data, 0o700, (account.uid, account.gid))?;
    let mut initdb = command(installation.program("initdb"), account);
    initdb.args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
        "-D",
    ]);
    let output = initdb.arg(data).output().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::failed(format!(
        "make the demo's production: {}",
        said.trim()
    )))
}

fn spawn(
    data: &Path,
    run: &Path,
    installation: &Installation,
    account: &Account,
) -> Result<Child, Failure> {
    let failed = |error| Failure::failed(format!("start the demo's production: {error}"));
    let log = run.with_file_name("log");
    match std::fs::remove_file(&log) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let log = File::create_new(log).map_err(failed)?;
    let mut postgres = command(installation.program("postgres"), account);
    let setting = |name: &str, value: &str| ["-c".to_owned(), format!("{name}={value}")];
    postgres
        .arg("-D")
        .arg(data)
        .arg("-k")
        .arg(run)
        .args(["-p", &PORT.to_string()]);
    postgres
        .args(setting("listen_addresses", ""))
        .args(setting("shared_buffers", "64MB"));
    postgres
        .args(setting("max_wal_senders", "4"))
        .args(setting("cluster_name", "standin-demo"));
    // Its own process group: Ctrl-C at the terminal is the demo's to handle, in its order.
    postgres.process_group(0).stdout(Stdio::null()).stderr(log);
    postgres.spawn().map_err(failed)
}

async fn sql(client: &Client, text: &str) -> Result<(), Failure> {
    client.batch_execute(text).await.map_err(|error| {
        let told = error
            .as_db_error()
            .map(|server| server.message().to_owned());
        Failure::failed(format!(
            "fill the demo's production: {}",
            told.unwrap_or(error.to_string())
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_place_of_a_directory_gives_nothing_away() {
        let parent = tempfile::tempdir().expect("a directory");
        let (target, link) = (parent.path().join("target"), parent.path().join("run"));
        std::fs::create_dir(&target).expect("makes");
        std::fs::set_permissions(&target, Permissions::from_mode(0o755)).expect("opens");
        std::os::unix::fs::symlink(&target, &link).expect("links");
        let own = (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        );
        assert!(own_directory(&link, 0o700, own).is_err());
        let mode = |path: &Path| {
            let metadata = std::fs::metadata(path).expect("is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode(&target), 0o755);
        let plain = parent.path().join("plain");
        own_directory(&plain, 0o711, own).expect("makes");
        own_directory(&plain, 0o700, own).expect("changes");
        assert_eq!(mode(&plain), 0o700);
    }
}
