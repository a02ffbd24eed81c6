//! How full the pool's file system is, and what that allows.

use std::fs::File;
use std::io;
use std::path::Path;

/// From here on garbage is collected at every occasion.
const COLLECT_PERCENT: u64 = 85;
/// From here on nothing new is made: even overwriting a page needs a new block.
const REFUSE_PERCENT: u64 = 90;
/// From here on servers are about to fail, also those that only wake.
const CRITICAL_PERCENT: u64 = 95;

/// Bytes of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What is written and what can still be written. Blocks that the file system keeps back for others
    /// are neither, as in `df`: where much is kept back, a share of all blocks would never be free.
    pub total_bytes: u64,
    /// What can still be written.
    pub free_bytes: u64,
}

/// What the room that is left allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Everything.
    Easy,
    /// Everything; garbage should go now.
    Collect,
    /// Nothing new.
    Refuse,
    /// Nothing new, and nothing that sleeps may wake.
    Critical,
}

impl Space {
    /// That of the file system that holds `path`.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = rustix::fs::statvfs(path)?;
        let used = found.f_blocks.saturating_sub(found.f_bfree);
        Ok(Self {
            total_bytes: used
                .saturating_add(found.f_bavail)
                .saturating_mul(found.f_frsize),
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        })
    }

    /// How much of it is used.
    pub fn used_percent(self) -> u64 {
        let used = self.total_bytes.saturating_sub(self.free_bytes);
        used.saturating_mul(100) / self.total_bytes.max(1)
    }

    /// What it allows.
    pub fn pressure(self) -> Pressure {
        match self.used_percent() {
            CRITICAL_PERCENT.. => Pressure::Critical,
            REFUSE_PERCENT.. => Pressure::Refuse,
            COLLECT_PERCENT.. => Pressure::Collect,
            _ => Pressure::Easy,
        }
    }
}

/// Writes everything of the file system that holds `path` to the disk.
pub(in crate::branches) fn sync(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(path)?)?)
}

#[cfg(test)]
mod tests {
    use super::{Pressure, Space};

    #[test]
    fn the_fuller_the_pool_the_less_is_allowed() {
        let at = |used: u64| {
            let space = Space {
                total_bytes: 1000,
                free_bytes: 1000 - used,
            };
            space.pressure()
        };
        assert_eq!(at(0), Pressure::Easy);
        assert_eq!(at(849), Pressure::Easy);
        assert_eq!(at(850), Pressure::Collect);
        assert_eq!(at(900), Pressure::Refuse);
        assert_eq!(at(950), Pressure::Critical);
        assert_eq!(at(1000), Pressure::Critical);
    }
}
