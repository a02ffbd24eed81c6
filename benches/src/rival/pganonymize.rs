//! pganonymize: replaces columns of a table in place, with values of Faker's.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tests::postgres::Scratch;

/// Where its virtual environment stands unless `PGANONYMIZE` names the program.
const PROGRAM: &str = "/var/tmp/bench-tools/pganonymize/bin/pganonymize";

/// The five columns that Standin masks, each by what comes closest.
const RULES: &str = "\
tables:
  - customer:
      primary_key: id
      fields:
        - email:
            provider:
              name: fake.unique.email
        - name:
            provider:
              name: fake.name
        - phone:
            provider:
              name: fake.phone_number
        - city:
            provider:
              name: fake.city
        - note:
            provider:
              name: fake.sentence
";

/// The program.
pub(crate) struct Pganonymize(PathBuf);

impl Pganonymize {
    /// The program, if it is installed.
    pub(crate) fn find() -> Option<Self> {
        let named = std::env::var_os("PGANONYMIZE").map(PathBuf::from);
        let program = named.unwrap_or_else(|| PathBuf::from(PROGRAM));
        program.exists().then_some(Self(program))
    }

    /// Replaces the columns of all customers; the time of the whole command.
    pub(crate) fn mask(&self, server: &Scratch, database: &str) -> anyhow::Result<Duration> {
        let rules = tempfile::Builder::new().suffix(".yml").tempfile()?;
        std::fs::write(rules.path(), RULES)?;
        let begun = Instant::now();
        let output = Command::new(&self.0)
            .arg("--schema")
            .arg(rules.path())
            .args(["--dbname", database, "--user", tests::postgres::SUPERUSER])
            .arg("--host")
            .arg(server.socket_directory())
            .args(["--port", &server.port().to_string()])
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pganonymize: {said}");
        Ok(begun.elapsed())
    }
}
