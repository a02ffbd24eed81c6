//! Sessions of real drivers against a URL: each gives a transcript of what it saw, without process
//! ids and times, so that a direct and a relayed session can be compared.
//!
//! A session makes temporary objects only and may be run any number of times on one database, whose
//! user must be able to see the activity of its own sessions.

mod tokio_session;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::process::Command;

/// The longest session takes three seconds alone; a loaded machine and a relay get two minutes.
const SESSION_WAIT: Duration = Duration::from_secs(120);

/// The line that a whole session ends with.
const LAST_LINE: &str = "done";

/// A client of PostgreSQL that applications use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// psql, with `\copy`, large objects, and Control-C.
    Psql,
    /// psycopg 3: synchronous, asynchronous, pipeline mode, COPY.
    Psycopg,
    /// asyncpg.
    Asyncpg,
    /// node-postgres.
    NodePostgres,
    /// pgjdbc: extended, simple, batches, the fast path.
    Pgjdbc,
    /// tokio-postgres, in this process.
    TokioPostgres,
    /// sqlx, a program that `tests/run` builds.
    Sqlx,
}

impl Driver {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Psql,
        Self::Psycopg,
        Self::Asyncpg,
        Self::NodePostgres,
        Self::Pgjdbc,
        Self::TokioPostgres,
        Self::Sqlx,
    ];

    /// Runs the session and gives its transcript.
    ///
    /// `url` is `postgres://user[:password]@host:port/database[?sslmode=…&sslrootcert=…]` with a
    /// host name or address; every driver understands this form, also with `shop@qa` as database
    /// (not encoded: node-postgres leaves `%40` as it is). TLS is `sslmode=verify-full` with
    /// `sslrootcert`, or none.
    pub async fn session(self, url: &str) -> anyhow::Result<String> {
        let work = async {
            match self {
                Self::TokioPostgres => Box::pin(tokio_session::run(url)).await,
                _ => self.script(url).await,
            }
        };
        let transcript = tokio::time::timeout(SESSION_WAIT, work)
            .await
            .with_context(|| format!("the session of {self:?} hangs"))??;
        let last = transcript.lines().last().unwrap_or_default();
        ensure!(
            last.trim_end_matches(':') == LAST_LINE,
            "the session of {self:?} ends early:\n{transcript}"
        );
        Ok(transcript)
    }

    async fn script(self, url: &str) -> anyhow::Result<String> {
        let output = self
            .command()
            .arg(url)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("start {self:?}; tests/run installs what it needs"))?;
        let text = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("the session of {self:?} fails:\n{text}\n{errors}");
        }
        Ok(text)
    }

    fn command(self) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("drivers");
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let start = |program: PathBuf, arguments: &[&str], script: &str| {
            let mut command = Command::new(program);
            command.args(arguments).arg(scripts.join(script));
            command
        };
        match self {
            Self::Psql => start("sh".into(), &[], "psql_session.sh"),
            Self::Psycopg | Self::Asyncpg => {
                let script = match self {
                    Self::Psycopg => "psycopg_session.py",
                    _ => "asyncpg_session.py",
                };
                start(installed.join("venv/bin/python"), &[], script)
            }
            Self::NodePostgres => {
                let mut command = start("node".into(), &["--no-deprecation"], "node_session.js");
                command.env("NODE_PATH", installed.join("node/node_modules"));
                command
            }
            Self::Pgjdbc => {
                let class_path = ["-cp", "/usr/share/java/postgresql.jar"];
                start("java".into(), &class_path, "JdbcSession.java")
            }
            Self::Sqlx => Command::new(installed.join("drivers/debug/sqlx-session")),
            Self::TokioPostgres => unreachable!("it runs in this process"),
        }
    }
}
