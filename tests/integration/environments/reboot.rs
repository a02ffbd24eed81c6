//! What a reboot takes away: the mount of a pool that lies in a file.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;
use tests::daemon::{Build, Daemon};

use crate::shop::{PASSWORD, QA, configuration};

/// Mounted pools of a test that failed must not stay.
struct Mounted<'a>(&'a Path);

impl Mounted<'_> {
    fn is(&self) -> anyhow::Result<bool> {
        let mounts = std::fs::read_to_string("/proc/mounts")?;
        let path = self.0.to_string_lossy();
        Ok(mounts
            .lines()
            .any(|line| line.split(' ').nth(1) == Some(&*path)))
    }

    fn end(&self) -> anyhow::Result<()> {
        let ended = Command::new("umount").arg(self.0).output()?;
        ensure!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        Ok(())
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        self.end().ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_unmounted_is_mounted_again_at_up() -> anyhow::Result<()> {
    let mut daemon = Daemon::new(Build::Plain, &configuration("pool", QA))?;
    let directory = daemon.directory().to_owned();
    std::fs::write(directory.join("app.password"), PASSWORD)?;
    std::fs::create_dir(directory.join("migrations"))?;
    let schema = "CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1);";
    std::fs::write(directory.join("migrations/001_items.sql"), schema)?;
    let pool = directory.join("pool");
    let mounted = Mounted(&pool);
    let setup = daemon.command(&["setup", "--size", "1GiB"])?;
    ensure!(
        setup.status.success(),
        "{}",
        String::from_utf8_lossy(&setup.stderr)
    );
    assert!(mounted.is()?);
    // Once more changes nothing.
    let again = daemon.command(&["setup"])?;
    let said = String::from_utf8(again.stdout)?;
    assert!(
        again.status.success() && !said.contains("mounted at"),
        "{said}"
    );

    daemon.start_again(&[])?;
    daemon.json(&["environment", "build", "qa"])?;
    let built = daemon.json(&["environment", "show", "qa"])?["generation"].clone();
    daemon.stop()?;
    mounted.end()?;
    assert!(!mounted.is()?);
    assert_eq!(std::fs::read_dir(&pool)?.count(), 0);

    daemon.start_again(&[])?;
    assert!(mounted.is()?);
    assert_eq!(
        daemon.json(&["environment", "show", "qa"])?["generation"],
        built
    );
    daemon.json(&["environment", "reset", "qa"])?;
    daemon.stop()?;
    Ok(())
}
