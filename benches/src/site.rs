//! Standin as it is measured: the released daemon over a pool on a volume of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tests::daemon::{Build, Daemon, unexpected};
use tests::volume::{Format, Volume};
use tokio_postgres::Config;

/// The user that measures; PostgreSQL knows it as [`ROLE`].
const USER: &str = "bench";
const PASSWORD: &str = "not-a-secret-of-anybody";

/// The role of [`USER`] within a branch.
pub(crate) const ROLE: &str = "standin_user_bench";

/// The database of every environment here.
pub(crate) const DATABASE: &str = "bench";

/// A volume takes from the disk only what is written to it.
const VOLUME_BYTES: u64 = 16 << 30;

/// A spare is a clone and a start; whoever waits longer waits in vain.
const SPARE_WAIT: Duration = Duration::from_secs(60);

/// A session that its client has left is gone a moment later.
const LEFT_WAIT: Duration = Duration::from_secs(10);

/// How often it is asked whether something has come to pass; it is not timed.
const POLL: Duration = Duration::from_millis(20);

/// A daemon with its pool. The daemon goes before the volume that it works on.
pub(crate) struct Site {
    daemon: Daemon,
    pool: PathBuf,
    volume: Volume,
}

impl Site {
    /// Starts a daemon whose pool lies on a fresh volume, with environments as in `standin.toml`.
    pub(crate) fn start(format: Format, environments: &str) -> anyhow::Result<Self> {
        Self::start_with(format, environments, &[])
    }

    /// The same with environment variables that the configuration refers to.
    pub(crate) fn start_with(
        format: Format,
        environments: &str,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let volume = Volume::mount(format, VOLUME_BYTES)?;
        let pool = volume.path().join("pool");
        let config = configuration(&pool.to_string_lossy(), environments);
        let mut daemon = Daemon::new(Build::Plain, &config)?;
        let names = vec!["localhost".to_owned()];
        let certified = rcgen::generate_simple_self_signed(names)?;
        for (file, text) in [
            ("bench.password", PASSWORD.to_owned()),
            ("cert.pem", certified.cert.pem()),
            ("key.pem", certified.signing_key.serialize_pem()),
        ] {
            std::fs::write(daemon.directory().join(file), text)?;
        }
        daemon.start_again(variables)?;
        // What it warns of is shown at the end; it does not fail a measurement.
        daemon.expect("");
        Ok(Self {
            daemon,
            pool,
            volume,
        })
    }

    /// Runs a command that must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.daemon.command(arguments)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(())
    }

    /// Runs a command beside what goes on here, and gives how long the whole of it took.
    pub(crate) async fn timed(&self, arguments: &[&str]) -> anyhow::Result<Duration> {
        let mut command = tokio::process::Command::new(Build::Plain.binary()?);
        command
            .arg("--config")
            .arg(self.daemon.config_file())
            .args(arguments)
            .stdin(std::process::Stdio::null());
        let begun = Instant::now();
        let output = command.output().await?;
        let took = begun.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(took)
    }

    /// What a command says with `--json`.
    pub(crate) fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        self.daemon.json(arguments)
    }

    /// How to connect to a place such as `base` or `base.one`.
    pub(crate) fn config(&self, place: &str) -> anyhow::Result<Config> {
        let (host, port) = self.address()?;
        let mut config = Config::new();
        config
            .host(host)
            .port(port)
            .user(USER)
            .password(PASSWORD)
            .dbname(format!("{DATABASE}@{place}"));
        Ok(config)
    }

    /// Host and port of the endpoint.
    pub(crate) fn address(&self) -> anyhow::Result<(String, u16)> {
        let endpoint = self.daemon.endpoint()?;
        let (host, port) = endpoint.rsplit_once(':').context("a port")?;
        Ok((host.to_owned(), port.parse()?))
    }

    /// User and password of the endpoint.
    pub(crate) fn login() -> (&'static str, &'static str) {
        (USER, PASSWORD)
    }

    /// The daemon's process.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        let status = self.ask(&["status"])?;
        let pid = status["pid"].as_u64().context("a pid in the status")?;
        Ok(pid.try_into()?)
    }

    /// The directory that an environment or branch is at present.
    pub(crate) fn directory(&self, place: &str) -> anyhow::Result<PathBuf> {
        let noun = match place.contains('.') {
            true => "branch",
            false => "environment",
        };
        let shown = self.ask(&[noun, "show", place])?;
        let id = shown["generation"]["branch"].as_str();
        let id = id.with_context(|| format!("a generation of {place}"))?;
        Ok(self.pool.join("branches").join(id))
    }

    /// Waits until so many spares stand by.
    pub(crate) async fn spares(&self, count: usize) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let status = self.ask(&["status"])?;
            let found = status["spares"].as_array().map_or(0, Vec::len);
            if found >= count {
                return Ok(());
            }
            if begun.elapsed() > SPARE_WAIT {
                bail!("{found} of {count} spares after {SPARE_WAIT:?}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Puts a branch to sleep once the sessions that were in it have ended.
    pub(crate) async fn sleep(&self, branch: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.ask(&["branch", "show", branch])?["sessions"] != 0 {
            ensure!(begun.elapsed() < LEFT_WAIT, "{branch} is never left");
            tokio::time::sleep(POLL).await;
        }
        self.run(&["branch", "sleep", branch])
    }

    /// Where its pool lies.
    pub(crate) fn pool(&self) -> &std::path::Path {
        &self.pool
    }

    /// Writes out what the volume owes the disk.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        let volume = std::fs::File::open(self.volume())?;
        Ok(rustix::fs::syncfs(&volume)?)
    }

    /// Where its volume is mounted.
    pub(crate) fn volume(&self) -> PathBuf {
        self.volume.path()
    }

    /// Ends it in order, and says what it warned of.
    pub(crate) fn stop(mut self) -> anyhow::Result<Vec<String>> {
        let warned = unexpected(&self.daemon.log(), &[]);
        self.daemon.stop()?;
        Ok(warned)
    }
}

/// `[environments.NAME]` filled by `pgbench -i` at a scale, open to branches made by connecting.
pub(crate) fn filled(name: &str, scale: u32) -> String {
    format!(
        r#"
[environments.{name}]
source = {{ migrations = ["sh", "-c", "/usr/lib/postgresql/15/bin/pgbench -i -q -s {scale} \"$DATABASE_URL\""], database = "{DATABASE}" }}
branches = {{ create = "on-connect", max = 10000, durability = "consistent" }}
spares = 0
"#
    )
}

/// `[environments.NAME]` with the data of another, and keys of its own.
pub(crate) fn derived(name: &str, from: &str, keys: &str) -> String {
    format!("\n[environments.{name}]\nsource = {{ environment = {from:?} }}\n{keys}\n")
}

fn configuration(pool: &str, environments: &str) -> String {
    format!(
        r#"[pool]
path = "{pool}"
awake_max = 256

[listen]
postgres = "127.0.0.1:0"
tls = {{ cert = "file:cert.pem", key = "file:key.pem" }}

[postgres]
version = 15

[limits]
connect_wait = "60s"
login = "60s"

[users.bench]
password = "file:bench.password"
environments = ["*"]
role = "admin"
{environments}"#
    )
}
