//! Where everything in a pool lies.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::branches::{BranchId, SnapshotId};

/// The directories of a pool; made where they are missing.
#[derive(Debug, Clone)]
pub(in crate::branches) struct Layout {
    root: PathBuf,
}

/// A directory's manifest, by what the directory is.
pub(in crate::branches) const BRANCH_MANIFEST: &str = "branch.toml";
/// Which rights of access modes were put in place in a branch's cluster, and proven.
pub(in crate::branches) const RIGHTS: &str = "rights";
/// What in a branch's schema could do more than its caller, found when the rights were put in place.
pub(in crate::branches) const FINDINGS: &str = "findings.json";
/// The manifest of a snapshot.
pub(in crate::branches) const SNAPSHOT_MANIFEST: &str = "snapshot.toml";
/// What the maker of a snapshot wrote beside its data: a part of the data, opaque here.
pub(in crate::branches) const NOTES: &str = "notes.json";
/// The data directory within either.
pub(in crate::branches) const PGDATA: &str = "pgdata";

impl Layout {
    /// The pool at `root`, with its directories made.
    pub(in crate::branches) fn make(root: &Path) -> io::Result<Self> {
        let root = std::path::absolute(root)?;
        // Others may pass through to what is theirs, and list nothing.
        let mut builder = DirBuilder::new();
        builder.mode(0o711).recursive(true).create(&root)?;
        let root = root.canonicalize()?;
        let layout = Self { root };
        for part in [
            layout.snapshots(),
            layout.branches(),
            layout.environments(),
            layout.building(),
            layout.trash(),
        ] {
            match fs::metadata(&part) {
                Ok(_) => {}
                Err(_) => builder.create(&part)?,
            }
        }
        Ok(layout)
    }

    pub(in crate::branches) fn root(&self) -> &Path {
        &self.root
    }

    pub(in crate::branches) fn lock(&self) -> PathBuf {
        self.root.join(super::lock::LOCK)
    }

    /// Room that is given up when a full pool must recover.
    pub(in crate::branches) fn reserve(&self) -> PathBuf {
        self.root.join("reserve")
    }

    pub(in crate::branches) fn pool_manifest(&self) -> PathBuf {
        self.root.join("pool.toml")
    }

    pub(in crate::branches) fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    pub(in crate::branches) fn branches(&self) -> PathBuf {
        self.root.join("branches")
    }

    pub(in crate::branches) fn environments(&self) -> PathBuf {
        self.root.join("environments")
    }

    /// What is not yet whole: everything in it is garbage after a crash.
    pub(in crate::branches) fn building(&self) -> PathBuf {
        self.root.join("building")
    }

    pub(in crate::branches) fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    pub(in crate::branches) fn snapshot(&self, id: &SnapshotId) -> PathBuf {
        self.snapshots().join(id.as_str())
    }

    pub(in crate::branches) fn branch(&self, id: &BranchId) -> PathBuf {
        self.branches().join(id.as_str())
    }
}
