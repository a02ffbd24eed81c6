//! The directory of one branch or snapshot, and the files in it that belong to its server.
//!
//! `run/` and `log/` belong to the server's user, who is not trusted with the daemon's rights: they
//! are opened without following links, and files in them are made anew, never written through.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, Uid};

use super::Account;

/// Directory of the server's data.
const PGDATA: &str = "pgdata";
/// Directory of the socket and of our own access rules.
const RUN: &str = "run";
/// Directory of the log.
const LOG: &str = "log";
/// Makes a server that finds it in its data directory a standby.
const STANDBY_SIGNAL: &str = "standby.signal";
/// What the server writes to its standard error.
const LOG_FILE: &str = "server.log";

/// Who may log in: our own role, and the roles that stand for clients. Nothing else matches, and
/// no match is a refusal (PostgreSQL documentation, "The pg_hba.conf File").
const ACCESS_RULES: &str = "local all standin trust\n\
     local all +standin_users,+standin_readers,+standin_appenders trust\n";

/// The directory of one branch or snapshot; `pgdata/`, `run/` and `log/` lie below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The directory itself, absolute.
    pub directory: PathBuf,
}

impl Home {
    /// The home at `directory`; a relative path is taken from the current directory.
    pub fn new(directory: impl AsRef<Path>) -> io::Result<Self> {
        std::path::absolute(directory).map(|directory| Self { directory })
    }

    /// The data directory.
    pub fn pgdata(&self) -> PathBuf {
        self.directory.join(PGDATA)
    }

    /// The directory of the socket, 0700.
    pub fn run(&self) -> PathBuf {
        self.directory.join(RUN)
    }

    /// The server's log.
    pub fn log_file(&self) -> PathBuf {
        self.directory.join(LOG).join(LOG_FILE)
    }

    /// Our access rules, outside the data directory so that a clone needs no edit.
    pub(super) fn hba_file(&self) -> PathBuf {
        self.run().join("hba.conf")
    }

    /// The empty map of operating-system users.
    pub(super) fn ident_file(&self) -> PathBuf {
        self.run().join("ident.conf")
    }

    /// Makes `run/` and `log/` where they are missing and writes the access rules.
    pub(super) fn prepare(&self, account: &Account) -> io::Result<()> {
        let run = open_directory(&self.run(), account)?;
        open_directory(&self.directory.join(LOG), account)?;
        write_new(&run, "hba.conf", ACCESS_RULES, account)?;
        write_new(&run, "ident.conf", "", account)?;
        // The socket of a server that was killed stays, and its lock file with it.
        for stale in [".s.PGSQL.1", ".s.PGSQL.1.lock"] {
            match rustix::fs::unlinkat(&run, stale, AtFlags::empty()) {
                Ok(()) | Err(rustix::io::Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Says in the data directory whether its server is a standby.
    pub(super) fn set_standby(&self, standby: bool, account: &Account) -> io::Result<()> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let pgdata = rustix::fs::open(self.pgdata(), flags, Mode::empty())?;
        if standby {
            return write_new(&pgdata, STANDBY_SIGNAL, "", account);
        }
        match rustix::fs::unlinkat(&pgdata, STANDBY_SIGNAL, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the empty data directory, 0700.
    pub(super) fn make_pgdata(&self, account: &Account) -> io::Result<()> {
        std::fs::create_dir_all(&self.directory)?;
        open_directory(&self.pgdata(), account).map(drop)
    }

    /// Opens the socket's directory: the handle by which the socket is reached whatever its path.
    pub(super) fn open_run(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::open(self.run(), flags, Mode::empty())?)
    }

    /// Opens the log for appending.
    pub(super) fn open_log(&self, account: &Account) -> io::Result<File> {
        let directory = open_directory(&self.directory.join(LOG), account)?;
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW;
        let mode = Mode::RUSR | Mode::WUSR;
        let log = rustix::fs::openat(&directory, LOG_FILE, flags | OFlags::CLOEXEC, mode)?;
        give(&log, account)?;
        Ok(File::from(log))
    }
}

/// Opens a directory of the account's, made if missing.
fn open_directory(path: &Path, account: &Account) -> io::Result<OwnedFd> {
    match rustix::fs::mkdirat(CWD, path, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty())?;
    give(&directory, account)?;
    rustix::fs::fchmod(&directory, Mode::RWXU)?;
    Ok(directory)
}

/// Replaces a file by a new one of the account's, 0600.
pub(super) fn write_new(
    directory: &OwnedFd,
    name: &str,
    content: &str,
    account: &Account,
) -> io::Result<()> {
    match rustix::fs::unlinkat(directory, name, AtFlags::empty()) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, name, flags, Mode::RUSR | Mode::WUSR)?;
    give(&file, account)?;
    File::from(file).write_all(content.as_bytes())
}

/// Opens a directory without following a link at its end.
pub(super) fn open_existing(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

fn give(file: &OwnedFd, account: &Account) -> io::Result<()> {
    if account.differs_from_ours() {
        let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
        rustix::fs::fchown(file, Some(uid), Some(gid))?;
    }
    Ok(())
}
