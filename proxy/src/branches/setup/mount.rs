//! Mounting the image, and telling the file system when it grew.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::SetupError;
use super::image::run;

/// `nodiscard`: trimming would punch holes into the image. `noatime`: reading must not write.
const OPTIONS: &str = "loop,noatime,nodiscard";
/// The package of `mount` and `losetup`.
const MOUNT_PACKAGE: &str = "util-linux";

/// Whether something is mounted on `path`: it then lies on another device than its parent.
pub(super) fn is_mounted(path: &Path) -> Result<bool, SetupError> {
    let own = match fs::metadata(path) {
        Ok(own) => own,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        // A file system that has shut down still is in the way.
        Err(_) => return Ok(true),
    };
    let Some(parent) = path.parent() else {
        return Ok(true);
    };
    let parent = fs::metadata(parent).map_err(SetupError::io("look at", parent))?;
    Ok(own.dev() != parent.dev())
}

/// Refuses a mount point that holds something.
pub(super) fn check_empty(path: &Path) -> Result<(), SetupError> {
    let mut entries = match fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(SetupError::io("list", path))?,
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(SetupError::NotEmpty {
            path: path.to_owned(),
        }),
    }
}

pub(super) fn mount(image: &Path, path: &Path) -> Result<(), SetupError> {
    fs::create_dir_all(path).map_err(SetupError::io("make", path))?;
    check_empty(path)?;
    let arguments = [OsStr::new("-o"), OsStr::new(OPTIONS), image.as_os_str()];
    run(("mount", MOUNT_PACKAGE), &arguments, path)
}

pub(super) fn unmount(path: &Path) -> Result<(), SetupError> {
    if is_mounted(path)? {
        run(("umount", MOUNT_PACKAGE), &[], path)?;
    }
    Ok(())
}

/// Tells the loop device and the file system within that the image is larger now.
pub(super) fn grow(image: &Path, path: &Path) -> Result<(), SetupError> {
    let device = device_of(image)?;
    run(("losetup", MOUNT_PACKAGE), &[OsStr::new("-c")], &device)?;
    let is_btrfs = rustix::fs::statfs(path).is_ok_and(|found| found.f_type == BTRFS_MAGIC);
    if is_btrfs {
        let arguments = ["filesystem", "resize", "max"].map(OsStr::new);
        run(("btrfs", "btrfs-progs"), &arguments, path)
    } else {
        run(("xfs_growfs", "xfsprogs"), &[OsStr::new("-d")], path)
    }
}

/// `BTRFS_SUPER_MAGIC` (statfs(2)).
const BTRFS_MAGIC: rustix::fs::FsWord = 0x9123_683E;

fn device_of(image: &Path) -> Result<PathBuf, SetupError> {
    let output = Command::new("losetup")
        .args(["--noheadings", "--output", "NAME", "--associated"])
        .arg(image)
        .output()
        .map_err(SetupError::io("find the device of", image))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let name = text.lines().next().map(str::trim).unwrap_or_default();
    if name.is_empty() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(SetupError::io("find the device of", image)(source));
    }
    Ok(name.into())
}
