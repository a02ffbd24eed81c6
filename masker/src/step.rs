//! Named points of a masked copy at which a test can end the process.
//!
//! Compiled in only with the feature `crash-points`; otherwise a step is nothing at all. The
//! environment variable `STANDIN_CRASH_AT` names the point.

/// Every point, in the order in which a copy passes them.
pub const STEPS: &[&str] = &[
    "mask.exported",
    "mask.planned",
    "mask.dumping",
    "mask.dumped",
    "mask.restoring",
    "mask.schema",
    "mask.rows",
    "mask.derived",
    "mask.loaded",
    "mask.constraints",
    "mask.sequences",
    "mask.vacuumed",
    "mask.released",
    "mask.collected",
    "mask.cells",
    "mask.texts",
    "mask.files",
    "mask.verified",
    "mask.signed",
];

/// Passes a point; never returns if a test asked for that.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub(crate) fn step(_name: &'static str) {}

/// Passes a point; never returns if a test asked for that.
#[cfg(feature = "crash-points")]
pub(crate) fn step(name: &'static str) {
    use rustix::process::{Signal, getpid, kill_process};

    assert!(STEPS.contains(&name), "step {name:?} is not listed");
    if std::env::var_os("STANDIN_CRASH_AT").is_some_and(|wanted| wanted == name) {
        // The signal ends the process before this thread runs on.
        while kill_process(getpid(), Signal::KILL).is_ok() {
            std::thread::park();
        }
    }
}
