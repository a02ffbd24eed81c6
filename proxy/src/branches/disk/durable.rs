//! Makes small files last: after a power cut there is the old content or the new, whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::branches::step::step;

/// The largest manifest: names and numbers of a few thousand databases fit.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

/// Replaces the file at `path`, durably.
///
/// A failed fsync is never tried again on the same file, because the error is reported once: the
/// next attempt makes a new file.
pub(in crate::branches) fn write(path: &Path, content: &str) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    let aside = path.with_extension("new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(content.as_bytes())?;
    step("durable.written")?;
    file.sync_all()?;
    step("durable.synced")?;
    fs::rename(&aside, path)?;
    step("durable.renamed")?;
    File::open(directory)?.sync_all()?;
    step("durable.published")
}

/// Removes the file at `path`, durably; one that is not there is removed already.
pub(in crate::branches) fn remove(path: &Path) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    step("remove.unlinked")?;
    File::open(directory)?.sync_all()?;
    step("remove.published")
}

/// Moves a finished directory to its place, durably.
pub(in crate::branches) fn publish(from: &Path, to: &Path) -> io::Result<()> {
    let parent = to.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    fs::rename(from, to)?;
    File::open(parent)?.sync_all()
}

/// Reads a manifest; `None` if there is none.
pub(in crate::branches) fn read(path: &Path) -> io::Result<Option<String>> {
    let mut text = String::new();
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if file.take(MANIFEST_BYTES_MAX).read_to_string(&mut text)? as u64 == MANIFEST_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_gone_already_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("qa.toml");
        write(&path, "format = 1").expect("writes");
        for _ in 0..2 {
            remove(&path).expect("removes");
            assert_eq!(read(&path).expect("reads"), None);
        }
        assert!(remove(&directory.path().join("nowhere/qa.toml")).is_err());
    }
}
