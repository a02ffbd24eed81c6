//! The pointer file: which generation a place serves, and which it served before.
//!
//! `environments/<place>.toml` is the only thing that an operation on a place changes, by write,
//! fsync, rename, fsync of the directory; whoever reads it sees the old or the new one, whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rules::target::Place;
use serde::{Deserialize, Serialize};

use crate::branches::{BranchId, Pool, SnapshotId};

/// The format of pointer files that this version writes and reads.
const FORMAT: u32 = 1;

/// Who asks for what a schedule says.
pub(super) const SCHEDULE: &str = "schedule";

/// A place and its generations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    format: u32,
    /// The environment or branch.
    pub place: Place,
    /// Counts the swings; each write is one more.
    pub version: u64,
    /// What reset goes back to.
    pub base: SnapshotId,
    /// When the place was last used, to the minute; a branch's lifetime counts from here.
    pub used: Timestamp,
    /// Who may not be surprised: protected places refuse reset, drop and expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// The generation that clients are led to.
    pub current: Generation,
    /// Earlier ones, the latest first.
    #[serde(default)]
    pub earlier: Vec<Generation>,
}

/// One branch that a place points at, or has pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Counts from 1 in each place and is never used twice.
    pub number: u64,
    /// Its directory.
    pub branch: BranchId,
    /// The snapshot that was current for the place with this generation.
    pub base: SnapshotId,
    /// The operation that made it.
    pub operation: Operation,
    /// Who asked.
    pub by: String,
    /// When it became current.
    pub since: Timestamp,
}

/// Who protects a place, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Who asked.
    pub by: String,
    /// When it ends; `None` holds until it is taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What makes a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The first generation.
    Build,
    /// Back to the place's snapshot.
    Reset,
    /// A new copy of the source.
    Refresh,
    /// Seed data made again where what it depends on has changed.
    Reseed,
    /// The generation before.
    Undo,
    /// Another environment's state.
    Promote,
    /// The end of the place.
    Drop,
    /// A comparison with its snapshot.
    Diff,
    /// A snapshot of the current generation.
    Snapshot,
    /// A look at what a seed would make.
    Plan,
    /// A check of the present data against every constraint.
    Audit,
    /// A look for production's values in the present data.
    Verify,
}

impl Operation {
    /// The verb as people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Reset => "reset",
            Self::Refresh => "refresh",
            Self::Reseed => "reseed",
            Self::Undo => "undo",
            Self::Promote => "promote",
            Self::Drop => "drop",
            Self::Diff => "diff",
            Self::Snapshot => "snapshot",
            Self::Plan => "plan",
            Self::Audit => "audit",
            Self::Verify => "verify",
        }
    }

    /// What cannot be done to a place, for sentences: `it cannot be reset`.
    pub fn passive(self) -> &'static str {
        match self {
            Self::Build => "be built",
            Self::Reset => "be reset",
            Self::Refresh => "be refreshed",
            Self::Reseed => "be reseeded",
            Self::Undo => "be undone",
            Self::Promote => "be replaced by a promotion",
            Self::Drop => "be dropped",
            Self::Diff => "be compared",
            Self::Snapshot => "be snapshotted",
            Self::Plan => "be planned",
            Self::Audit => "be audited",
            Self::Verify => "be verified",
        }
    }

    /// What has been done to a place, for sentences: `environment "qa" was reset`.
    pub fn participle(self) -> &'static str {
        match self {
            Self::Build => "built",
            Self::Reset => "reset",
            Self::Refresh => "refreshed",
            Self::Reseed => "reseeded",
            Self::Undo => "set back to its previous generation",
            Self::Promote => "replaced by a promotion",
            Self::Drop => "dropped",
            Self::Diff => "compared",
            Self::Snapshot => "snapshotted",
            Self::Plan => "planned",
            Self::Audit => "audited",
            Self::Verify => "verified",
        }
    }
}

impl Pointer {
    /// A place's first pointer.
    pub(super) fn first(place: Place, base: SnapshotId, current: Generation) -> Self {
        let used = current.since;
        Self {
            format: FORMAT,
            place,
            version: 1,
            base,
            used,
            protection: None,
            current,
            earlier: Vec::new(),
        }
    }

    /// The number that the next generation gets: the current one always has the highest, also after
    /// an undo.
    pub(super) fn next_number(&self) -> u64 {
        self.current.number + 1
    }

    /// The pointer after a swing to `next`, with at most `keep` generations left for undo.
    pub(super) fn swung(&self, next: Generation, keep: usize) -> Self {
        let mut earlier = self.earlier.clone();
        earlier.retain(|generation| generation.branch != next.branch);
        earlier.insert(0, self.current.clone());
        earlier.truncate(keep);
        // A place that only its schedule swings is not used, and its lifetime ends.
        let used = match next.by == SCHEDULE {
            true => self.used,
            false => self.used.max(next.since),
        };
        let base = next.base.clone();
        Self {
            version: self.version + 1,
            base,
            used,
            current: next,
            earlier,
            ..self.clone()
        }
    }

