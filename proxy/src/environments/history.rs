//! What was done to places: one JSON line per operation, the latest in memory too.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::EnvironmentError;
use super::pointer::{Operation, Pointer};

/// Records kept in memory for listings; older ones are in the file.
const RECENT_MAX: usize = 1_000;

/// Bytes of the file before it is moved aside, so that it never fills a pool.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What is noted of an operation that its own record was lost of.
const CAUGHT_UP: &str = "written down at the next start";

/// Lines kept for a file that could not be written; older ones are given up.
const UNWRITTEN_MAX: usize = 1_000;

/// One operation: who, when, from what, how long, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it began.
    pub at: Timestamp,
    /// `qa` or `qa.login-fix`.
    pub place: String,
    /// What.
    pub operation: Operation,
    /// Who asked: a user, or `schedule`.
    pub by: String,
    /// The branch before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The branch after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// From the request's turn to the end.
    pub took_ms: u64,
    /// Milliseconds of each step, in order.
    #[serde(default)]
    pub steps_ms: Vec<(String, u64)>,
    /// Sessions that were told to end.
    #[serde(default)]
    pub ended_sessions: usize,
    /// What is worth knowing of one that is done: `unchanged, cloned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it failed; `None` when it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The file and the latest records.
pub(super) struct History {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    bytes: u64,
    recent: VecDeque<Record>,
    /// Lines that the file had no room for; they are written with the next one that has.
    unwritten: VecDeque<Vec<u8>>,
}

impl History {
    /// Opens `history.jsonl` below the pool.
    pub(super) fn open(pool: &Path) -> Result<Self, EnvironmentError> {
        let path = pool.join("history.jsonl");
        let inner = Inner::open(&path).map_err(EnvironmentError::History)?;
        Ok(Self {
            path,
            inner: Mutex::new(inner),
        })
    }

    /// Appends a record. A failure to write is logged, because the operation itself is done, and
    /// the line is written with the next record.
    pub(super) fn append(&self, record: Record) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = inner.write(&self.path, &record) {
            tracing::error!(%error, path = %self.path.display(), "history was not written");
        }
        if inner.recent.len() == RECENT_MAX {
            inner.recent.pop_front();
        }
        inner.recent.push_back(record);
    }

    /// Writes down the operation that led to a pointer's generation, where a kill came between its
    /// swing and its record.
    pub(super) fn catch_up(&self, pointer: &Pointer) {
        let (place, current) = (pointer.place.to_string(), &pointer.current);
        let to = current.branch.to_string();
        let is_known = {
            let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let mut done = inner.recent.iter().rev().filter(|record| {
                record.place == place && record.error.is_none() && record.to.is_some()
            });
            match (done.next(), inner.recent.front()) {
                (Some(last), _) => last.to.as_ref() == Some(&to),
                // Its record is older than those that are in memory.
                (None, Some(oldest)) => current.since < oldest.at,
                (None, None) => false,
            }
        };
        if is_known {
            return;
        }
        let from = pointer.earlier.first();
        self.append(Record {
            at: current.since,
            place,
            operation: current.operation,
            by: current.by.clone(),
            from: from.map(|generation| generation.branch.to_string()),
            to: Some(to),
            took_ms: 0,
            steps_ms: Vec::new(),
            ended_sessions: 0,
            note: Some(CAUGHT_UP.to_owned()),
            error: None,
        });
    }

    /// The latest records of a place, the latest first.
    pub(super) fn of(&self, place: &str, most: usize) -> Vec<Record> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let of_place = inner
            .recent
            .iter()
            .rev()
            .filter(|record| record.place == place);
        of_place.take(most).cloned().collect()
    }
}

