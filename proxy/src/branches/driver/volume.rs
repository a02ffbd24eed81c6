//! Data directories as subvolumes of btrfs.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::unistd::geteuid;
use rustix::fs::{Mode, OFlags};
use server::Account;

use super::{CloneError, sys, tidy};

/// Makes an empty subvolume of the account's, 0700.
pub(super) fn make(path: &Path, account: &Account) -> Result<(), CloneError> {
    let fail = || CloneError::io("make subvolume", path);
    let (parent, name) = parent(path).map_err(fail())?;
    sys::subvolume_create(&parent, name).map_err(fail())?;
    if geteuid().as_raw() != account.uid {
        std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)).map_err(fail())?;
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(fail())
}

/// Makes a writable snapshot, without what belongs to a running server.
pub(super) fn snapshot(from: &Path, to: &Path) -> Result<(), CloneError> {
    let fail = || CloneError::io("snapshot subvolume", from);
    let source = directory(from).map_err(fail())?;
    let (parent, name) = parent(to).map_err(fail())?;
    sys::subvolume_snapshot(&source, &parent, name).map_err(fail())?;
    // A sealed source was tidied and says so by being read-only; then there is nothing to look for.
    if sys::subvolume_is_protected(&source).map_err(fail())? {
        Ok(())
    } else {
        tidy(to)
    }
}

/// Makes a subvolume read-only, or writable again.
pub(super) fn protect(path: &Path, read_only: bool) -> Result<(), CloneError> {
    let fail = || CloneError::io("protect subvolume", path);
    let subvolume = directory(path).map_err(fail())?;
    sys::subvolume_protect(&subvolume, read_only).map_err(fail())
}

/// Deletes a subvolume at once; the file system frees its blocks later. Only root may.
pub(super) fn delete(path: &Path) -> io::Result<()> {
    let (parent, name) = parent(path)?;
    match sys::subvolume_delete(&parent, name) {
        Ok(()) => Ok(()),
        Err(error) => {
            // Deleting file by file is what remains, and needs the right to write.
            let subvolume = directory(path)?;
            sys::subvolume_protect(&subvolume, false)?;
            Err(error)
        }
    }
}

fn directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

fn parent(path: &Path) -> io::Result<(OwnedFd, &OsStr)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok((directory(parent)?, name)),
        _ => Err(io::ErrorKind::InvalidFilename.into()),
    }
}
