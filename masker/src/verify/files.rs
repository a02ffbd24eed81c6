//! Looks for production's values in the bytes of the copy's files: dead rows, WAL, logs, temporary
//! files, whatever the server left.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

use super::GateError;
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
pub(super) fn look(directory: &Path, values: &[Vec<u8>]) -> Result<Looked, GateError> {
    let mut looked = Looked::default();
    let longest = values.iter().map(Vec::len).max().unwrap_or(0);
    if longest == 0 {
        return Ok(looked);
    }
    let finder = AhoCorasick::new(values).map_err(|_| GateError::Values)?;
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
                let (hits, bytes) = file(&entry.path(), &finder, longest)?;
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

fn file(path: &Path, finder: &AhoCorasick, longest: usize) -> Result<(u64, u64), GateError> {
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
    let mut buffer = vec![0; READ_BYTES + longest];
    let (mut kept, mut hits, mut bytes) = (0, 0, 0);
    loop {
        let read = file.read(&mut buffer[kept..]).map_err(failed)?;
        if read == 0 {
            return Ok((hits, bytes));
        }
        bytes += read as u64;
        let filled = kept + read;
        hits += finder.find_iter(&buffer[..filled]).count() as u64;
        // The end comes again with the next read: a value may begin in it.
        kept = filled.min(longest - 1);
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
        let looked = look(directory.path(), &[value, b"other@corp.example".to_vec()]);
        let looked = looked.expect("looks");
        let expected = Leak {
            place: "file base/5/16384".to_owned(),
            hits: 1,
        };
        assert_eq!((looked.leaks, looked.files), (vec![expected], 1));
    }
}
