//! Symbolic links in the pool: what they point at is not the pool's.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::shop::{ITEMS, QA_BRANCHES, Shop, names_in};

/// A directory of somebody else's, which nothing may change, read into a pool or give away.
struct Outside {
    directory: tempfile::TempDir,
}

impl Outside {
    fn make() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let outside = Self { directory };
        // The name that a branch's data has.
        std::fs::create_dir(outside.path().join("pgdata"))?;
        std::fs::write(outside.path().join("pgdata/data"), "precious")?;
        std::fs::write(outside.file(), "precious")?;
        std::fs::set_permissions(outside.file(), PermissionsExt::from_mode(0o640))?;
        Ok(outside)
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self) -> PathBuf {
        self.path().join("file")
    }

    /// What is there, to be compared later.
    fn state(&self) -> anyhow::Result<(Vec<String>, String, u32, u32, u32)> {
        let file = std::fs::metadata(self.file())?;
        let text = std::fs::read_to_string(self.file())?;
        let directory = std::fs::metadata(self.path())?;
        Ok((
            names_in(self.path())?,
            text,
            file.mode(),
            file.uid(),
            directory.uid(),
        ))
    }
}

fn only_branch(shop: &Shop) -> anyhow::Result<PathBuf> {
    let names = shop.branch_directories()?;
    let [name] = names.as_slice() else {
        anyhow::bail!("{names:?}")
    };
    Ok(shop.pool().join("branches").join(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_in_a_data_directory_are_never_followed() -> anyhow::Result<()> {
    let outside = Outside::make()?;
    let before = outside.state()?;
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.items("shop@qa").await?;
    let environment = only_branch(&shop)?;
    assert_eq!(shop.items("shop@qa.mine").await?, ITEMS);
    let mut names = shop.branch_directories()?;
    names.retain(|name| !environment.ends_with(name));
    let branch = shop.pool().join("branches").join(&names[0]);
    for (name, to) in [("one", outside.path().to_owned()), ("two", outside.file())] {
        symlink(to, branch.join("pgdata").join(name))?;
    }
    // Nobody gets a copy of what they lead to, and they go with the branch.
    shop.daemon().expect("may not share files");
    let (_, said) = shop.fails("branch create qa.copy --from qa.mine")?;
    assert!(said.contains("is a link"), "{said}");
    shop.until("branch list", |list| list[0]["sessions"] == 0)?;
    shop.json("branch drop qa.mine")?;
    shop.until("branch list", |_| {
        let trash = names_in(&shop.pool().join("trash"));
        !branch.exists() && trash.is_ok_and(|names| names.is_empty())
    })?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    assert_eq!(outside.state()?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_in_the_pools_own_directories_lead_nowhere() -> anyhow::Result<()> {
    let outside = Outside::make()?;
    let empty = tempfile::tempdir()?;
    let before = outside.state()?;
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.items("shop@qa").await?;
    shop.daemon().stop()?;
    for directory in ["branches", "snapshots", "trash", "building"] {
        symlink(outside.path(), shop.pool().join(directory).join("planted"))?;
        symlink(empty.path(), shop.pool().join(directory).join("hollow"))?;
    }
    shop.daemon().expect("planted");
    shop.daemon().start_again(&[])?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    shop.json("environment reset qa")?;
    shop.daemon().stop()?;
    assert_eq!(outside.state()?, before);
    assert!(names_in(empty.path())?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_a_link_is_not_written_through() -> anyhow::Result<()> {
    let outside = Outside::make()?;
    let before = outside.state()?;
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.items("shop@qa").await?;
    let logs = only_branch(&shop)?.join("log");
    shop.until("environment show qa", |qa| qa["sessions"] == 0)?;
    shop.json("environment sleep qa")?;
    let [log] = names_in(&logs)?.try_into().expect("one log");
    std::fs::remove_file(logs.join(&log))?;
    symlink(outside.file(), logs.join(&log))?;
    shop.daemon().expect("does not wake");
    let refused = shop.refused("shop@qa").await?;
    assert_eq!(refused.code().code(), "57P03", "{refused:?}");
    shop.json("environment reset qa")?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    assert_eq!(outside.state()?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_can_plant_nothing_in_the_pools_own_directories() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    shop.items("shop@qa").await?;
    let parts = [
        "",
        "branches",
        "snapshots",
        "environments",
        "trash",
        "building",
    ];
    let mut directories: Vec<PathBuf> = parts.map(|part| shop.pool().join(part)).into();
    directories.push(only_branch(&shop)?);
    for directory in directories {
        let found = std::fs::metadata(&directory)?;
        assert_eq!(
            found.uid(),
            nix::unistd::geteuid().as_raw(),
            "{directory:?}"
        );
        assert_eq!(found.mode() & 0o066, 0, "{directory:?}: {:o}", found.mode());
    }
    Ok(())
}
