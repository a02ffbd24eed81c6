//! seedgen 0.3: fills tables from what it reads of their schema, by INSERT or into a file of SQL.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::ensure;

/// Where `cargo install seedgen --root …` puts it unless `SEEDGEN` names the program.
const PROGRAM: &str = "/var/tmp/bench-tools/bin/seedgen";

/// The program.
pub(crate) struct Seedgen(PathBuf);

impl Seedgen {
    /// The program, if it is installed.
    pub(crate) fn find() -> Option<Self> {
        let named = std::env::var_os("SEEDGEN").map(PathBuf::from);
        let program = named.unwrap_or_else(|| PathBuf::from(PROGRAM));
        program.exists().then_some(Self(program))
    }

    /// Makes so many rows of each table of a database as SQL that nobody reads.
    pub(crate) fn generate(&self, url: &str, rows: u64) -> anyhow::Result<u64> {
        self.run(url, rows, &["--output", "/dev/null"])
            .map(|()| rows)
    }

    /// Inserts so many rows into each table of a database.
    pub(crate) fn insert(&self, url: &str, rows: u64) -> anyhow::Result<()> {
        self.run(url, rows, &[])
    }

    fn run(&self, url: &str, rows: u64, options: &[&str]) -> anyhow::Result<()> {
        let output = Command::new(&self.0)
            .args(["generate", "--seed", "42", "--url", url, "--rows"])
            .arg(rows.to_string())
            .args(options)
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "seedgen: {said}");
        Ok(())
    }
}
