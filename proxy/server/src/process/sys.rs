//! The system calls for which no safe wrapper exists: leaving the session, polling a handle, shared
//! memory segments.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;

use nix::libc;
use tokio::io::unix::AsyncFd;
use tokio::process::Command;

/// Makes the process that `command` starts the leader of a session of its own, without a terminal
/// and with no file of ours but its standard streams.
pub(super) fn detach(command: &mut Command) {
    // SAFETY: the closure runs between fork and exec and calls only system calls, which are
    // async-signal-safe; it allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(|| {
            if libc::setsid() == -1 {
                return Err(io::Error::last_os_error());
            }
            let (first, last) = (3 as libc::c_uint, libc::c_uint::MAX);
            // Kernels before 5.11 lack the flag: there everything that std opened closes anyway.
            libc::syscall(
                libc::SYS_close_range,
                first,
                last,
                libc::CLOSE_RANGE_CLOEXEC,
            );
            Ok(())
        });
    }
}

/// Waits for a handle with the runtime's poller.
pub(super) fn pollable(handle: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` gives the same open descriptor until it is dropped, and it is dropped
    // only by the `AsyncFd` that takes it here.
    unsafe { AsyncFd::register(handle) }.map_err(io::Error::from)
}

/// What the kernel knows of a System V segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) key: i32,
    pub(super) uid: u32,
    pub(super) attached: u64,
}

/// Looks a segment up; `None` if there is none with this id.
pub(super) fn segment(id: i32) -> io::Result<Option<Segment>> {
    // SAFETY: `IPC_STAT` fills the structure that is handed over and reads nothing from it.
    let stat = unsafe {
        let mut stat: libc::shmid_ds = std::mem::zeroed();
        match libc::shmctl(id, libc::IPC_STAT, &raw mut stat) {
            0 => stat,
            _ => return absent(io::Error::last_os_error()),
        }
    };
    Ok(Some(Segment {
        key: stat.shm_perm.__key,
        uid: stat.shm_perm.uid,
        attached: stat.shm_nattch,
    }))
}

/// The first bytes of a segment.
pub(super) fn segment_head<const N: usize>(id: i32) -> io::Result<[u8; N]> {
    // SAFETY: the segment is attached read-only at an address of the kernel's choice, at least a
    // page is mapped (`N` is checked against it), and it is detached before this returns.
    unsafe {
        let address = libc::shmat(id, std::ptr::null(), libc::SHM_RDONLY);
        if address.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        const { assert!(N <= 4096, "a segment is at least one page") };
        let head = std::ptr::read_unaligned(address.cast::<[u8; N]>());
        libc::shmdt(address);
        Ok(head)
    }
}

/// Removes a segment; the kernel frees it when nobody is attached any more.
pub(super) fn remove_segment(id: i32) -> io::Result<()> {
    // SAFETY: `IPC_RMID` ignores the structure.
    match unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => absent::<()>(io::Error::last_os_error()).map(|_| ()),
    }
}

fn absent<T>(error: io::Error) -> io::Result<Option<T>> {
    match error.raw_os_error() {
        Some(libc::EINVAL | libc::EIDRM) => Ok(None),
        _ => Err(error),
    }
}
