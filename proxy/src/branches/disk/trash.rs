//! Takes directories away in two steps: out of sight at once, off the disk later.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Layout;
use super::layout::PGDATA;
use crate::branches::driver::Driver;
use crate::branches::step::step;

/// Moves a directory of the pool to the trash, durably.
pub(in crate::branches) fn discard(layout: &Layout, directory: &Path) -> io::Result<()> {
    let name = directory
        .file_name()
        .ok_or(io::ErrorKind::InvalidFilename)?;
    let parent = directory.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    fs::rename(directory, layout.trash().join(name))?;
    step("drop.renamed")?;
    File::open(parent)?.sync_all()?;
    step("drop.published")
}

/// Deletes everything in the trash; says how many directories went, and stops at the first that
/// will not.
pub(in crate::branches) fn empty(layout: &Layout, driver: Driver) -> io::Result<usize> {
    let mut gone = 0;
    for entry in fs::read_dir(layout.trash())? {
        let path = entry?.path();
        let data = path.join(PGDATA);
        // Behind a link lies somebody else's; only the link itself goes.
        let is_directory = |path: &Path| path.symlink_metadata().is_ok_and(|it| it.is_dir());
        if is_directory(&path) && is_directory(&data) {
            driver.delete(&data)?;
        }
        fs::remove_dir_all(&path)?;
        gone += 1;
        step("trash.emptied")?;
    }
    Ok(gone)
}
