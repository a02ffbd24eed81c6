//! The pool file beside what else the host's disk has to hold.

use anyhow::{Context, ensure};
use proxy::branches::setup::{FileSystem, PoolImage, SetupError};
use tests::volume::{Format, Volume};

const GIB: u64 = 1 << 30;

fn image(volume: &Volume, size_bytes: u64) -> PoolImage {
    PoolImage {
        path: volume.path().join("pool"),
        file_system: FileSystem::Btrfs,
        size_bytes: Some(size_bytes),
    }
}

/// Of 8 GiB half is kept back: a tenth of what is left is 0.4 GiB, and 3.2 GiB fit beside it. A tenth
/// of all blocks would leave too little.
#[test]
fn blocks_that_a_disk_keeps_back_are_no_part_of_what_must_stay_free() -> anyhow::Result<()> {
    let volume = Volume::mount(Format::Ext4KeptBack, 8 * GIB)?;
    let found = nix::sys::statvfs::statvfs(&volume.path())?;
    let free = found.blocks_available() * found.fragment_size();
    let all = found.blocks() * found.fragment_size();
    let wanted = 16 * GIB / 5;
    ensure!(free > wanted && free - all / 10 < wanted, "{free} of {all}");

    let image = image(&volume, wanted);
    let made = image.ensure()?;
    let removed = PoolImage::remove(&image.path);
    assert_eq!(made.size_bytes, wanted / (1 << 20) * (1 << 20));
    Ok(removed?)
}

#[test]
fn a_pool_file_leaves_the_host_a_tenth_of_its_disk() -> anyhow::Result<()> {
    let volume = Volume::mount(Format::Ext4, 2 * GIB)?;
    let found = nix::sys::statvfs::statvfs(&volume.path())?;
    let free = found.blocks_available() * found.fragment_size();
    let image = image(&volume, free - GIB / 10);
    let refused = image.ensure().err().context("a pool file in the reserve")?;
    assert!(matches!(refused, SetupError::NoRoom { .. }), "{refused}");
    assert!(!PoolImage::file_of(&image.path).exists());
    Ok(())
}
