//! File systems in a file, mounted for one test: reflinks, snapshots and a full disk need one.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// What a volume is formatted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// XFS with reflinks.
    Xfs,
    /// btrfs.
    Btrfs,
    /// ext4, which has neither reflinks nor snapshots.
    Ext4,
    /// ext4 that keeps half of its blocks back, for nobody.
    Ext4KeptBack,
}

impl Format {
    /// The smallest volume that every format accepts, in bytes (mkfs.xfs asks for 300 MiB).
    pub const BYTES_MIN: u64 = 512 * 1024 * 1024;

    fn maker(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Xfs => ("mkfs.xfs", &["-q", "-m", "reflink=1"]),
            Self::Btrfs => ("mkfs.btrfs", &["-q"]),
            Self::Ext4 => ("mkfs.ext4", &["-q"]),
            Self::Ext4KeptBack => ("mkfs.ext4", &["-q", "-m", "50"]),
        }
    }
}

/// A mounted file system, readable for everybody; unmounted and deleted when dropped. Needs root.
pub struct Volume {
    directory: tempfile::TempDir,
}

impl Volume {
    /// Makes and mounts a volume of so many bytes, which are taken from the disk only when written.
    pub fn mount(format: Format, bytes: u64) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("standin-volume-")
            .tempdir_in("/var/tmp")?;
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755))?;
        let image = directory.path().join("image");
        std::fs::File::create(&image)?.set_len(bytes)?;
        let (maker, arguments) = format.maker();
        run(Command::new(maker).args(arguments).arg(&image))?;
        let volume = Self { directory };
        std::fs::create_dir(volume.path())?;
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(&image)
            .arg(volume.path()))?;
        std::fs::set_permissions(volume.path(), PermissionsExt::from_mode(0o755))?;
        Ok(volume)
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("mount")
    }

    /// Fills it but for so many bytes, with one file that is returned.
    pub fn fill(&self, but: u64) -> anyhow::Result<PathBuf> {
        let free = nix::sys::statvfs::statvfs(&self.path())?;
        let bytes = (free.blocks_available() * free.fragment_size()).saturating_sub(but);
        let file = self.path().join("ballast");
        let size = bytes.to_string();
        run(Command::new("fallocate")
            .args(["--length", &size])
            .arg(&file))?;
        Ok(file)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let mounted = Path::new("/proc/self/mounts");
        let path = self.path();
        let lines = std::fs::read_to_string(mounted).unwrap_or_default();
        if !lines.contains(&*path.to_string_lossy()) {
            return;
        }
        let unmounted = run(Command::new("umount").arg(&path));
        // Whatever still holds it would keep the disk; lazily, the mount goes with its last user.
        let lazily = || run(Command::new("umount").arg("--lazy").arg(&path));
        let result = unmounted.or_else(|error| lazily().and(Err(error)));
        if !std::thread::panicking() {
            assert!(
                result.is_ok(),
                "something still uses the volume: {result:?}"
            );
        }
    }
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command
        .output()
        .with_context(|| format!("run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(())
}
