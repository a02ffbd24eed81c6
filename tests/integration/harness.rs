//! The harness itself: what it must notice.

use std::time::Instant;

use nix::sys::signal::Signal;
use tests::daemon::{Build, Daemon, unexpected};
use tests::volume::{Format, Volume};

use crate::shop::{PATIENCE, QA, Shop};

#[test]
fn warnings_errors_and_panics_are_noticed_unless_expected() {
    let log: Vec<String> = [
        "2026-01-01T00:00:00Z  INFO serving endpoints=[\"postgres://127.0.0.1:1\"] WARN in a text",
        "2026-01-01T00:00:00Z  WARN branch is a full copy place=qa",
        "2026-01-01T00:00:00Z ERROR the control socket failed",
        "thread 'main' panicked at src/main.rs:1:1:",
    ]
    .map(str::to_owned)
    .to_vec();
    assert_eq!(unexpected(&log, &[]), log[1..]);
    assert_eq!(unexpected(&log, &["full copy".to_owned()]), log[2..]);
}

#[test]
fn a_warning_that_a_test_did_not_expect_fails_it() -> anyhow::Result<()> {
    let warned = || -> anyhow::Result<Shop> {
        let mut shop = Shop::open(QA)?;
        shop.rewrite(|_| "[nonsense".to_owned())?;
        shop.daemon().signal(Signal::SIGHUP)?;
        let began = Instant::now();
        while !shop.daemon().log().join("").contains("was refused") {
            anyhow::ensure!(began.elapsed() < PATIENCE, "it takes nonsense");
        }
        Ok(shop)
    };
    let mut stopped = warned()?;
    let error = stopped.daemon().stop().expect_err("an error");
    assert!(error.to_string().contains("was refused"), "{error}");
    stopped.daemon().expect("was refused");
    drop(stopped);
    let dropped = warned()?;
    let drop = std::panic::AssertUnwindSafe(|| drop(dropped));
    assert!(std::panic::catch_unwind(drop).is_err());
    Ok(())
}

#[test]
fn a_daemon_that_refuses_its_configuration_fails_the_start() -> anyhow::Result<()> {
    let mut daemon = Daemon::new(Build::Plain, "[nonsense")?;
    let error = daemon.start_again(&[]).expect_err("an error");
    assert_eq!(
        error.root_cause().to_string(),
        "the daemon ended before it served"
    );
    assert!(daemon.endpoint().is_err());
    Ok(())
}

#[test]
fn a_volume_is_there_can_be_full_and_is_gone() -> anyhow::Result<()> {
    for format in [Format::Xfs, Format::Btrfs, Format::Ext4] {
        let volume = Volume::mount(format, Format::BYTES_MIN)?;
        let path = volume.path();
        let ballast = volume.fill(1024 * 1024)?;
        let full = std::fs::write(path.join("more"), vec![1; 400 * 1024 * 1024]);
        let error = full.expect_err("an error");
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{format:?}");
        std::fs::remove_file(path.join("more"))?;
        std::fs::remove_file(ballast)?;
        std::fs::write(path.join("more"), b"x")?;
        drop(volume);
        assert!(!path.exists());
    }
    Ok(())
}
