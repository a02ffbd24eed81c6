//! How a directory lies on the disk: its files, their pieces, and what of it is shared.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use nix::libc::O_NOFOLLOW;

use super::tree::{ANEW_SUFFIX, Foreign, Tree, is_transient};
use super::{CloneError, Weight, sys};

/// A file in more pieces than this, and than [`BYTES_PER_PIECE`] explains, is worth writing anew.
const PIECES_MIN: u64 = 16;
/// A file system in good order cuts large files no finer than this.
const BYTES_PER_PIECE: u64 = 8 << 20;
/// Bytes per read and write.
const BLOCK_BYTES: usize = 4 << 20;

/// Weighs a directory. Files that vanish meanwhile do not count.
pub(in crate::branches) fn measure(root: &Path) -> Result<Weight, CloneError> {
    let mut weight = Weight::default();
    let tree = list(root)?;
    for file in tree.files {
        let path = root.join(file);
        let mut options = OpenOptions::new();
        let file = match options.read(true).custom_flags(O_NOFOLLOW).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened.map_err(CloneError::io("open", &path))?,
        };
        let bytes = file
            .metadata()
            .map_err(CloneError::io("look at", &path))?
            .len();
        weight.files += 1;
        weight.bytes += bytes;
        match sys::lie(&file) {
            Ok(lie) => {
                weight.extents += lie.extents;
                weight.exclusive_bytes += lie.exclusive_bytes;
            }
            // The file system does not tell: all of it counts as its own.
            Err(_) => weight.exclusive_bytes += bytes,
        }
    }
    Ok(weight)
}

/// Writes every file anew that lies in too many pieces; gives how many pieces that saved.
///
/// Nobody may use the directory meanwhile. Ends early, with every file whole, when `stop` says so.
pub(in crate::branches) fn rewrite(
    root: &Path,
    stop: &dyn Fn() -> bool,
) -> Result<u64, CloneError> {
    let mut saved = 0;
    let files = list(root)?.files;
    for file in files.iter().filter(|file| !is_transient(file)) {
        let path = root.join(file);
        saved += rewrite_one(&path, stop).map_err(CloneError::io("write anew", &path))?;
        if stop() {
            break;
        }
    }
    Ok(saved)
}

fn rewrite_one(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<u64> {
    let mut options = OpenOptions::new();
    let old = options.read(true).custom_flags(O_NOFOLLOW).open(path)?;
    let metadata = old.metadata()?;
    let Ok(before) = sys::lie(&old) else {
        return Ok(0);
    };
    if before.extents < PIECES_MIN.max(2 * metadata.len() / BYTES_PER_PIECE) {
        return Ok(0);
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(ANEW_SUFFIX);
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_anew(&old, &metadata, aside.as_ref(), stop);
    let new = match written {
        Ok(Some(new)) => new,
        unfinished => {
            fs::remove_file(&aside)?;
            return unfinished.map(|_| 0);
        }
    };
    let after = sys::lie(&new)?;
    fs::rename(&aside, path)?;
    Ok(before.extents.saturating_sub(after.extents))
}

/// Writes the content of `old` into the new file `aside`; `None` if it was told to stop.
fn write_anew(
    mut old: &File,
    metadata: &fs::Metadata,
    aside: &Path,
    stop: &dyn Fn() -> bool,
) -> io::Result<Option<File>> {
    let mut new = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(aside)?;
    std::os::unix::fs::fchown(&new, Some(metadata.uid()), Some(metadata.gid()))?;
    // Allocated in one go, the file system looks for one place for all of it.
    let flags = rustix::fs::FallocateFlags::empty();
    if metadata.len() > 0 {
        rustix::fs::fallocate(&new, flags, 0, metadata.len())?;
    }
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let length = old.read(&mut block)?;
        match block.get(..length) {
            _ if stop() => return Ok(None),
            Some(read) if !read.is_empty() => new.write_all(read)?,
            _ => break,
        }
    }
    new.set_permissions(fs::Permissions::from_mode(metadata.mode() & 0o777))?;
    new.sync_all()?;
    Ok(Some(new))
}

fn list(root: &Path) -> Result<Tree, CloneError> {
    let tree = Tree::of_all(root).map_err(CloneError::io("list", root))?;
    tree.map_err(|Foreign(link)| CloneError::Link {
        path: root.join(link),
    })
}
