//! The PostgreSQL installations of this machine: which there are and which one serves a cluster.
//!
//! Looks only; [`install`] is the one thing here that changes the machine, and only when a person
//! asked for it.

mod install;
mod places;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use install::{InstallError, install};

/// The oldest major version that is supported.
pub const MAJOR_MIN: u16 = 13;
/// The newest major version that is supported.
pub const MAJOR_MAX: u16 = 18;

/// Programs without which an installation is of no use to us.
const PROGRAMS: [&str; 4] = ["initdb", "postgres", "pg_controldata", "pg_basebackup"];

/// A PostgreSQL version: since 10 there are two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 15 in 15.18.
    pub major: u16,
    /// 18 in 15.18; 0 for a beta.
    pub minor: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// Reads what `postgres --version` prints: `postgres (PostgreSQL) 15.18 (Debian 15.18-1)`.
    pub fn from_banner(banner: &str) -> Option<Self> {
        let (_, rest) = banner.split_once("(PostgreSQL) ")?;
        let word = rest.split_whitespace().next()?;
        let major: String = word.chars().take_while(char::is_ascii_digit).collect();
        let minor = word.strip_prefix(&major)?.strip_prefix('.').unwrap_or("0");
        let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
        Some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }
}

/// One `bin` directory with everything that we need in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// What its `postgres` says it is.
    pub version: Version,
    /// The directory of the programs.
    pub bin: PathBuf,
    /// Its own libraries, for installations that were moved after they were linked.
    pub libraries: Option<PathBuf>,
}

impl Installation {
    /// Reads the installation in `bin`.
    pub fn at(bin: &Path) -> Result<Self, Unusable> {
        let missing = PROGRAMS.into_iter().find(|name| !bin.join(name).is_file());
        if let Some(program) = missing {
            return Err(Unusable::Missing { program });
        }
        let output = Command::new(bin.join("postgres"))
            .arg("--version")
            .env_clear()
            .output();
        let banner = output
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
            .map_err(|source| Unusable::DoesNotRun {
                cause: source.to_string(),
            })?;
        let version = Version::from_banner(&banner).ok_or_else(|| Unusable::DoesNotRun {
            cause: format!("\"postgres --version\" printed {:?}", banner.trim()),
        })?;
        if !(MAJOR_MIN..=MAJOR_MAX).contains(&version.major) {
            return Err(Unusable::Major { version });
        }
        let libraries = bin.parent().map(|parent| parent.join("lib"));
        Ok(Self {
            version,
            bin: bin.to_owned(),
            libraries: libraries.filter(|path| path.join("libpq.so.5").exists()),
        })
    }

    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// Why a directory that looked like an installation is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A program that is needed is not there.
    #[error("has no {program:?}")]
    Missing {
        /// The first one missing.
        program: &'static str,
    },
    /// `postgres --version` failed.
    #[error("does not run: {cause}")]
    DoesNotRun {
        /// What happened.
        cause: String,
    },
    /// The version is out of range.
    #[error("is {version}, and {MAJOR_MIN} to {MAJOR_MAX} are supported")]
    Major {
        /// What it is.
        version: Version,
    },
}

/// Everything that was found, in the order in which it was looked for.
#[derive(Debug, Clone, Default)]
pub struct Installations {
    found: Vec<Installation>,
    unusable: Vec<(PathBuf, Unusable)>,
    looked_at: Vec<String>,
}

/// No installation fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no PostgreSQL {wanted} was found; looked at {}", looked_at.join(", "))]
pub struct FindError {
    /// `15`, or `13 to 18`.
    pub wanted: String,
    /// Places, and what was wrong with those that came near.
    pub looked_at: Vec<String>,
    /// The command that installs what is missing.
    pub command: String,
}

impl FindError {
    /// What the operator can do about it.
    pub fn hint(&self) -> String {
        format!(
            "run \"{}\", or name its bin directory in [postgres] bin",
            self.command
        )
    }
}

impl Installations {
    /// Looks in `extra`, then in `PATH`, then where packages put it.
    pub fn find(extra: &[PathBuf]) -> Self {
        let places = places::all(extra);
        let mut all = Self {
            looked_at: places.looked_at,
            ..Self::default()
        };
        let mut seen = std::collections::BTreeSet::new();
        for bin in places.bins {
            let Ok(bin) = bin.canonicalize() else {
                continue;
            };
            if !bin.join("postgres").is_file() || !seen.insert(bin.clone()) {
                continue;
            }
            match Installation::at(&bin) {
                Ok(installation) => all.found.push(installation),
                Err(reason) => all.unusable.push((bin, reason)),
            }
        }
        all
    }

    /// The newest version; of several the one found first.
    pub fn newest(&self) -> Result<&Installation, FindError> {
        let newest = self.found.iter().map(|one| one.version).max();
        let first = newest.and_then(|version| self.iter().find(|one| one.version == version));
        first.ok_or_else(|| self.missing(None))
    }

    /// The newest minor version of a major one: data directories belong to a major version.
    pub fn of_major(&self, major: u16) -> Result<&Installation, FindError> {
        let fitting = || self.found.iter().filter(|one| one.version.major == major);
        let newest = fitting().map(|one| one.version).max();
        let first = newest.and_then(|version| fitting().find(|one| one.version == version));
        first.ok_or_else(|| self.missing(Some(major)))
    }

    /// All of them in the order of the places.
    pub fn iter(&self) -> impl Iterator<Item = &Installation> {
        self.found.iter()
    }

    /// Directories with a `postgres` that cannot be used, and why.
    pub fn unusable(&self) -> impl Iterator<Item = (&Path, &Unusable)> {
        self.unusable
            .iter()
            .map(|(bin, reason)| (bin.as_path(), reason))
    }

    /// Sets aside the installations whose programs `account` cannot reach.
    pub fn usable_by(mut self, account: &super::Account) -> Self {
        self.found
            .retain(|one| match account.barred_from(&one.bin) {
                None => true,
                Some(barrier) => {
                    let cause = format!("{:?} cannot enter {:?}", account.name, barrier);
                    self.unusable
                        .push((one.bin.clone(), Unusable::DoesNotRun { cause }));
                    false
                }
            });
        self
    }

    fn missing(&self, major: Option<u16>) -> FindError {
        let mut looked_at = self.looked_at.clone();
        looked_at.extend(
            self.iter()
                .map(|one| format!("{:?} (is {})", one.bin, one.version)),
        );
        looked_at.extend(
            self.unusable()
                .map(|(bin, reason)| format!("{bin:?} ({reason})")),
        );
        FindError {
            wanted: major.map_or_else(|| format!("{MAJOR_MIN} to {MAJOR_MAX}"), |n| n.to_string()),
            looked_at,
            command: install::command_line(major),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn a_version_is_read_from_what_the_packagers_print() {
        let check = |banner, expected: Option<(u16, u16)>| {
            let version = Version::from_banner(banner).map(|v| (v.major, v.minor));
            assert_eq!(version, expected, "{banner:?}");
        };
        check(
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
            Some((15, 18)),
        );
        check("postgres (PostgreSQL) 18.4\n", Some((18, 4)));
        check("postgres (PostgreSQL) 19beta1\n", Some((19, 0)));
        check("postgres (PostgreSQL) 9.6.24\n", Some((9, 6)));
        check("postgres (EDB) 16.1\n", None);
        check("", None);
    }
}
