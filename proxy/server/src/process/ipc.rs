//! Clears what a killed server leaves outside its directory: shared memory that nobody frees.
//!
//! The System V segment is named in the lock file; its head names the control segment of the
//! dynamic shared memory, and that one names all others (`src/backend/storage/ipc/dsm.c`). The next
//! start of the same directory would clear them; a directory that is deleted has no next start.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::identity::{LOCK_FILE, LockFile};
use super::sys;
use crate::Home;

/// `PGShmemMagic`.
const SEGMENT_MAGIC: u32 = 679_834_894;
/// `PG_DYNSHMEM_CONTROL_MAGIC`.
const CONTROL_MAGIC: u32 = 0x9a50_3d32;
/// A control segment lists 64 and 5 per backend; more is no list.
const ITEMS_MAX: usize = 1 << 16;
/// Children of a killed server see its end at once; one that does not is stuck in the kernel.
const ORPHANS_WITHIN: Duration = Duration::from_secs(5);
/// How often is looked whether they are gone.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Why the leftovers of a server were not cleared.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// There is nothing left over: the server lives.
    #[error("process {pid} runs in {directory:?}")]
    Alive {
        /// Its process id.
        pid: i32,
        /// Its home.
        directory: PathBuf,
    },
    /// The server is dead, and some of its children are not.
    #[error("{count} processes of a dead server still use the data in {directory:?}")]
    Orphans {
        /// How many.
        count: u64,
        /// Their home.
        directory: PathBuf,
    },
    /// The system refused.
    #[error("clear what a server left in {directory:?}")]
    Io {
        /// The home.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Removes the lock file of a server that is gone, and its shared memory; does nothing where there
/// is no lock file. Blocks, for seconds at worst.
pub fn clear_runtime(home: &Home) -> Result<(), RuntimeError> {
    let pgdata = home.pgdata();
    let fail = |source| RuntimeError::Io {
        directory: home.directory.clone(),
        source,
    };
    let owner = match fs::metadata(&pgdata) {
        Ok(metadata) => metadata.uid(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fail(error)),
    };
    if let Some(lock) = LockFile::read(&pgdata) {
        if lock.living_server(&pgdata, owner).is_some() {
            return Err(RuntimeError::Alive {
                pid: lock.pid,
                directory: home.directory.clone(),
            });
        }
        if let Some((key, id)) = lock.segment {
            clear_segment(home, key, id, owner)?;
        }
    }
    match fs::remove_file(pgdata.join(LOCK_FILE)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fail(error)),
    }
}

fn clear_segment(home: &Home, key: i32, id: i32, owner: u32) -> Result<(), RuntimeError> {
    let fail = |source| RuntimeError::Io {
        directory: home.directory.clone(),
        source,
    };
    // Ids are used again: the key (made of the directory's inode) and the owner must fit.
    let ours = || -> io::Result<Option<sys::Segment>> {
        let found = sys::segment(id)?;
        Ok(found.filter(|segment| segment.key == key && segment.uid == owner))
    };
    let deadline = Instant::now() + ORPHANS_WITHIN;
    loop {
        match ours().map_err(fail)? {
            None => return Ok(()),
            Some(segment) if segment.attached == 0 => break,
            Some(segment) if Instant::now() >= deadline => {
                return Err(RuntimeError::Orphans {
                    count: segment.attached,
                    directory: home.directory.clone(),
                });
            }
            Some(_) => std::thread::sleep(LOOK_EVERY),
        }
    }
    let head = sys::segment_head::<28>(id).map_err(fail)?;
    if word(&head, 0) == Some(SEGMENT_MAGIC)
        && let Some(control) = word(&head, 24).filter(|&handle| handle != 0)
    {
        clear_dynamic(home, control, owner);
    }
    sys::remove_segment(id).map_err(fail)
}

/// Removes the control segment `control` and the segments that it lists, where they are files of
/// the owner's; what was never made or is gone already is no error.
fn clear_dynamic(home: &Home, control: u32, owner: u32) {
    let path = dynamic(control);
    let belongs = |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| it.uid() == owner);
    if !belongs(&path) {
        return;
    }
    let list = fs::read(&path).unwrap_or_default();
    let version = fs::read_to_string(home.pgdata().join("PG_VERSION")).unwrap_or_default();
    // Since 14 an item also says where in the main segment it lies.
    let item_bytes = if version.trim() == "13" { 24 } else { 40 };
    let items = word(&list, 4).filter(|_| word(&list, 0) == Some(CONTROL_MAGIC));
    let items = items.map_or(0, |count| (count as usize).min(ITEMS_MAX));
    let listed = (0..items).filter_map(|item| {
        let (handle, references) = (16 + item * item_bytes, 20 + item * item_bytes);
        word(&list, references).filter(|&count| count > 0)?;
        word(&list, handle)
    });
    for path in listed.map(dynamic).filter(|path| belongs(path)) {
        fs::remove_file(path).ok();
    }
    fs::remove_file(path).ok();
}

/// Where `shm_open` of glibc puts the segment that PostgreSQL calls `/PostgreSQL.<handle>`.
fn dynamic(handle: u32) -> PathBuf {
    format!("/dev/shm/PostgreSQL.{handle}").into()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(word.try_into().ok()?))
}
