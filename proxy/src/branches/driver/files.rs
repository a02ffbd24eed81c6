//! Clones a directory file by file, sharing blocks or copying them.
//!
//! Threads of their own do the work under the identity of the server's user: what they make belongs
//! to it at birth (no second walk), and a link that it planted leads them nowhere that it could not
//! go itself.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::libc::O_NOFOLLOW;
use nix::unistd::{Gid, Uid, geteuid, setfsgid, setfsuid};
use server::Account;

use super::tree::{Foreign, Tree};
use super::{CloneError, Source};

/// The file system's log serialises clones: more threads gained nothing.
const THREADS_MAX: usize = 4;
/// Files that a thread takes at once: enough to keep threads apart, few enough to end together.
const FILES_AT_ONCE: usize = 16;
/// Bytes per read of a full copy.
const BLOCK_BYTES: usize = 1 << 20;

/// How the bytes of a file come over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Both files share their blocks until one of them writes.
    Share,
    /// Byte by byte.
    Copy,
}

/// Clones `from` as the new directory `to`.
pub(super) fn clone(
    from: &Path,
    to: &Path,
    account: &Account,
    (way, source): (Way, Source),
) -> Result<(), CloneError> {
    make_directory(to, account)?;
    let tree = as_account(account, || list(from))??;
    as_account(account, || {
        for directory in &tree.directories {
            let path = to.join(directory);
            let made = DirBuilder::new().mode(0o700).create(&path);
            made.map_err(CloneError::io("make directory", &path))?;
        }
        Ok(())
    })??;
    let work = Work {
        from,
        to,
        way,
        source,
    };
    work.all(&tree.files, account)
}

/// Clones the files of the directory `from` over those of `to`, and removes files of `to` that are
/// not in `from`.
pub(super) fn clone_over(
    from: &Path,
    to: &Path,
    account: &Account,
    way: Way,
) -> Result<(), CloneError> {
    let (new, old) = as_account(account, || Ok::<_, CloneError>((list(from)?, list(to)?)))??;
    as_account(account, || {
        for file in old.files {
            let path = to.join(file);
            fs::remove_file(&path).map_err(CloneError::io("remove", &path))?;
        }
        Ok::<_, CloneError>(())
    })??;
    let source = Source::Awake;
    let work = Work {
        from,
        to,
        way,
        source,
    };
    work.all(&new.files, account)
}

/// Makes one directory of the account's, 0700.
pub(super) fn make_directory(path: &Path, account: &Account) -> Result<(), CloneError> {
    let fail = || CloneError::io("make directory", path);
    DirBuilder::new().mode(0o700).create(path).map_err(fail())?;
    if geteuid().as_raw() != account.uid {
        std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)).map_err(fail())?;
    }
    Ok(())
}

/// Takes the right to write from everything in a directory.
pub(super) fn protect(root: &Path) -> Result<(), CloneError> {
    let tree = list_all(root)?;
    let set = |path: &Path, mode| {
        fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(CloneError::io("protect", path))
    };
    for file in tree.files {
        set(&root.join(file), 0o400)?;
    }
    for directory in tree.directories {
        set(&root.join(directory), 0o500)?;
    }
    set(root, 0o500)
}

/// Deletes a directory, one that was protected too.
pub(super) fn delete(root: &Path) -> io::Result<()> {
    match fs::remove_dir_all(root) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        done => return done,
    }
    fs::set_permissions(root, Permissions::from_mode(0o700))?;
    if let Ok(tree) = Tree::of_all(root)? {
        for directory in tree.directories {
            fs::set_permissions(root.join(directory), Permissions::from_mode(0o700))?;
        }
    }
    fs::remove_dir_all(root)
}

fn list(root: &Path) -> Result<Tree, CloneError> {
    let tree = Tree::of_data(root).map_err(CloneError::io("list", root))?;
    tree.map_err(|Foreign(link)| CloneError::Link {
        path: root.join(link),
    })
}

