//! Waits until a server that was just spawned says that it is ready.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::identity::LockFile;

/// How often the lock file is read: its last line is written milliseconds before sessions are let
/// in, so a longer pause would show in every wake.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000,
};

/// How the waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    /// Sessions are let in.
    Ready,
    /// The server has ended.
    Exited,
    /// The time is over.
    TimedOut,
}

/// Waits for the lock file of process `pid`; blocks its thread.
pub(super) fn wait(pgdata: &Path, pid: i32, handle: &OwnedFd, within: Duration) -> Readiness {
    let deadline = Instant::now() + within;
    loop {
        // One call is both the pause and the look whether the server still lives.
        let mut handles = [PollFd::new(handle, PollFlags::IN)];
        if matches!(poll(&mut handles, Some(&LOOK_EVERY)), Ok(1..)) {
            return Readiness::Exited;
        }
        let lock = LockFile::read(pgdata).filter(|lock| lock.pid == pid);
        if lock.is_some_and(|lock| lock.status.as_deref() == Some("ready")) {
            return Readiness::Ready;
        }
        if Instant::now() >= deadline {
            return Readiness::TimedOut;
        }
    }
}
