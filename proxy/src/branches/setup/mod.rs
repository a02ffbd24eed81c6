//! Makes a place for a pool where the file system cannot share blocks: an image file, formatted with
//! one that can, and mounted.
//!
//! Changes the machine only when a person asked for it; doing it twice changes nothing.

mod image;
mod mount;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use nix::unistd::geteuid;
use rules::unit::Bytes;

use super::disk::Space;

/// Share of the host's file system that the image leaves free, in percent: what runs beside us must
/// not starve.
const HOST_FREE_PERCENT: u64 = 10;
/// The smallest image: XFS wants 300 MB, and a cluster should fit in it.
const SIZE_MIN_BYTES: u64 = 1_000_000_000;
/// Images grow by whole units of this.
const UNIT_BYTES: u64 = 1 << 20;

/// File systems that an image can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// Clones file by file; time grows with files and extents.
    Xfs,
    /// Snapshots of subvolumes, in a few milliseconds.
    Btrfs,
}

impl FileSystem {
    /// Its name for `mount` and `mkfs`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
        }
    }

    /// The package that its tools are in.
    fn package(self) -> &'static str {
        match self {
            Self::Xfs => "xfsprogs",
            Self::Btrfs => "btrfs-progs",
        }
    }
}

/// The image of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolImage {
    /// Where the pool is to be: the mount point.
    pub path: PathBuf,
    /// What a new image is formatted with; one that exists stays what it is.
    pub file_system: FileSystem,
    /// Its size; `None` is half of what the host can spare. A smaller one than there is changes
    /// nothing: images do not shrink.
    pub size_bytes: Option<u64>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// The image file.
    pub image: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// Everything that was changed, in words; empty if all was as it should be.
    pub changes: Vec<String>,
}

/// Why there is no pool image.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Only root mounts.
    #[error("making and mounting a pool image needs root")]
    NotRoot,
    /// The mount point holds files, which a mount would hide.
    #[error("{path:?} is not empty")]
    NotEmpty {
        /// The mount point.
        path: PathBuf,
    },
    /// The host has too little room.
    #[error(
        "the host can spare {} beside its {HOST_FREE_PERCENT}% reserve, and {} are wanted",
        Bytes(*spare_bytes),
        Bytes(*wanted_bytes)
    )]
    NoRoom {
        /// What the image may take.
        spare_bytes: u64,
        /// What it would take.
        wanted_bytes: u64,
    },
    /// A program is missing.
    #[error("program {program:?} is not installed")]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// The package that it is in.
        package: &'static str,
    },
    /// A program failed.
    #[error("{program} failed ({status}): {message}")]
    Program {
        /// Its name.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The last line that it wrote.
        message: String,
    },
    /// The system refused.
    #[error("{verb} {path:?}")]
    Io {
        /// What was being done.
        verb: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl SetupError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotRoot => Some(
                "run \"sudo standin setup\", or put [pool] path on btrfs, XFS or ZFS; without \
                 either, branches are full copies"
                    .to_owned(),
            ),
            Self::NotEmpty { .. } => {
                Some("move the files away, or choose another [pool] path".to_owned())
            }
            Self::NoRoom { .. } => Some("choose a smaller size, or free some room".to_owned()),
            Self::NoProgram { package, .. } => Some(format!("install the package {package}")),
            Self::Program {
                program: "umount", ..
            } => Some(
                "something still works in the pool: servers of a daemon that was killed, for \
                 example; `standin up` takes them over and `standin down` stops them"
                    .to_owned(),
            ),
            Self::Program {
                program: "mount", ..
            } => Some(
                "a container without loop devices cannot mount an image; there, branches are \
                 full copies"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            verb,
            path: path.to_owned(),
            source,
        }
    }
}

