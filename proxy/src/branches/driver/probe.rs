//! Finds out what a file system can do, by doing it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{Driver, sys};

/// Enough for several extents, little enough to write in no time.
const PROBE_BYTES: usize = 4 << 20;
/// The block that is overwritten in the clone.
const BLOCK: usize = 8192;
/// Where in the file it lies.
const BLOCK_AT: u64 = 1 << 20;

/// The pool's directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{verb} in {directory:?}")]
pub struct ProbeError {
    /// What was being done.
    pub verb: &'static str,
    /// The directory that was probed.
    pub directory: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// The best driver that works in `directory`; the file system's name is not asked for.
pub fn probe(directory: &Path) -> Result<Driver, ProbeError> {
    let fail = |verb| {
        move |source| ProbeError {
            verb,
            directory: directory.to_owned(),
            source,
        }
    };
    let place = directory.join(format!("probe-{}", std::process::id()));
    remove(&place).map_err(fail("remove an earlier probe"))?;
    fs::create_dir(&place).map_err(fail("make a directory"))?;
    let found = find(&place).map_err(fail("write a file"));
    remove(&place).map_err(fail("remove the probe"))?;
    found
}

fn find(place: &Path) -> io::Result<Driver> {
    let mut original = vec![0; PROBE_BYTES];
    rand::fill(&mut original[..]);
    let works = |driver: Driver| -> io::Result<bool> {
        match driver {
            Driver::Btrfs => by_volume(place, &original),
            Driver::Reflink => by_reflink(place, &original),
            Driver::Copy => Ok(true),
        }
    };
    for driver in Driver::ALL {
        if works(driver)? {
            return Ok(driver);
        }
    }
    Ok(Driver::Copy)
}

fn by_reflink(place: &Path, original: &[u8]) -> io::Result<bool> {
    let (from, to) = (place.join("file"), place.join("file-clone"));
    write(&from, original)?;
    let (source, target) = (File::open(&from)?, File::create_new(&to)?);
    if rustix::fs::ioctl_ficlone(&target, &source).is_err() {
        return Ok(false);
    }
    is_clone(&from, &to, original)
}

fn by_volume(place: &Path, original: &[u8]) -> io::Result<bool> {
    let open = |path: &Path| -> io::Result<std::os::fd::OwnedFd> { Ok(File::open(path)?.into()) };
    let parent = open(place)?;
    if sys::subvolume_create(&parent, "volume".as_ref()).is_err() {
        return Ok(false);
    }
    write(&place.join("volume/file"), original)?;
    let volume = open(&place.join("volume"))?;
    if sys::subvolume_snapshot(&volume, &parent, "snapshot".as_ref()).is_err() {
        return Ok(false);
    }
    let works = is_clone(
        &place.join("volume/file"),
        &place.join("snapshot/file"),
        original,
    );
    for name in ["volume", "snapshot"] {
        // Not allowed to anyone but root; removing the directory does the same, slowly.
        sys::subvolume_delete(&parent, name.as_ref()).ok();
    }
    works
}

/// Whether `to` holds the same bytes as `from`, shares their place, and yet changes alone.
fn is_clone(from: &Path, to: &Path, original: &[u8]) -> io::Result<bool> {
    if fs::read(to)? != original {
        return Ok(false);
    }
    let shared = match sys::lie(&File::open(to)?) {
        Ok(lie) => lie.exclusive_bytes < PROBE_BYTES as u64,
        // Nothing to judge by: that it was done, and changes alone, must do.
        Err(_) => true,
    };
    let clone = OpenOptions::new().write(true).open(to)?;
    clone.write_all_at(&[0; BLOCK], BLOCK_AT)?;
    clone.sync_all()?;
    Ok(shared && fs::read(from)? == original && fs::read(to)? != original)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
