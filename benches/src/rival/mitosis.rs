//! mitosis-db: clones of a template behind a router, on the same volume.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tests::postgres::{as_server_user, give_to_server_user};
use tokio_postgres::Config;

/// Where `cargo install mitosis-db --root …` puts it unless `MITOSIS` names the program.
const PROGRAM: &str = "/var/tmp/bench-tools/bin/mitosis";

/// The router's port, its default.
const PORT: u16 = 54300;

/// Its daemon with one template.
pub(crate) struct Mitosis {
    program: PathBuf,
    home: PathBuf,
}

impl Mitosis {
    /// The program, if it is installed.
    pub(crate) fn find() -> Option<PathBuf> {
        let named = std::env::var_os("MITOSIS").map(PathBuf::from);
        let program = named.unwrap_or_else(|| PathBuf::from(PROGRAM));
        program.exists().then_some(program)
    }

    /// Makes a template that `pgbench -i` fills, in a directory of the volume.
    pub(crate) fn start(program: PathBuf, volume: &Path, scale: u32) -> anyhow::Result<Self> {
        let home = volume.join("mitosis");
        std::fs::create_dir(&home)?;
        give_to_server_user(&home)?;
        let mitosis = Self { program, home };
        let seed = format!("/usr/lib/postgresql/15/bin/pgbench -i -q -s {scale} \"$DATABASE_URL\"");
        mitosis.run(&["template", "init", "--pg-major", "15", "--seed", &seed])?;
        Ok(mitosis)
    }

    /// Makes a clone, or with `--fresh` replaces it; gives its URL and how long the command took.
    pub(crate) fn clone(&self, name: &str, options: &[&str]) -> anyhow::Result<(Config, Duration)> {
        let begun = Instant::now();
        let output = self.run(&[&["clone", "--name", name], options].concat())?;
        let took = begun.elapsed();
        let url = String::from_utf8(output.stdout)?;
        let url = url.trim();
        ensure!(url.contains(&PORT.to_string()), "{url} is not its router");
        Ok((url.parse()?, took))
    }

    /// Removes a clone.
    pub(crate) fn destroy(&self, name: &str) -> anyhow::Result<()> {
        self.run(&["destroy", name]).map(|_| ())
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = self.command().args(arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "mitosis {arguments:?}: {said}");
        Ok(output)
    }

    fn command(&self) -> Command {
        let mut command = as_server_user(&self.program);
        command
            .env("MITOSIS_HOME", self.home.join("home"))
            .env("HOME", &self.home)
            .stdin(std::process::Stdio::null());
        command
    }

    /// Ends its daemon; clones must have been destroyed before.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.run(&["daemon", "stop"])
            .map(|_| ())
            .context("stop mitosis")
    }
}
