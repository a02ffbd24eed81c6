//! PostgreSQL's own programs, run behind a gate.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use seeder::load::Failure;
use tokio::process::Command;

use crate::source::dialled;
use crate::wire::{Behind, Dialling, First, FirstError, Gate, Wire, WireError};

/// The programs of the copy's installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The directory of `pg_dump` and `pg_restore`.
    pub bin: PathBuf,
    /// The directory of their libraries, where they do not find it by themselves.
    pub libraries: Option<PathBuf>,
    /// User and group that they run as; `None` for our own. Needs root.
    pub account: Option<(u32, u32)>,
}

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It did not start, or what it needs could not be made.
    #[error("run {program:?}")]
    Run {
        /// Its name.
        program: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A server refused a statement of it.
    #[error("{failure}{}", of(object.as_deref()))]
    Refused {
        /// The object of the schema that it was about.
        object: Option<String>,
        /// What the server said.
        failure: Failure,
    },
    /// It ended with an error of its own.
    #[error("{program:?} failed: {reason}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// What it printed about itself.
        reason: String,
    },
}

fn of(object: Option<&str>) -> String {
    object.map_or_else(String::new, |object| format!(", at {object}"))
}

/// What a program may be given, and what it is to do.
pub(super) struct Run<'a> {
    pub(super) programs: &'a Programs,
    pub(super) program: &'static str,
    /// What it does, for errors: `dump production's schema`.
    pub(super) step: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) stdin: Option<OwnedFd>,
    pub(super) stdout: Option<OwnedFd>,
    /// What it asks in place of a statement.
    pub(super) edit: fn(&str) -> Option<String>,
}

/// Leaves every statement as it is.
pub(super) fn as_it_is(_sql: &str) -> Option<String> {
    None
}

impl Run<'_> {
    /// Runs it with sessions behind a gate; gives what it printed.
    pub(super) async fn behind<'d>(
        self,
        gate: &Gate,
        dial: &'d (dyn Fn() -> Dialling<'d, Wire> + Send + Sync),
    ) -> Result<Vec<u8>, ProgramError> {
        let (program, step) = (self.program, self.step);
        let behind = Behind {
            dial,
            edit: self.edit,
            first: First::default(),
        };
        let mut command = self.command();
        command
            .env("PGHOST", gate.directory())
            .env("PGPORT", Gate::port())
            .env("PGUSER", "standin")
            .env("PGDATABASE", "standin")
            .env("PGSSLMODE", "disable")
            .env("PGGSSENCMODE", "disable");
        let output = gate.serve(&behind, output(command)).await;
        let output = output.map_err(|source| ProgramError::Run { program, source })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(&output, program, step, behind.first.take()))
    }

    /// Runs it without any session; gives what it printed.
    pub(super) async fn alone(self) -> Result<Vec<u8>, ProgramError> {
        let (program, step) = (self.program, self.step);
        let output = output(self.command()).await;
        let output = output.map_err(|source| ProgramError::Run { program, source })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(&output, program, step, None))
    }

    fn command(self) -> Command {
        let programs = self.programs;
        let mut command = Command::new(programs.bin.join(self.program));
        command
            .args(self.arguments)
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .kill_on_drop(true)
            .process_group(0)
            .stdin(self.stdin.map_or_else(Stdio::null, Stdio::from))
            .stdout(self.stdout.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped());
        if let Some(libraries) = &programs.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        if let Some((uid, gid)) = programs.account {
            // Setting a uid as root drops every supplementary group as well.
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Runs a command with the streams that it has; `Command::output` would replace them.
async fn output(mut command: Command) -> io::Result<Output> {
    command.spawn()?.wait_with_output().await
}

fn failed(
    output: &Output,
    program: &'static str,
    step: &str,
    first: Option<FirstError>,
) -> ProgramError {
    let printed = String::from_utf8_lossy(&output.stderr);
    let failure = match first {
        Some(FirstError::Told(error)) => WireError::Told(Box::new(error)).failure(step),
        Some(FirstError::Dial(error)) => dialled(step, &error),
        None => {
            // No server said anything, so this is about the program itself.
            let own = format!("{program}: error: ");
            let line = printed.lines().find_map(|line| line.strip_prefix(&own));
            let reason = line.map_or_else(|| output.status.to_string(), str::to_owned);
            return ProgramError::Failed { program, reason };
        }
    };
    ProgramError::Refused {
        object: object(&printed),
        failure,
    }
}

/// `pg_restore: from TOC entry 215; 1259 16400 TABLE customer postgres`: kind and name, and the owner.
fn object(printed: &str) -> Option<String> {
    let entry = printed
        .lines()
        .find_map(|line| line.split_once("from TOC entry "))?;
    let mut words = entry.1.splitn(4, ' ');
    let words = words.nth(3)?;
    let named = words.rsplit_once(' ').map_or(words, |(named, _)| named);
    Some(named.to_owned())
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn the_object_is_named_without_its_statement() {
        let printed = "pg_restore: while PROCESSING TOC:\n\
                       pg_restore: from TOC entry 215; 1259 16400 TABLE odd name postgres\n\
                       pg_restore: error: could not execute query: ERROR:  x\n\
                       Command was: CREATE TABLE secret";
        assert_eq!(object(printed).as_deref(), Some("TABLE odd name"));
        assert_eq!(object("pg_restore: error: no"), None);
    }
}