impl PoolImage {
    /// The image file of the pool at `path`: beside it, so that the pool's own file system never
    /// holds it.
    pub fn file_of(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".img");
        name.into()
    }

    /// Makes, formats, grows and mounts the image, whatever of that is still to be done.
    ///
    /// Blocks, for minutes where the host's file system has to write zeros.
    pub fn ensure(&self) -> Result<SetUp, SetupError> {
        if !geteuid().is_root() {
            return Err(SetupError::NotRoot);
        }
        let path = std::path::absolute(&self.path).map_err(SetupError::io("find", &self.path))?;
        let image = Self::file_of(&path);
        let mut changes = Vec::new();
        if !image.exists() {
            mount::check_empty(&path)?;
            let size = self.wanted_size(&image, 0)?;
            image::make(&image, self.file_system, size)?;
            changes.push(format!("made {} with {}", image.display(), Bytes(size)));
        }
        if !mount::is_mounted(&path)? {
            mount::mount(&image, &path)?;
            changes.push(format!("mounted it on {}", path.display()));
        }
        let present = image::size(&image)?;
        let wanted = match self.size_bytes {
            Some(_) => self.wanted_size(&image, present)?,
            None => present,
        };
        if wanted > present {
            image::grow(&image, wanted)?;
            mount::grow(&image, &path)?;
            changes.push(format!("grew it to {}", Bytes(wanted)));
        }
        Ok(SetUp {
            image,
            size_bytes: wanted.max(present),
            changes,
        })
    }

    /// Mounts the image of the pool at `path` again after a reboot; does nothing where there is no
    /// image, or where it is mounted. Says whether it mounted.
    pub fn mount_again(path: &Path) -> Result<bool, SetupError> {
        let path = std::path::absolute(path).map_err(SetupError::io("find", path))?;
        let image = Self::file_of(&path);
        if !image.exists() || mount::is_mounted(&path)? {
            return Ok(false);
        }
        if !geteuid().is_root() {
            return Err(SetupError::NotRoot);
        }
        mount::mount(&image, &path)?;
        Ok(true)
    }

    /// Whether the pool at `path` is an image that is mounted now.
    pub fn is_mounted(path: &Path) -> Result<bool, SetupError> {
        let path = std::path::absolute(path).map_err(SetupError::io("find", path))?;
        Ok(Self::file_of(&path).exists() && mount::is_mounted(&path)?)
    }

    /// Unmounts the pool, which frees its loop device, and keeps its image. Says whether it was
    /// mounted.
    pub fn unmount(path: &Path) -> Result<bool, SetupError> {
        let path = std::path::absolute(path).map_err(SetupError::io("find", path))?;
        let mounted = mount::is_mounted(&path)?;
        if mounted && !geteuid().is_root() {
            return Err(SetupError::NotRoot);
        }
        mount::unmount(&path)?;
        Ok(mounted)
    }

    /// Unmounts the pool and removes its image with everything in it.
    pub fn remove(path: &Path) -> Result<(), SetupError> {
        let path = std::path::absolute(path).map_err(SetupError::io("find", path))?;
        Self::unmount(&path)?;
        let image = Self::file_of(&path);
        std::fs::remove_file(&image).map_err(SetupError::io("remove", &image))?;
        // The mount point; what somebody laid there since then is not ours to remove.
        match std::fs::remove_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(SetupError::io("remove", &path)),
        }
    }

    /// The size that the image is to have, if the host can spare it beside the `present` bytes.
    fn wanted_size(&self, image: &Path, present: u64) -> Result<u64, SetupError> {
        let host = image.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(host).map_err(SetupError::io("make", host))?;
        let space = Space::of(host).map_err(SetupError::io("look at", host))?;
        let reserve = space.total_bytes / 100 * HOST_FREE_PERCENT;
        let spare = space.free_bytes.saturating_sub(reserve);
        let wanted = self.size_bytes.unwrap_or(spare / 2).max(SIZE_MIN_BYTES);
        let wanted = wanted / UNIT_BYTES * UNIT_BYTES;
        if wanted.saturating_sub(present) > spare {
            return Err(SetupError::NoRoom {
                spare_bytes: spare,
                wanted_bytes: wanted,
            });
        }
        Ok(wanted)
    }
}
