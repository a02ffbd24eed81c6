//! One daemon per pool.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

/// Holds the pool; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(in crate::branches) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A process that is being forked at this moment shares the file until it runs its program,
        // and closing ours would not let go of the pool before that.
        flock(&self.file, FlockOperation::Unlock).ok();
    }
}

/// The lock's name in the pool's directory.
pub(super) const LOCK: &str = "lock";

/// Who asks for the holder has the lock for a moment itself: it is tried again for so long.
const TRIES_MAX: u32 = 5;
const TRY_EVERY: Duration = Duration::from_millis(20);

/// Why the pool could not be taken.
#[derive(Debug)]
pub(in crate::branches) enum LockError {
    /// Another process has it.
    Held { pid: Option<u32> },
    /// The lock file could not be used.
    Io(io::Error),
}

/// The process that holds the pool at `root`, `Some(None)` where it is not known who; `None` where
/// nobody does.
///
/// An answer for people: who is to have the pool takes it.
pub fn holder(root: &Path) -> Option<Option<u32>> {
    let mut file = File::open(root.join(LOCK)).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            let read = file.read_to_string(&mut holder);
            Some(read.ok().and_then(|_| holder.trim().parse().ok()))
        }
        _ => None,
    }
}

impl Lock {
    pub(in crate::branches) fn take(path: &Path) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.mode(0o644).open(path).map_err(LockError::Io)?;
        let mut tries = 0..TRIES_MAX;
        let locked = loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(rustix::io::Errno::WOULDBLOCK) if tries.next().is_some() => {
                    std::thread::sleep(TRY_EVERY);
                }
                locked => break locked,
            }
        };
        match locked {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(LockError::Io)?;
                let pid = holder.trim().parse().ok();
                return Err(LockError::Held { pid });
            }
            Err(error) => return Err(LockError::Io(error.into())),
        }
        let mut note = || {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        note().map_err(LockError::Io)?;
        Ok(Self { file })
    }
}
