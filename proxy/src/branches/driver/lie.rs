//! How a directory lies on the disk: its files, their pieces, and what of it is shared.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use nix::libc::O_NOFOLLOW;

use super::tree::{Foreign, Tree};
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
/// Nobody may use the directory meanwhile.
pub(in crate::branches) fn rewrite(root: &Path) -> Result<u64, CloneError> {
    let mut block = vec![0; BLOCK_BYTES];
    let mut saved = 0;
    for file in list(root)?.files {
        let path = root.join(file);
        let fail = || CloneError::io("write anew", &path);
        let old = File::open(&path).map_err(fail())?;
        let metadata = old.metadata().map_err(fail())?;
        let Ok(before) = sys::lie(&old) else { continue };
        if before.extents < PIECES_MIN.max(2 * metadata.len() / BYTES_PER_PIECE) {
            continue;
        }
        let aside = path.with_extension("standin-rewrite");
        let new = rewrite_one(&old, &metadata, &aside, &mut block).map_err(fail())?;
        let after = sys::lie(&new).map_err(fail())?;
        fs::rename(&aside, &path).map_err(fail())?;
        saved += before.extents.saturating_sub(after.extents);
    }
    Ok(saved)
}

fn rewrite_one(
    mut old: &File,
    metadata: &fs::Metadata,
    aside: &Path,
    block: &mut [u8],
) -> io::Result<File> {
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
    loop {
        let length = old.read(block)?;
        match block.get(..length) {
            Some(read) if !read.is_empty() => new.write_all(read)?,
            _ => break,
        }
    }
    new.set_permissions(fs::Permissions::from_mode(metadata.mode() & 0o777))?;
    new.sync_all()?;
    Ok(new)
}

fn list(root: &Path) -> Result<Tree, CloneError> {
    let tree = Tree::of_all(root).map_err(CloneError::io("list", root))?;
    tree.map_err(|Foreign(link)| CloneError::Link {
        path: root.join(link),
    })
}
