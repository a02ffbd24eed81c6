//! Named points at which a test can end the process or make the disk fail.
//!
//! Compiled in only with the feature `crash-points`; otherwise a step is nothing at all. The
//! environment variable `STANDIN_CRASH_AT` names the point, `name` or `name:EIO` or `name:ENOSPC`.

use std::io;

/// Every point, in the order in which the life of a branch passes them.
pub const STEPS: &[&str] = &[
    "create.directory",
    "create.cloned",
    "create.manifest",
    "create.synced",
    "create.renamed",
    "create.published",
    "wake.marked",
    "rights.placed",
    "rights.found",
    "wake.started",
    "sleep.stopped",
    "sleep.synced",
    "sleep.marked",
    "draft.directory",
    "draft.filled",
    "draft.started",
    "live.backup",
    "live.cloned",
    "live.stopped",
    "live.wal",
    "live.recovered",
    "seal.stopped",
    "seal.proven",
    "seal.tidied",
    "seal.manifest",
    "seal.synced",
    "seal.published",
    "drop.renamed",
    "drop.published",
    "trash.emptied",
    "durable.written",
    "durable.synced",
    "durable.renamed",
    "durable.published",
    "remove.unlinked",
    "remove.published",
];

/// Passes a point; fails or never returns if a test asked for that.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub(in crate::branches) fn step(_name: &'static str) -> io::Result<()> {
    Ok(())
}

/// Passes a point; fails or never returns if a test asked for that.
#[cfg(feature = "crash-points")]
pub(in crate::branches) fn step(name: &'static str) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::process::{Signal, getpid, kill_process};

    assert!(STEPS.contains(&name), "step {name:?} is not listed");
    let Ok(wanted) = std::env::var("STANDIN_CRASH_AT") else {
        return Ok(());
    };
    match wanted.split_once(':') {
        None if wanted == name => {
            kill_process(getpid(), Signal::KILL)?;
            // The signal ends the process before this thread runs on.
            loop {
                std::thread::park();
            }
        }
        Some((at, "EIO")) if at == name => Err(Errno::IO.into()),
        Some((at, "ENOSPC")) if at == name => Err(Errno::NOSPC.into()),
        _ => Ok(()),
    }
}
