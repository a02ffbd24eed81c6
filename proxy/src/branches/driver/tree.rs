//! What a data directory holds, and what of it a clone must not take along.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of a running server, wherever they lie.
const TRANSIENT_FILES: [&str; 4] = [
    "postmaster.pid",
    "postmaster.opts",
    "backup_label.old",
    "tablespace_map.old",
];
/// Directories whose content belongs to a running server (PostgreSQL documentation, "Backing Up The
/// Data Directory"); the directories themselves must stay.
const TRANSIENT_CONTENT: [&str; 7] = [
    "pg_replslot",
    "pg_dynshmem",
    "pg_notify",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
];
/// What the names of temporary files and directories begin with.
const TEMPORARY_PREFIX: &str = "pgsql_tmp";
/// What the names of files end with that are being written anew.
pub(super) const ANEW_SUFFIX: &str = ".standin-anew";
/// A cache that the server builds anew.
const CACHE: &str = "pg_internal.init";

/// A data directory as lists of paths relative to it; a directory stands before what is in it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) directories: Vec<PathBuf>,
    pub(super) files: Vec<PathBuf>,
}

/// A link or a special file where only files and directories may be.
#[derive(Debug)]
pub(super) struct Foreign(pub(super) PathBuf);

/// Whether `relative` belongs to a running server and not to the data.
pub(super) fn is_transient(relative: &Path) -> bool {
    let mut names = relative.iter().filter_map(|name| name.to_str());
    let first = names.next().unwrap_or_default();
    let nested = names.next().is_some();
    let last = relative.file_name().and_then(|name| name.to_str());
    let last = last.unwrap_or_default();
    (!nested && TRANSIENT_FILES.contains(&first))
        || (nested && TRANSIENT_CONTENT.contains(&first))
        || last.starts_with(TEMPORARY_PREFIX)
        || last.starts_with(CACHE)
        || last.ends_with(ANEW_SUFFIX)
}

impl Tree {
    /// Lists `root` without what belongs to a running server.
    pub(super) fn of_data(root: &Path) -> io::Result<Result<Self, Foreign>> {
        Self::list(root, &is_transient)
    }

    /// Lists everything below `root`.
    pub(super) fn of_all(root: &Path) -> io::Result<Result<Self, Foreign>> {
        Self::list(root, &|_| false)
    }

    fn list(root: &Path, skip: &dyn Fn(&Path) -> bool) -> io::Result<Result<Self, Foreign>> {
        let mut tree = Self::default();
        let mut open = vec![PathBuf::new()];
        while let Some(directory) = open.pop() {
            let entries = match fs::read_dir(root.join(&directory)) {
                // A running server drops directories while they are being listed.
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && directory != Path::new("") =>
                {
                    continue;
                }
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let path = directory.join(entry.file_name());
                if skip(&path) {
                    continue;
                }
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    open.push(path.clone());
                    tree.directories.push(path);
                } else if kind.is_file() {
                    tree.files.push(path);
                } else if kind.is_symlink() {
                    return Ok(Err(Foreign(path)));
                }
            }
        }
        Ok(Ok(tree))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_transient;

    #[test]
    fn what_a_running_server_keeps_for_itself_is_left_out() {
        let check = |path: &str, expected| {
            assert_eq!(is_transient(Path::new(path)), expected, "{path:?}");
        };
        check("postmaster.pid", true);
        check("pg_replslot/standin/state", true);
        check("pg_replslot", false);
        check("base/pgsql_tmp", true);
        check("base/pgsql_tmp/pgsql_tmp17.0", true);
        check("base/16384/pg_internal.init", true);
        check("base/16384/pg_internal.init.4711", true);
        check("global/pg_control", false);
        check("backup_label", false);
        check("pg_wal/000000010000000000000001", false);
        check("pg_subtrans/0000", true);
        check("base/1/postmaster.pid", false);
        check("base/1/16384.1.standin-anew", true);
    }
}
