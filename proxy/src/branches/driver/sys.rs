//! The ioctls for which no safe wrapper exists: subvolumes of btrfs, and the map of a file's extents.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::ioctl::{Getter, Opcode, Setter, Updater, ioctl, opcode};

/// Longest name in a btrfs directory (`BTRFS_SUBVOL_NAME_MAX` less its end).
const NAME_BYTES: usize = 4039;
/// `BTRFS_IOCTL_MAGIC`.
const BTRFS: u8 = 0x94;
/// `BTRFS_SUBVOL_RDONLY`.
const READ_ONLY: u64 = 1 << 1;
/// Extents per call; a data file in good order has fewer.
const EXTENTS: usize = 64;
/// `FIEMAP_EXTENT_LAST`.
const LAST: u32 = 0x1;
/// `FIEMAP_EXTENT_DATA_INLINE`: within the file system's own trees.
const INLINE: u32 = 0x200;
/// `FIEMAP_EXTENT_SHARED`.
const SHARED: u32 = 0x2000;

/// Block of every file system that shares blocks, unless somebody asked for another.
const BLOCK_BYTES: u64 = 4096;

/// `struct btrfs_ioctl_vol_args_v2`.
#[repr(C)]
struct Volume {
    fd: i64,
    transaction: u64,
    flags: u64,
    unused: [u64; 4],
    name: [u8; NAME_BYTES + 1],
}

/// `struct btrfs_ioctl_vol_args`.
#[repr(C)]
struct Named {
    fd: i64,
    name: [u8; 4088],
}

const SNAPSHOT_CREATE: Opcode = opcode::write::<Volume>(BTRFS, 23);
const SUBVOLUME_CREATE: Opcode = opcode::write::<Volume>(BTRFS, 24);
const SUBVOLUME_DELETE: Opcode = opcode::write::<Named>(BTRFS, 15);
const FLAGS_GET: Opcode = opcode::read::<u64>(BTRFS, 25);
const FLAGS_SET: Opcode = opcode::write::<u64>(BTRFS, 26);
/// `FS_IOC_FIEMAP`; its size counts the head only.
const FIEMAP: Opcode = opcode::read_write::<[u8; 32]>(b'f', 11);

fn volume(name: &OsStr, fd: i64) -> io::Result<Volume> {
    let mut volume = Volume {
        fd,
        transaction: 0,
        flags: 0,
        unused: [0; 4],
        name: [0; NAME_BYTES + 1],
    };
    let bytes = name.as_bytes();
    let room = volume.name.get_mut(..bytes.len().min(NAME_BYTES));
    match room {
        Some(room) if room.len() == bytes.len() => room.copy_from_slice(bytes),
        _ => return Err(io::ErrorKind::InvalidFilename.into()),
    }
    Ok(volume)
}

/// Makes an empty subvolume `name` in `parent`.
pub(super) fn subvolume_create(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let volume = volume(name, 0)?;
    // SAFETY: the opcode takes exactly this structure and only reads it.
    unsafe { ioctl(parent, Setter::<SUBVOLUME_CREATE, _>::new(volume)) }?;
    Ok(())
}

/// Makes a writable snapshot of the subvolume `source` as `name` in `parent`.
pub(super) fn subvolume_snapshot(
    source: &OwnedFd,
    parent: &OwnedFd,
    name: &OsStr,
) -> io::Result<()> {
    let volume = volume(name, i64::from(source.as_raw_fd()))?;
    // SAFETY: the opcode takes exactly this structure and only reads it; the descriptor in it is
    // open for the duration of the call.
    unsafe { ioctl(parent, Setter::<SNAPSHOT_CREATE, _>::new(volume)) }?;
    Ok(())
}

/// Deletes the subvolume `name` in `parent`, with everything in it.
pub(super) fn subvolume_delete(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    let mut named = Named {
        fd: 0,
        name: [0; 4088],
    };
    let bytes = name.as_bytes();
    match named.name.get_mut(..bytes.len().min(4087)) {
        Some(room) if room.len() == bytes.len() => room.copy_from_slice(bytes),
        _ => return Err(io::ErrorKind::InvalidFilename.into()),
    }
    // SAFETY: the opcode takes exactly this structure and only reads it.
    unsafe { ioctl(parent, Setter::<SUBVOLUME_DELETE, _>::new(named)) }?;
    Ok(())
}

/// Whether a subvolume is read-only.
pub(super) fn subvolume_is_protected(subvolume: &OwnedFd) -> io::Result<bool> {
    // SAFETY: the opcode writes one u64.
    let flags = unsafe { ioctl(subvolume, Getter::<FLAGS_GET, u64>::new()) }?;
    Ok(flags & READ_ONLY != 0)
}

/// Makes a subvolume writable or not.
pub(super) fn subvolume_protect(subvolume: &OwnedFd, read_only: bool) -> io::Result<()> {
    // SAFETY: the opcode writes one u64.
    let flags = unsafe { ioctl(subvolume, Getter::<FLAGS_GET, u64>::new()) }?;
    let wanted = if read_only {
        flags | READ_ONLY
    } else {
        flags & !READ_ONLY
    };
    // SAFETY: the opcode reads one u64.
    unsafe { ioctl(subvolume, Setter::<FLAGS_SET, u64>::new(wanted)) }?;
    Ok(())
}

/// `struct fiemap_extent`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    unused: [u64; 2],
    flags: u32,
    unused_flags: [u32; 3],
}

/// `struct fiemap` with room for extents.
#[repr(C)]
struct Map {
    start: u64,
    length: u64,
    flags: u32,
    mapped: u32,
    room: u32,
    unused: u32,
    extents: [Extent; EXTENTS],
}

/// How a file lies on the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lie {
    /// Pieces.
    pub(super) extents: u64,
    /// Bytes of its length that no other file shares.
    ///
    /// What is kept ready behind the end goes when the file is closed, and what is small enough to
    /// lie in the trees takes no block.
    pub(super) exclusive_bytes: u64,
}

/// Asks the file system how `file` lies on the disk.
pub(super) fn lie(file: &File) -> io::Result<Lie> {
    let end = file.metadata()?.len().next_multiple_of(BLOCK_BYTES);
    let mut lie = Lie::default();
    let mut start = 0;
    loop {
        let mut map = Map {
            start,
            length: u64::MAX - start,
            flags: 0,
            mapped: 0,
            room: EXTENTS as u32,
            unused: 0,
            extents: [Extent::default(); EXTENTS],
        };
        // SAFETY: the kernel writes at most `room` extents behind the head, and there is room for
        // that many.
        unsafe { ioctl(file.as_fd(), Updater::<FIEMAP, Map>::new(&mut map)) }?;
        let found = map.extents.get(..map.mapped as usize).unwrap_or_default();
        for extent in found {
            lie.extents += 1;
            if extent.flags & (SHARED | INLINE) == 0 {
                let within = end.saturating_sub(extent.logical).min(extent.length);
                lie.exclusive_bytes += within;
            }
        }
        match found.last() {
            Some(last) if last.flags & LAST == 0 => start = last.logical + last.length,
            _ => return Ok(lie),
        }
    }
}
