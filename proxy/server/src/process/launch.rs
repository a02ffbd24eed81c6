//! Builds the commands that run PostgreSQL's programs: as the account, with nothing inherited.
//!
//! The environment is cleared, because libpq in a backend would obey `PGSERVICEFILE`, `PGHOST`,
//! `~/.pgpass` and the like of whoever started the daemon.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{Account, Installation};

/// Programs that a backend may find, for `COPY … PROGRAM` and the shells within initdb.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program of PostgreSQL that runs to its end.
pub(crate) struct Tool {
    name: &'static str,
    command: Command,
}

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It did not start, or its pipes failed.
    #[error("run {program:?}")]
    Run {
        /// Name of the program.
        program: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It ended with an error.
    #[error("{program:?} failed: {last_line}")]
    Failed {
        /// Name of the program.
        program: &'static str,
        /// The most telling line that it printed.
        last_line: String,
    },
    /// It did not end in time and was killed.
    #[error("{program:?} did not end within {} s", within.as_secs())]
    TooSlow {
        /// Name of the program.
        program: &'static str,
        /// The bound.
        within: Duration,
    },
}

impl Tool {
    /// A program of `installation`, standing in `directory`.
    pub(crate) fn new(
        installation: &Installation,
        account: &Account,
        name: &'static str,
        directory: &Path,
    ) -> Self {
        let mut command = bare(installation, account, name, directory);
        command.kill_on_drop(true).process_group(0);
        Self { name, command }
    }

    pub(crate) fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &OsStr) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it with `input` on its standard input and gives what it printed on its output.
    pub(crate) async fn run(mut self, input: &str, within: Duration) -> Result<String, ToolError> {
        let program = self.name;
        let fail = |source| ToolError::Run { program, source };
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(fail)?;
        let mut stdin = child.stdin.take();
        let feed = async {
            if let Some(stdin) = &mut stdin {
                // A program that ended early says why on its standard error.
                stdin.write_all(input.as_bytes()).await.ok();
            }
            stdin.take();
        };
        let work = async { tokio::join!(feed, child.wait_with_output()).1 };
        let output = match tokio::time::timeout(within, work).await {
            Ok(output) => output.map_err(fail)?,
            Err(_) => return Err(ToolError::TooSlow { program, within }),
        };
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let told = super::log::telling_line(&stderr);
        let last_line = told.unwrap_or_else(|| output.status.to_string());
        Err(ToolError::Failed { program, last_line })
    }

    /// Starts it with its standard error piped, for programs that report progress there.
    pub(crate) fn spawn(mut self) -> Result<Running, ToolError> {
        let program = self.name;
        let fail = |source| ToolError::Run { program, source };
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(fail)?;
        let stderr = child
            .stderr
            .take()
            .expect("its standard error was piped just now");
        Ok(Running { child, stderr })
    }
}

/// A program at work; it and whatever it forked are killed when this is dropped before its end.
pub(crate) struct Running {
    child: tokio::process::Child,
    pub(crate) stderr: tokio::process::ChildStderr,
}

impl Running {
    pub(crate) async fn wait(mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The id is there only as long as nobody has waited for the process, so it is still its.
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(group) = id {
            rustix::process::kill_process_group(group, Signal::KILL).ok();
        }
    }
}

/// A command with nothing of ours but the right user, a minimal environment and a directory.
pub(super) fn bare(
    installation: &Installation,
    account: &Account,
    name: &str,
    directory: &Path,
) -> Command {
    let mut command = Command::new(installation.program(name));
    command
        .current_dir(directory)
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", directory)
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    if let Some(libraries) = &installation.libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    if account.differs_from_ours() {
        // Setting a uid as root drops every supplementary group as well.
        command.uid(account.uid).gid(account.gid);
    }
    command
}
