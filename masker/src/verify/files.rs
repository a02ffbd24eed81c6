//! Looks for production's values in the bytes of the copy's files: dead rows, WAL, logs, temporary
//! files, whatever the server left.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use super::GateError;
use super::collect::Sample;
use super::report::Leak;
use crate::leak::leaks;

/// Bytes read at once; values that lie across two reads are found too.
const READ_BYTES: usize = 4 << 20;

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) leaks: Vec<Leak>,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// Looks into every file below a directory; links are not followed.
pub(super) fn look(directory: &Path, values: &[Sample]) -> Result<Looked, GateError> {
    let mut looked = Looked::default();
    let longest = values
        .iter()
        .map(|value| value.bytes.len())
        .max()
        .unwrap_or(0);
    if longest == 0 {
        return Ok(looked);
    }
    let finder = AhoCorasick::new(values.iter().map(|value| &value.bytes));
    let finder = Finder {
        values,
        automaton: finder.map_err(|_| GateError::Values)?,
        longest,
    };
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let failed = |source| GateError::File {
            path: directory.clone(),
            source,
        };
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                let (hits, bytes) = file(&entry.path(), &finder)?;
                looked.files += 1;
                looked.bytes += bytes;
                if hits > 0 && !leaks("gate.files") {
                    looked.leaks.push(Leak {
                        place: format!("file {}", named(&entry.path())),
                        hits,
                    });
                }
            }
        }
    }
    looked.leaks.sort();
    Ok(looked)
}

/// The last parts of a path, which tell the kind of file.
fn named(path: &Path) -> String {
    let parts: Vec<_> = path.iter().rev().take(3).collect();
    let path: PathBuf = parts.into_iter().rev().collect();
    path.display().to_string()
}

/// Finds samples in bytes.
struct Finder<'a> {
    values: &'a [Sample],
    automaton: AhoCorasick,
    longest: usize,
}

impl Finder<'_> {
    /// How many end in these bytes from a place on; what ends at the very end counts where nothing follows.
    fn hits(&self, bytes: &[u8], (from, last): (usize, bool)) -> u64 {
        let found = self.automaton.find_overlapping_iter(bytes);
        let new = found.filter(|found| {
            let end = found.end();
            end >= from && (end < bytes.len() || last)
        });
        let counted = new.filter(|found| {
            let (start, end) = (found.start(), found.end());
            let before = start.checked_sub(1).map(|at| bytes[at]);
            let ends = [
                (before, bytes[start]),
                (bytes.get(end).copied(), bytes[end - 1]),
            ];
            !self.values[found.pattern().as_usize()].alone
                || !ends
                    .iter()
                    .any(|(beside, own)| beside.is_some_and(|beside| joins(beside, *own)))
        });
        counted.count() as u64
    }
}

/// Whether two bytes beside each other are of one word or number.
fn joins(one: u8, other: u8) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    (letter(one) && letter(other)) || (one.is_ascii_digit() && other.is_ascii_digit())
}

fn file(path: &Path, finder: &Finder<'_>) -> Result<(u64, u64), GateError> {
    let failed = |source| GateError::File {
        path: path.to_owned(),
        source,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        // Temporary files and old WAL of a server that runs.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
        Err(error) => return Err(failed(error)),
    };
    // A value and the byte before it.
    let overlap = finder.longest + 1;
    let mut buffer = vec![0; READ_BYTES + overlap];
    let (mut kept, mut hits, mut bytes) = (0, 0, 0);
    loop {
        let read = file.read(&mut buffer[kept..]).map_err(failed)?;
        bytes += read as u64;
        let filled = kept + read;
        hits += finder.hits(&buffer[..filled], (kept, read == 0));
        if read == 0 {
            return Ok((hits, bytes));
        }
        // The end comes again with the next read: a value may begin in it, or go on.
        kept = filled.min(overlap);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_value_across_two_reads_is_found_and_told_without_itself() {
        let directory = tempfile::tempdir().expect("a directory");
        let deep = directory.path().join("base").join("5");
        std::fs::create_dir_all(&deep).expect("makes directories");
        let value = b"maria@corp.example".to_vec();
        let mut file = File::create(deep.join("16384")).expect("creates");
        file.write_all(&vec![b'x'; READ_BYTES + value.len() - 5])
            .expect("writes");
        file.write_all(&value).expect("writes");
        let sample = |bytes: Vec<u8>| Sample {
            bytes,
            alone: false,
        };
        let samples = [sample(value), sample(b"other@corp.example".to_vec())];
        let looked = look(directory.path(), &samples);
        let looked = looked.expect("looks");
        let expected = Leak {
            place: "file base/5/16384".to_owned(),
            hits: 1,
        };
        assert_eq!((looked.leaks, looked.files), (vec![expected], 1));
    }
    /// Else a name that is the beginning of a replacement would be a leak.
    #[test]
    fn a_value_of_a_list_counts_where_it_is_no_part_of_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let hits = |text: &[u8]| {
            std::fs::write(directory.path().join("file"), text).expect("writes");
            let sample = |bytes: &[u8]| Sample {
                bytes: bytes.to_vec(),
                alone: true,
            };
            let samples = [sample(b"Ana Martin"), sample(b"12 Main Street")];
            let looked = look(directory.path(), &samples).expect("looks");
            looked.leaks.iter().map(|leak| leak.hits).sum::<u64>()
        };
        for (text, expected) in [
            ("Ana Martin", 1),
            ("\x17Ana Martin\x0b", 1),
            ("Ana Martin Ana Martin", 2),
            ("Ana Martinez", 0),
            ("JoAna Martin", 0),
            ("112 Main Street", 0),
            ("x12 Main Street", 1),
        ] {
            assert_eq!(hits(text.as_bytes()), expected, "{text:?}");
        }
        // What decides lies beyond the read.
        for (rest, expected) in [("ez", 0), ("\0", 1), ("", 1)] {
            let mut text = vec![b' '; READ_BYTES + 15 - 10];
            text.extend_from_slice(format!("Ana Martin{rest}").as_bytes());
            assert_eq!(hits(&text), expected, "{rest:?}");
        }
    }
}
