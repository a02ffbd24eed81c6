//! `postmaster.pid`, and whether the process that it names is really the server of this directory.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, PidfdFlags};

/// The lock file of a data directory.
pub(super) const LOCK_FILE: &str = "postmaster.pid";
/// Both the stamp in the lock file and the time of boot are rounded, and a clock drifts.
const START_TOLERANCE: Duration = Duration::from_secs(3);

/// The unit of times in `/proc/*/stat`: `USER_HZ`, which is 100 wherever this runs (proc(5)).
const TICKS_PER_SECOND: u64 = 100;

/// What `postmaster.pid` says, line by line (`src/include/utils/pidfile.h`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockFile {
    /// Line 1; negative for a single-user server.
    pub(crate) pid: i32,
    /// Line 3: seconds since the epoch.
    pub(crate) started: u64,
    /// Line 7: key and id of the System V segment.
    pub(crate) segment: Option<(i32, i32)>,
    /// Line 8: `starting`, `stopping`, `ready` or `standby`.
    pub(crate) status: Option<String>,
}

impl LockFile {
    /// Reads the lock file of `pgdata`; `None` if there is none or not yet a whole one.
    pub(crate) fn read(pgdata: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(pgdata.join(LOCK_FILE)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let segment = lines.get(6).and_then(|line| {
            let mut words = line.split_whitespace();
            // The key, 32 bits with a sign, is printed as an unsigned number of 64 bits.
            let key: u64 = words.next()?.parse().ok()?;
            let low = u32::try_from(key & u64::from(u32::MAX)).ok()?;
            Some((low.cast_signed(), words.next()?.parse().ok()?))
        });
        Some(Self {
            pid: lines.first()?.trim().parse().ok()?,
            started: lines.get(2)?.trim().parse().ok()?,
            segment,
            status: lines.get(7).map(|line| line.trim().to_owned()),
        })
    }

    /// A handle to the server that the lock file names, if it lives and is the one of `pgdata`.
    ///
    /// Numbers of processes are used again: the process must stand in this very directory, belong
    /// to `uid`, run a program named `postgres` and have begun before the lock file was stamped: then
    /// it is who stamped it, however long a loaded machine kept it from doing so.
    pub(super) fn living_server(&self, pgdata: &Path, uid: u32) -> Option<(Pid, OwnedFd)> {
        let pid = Some(self.pid)
            .filter(|pid| *pid > 0)
            .and_then(Pid::from_raw)?;
        // Opened before anything is looked at: what is then true of the number is true of the
        // handle, if the process still lives at the end.
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
        let ours = self.describes(pid, pgdata, uid);
        (ours && !has_exited(&handle)).then_some((pid, handle))
    }

    fn describes(&self, pid: Pid, pgdata: &Path, uid: u32) -> bool {
        let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
        let place = |path: &Path| fs::metadata(path).ok().map(|it| (it.dev(), it.ino()));
        let stands_here = place(&process.join("cwd"));
        let program = fs::read_link(process.join("exe")).ok();
        let began = process_start(&process);
        let stamped = SystemTime::UNIX_EPOCH + Duration::from_secs(self.started);
        fs::metadata(&process).is_ok_and(|it| it.uid() == uid)
            && stands_here.is_some()
            && stands_here == place(pgdata)
            && program.is_some_and(|path| is_postgres(&path))
            && began.is_some_and(|began| began <= stamped + START_TOLERANCE)
    }
}

fn is_postgres(program: &Path) -> bool {
    // An upgrade of the package replaces the file under a living server.
    let name = program.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.trim_end_matches(" (deleted)") == "postgres")
}

/// When a process began, on the wall clock of now.
fn process_start(process: &Path) -> Option<SystemTime> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // Field 22, counted behind the program's name, which may hold blanks and parentheses.
    let ticks: u64 = stat
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()?;
    let after_boot = Duration::from_millis(ticks.saturating_mul(1000) / TICKS_PER_SECOND);
    let up = fs::read_to_string("/proc/uptime").ok()?;
    let up = Duration::try_from_secs_f64(up.split_whitespace().next()?.parse().ok()?).ok()?;
    SystemTime::now().checked_sub(up.saturating_sub(after_boot))
}

/// Whether the process behind a handle has ended.
pub(super) fn has_exited(handle: &OwnedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut handles = [PollFd::new(handle, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    !matches!(poll(&mut handles, Some(&at_once)), Ok(0))
}

/// The processes that `pid` forked and that still live.
pub(super) fn children(pid: Pid) -> Vec<Pid> {
    let pid = pid.as_raw_nonzero();
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let listed = listed.unwrap_or_default();
    let numbers = listed
        .split_whitespace()
        .filter_map(|word| word.parse().ok());
    numbers.filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use super::LockFile;

    #[test]
    fn a_lock_file_is_read_line_by_line() {
        let text =
            "4711\n/pool/b/pgdata\n1700000000\n1\n../run\n\n4026531840    229376\nready   \n";
        let lock = LockFile::parse(text).expect("a lock file");
        assert_eq!((lock.pid, lock.started), (4711, 1_700_000_000));
        assert_eq!(
            lock.segment,
            Some((4_026_531_840_u32.cast_signed(), 229_376))
        );
        assert_eq!(lock.status.as_deref(), Some("ready"));
    }

    #[test]
    fn a_lock_file_half_written_has_no_status() {
        let text = "4711\n/pool/b/pgdata\n1700000000\n1\n";
        let lock = LockFile::parse(text).expect("a lock file");
        assert_eq!((lock.segment, lock.status), (None, None));
        assert_eq!(LockFile::parse(""), None);
        assert_eq!(LockFile::parse("4711\n/pool\n"), None);
    }
}
