//! Protections of a copy that a test can switch off, one by one: what proves that each of them is what
//! stops a leak.
//!
//! Compiled in only with the feature `leak-points`; otherwise every protection is on, and nothing can
//! switch it off. The environment variable `STANDIN_LEAK_AT` names a file that lists those that are
//! off, so that one process can be tried with one after the other.

/// Every protection that can be switched off, and what is done to a copy instead.
pub const LEAKS: &[&str] = &[
    // What masks.
    "mask.column",
    "mask.row",
    "mask.cell",
    "mask.null",
    "mask.part",
    "mask.key",
    "mask.when",
    // What keeps parts of production away.
    "restore.user-mapping",
    "restore.event-trigger",
    "dump.publication",
    "manifest.left-out",
    // What a server may be left with; planted after the rows.
    "plant.cell",
    "plant.encoded-cell",
    "plant.comment",
    "plant.statistics",
    "plant.large-object",
    "plant.setting",
    "plant.dead-row",
    "plant.dropped-column",
    "plant.wal",
    "plant.database",
    "plant.file",
    "plant.row",
    "plant.orphan",
    "plant.stray",
    "plant.log",
    "plant.temporary-file",
    "tell.progress",
    "tell.error",
    // What looks for it.
    "gate.verdict",
    "gate.cells",
    "gate.decoded",
    "gate.texts",
    "gate.files",
    "gate.unchanged",
    "gate.parts",
    "gate.loaded",
    "gate.outward",
    "gate.rows",
    "gate.constraints",
    "gate.references",
];

/// Whether a protection is switched off.
#[cfg(not(feature = "leak-points"))]
#[inline]
pub(crate) const fn leaks(_name: &'static str) -> bool {
    false
}

/// Whether a protection is switched off for one of those that it has: `mask.cell=date-shift`.
#[cfg(not(feature = "leak-points"))]
#[inline]
pub(crate) const fn leaks_of(_name: &'static str, _of: &str) -> bool {
    false
}

/// Whether a protection is switched off.
#[cfg(feature = "leak-points")]
pub(crate) fn leaks(name: &'static str) -> bool {
    assert!(LEAKS.contains(&name), "leak {name:?} is not listed");
    is_off(|off| off == name)
}

/// Whether a protection is switched off for one of those that it has: `mask.cell=date-shift`.
#[cfg(feature = "leak-points")]
pub(crate) fn leaks_of(name: &'static str, of: &str) -> bool {
    assert!(LEAKS.contains(&name), "leak {name:?} is not listed");
    is_off(|off| off.split_once('=') == Some((name, of)))
}

#[cfg(feature = "leak-points")]
fn is_off(is: impl Fn(&str) -> bool) -> bool {
    use std::path::PathBuf;
    use std::sync::OnceLock;

    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("STANDIN_LEAK_AT").map(PathBuf::from));
    let Some(file) = file else { return false };
    let off = std::fs::read_to_string(file).unwrap_or_default();
    off.split_whitespace().any(is)
}