    /// Every branch that the pointer holds.
    pub fn branches(&self) -> impl Iterator<Item = &BranchId> {
        std::iter::once(&self.current)
            .chain(&self.earlier)
            .map(|generation| &generation.branch)
    }

    /// Every snapshot that the pointer holds.
    pub fn snapshots(&self) -> impl Iterator<Item = &SnapshotId> {
        let generations = std::iter::once(&self.current).chain(&self.earlier);
        std::iter::once(&self.base).chain(generations.map(|generation| &generation.base))
    }
}

/// Why a pointer file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PointerError {
    /// The operating system said no.
    #[error("{action} {path:?}")]
    Io {
        /// Verb: `read`, `write`, `rename`, `sync`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A change failed, and so did the look at what became of it.
    #[error("pointer {path:?} may be changed or not, for it cannot be read")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Why the change failed.
        #[source]
        source: Box<PointerError>,
    },
    /// The file is no pointer of a format that we know; nothing is deleted because of it.
    #[error("pointer {path:?} is not readable: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// How sure a changed pointer is.
#[derive(Debug)]
pub(super) enum Kept {
    /// It survives a power cut.
    Surely,
    /// It stands, and the disk failed to confirm it: after a power cut the one before may be back.
    UnlessPowerCut(PointerError),
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PointerError + use<> {
    let path = path.to_owned();
    move |source| PointerError::Io {
        action,
        path,
        source,
    }
}

/// The directory of pointers.
#[derive(Debug, Clone)]
pub(super) struct Pointers {
    directory: PathBuf,
}

impl Pointers {
    /// Opens the directory, and makes it where it is missing.
    pub(super) fn open(directory: PathBuf) -> Result<Self, PointerError> {
        fs::create_dir_all(&directory).map_err(io_error("create", &directory))?;
        Ok(Self { directory })
    }

    fn file(&self, place: &Place) -> PathBuf {
        self.directory.join(format!("{place}.toml"))
    }

    /// Reads every pointer; an unreadable one is reported beside those that are whole.
    pub(super) fn load(&self) -> Result<(Vec<Pointer>, Vec<PointerError>), PointerError> {
        let (mut whole, mut broken) = (Vec::new(), Vec::new());
        let list = || fs::read_dir(&self.directory)?.collect::<Result<Vec<_>, io::Error>>();
        for entry in list().map_err(io_error("list", &self.directory))? {
            let path = entry.path();
            // What a crash between write and rename leaves has another ending.
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            match read(&path) {
                Ok(pointer) => whole.push(pointer),
                Err(error) => broken.push(error),
            }
        }
        Ok((whole, broken))
    }

