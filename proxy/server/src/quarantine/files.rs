//! The files of a copy that would make it act.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{QuarantineError, QuarantineReport};
use crate::Home;

/// With these the server follows a primary or fetches an archive, and single-user mode refuses.
const SIGNALS: [&str; 3] = ["standby.signal", "recovery.signal", "recovery.conf"];
/// What a running server leaves, and what only means something to it.
const RUNTIME: [&str; 3] = ["postmaster.pid", "postmaster.opts", "tablespace_map"];
/// How far every subscription of the source was; more of them than slots end a start in a PANIC.
const ORIGINS: &str = "pg_logical/replorigin_checkpoint";
/// Deeper than any data directory: a bound for the walk.
const DEPTH_MAX: usize = 8;

/// Refuses links, then removes what acts.
pub(super) fn clear(home: &Home) -> Result<QuarantineReport, QuarantineError> {
    let pgdata = home.pgdata();
    refuse_links(home, &pgdata, DEPTH_MAX)?;
    let fail = |source| QuarantineError::Files {
        directory: home.directory.clone(),
        source,
    };
    let mut report = QuarantineReport::default();
    for name in SIGNALS {
        if remove(&pgdata.join(name)).map_err(fail)? {
            report.signals.push(name.to_owned());
        }
    }
    for name in RUNTIME {
        remove(&pgdata.join(name)).map_err(fail)?;
    }
    remove(&pgdata.join(ORIGINS)).map_err(fail)?;
    for path in entries(&pgdata.join("pg_wal/archive_status")).map_err(fail)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "ready")
        {
            remove(&path).map_err(fail)?;
            report.unarchived += 1;
        }
    }
    for path in entries(&pgdata.join("pg_replslot")).map_err(fail)? {
        fs::remove_dir_all(&path).map_err(fail)?;
        let name = path.file_name().unwrap_or_default();
        report.slots.push(name.to_string_lossy().into_owned());
    }
    Ok(report)
}

/// Recovery may have learnt of origins again.
pub(super) fn clear_after_recovery(home: &Home) -> Result<(), QuarantineError> {
    let fail = |source| QuarantineError::Files {
        directory: home.directory.clone(),
        source,
    };
    remove(&home.pgdata().join(ORIGINS)).map_err(fail).map(drop)
}

fn refuse_links(home: &Home, directory: &Path, depth: usize) -> Result<(), QuarantineError> {
    let fail = |source| QuarantineError::Files {
        directory: home.directory.clone(),
        source,
    };
    for entry in fs::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() && depth > 0 {
            refuse_links(home, &entry.path(), depth - 1)?;
        } else if !kind.is_file() {
            return Err(QuarantineError::Link { path: entry.path() });
        }
    }
    Ok(())
}

/// Removes a file; tells whether there was one.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The entries of a directory that may be missing.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(all) => all.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
