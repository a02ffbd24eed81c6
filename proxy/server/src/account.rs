//! The operating-system user that owns data directories and runs servers.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};

/// The user that PostgreSQL's packages make on every system.
const DEFAULT_USER: &str = "postgres";

/// Who owns the servers' files and runs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Primary group id; servers have no other group.
    pub gid: u32,
    /// Login name, for messages.
    pub name: String,
}

/// Why no account could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The daemon is root and the user does not exist.
    #[error("there is no operating-system user {name:?} to run PostgreSQL as")]
    Unknown {
        /// The name that was looked up.
        name: String,
    },
    /// The daemon is root and was told to run servers as root.
    #[error("PostgreSQL refuses to run as root, and {name:?} is root")]
    Root {
        /// The name that was configured.
        name: String,
    },
    /// A user other than ourselves was asked for without the right to become it.
    #[error("only root can run PostgreSQL as {wanted:?}; the daemon runs as {actual:?}")]
    NotRoot {
        /// The configured user.
        wanted: String,
        /// The daemon's user.
        actual: String,
    },
    /// The user database could not be read.
    #[error("look up operating-system user {name:?}")]
    Lookup {
        /// The name or number that was looked up.
        name: String,
        /// What the system said.
        #[source]
        source: nix::Error,
    },
}

impl AccountError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { name } => Some(format!(
                "make one with \"useradd --system --no-create-home {name}\", or name another in \
                 [postgres] user"
            )),
            Self::Root { .. } => Some("name an unprivileged user in [postgres] user".to_owned()),
            Self::NotRoot { .. } => Some("remove [postgres] user, or run as root".to_owned()),
            Self::Lookup { .. } => None,
        }
    }
}

impl Account {
    /// Chooses: as root the named user or `postgres`, otherwise ourselves.
    pub fn choose(user: Option<&str>) -> Result<Self, AccountError> {
        if !geteuid().is_root() {
            let own = Self::own()?;
            return match user {
                Some(wanted) if wanted != own.name => Err(AccountError::NotRoot {
                    wanted: wanted.to_owned(),
                    actual: own.name,
                }),
                _ => Ok(own),
            };
        }
        let name = user.unwrap_or(DEFAULT_USER);
        let found = User::from_name(name).map_err(|source| AccountError::Lookup {
            name: name.to_owned(),
            source,
        })?;
        let found = found.ok_or_else(|| AccountError::Unknown {
            name: name.to_owned(),
        })?;
        if found.uid.is_root() {
            return Err(AccountError::Root {
                name: name.to_owned(),
            });
        }
        Ok(Self::from(&found))
    }

    fn own() -> Result<Self, AccountError> {
        let uid = geteuid();
        let found = User::from_uid(uid).map_err(|source| AccountError::Lookup {
            name: uid.to_string(),
            source,
        })?;
        // A container may run as a number that no user database knows.
        Ok(found.map_or_else(
            || Self {
                uid: uid.as_raw(),
                gid: nix::unistd::getegid().as_raw(),
                name: uid.to_string(),
            },
            |user| Self::from(&user),
        ))
    }

    /// Whether a process of this account is another user than the daemon.
    pub(super) fn differs_from_ours(&self) -> bool {
        geteuid().as_raw() != self.uid
    }

    /// The first directory on the way to `path` (itself included) that the account cannot enter.
    ///
    /// Judged by mode bits with the account's one group, so access lists that grant more are not
    /// seen. A path that does not exist is judged as far as it exists.
    pub fn barred_from(&self, path: &Path) -> Option<PathBuf> {
        if !self.differs_from_ours() {
            return None;
        }
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        way.into_iter()
            .filter_map(|step| step.metadata().ok().map(|metadata| (step, metadata)))
            .find(|(_, metadata)| {
                let shift = match (metadata.uid() == self.uid, metadata.gid() == self.gid) {
                    (true, _) => 6,
                    (false, true) => 3,
                    (false, false) => 0,
                };
                metadata.is_dir() && (metadata.mode() >> shift) & 1 == 0
            })
            .map(|(step, _)| step.to_owned())
    }
}

impl From<&User> for Account {
    fn from(user: &User) -> Self {
        Self {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            name: user.name.clone(),
        }
    }
}
