//! Tells whether what the kernel has not yet written to disk could have been lost since.

use std::fmt;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, StatxFlags};
use serde::{Deserialize, Serialize};

/// `STATX_MNT_ID_UNIQUE`: a number that no later mount gets again (Linux 6.8).
const MOUNT_UNIQUE: u32 = 0x4000;

/// One boot of the machine and one mount of the pool's file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(String);

impl Epoch {
    /// The epoch of now, of the file system that holds `path`.
    pub(in crate::branches) fn now(path: &Path) -> io::Result<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        let wanted = StatxFlags::from_bits_retain(MOUNT_UNIQUE);
        let stat = rustix::fs::statx(CWD, path, AtFlags::empty(), wanted)?;
        Ok(Self(format!("{}/{}", boot.trim(), stat.stx_mnt_id)))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
