//! Copies data directories in the way that the pool's file system can: by sharing blocks file by
//! file, by a snapshot of a subvolume, or byte by byte.
//!
//! Never turns into a slower way by itself: what the pool was probed for is what happens, or an
//! error. Everything here blocks.

mod files;
mod lie;
mod probe;
mod sys;
mod tree;
mod volume;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use server::Account;

pub(super) use lie::{measure, rewrite};
pub use probe::{ProbeError, probe};

/// How branches are made on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// A snapshot of a subvolume: a few milliseconds whatever the size.
    Btrfs,
    /// A clone of each file that shares its blocks: time grows with files and extents.
    Reflink,
    /// A full copy: time and space grow with the data.
    Copy,
}

impl Driver {
    /// Every driver, the best first.
    pub const ALL: [Self; 3] = [Self::Btrfs, Self::Reflink, Self::Copy];

    /// Its name in listings and in `pool.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Btrfs => "btrfs",
            Self::Reflink => "reflink",
            Self::Copy => "copy",
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether a server may be writing to a directory while it is cloned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Nobody writes: every file that is listed must be there, and stay as long as it is.
    Still,
    /// A server runs and is in backup mode: files may come, go, grow and shrink.
    Awake,
}

/// What a directory tree weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Files.
    pub files: u64,
    /// Their lengths together.
    pub bytes: u64,
    /// Pieces on the disk; 0 where the file system does not tell.
    pub extents: u64,
    /// Bytes on the disk that nothing else shares.
    pub exclusive_bytes: u64,
}

/// Why a directory was not cloned.
#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// A link would make two clones share what it points to.
    #[error("{path:?} is a link, and a branch may not share files with anything")]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A clone of a file is shorter or longer than the file.
    #[error("{path:?} has {found} bytes after cloning and should have {expected}")]
    Length {
        /// The clone.
        path: PathBuf,
        /// Bytes of the source.
        expected: u64,
        /// Bytes of the clone.
        found: u64,
    },
    /// The system refused.
    #[error("{verb} {path:?}")]
    Io {
        /// What was being done.
        verb: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl CloneError {
    fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            verb,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the file system has no room left.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }
}

impl Driver {
    /// Clones the data directory `from` as `to`, owned by `account`, 0700 and 0600 throughout.
    ///
    /// What belongs to a running server is left out.
    pub(super) fn clone_data(
        self,
        from: &Path,
        to: &Path,
        account: &Account,
        source: Source,
    ) -> Result<(), CloneError> {
        match self {
            Self::Btrfs => volume::snapshot(from, to),
            Self::Reflink => files::clone(from, to, account, (files::Way::Share, source)),
            Self::Copy => files::clone(from, to, account, (files::Way::Copy, source)),
        }
    }

    /// Clones the files of one directory over those of another: the log of a server that ran on
    /// while its data were cloned.
    pub(super) fn clone_log(
        self,
        from: &Path,
        to: &Path,
        account: &Account,
    ) -> Result<(), CloneError> {
        let way = match self {
            Self::Btrfs | Self::Reflink => files::Way::Share,
            Self::Copy => files::Way::Copy,
        };
        files::clone_over(from, to, account, way)
    }

    /// Makes the empty directory that data will be put into.
    pub(super) fn make_data(self, path: &Path, account: &Account) -> Result<(), CloneError> {
        match self {
            Self::Btrfs => volume::make(path, account),
            Self::Reflink | Self::Copy => files::make_directory(path, account),
        }
    }

    /// Makes a data directory that nothing may write to any more.
    pub(super) fn protect(self, path: &Path) -> Result<(), CloneError> {
        match self {
            Self::Btrfs => volume::protect(path, true),
            Self::Reflink | Self::Copy => files::protect(path),
        }
    }

    /// Deletes a data directory.
    pub(super) fn delete(self, path: &Path) -> io::Result<()> {
        if self == Self::Btrfs && volume::delete(path).is_ok() {
            return Ok(());
        }
        files::delete(path)
    }
}

/// Lists what is not data in a directory that is to be sealed, and refuses what cannot be cloned.
pub(super) fn tidy(data: &Path) -> Result<(), CloneError> {
    let all = tree::Tree::of_all(data).map_err(CloneError::io("list", data))?;
    let all = all.map_err(|tree::Foreign(link)| CloneError::Link {
        path: data.join(link),
    })?;
    for file in all.files.iter().filter(|path| tree::is_transient(path)) {
        let path = data.join(file);
        std::fs::remove_file(&path).map_err(CloneError::io("remove", &path))?;
    }
    let transient = |path: &&PathBuf| tree::is_transient(path);
    for directory in all.directories.iter().rev().filter(transient) {
        let path = data.join(directory);
        std::fs::remove_dir(&path).map_err(CloneError::io("remove", &path))?;
    }
    Ok(())
}
