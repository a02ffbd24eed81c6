//! `pgbench -S`: the load that relays are measured with.

use std::path::Path;

use anyhow::{Context, ensure};
use tests::postgres::as_server_user;

use crate::report::Samples;

/// A load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) clients: u32,
    /// `simple` or `prepared`, as pgbench calls them.
    pub(crate) protocol: &'static str,
    pub(crate) seconds: u32,
}

/// Where it goes: what libpq needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) transactions: f64,
}

impl Load {
    /// Runs it.
    pub(crate) fn run(self, to: &Destination) -> anyhow::Result<Outcome> {
        let text = self.output(to, &[])?;
        let number = |prefix: &str| -> anyhow::Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(prefix));
            let word = line.and_then(|rest| rest.split(['/', ' ']).find(|word| !word.is_empty()));
            let word = word.with_context(|| format!("{prefix:?} in what pgbench said:\n{text}"))?;
            Ok(word.parse()?)
        };
        Ok(Outcome {
            per_second: number("tps = ")?,
            transactions: number("number of transactions actually processed: ")?,
        })
    }

    /// Runs it and gives every transaction's latency, in microseconds.
    pub(crate) fn latencies(self, to: &Destination) -> anyhow::Result<Samples> {
        let directory = tempfile::Builder::new()
            .prefix("bench-pgbench-")
            .tempdir_in("/var/tmp")?;
        tests::postgres::give_to_server_user(directory.path())?;
        let prefix = format!("--log-prefix={}/log", directory.path().display());
        self.output(to, &["--log", &prefix])?;
        let mut latencies = Vec::new();
        for entry in std::fs::read_dir(directory.path())? {
            for line in std::fs::read_to_string(entry?.path())?.lines() {
                // client_id transaction_no time script_no time_epoch time_us
                let time = line.split(' ').nth(2).context("a time in pgbench's log")?;
                latencies.push(time.parse::<f64>()?);
            }
        }
        Ok(latencies.into_iter().collect())
    }

    fn output(self, to: &Destination, options: &[&str]) -> anyhow::Result<String> {
        let program = Path::new("/usr/lib/postgresql/15/bin/pgbench");
        let (clients, seconds) = (self.clients.to_string(), self.seconds.to_string());
        let output = as_server_user(program)
            .args(["-n", "-S", "-j", "1", "-M", self.protocol])
            .args(["-c", &clients, "-T", &seconds])
            .args(options)
            .args(["-h", &to.host, "-p", &to.port.to_string(), "-U", &to.user])
            .arg(&to.database)
            .env("PGPASSWORD", &to.password)
            .env("PGSSLMODE", "disable")
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench to {}: {said}", to.host);
        Ok(String::from_utf8(output.stdout)?)
    }
}