fn list_all(root: &Path) -> Result<Tree, CloneError> {
    let tree = Tree::of_all(root).map_err(CloneError::io("list", root))?;
    tree.map_err(|Foreign(link)| CloneError::Link {
        path: root.join(link),
    })
}

/// Runs `work` on a thread that acts on files as the account; the thread ends with it, so no other
/// work ever runs under that identity.
fn as_account<T: Send>(
    account: &Account,
    work: impl FnOnce() -> T + Send,
) -> Result<T, CloneError> {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            assume(account)?;
            Ok(work())
        });
        thread.join().unwrap_or_else(|_| {
            let source = io::Error::other("a cloning thread panicked");
            Err(source)
        })
    })
    .map_err(CloneError::io("act as the owner of", Path::new("pgdata")))
}

fn assume(account: &Account) -> io::Result<()> {
    if geteuid().as_raw() == account.uid {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    setfsgid(gid);
    setfsuid(uid);
    // Neither call tells of a failure; asking again gives what is in force (setfsuid(2)).
    if setfsuid(uid) == uid && setfsgid(gid) == gid {
        Ok(())
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

struct Work<'a> {
    from: &'a Path,
    to: &'a Path,
    way: Way,
    source: Source,
}

impl Work<'_> {
    fn all(&self, files: &[PathBuf], account: &Account) -> Result<(), CloneError> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.clamp(1, THREADS_MAX);
        let next = AtomicUsize::new(0);
        let run = || -> Result<(), CloneError> {
            assume(account).map_err(CloneError::io("act as the owner of", self.to))?;
            let mut block = match self.way {
                Way::Share => Vec::new(),
                Way::Copy => vec![0; BLOCK_BYTES],
            };
            loop {
                let first = next.fetch_add(FILES_AT_ONCE, Ordering::Relaxed);
                let end = (first + FILES_AT_ONCE).min(files.len());
                let Some(some) = files.get(first..end) else {
                    return Ok(());
                };
                if some.is_empty() {
                    return Ok(());
                }
                for file in some {
                    self.one(file, &mut block)?;
                }
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            for worker in workers {
                worker.join().unwrap_or_else(|_| {
                    let source = io::Error::other("a cloning thread panicked");
                    Err(CloneError::io("clone", self.from)(source))
                })?;
            }
            Ok(())
        })
    }

    fn one(&self, file: &Path, block: &mut [u8]) -> Result<(), CloneError> {
        let (from, to) = (self.from.join(file), self.to.join(file));
        let mut options = OpenOptions::new();
        let source = match options.read(true).custom_flags(O_NOFOLLOW).open(&from) {
            Ok(source) => source,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && self.source == Source::Awake =>
            {
                return Ok(());
            }
            Err(error) => return Err(CloneError::io("open", &from)(error)),
        };
        let mut options = OpenOptions::new();
        let target = options.write(true).create_new(true).mode(0o600).open(&to);
        let target = target.map_err(CloneError::io("make", &to))?;
        match self.way {
            Way::Share => {
                let shared = rustix::fs::ioctl_ficlone(&target, &source);
                shared.map_err(|error| CloneError::io("clone", &from)(error.into()))?;
            }
            Way::Copy => {
                copy(&source, &target, block).map_err(CloneError::io("copy", &from))?;
            }
        }
        if self.source == Source::Awake {
            return Ok(());
        }
        let length = |file: &File, path| {
            let metadata = file.metadata().map_err(CloneError::io("look at", path))?;
            Ok(metadata.len())
        };
        let (expected, found) = (length(&source, &from)?, length(&target, &to)?);
        if expected == found {
            Ok(())
        } else {
            Err(CloneError::Length {
                path: to,
                expected,
                found,
            })
        }
    }
}

fn copy(mut from: &File, mut to: &File, block: &mut [u8]) -> io::Result<()> {
    loop {
        let length = from.read(block)?;
        match block.get(..length) {
            Some(read) if !read.is_empty() => to.write_all(read)?,
            _ => return Ok(()),
        }
    }
}
