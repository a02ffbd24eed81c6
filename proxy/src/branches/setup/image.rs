//! The image file: every block of it allocated, so that the host can never run out of room for what
//! the file system within believes it has.
//!
//! On a sparse image with a full host, writes returned success and were lost at write-back.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{FallocateFlags, fallocate};

use super::{FileSystem, SetupError};

/// Bytes of one block in `st_blocks` (stat(2)).
const STAT_BLOCK_BYTES: u64 = 512;

/// Makes and formats the image at `path`; there is a whole one there afterwards, or none.
pub(super) fn make(path: &Path, file_system: FileSystem, bytes: u64) -> Result<(), SetupError> {
    let aside = path.with_extension("img-new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(SetupError::io("remove", &aside)(error));
        }
        _ => {}
    }
    let made = allocate(&aside, bytes).and_then(|()| format(&aside, file_system));
    let made = made.and_then(|()| {
        let placed = fs::rename(&aside, path).and_then(|()| {
            let parent = path.parent().unwrap_or(Path::new("/"));
            File::open(parent)?.sync_all()
        });
        placed.map_err(SetupError::io("place", path))
    });
    if made.is_err() {
        fs::remove_file(&aside).ok();
    }
    made
}

fn allocate(path: &Path, bytes: u64) -> Result<(), SetupError> {
    let fail = || SetupError::io("allocate", path);
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(fail())?;
    extend(&file, bytes).map_err(fail())
}

fn extend(file: &File, bytes: u64) -> std::io::Result<()> {
    fallocate(file, FallocateFlags::empty(), 0, bytes)?;
    file.sync_all()?;
    let metadata = file.metadata()?;
    if metadata.blocks() * STAT_BLOCK_BYTES < metadata.len() {
        return Err(std::io::Error::other("the host's file system left holes"));
    }
    Ok(())
}

fn format(path: &Path, file_system: FileSystem) -> Result<(), SetupError> {
    let package = file_system.package();
    match file_system {
        // -K: do not discard, which would give the blocks back to the host.
        FileSystem::Xfs => run(
            ("mkfs.xfs", package),
            ["-q", "-K", "-m", "reflink=1"].map(OsStr::new).as_slice(),
            path,
        ),
        // One copy of the metadata: a second one in the same file saves nothing.
        FileSystem::Btrfs => run(
            ("mkfs.btrfs", package),
            ["-q", "-K", "-m", "single", "-d", "single"]
                .map(OsStr::new)
                .as_slice(),
            path,
        ),
    }
}

/// The size of the image.
pub(super) fn size(path: &Path) -> Result<u64, SetupError> {
    let metadata = fs::metadata(path).map_err(SetupError::io("look at", path))?;
    Ok(metadata.len())
}

/// Makes the image larger; what is in it does not know yet.
pub(super) fn grow(path: &Path, bytes: u64) -> Result<(), SetupError> {
    let fail = || SetupError::io("grow", path);
    let file = OpenOptions::new().write(true).open(path).map_err(fail())?;
    extend(&file, bytes).map_err(fail())
}

/// Runs a program of the system with `last` as its last argument.
pub(super) fn run(
    (program, package): (&'static str, &'static str),
    arguments: &[&OsStr],
    last: &Path,
) -> Result<(), SetupError> {
    let output = Command::new(program)
        .args(arguments)
        .arg(last)
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(SetupError::NoProgram { program, package });
        }
        output => output.map_err(SetupError::io("run", Path::new(program)))?,
    };
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(SetupError::Program {
        program,
        status: output.status,
        message: text.lines().last().unwrap_or_default().to_owned(),
    })
}