impl Inner {
    fn open(path: &Path) -> io::Result<Self> {
        let mut recent = VecDeque::new();
        if let Ok(file) = File::open(path) {
            for line in BufReader::new(file).split(b'\n') {
                // A line torn by a crash is skipped, even amid a letter; the others are whole.
                if let Ok(record) = serde_json::from_slice(&line?) {
                    if recent.len() == RECENT_MAX {
                        recent.pop_front();
                    }
                    recent.push_back(record);
                }
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let mut bytes = file.metadata()?.len();
        if bytes > 0 && !ends_with_newline(path)? {
            file.write_all(b"\n")?;
            bytes += 1;
        }
        Ok(Self {
            file,
            bytes,
            recent,
            unwritten: VecDeque::new(),
        })
    }

    fn write(&mut self, path: &Path, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        if self.unwritten.len() == UNWRITTEN_MAX {
            self.unwritten.pop_front();
        }
        self.unwritten.push_back(line);
        while let Some(line) = self.unwritten.pop_front() {
            if let Err(error) = self.write_line(path, &line) {
                self.unwritten.push_front(line);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes a line whole or not at all.
    fn write_line(&mut self, path: &Path, line: &[u8]) -> io::Result<()> {
        if self.bytes + line.len() as u64 > FILE_BYTES_MAX {
            fs::rename(path, path.with_extension("jsonl.1"))?;
            self.file = OpenOptions::new().create(true).append(true).open(path)?;
            self.bytes = 0;
        }
        if let Err(error) = self.file.write_all(line) {
            // Half a line would be glued to the next.
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        self.bytes += line.len() as u64;
        Ok(())
    }
}

fn ends_with_newline(path: &Path) -> io::Result<bool> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::pointer::Generation;
    use super::*;
    use crate::branches::{BranchId, SnapshotId};

    fn record(place: &str, took_ms: u64) -> Record {
        Record {
            at: Timestamp::UNIX_EPOCH,
            place: place.into(),
            operation: Operation::Reset,
            by: "ada".into(),
            from: None,
            to: Some("b".into()),
            took_ms,
            steps_ms: vec![("clone".into(), 1)],
            ended_sessions: 0,
            note: None,
            error: None,
        }
    }

    #[test]
    fn records_survive_a_restart_and_a_torn_last_line() {
        let pool = tempfile::tempdir().expect("a directory");
        let history = History::open(pool.path()).expect("opens");
        history.append(record("qa", 1));
        history.append(record("staging", 2));
        drop(history);
        let path = pool.path().join("history.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).expect("opens");
        file.write_all(b"{\"at\":\"20").expect("writes");
        let history = History::open(pool.path()).expect("opens again");
        history.append(record("qa", 3));
        drop(history);
        let history = History::open(pool.path()).expect("opens a third time");
        let took: Vec<u64> = history
            .of("qa", 9)
            .iter()
            .map(|record| record.took_ms)
            .collect();
        assert_eq!(took, [3, 1]);
    }

    #[test]
    fn a_line_torn_amid_a_letter_does_not_keep_the_daemon_from_starting() {
        let pool = tempfile::tempdir().expect("a directory");
        let history = History::open(pool.path()).expect("opens");
        history.append(record("qa", 1));
        drop(history);
        let path = pool.path().join("history.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).expect("opens");
        file.write_all(b"{\"error\":\"\xc3").expect("writes");
        let history = History::open(pool.path()).expect("opens again");
        assert_eq!(history.of("qa", 9).len(), 1);
    }

    #[test]
    fn what_a_full_disk_kept_out_is_written_when_there_is_room() {
        let pool = tempfile::tempdir().expect("a directory");
        let history = History::open(pool.path()).expect("opens");
        let full = OpenOptions::new().write(true).open("/dev/full");
        let inner = || history.inner.lock().expect("nobody panicked");
        let roomy = std::mem::replace(&mut inner().file, full.expect("opens"));
        history.append(record("qa", 1));
        history.append(record("qa", 2));
        let path = pool.path().join("history.jsonl");
        assert_eq!(fs::read(&path).expect("is there"), b"");
        assert_eq!(history.of("qa", 9).len(), 2);
        inner().file = roomy;
        history.append(record("qa", 3));
        drop(history);
        let history = History::open(pool.path()).expect("opens again");
        let took = history.of("qa", 9).into_iter().map(|record| record.took_ms);
        assert_eq!(took.collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[test]
    fn a_swing_that_was_not_written_down_is_at_the_next_start() {
        let pool = tempfile::tempdir().expect("a directory");
        let history = History::open(pool.path()).expect("opens");
        let at = |second: i64| Timestamp::from_second(second).expect("a moment");
        let generation = |number: u64| Generation {
            number,
            branch: BranchId::draw(),
            base: SnapshotId::draw(),
            operation: Operation::Reset,
            by: "ada".into(),
            since: at(100 * number as i64),
        };
        let first = generation(1);
        let place = "qa".parse().expect("a place");
        let first = Pointer::first(place, first.base.clone(), first);
        let of_first = Record {
            at: at(99),
            to: Some(first.current.branch.to_string()),
            ..record("qa", 1)
        };
        history.append(of_first.clone());
        history.catch_up(&first);
        assert_eq!(history.of("qa", 9), [of_first]);
        let second = first.swung(generation(2), 3);
        for _ in 0..2 {
            history.catch_up(&second);
            let found = history.of("qa", 9);
            assert_eq!(found.len(), 2);
            assert_eq!((found[0].at, found[0].by.as_str()), (at(200), "ada"));
            assert_eq!(found[0].from, found[1].to);
            assert_eq!(found[0].to, Some(second.current.branch.to_string()));
        }
        // Of a place whose record is no longer in memory nothing is made up.
        let other = generation(0);
        let place = "staging".parse().expect("a place");
        history.catch_up(&Pointer::first(place, other.base.clone(), other));
        assert!(history.of("staging", 9).is_empty());
    }

    #[test]
    fn the_file_stays_bounded() {
        let pool = tempfile::tempdir().expect("a directory");
        let history = History::open(pool.path()).expect("opens");
        let mut long = record("qa", 1);
        long.error = Some("x".repeat(100_000));
        for _ in 0..100 {
            history.append(long.clone());
        }
        for name in ["history.jsonl", "history.jsonl.1"] {
            let bytes = fs::metadata(pool.path().join(name))
                .expect("is there")
                .len();
            assert!(bytes <= FILE_BYTES_MAX, "{name} has {bytes} bytes");
        }
    }
}
