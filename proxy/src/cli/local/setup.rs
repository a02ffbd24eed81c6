//! `standin setup`

use std::path::Path;
use std::process::Command;

use rules::unit::Bytes;

use super::super::args::Setup;
use super::super::failure::Failure;
use super::super::output::{Bar, Output};
use super::check;
use crate::branches::setup::{FileSystem, PoolImage, SetUp, SetupError};
use crate::branches::{Account, AccountError, Installations};
use crate::branches::{Driver, probe};
use crate::daemon;
use crate::environments::{Progress, chain};

/// What measured best: clones cost the same whatever the age of a branch.
const DEFAULT_FILE_SYSTEM: FileSystem = FileSystem::Btrfs;

pub(in super::super) fn run(config: &Path, order: &Setup, output: &Output) -> Result<(), Failure> {
    let loaded = daemon::load(config).map_err(check::failure)?;
    if order.remove || order.unmount {
        return super::remove::run(&loaded, order, output);
    }
    let settings = loaded.pool_settings();
    let account = Account::choose(settings.user.as_deref()).map_err(account_failure)?;
    let mut bar = output.progress();
    let find = || Installations::find(&settings.bin).usable_by(&account);
    let wanted = || match settings.version {
        Some(major) => find().of_major(major).map(|found| found.version),
        None => find().newest().map(|found| found.version),
    };
    if wanted().is_err() {
        install(settings.version, &mut bar)?;
    }
    let version =
        wanted().map_err(|error| Failure::failed(error.to_string()).hint(error.hint()))?;
    let size = order
        .size
        .as_deref()
        .map(size)
        .transpose()?
        .or(loaded.config.pool.size_bytes);
    let file_system = match order.filesystem.as_deref() {
        None => DEFAULT_FILE_SYSTEM,
        Some("btrfs") => FileSystem::Btrfs,
        Some("xfs") => FileSystem::Xfs,
        Some(other) => {
            return Err(Failure::usage(format!(
                "{other:?} is neither btrfs nor xfs"
            )));
        }
    };
    let pool = pool(&settings.path, size, file_system, &account)?;
    drop(bar);
    let value = serde_json::json!({ "postgresql": version.to_string(), "pool": pool });
    output.show(&value, |_| {
        format!("PostgreSQL {version}\n{}", pool.join("\n"))
    });
    Ok(())
}

/// Bytes of `4GiB`.
pub(in super::super) fn size(text: &str) -> Result<u64, Failure> {
    let size: Bytes = text.parse().map_err(|error: rules::unit::UnitError| {
        Failure::usage(error.to_string()).hint("a size is written 512MiB or 20GB")
    })?;
    Ok(size.0)
}

/// Sees to it that the pool clones where that can be had, and says what was done.
pub(in super::super) fn pool(
    pool: &Path,
    size_bytes: Option<u64>,
    file_system: FileSystem,
    account: &Account,
) -> Result<Vec<String>, Failure> {
    let known = PoolImage::file_of(pool).exists();
    PoolImage::mount_again(pool).map_err(|error| failure(&error))?;
    let existing = pool.ancestors().find(|ancestor| ancestor.is_dir());
    let driver = probe(existing.unwrap_or(Path::new("/")));
    let told = match driver {
        Ok(driver) if driver != Driver::Copy && (!known || size_bytes.is_none()) => {
            vec![format!("pool {}: clones (driver {driver})", pool.display())]
        }
        _ => image(pool, size_bytes, file_system)?,
    };
    let barred = existing.and_then(|existing| account.barred_from(existing));
    match barred {
        None => Ok(told),
        Some(directory) => {
            let (user, directory) = (&account.name, directory.display());
            Err(
                Failure::failed(format!("user {user} cannot enter {directory}"))
                    .hint("put the pool below /var/lib, for example"),
            )
        }
    }
}

/// Makes or grows the pool's image; where that cannot be, branches are full copies.
fn image(
    pool: &Path,
    size_bytes: Option<u64>,
    file_system: FileSystem,
) -> Result<Vec<String>, Failure> {
    let image = PoolImage {
        path: pool.to_owned(),
        file_system,
        size_bytes,
    };
    let mut made = image.ensure();
    if let Err(SetupError::NoProgram { package, .. }) = &made
        && apt_install(package)
    {
        made = image.ensure();
    }
    let copies = |why: &SetupError| {
        vec![format!(
            "pool {}: branches will be full copies ({})",
            pool.display(),
            chain(why)
        )]
    };
    match made {
        Ok(SetUp { image, changes, .. }) if changes.is_empty() => Ok(vec![format!(
            "pool {}: as it should be, in {}",
            pool.display(),
            image.display()
        )]),
        Ok(SetUp { changes, .. }) => Ok(changes),
        // No root, or no loop device: every listing says what that means.
        Err(error @ SetupError::NotRoot) => Ok(copies(&error)),
        Err(
            error @ SetupError::Program {
                program: "mount" | "losetup",
                ..
            },
        ) => Ok(copies(&error)),
        Err(error) => Err(failure(&error)),
    }
}

pub(in super::super) fn failure(error: &SetupError) -> Failure {
    error
        .hint()
        .into_iter()
        .fold(Failure::failed(chain(error)), Failure::hint)
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err by name")]
pub(in super::super) fn account_failure(error: AccountError) -> Failure {
    error
        .hint()
        .into_iter()
        .fold(Failure::failed(chain(&error)), Failure::hint)
}

/// Installs PostgreSQL by the system's package manager, or by pip.
pub(in super::super) fn install(major: Option<u16>, bar: &mut Bar) -> Result<(), Failure> {
    let mut line = |line: &str| bar.line(&Progress::step(line));
    let installed = crate::branches::install(major, &mut line);
    installed.map_err(|error| Failure::failed(chain(&error)))
}

fn apt_install(package: &str) -> bool {
    if !rustix::process::geteuid().is_root() {
        return false;
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new("/usr/bin/apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        command.output().is_ok_and(|output| output.status.success())
    };
    let install = ["install", "--yes", "-q", package];
    run(&install) || (run(&["update"]) && run(&install))
}