    /// Replaces the pointer of its place.
    ///
    /// A write may fail when the new file is in its place already: what counts is what a restart would
    /// find, so the file is read again.
    pub(super) async fn write(&self, pool: &Pool, pointer: &Pointer) -> Result<Kept, PointerError> {
        let path = self.file(&pointer.place);
        let text = toml::to_string(pointer).map_err(|error| PointerError::Unreadable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let written = pool.write_durably(path.clone(), text).await;
        let written = written.map_err(io_error("write", &path));
        believed(&path, written, |found| found == Some(pointer))
    }

    /// Removes the pointer of `place`: from here on nothing refers to its branches.
    ///
    /// Whoever removed the file by hand must be able to drop the place too. A failure is believed as
    /// that of a write.
    pub(super) async fn remove(&self, pool: &Pool, place: &Place) -> Result<Kept, PointerError> {
        let path = self.file(place);
        let removed = pool.remove_durably(path.clone()).await;
        let removed = removed.map_err(io_error("remove", &path));
        believed(&path, removed, |found| found.is_none())
    }
}

/// What a change of a pointer came to, by the file itself where the disk has failed.
fn believed(
    path: &Path,
    changed: Result<(), PointerError>,
    is_changed: impl FnOnce(Option<&Pointer>) -> bool,
) -> Result<Kept, PointerError> {
    let Err(error) = changed else {
        return Ok(Kept::Surely);
    };
    let found = match read(path) {
        Ok(pointer) => Some(pointer),
        Err(PointerError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        Err(_) => {
            return Err(PointerError::Unknown {
                path: path.to_owned(),
                source: Box::new(error),
            });
        }
    };
    match is_changed(found.as_ref()) {
        true => Ok(Kept::UnlessPowerCut(error)),
        false => Err(error),
    }
}

fn read(path: &Path) -> Result<Pointer, PointerError> {
    let text = fs::read_to_string(path).map_err(io_error("read", path))?;
    let unreadable = |reason: String| PointerError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let pointer: Pointer = toml::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    if pointer.format != FORMAT {
        return Err(unreadable(format!(
            "format {} is not {FORMAT}",
            pointer.format
        )));
    }
    let expected = format!("{}.toml", pointer.place);
    if path
        .file_name()
        .is_none_or(|name| name != expected.as_str())
    {
        return Err(unreadable(format!(
            "it is the pointer of {:?}",
            pointer.place.to_string()
        )));
    }
    Ok(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation(number: u64) -> Generation {
        Generation {
            number,
            branch: BranchId::draw(),
            base: SnapshotId::draw(),
            operation: Operation::Build,
            by: "test".into(),
            since: Timestamp::from_second(1_700_000_000 + number as i64).expect("a moment"),
        }
    }

    fn put(pointers: &Pointers, pointer: &Pointer) {
        let text = toml::to_string(pointer).expect("is TOML");
        fs::write(pointers.file(&pointer.place), text).expect("writes");
    }

    fn pointer(place: &str) -> Pointer {
        let first = generation(1);
        Pointer::first(place.parse().expect("a place"), first.base.clone(), first)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let pool = tempfile::tempdir().expect("a directory");
        let pointers = Pointers::open(pool.path().join("environments")).expect("opens");
        let swung = pointer("qa.fix").swung(generation(2), 3);
        put(&pointers, &swung);
        let (whole, broken) = pointers.load().expect("loads");
        assert!(broken.is_empty());
        assert_eq!(whole, vec![swung.clone()]);
    }

    #[test]
    fn a_change_that_failed_is_believed_by_what_the_file_says() {
        let pool = tempfile::tempdir().expect("a directory");
        let pointers = Pointers::open(pool.path().join("environments")).expect("opens");
        let old = pointer("qa");
        let new = old.swung(generation(2), 3);
        let path = pointers.file(&old.place);
        let failed = || Err(io_error("write", &path)(io::ErrorKind::StorageFull.into()));
        let swung = || believed(&path, failed(), |found| found == Some(&new));
        let removed = || believed(&path, failed(), |found| found.is_none());
        put(&pointers, &old);
        assert!(matches!(swung(), Err(PointerError::Io { .. })));
        assert!(matches!(removed(), Err(PointerError::Io { .. })));
        put(&pointers, &new);
        assert!(matches!(swung(), Ok(Kept::UnlessPowerCut(_))));
        fs::write(&path, "torn").expect("writes");
        assert!(matches!(swung(), Err(PointerError::Unknown { .. })));
        fs::remove_file(&path).expect("removes");
        assert!(matches!(swung(), Err(PointerError::Io { .. })));
        assert!(matches!(removed(), Ok(Kept::UnlessPowerCut(_))));
    }

    #[test]
    fn a_schedule_does_not_prolong_a_lifetime() {
        let first = pointer("test-1");
        let second = first.swung(generation(2), 3);
        assert_eq!(second.used, second.current.since);
        let by = SCHEDULE.to_owned();
        let third = second.swung(
            Generation {
                by,
                ..generation(3)
            },
            3,
        );
        assert_eq!(third.used, second.used);
    }

    #[test]
    fn an_unreadable_pointer_is_reported_and_stays() {
        let pool = tempfile::tempdir().expect("a directory");
        let pointers = Pointers::open(pool.path().join("environments")).expect("opens");
        put(&pointers, &pointer("qa"));
        let path = pool.path().join("environments/staging.toml");
        for text in ["", "format = 1", "not toml at all ["] {
            fs::write(&path, text).expect("writes");
            let (whole, broken) = pointers.load().expect("loads");
            assert_eq!((whole.len(), broken.len()), (1, 1), "{text:?}");
            assert!(path.exists());
        }
    }

    #[test]
    fn a_pointer_under_the_name_of_another_place_is_unreadable() {
        let pool = tempfile::tempdir().expect("a directory");
        let pointers = Pointers::open(pool.path().join("environments")).expect("opens");
        put(&pointers, &pointer("qa"));
        let directory = pool.path().join("environments");
        fs::rename(directory.join("qa.toml"), directory.join("staging.toml")).expect("renames");
        let (whole, broken) = pointers.load().expect("loads");
        assert_eq!((whole.len(), broken.len()), (0, 1));
    }

    #[test]
    fn a_swing_keeps_the_latest_generations_and_never_reuses_a_number() {
        let mut now = pointer("qa");
        for _ in 0..5 {
            now = now.swung(generation(now.next_number()), 3);
        }
        assert_eq!(now.current.number, 6);
        assert_eq!(
            now.earlier.iter().map(|g| g.number).collect::<Vec<_>>(),
            [5, 4, 3]
        );
        // Undo goes to generation 5: the same branch, so it leaves the list of earlier ones.
        let back = Generation {
            number: now.next_number(),
            ..now.earlier[0].clone()
        };
        let undone = now.swung(back, 3);
        assert_eq!(undone.current.branch, now.earlier[0].branch);
        assert_eq!(
            undone.earlier.iter().map(|g| g.number).collect::<Vec<_>>(),
            [6, 4, 3]
        );
        assert_eq!(undone.next_number(), 8);
    }
}
