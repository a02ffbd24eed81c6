//! One number for a project's migrations, so that drift can be noticed.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::command::MigrationCommand;
use super::order::{file_name, files};

/// Directories deeper than this below a command's directory are not hashed but refused: links in a
/// circle end here.
const DEPTH_MAX: usize = 32;

/// Why migrations could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// A file or directory could not be read.
    #[error("read {path:?}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The directory goes too deep.
    #[error("{path:?} lies more than {DEPTH_MAX} directories deep")]
    TooDeep {
        /// Where the walk ended.
        path: PathBuf,
    },
}

/// SHA-256, in hexadecimal, over the names and bytes of a directory's migrations in their order.
pub fn hash_directory(directory: &Path) -> Result<String, HashError> {
    let mut hash = Sha256::new();
    hash.update(b"standin migrations directory 1\0");
    let found = files(directory).map_err(read(directory))?;
    for path in found {
        add_file(&mut hash, file_name(&path).as_bytes(), &path)?;
    }
    Ok(hex(&hash.finalize()))
}

/// SHA-256, in hexadecimal, over a command's program and arguments and, where it is known what it
/// reads, the names and bytes of those files and of all files below those directories.
pub fn hash_command(command: &MigrationCommand, files: &[PathBuf]) -> Result<String, HashError> {
    let mut hash = Sha256::new();
    hash.update(b"standin migrations command 1\0");
    add(&mut hash, command.program.as_bytes());
    for argument in &command.arguments {
        add(&mut hash, argument.as_bytes());
    }
    for root in files {
        hash.update(b"files\0");
        if root.is_file() {
            add_file(&mut hash, b"", root)?;
            continue;
        }
        let mut below = Vec::new();
        walk(root, 0, &mut below)?;
        below.sort();
        for path in below {
            let name = path.strip_prefix(root).unwrap_or(&path);
            add_file(&mut hash, name.as_os_str().as_encoded_bytes(), &path)?;
        }
    }
    Ok(hex(&hash.finalize()))
}

/// SHA-256 of some bytes in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn walk(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), HashError> {
    if depth > DEPTH_MAX {
        return Err(HashError::TooDeep {
            path: directory.to_owned(),
        });
    }
    for entry in std::fs::read_dir(directory).map_err(read(directory))? {
        let entry = entry.map_err(read(directory))?;
        if is_made(&entry.file_name()) {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            walk(&path, depth + 1, found)?;
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Files that a run leaves behind (Python's compiled ones) and those that are hidden: with them, every
/// run would be a change.
fn is_made(name: &std::ffi::OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name == b"__pycache__" || name.starts_with(b".")
}

fn add_file(hash: &mut Sha256, name: &[u8], path: &Path) -> Result<(), HashError> {
    add(hash, name);
    let bytes = std::fs::read(path).map_err(read(path))?;
    add(hash, &bytes);
    Ok(())
}

/// Length before bytes, so that no two lists of parts have the same text.
fn add(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part);
}

fn read(path: &Path) -> impl FnOnce(io::Error) -> HashError {
    let path = path.to_owned();
    |source| HashError::Read { path, source }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
