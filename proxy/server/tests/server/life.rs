//! Start, stop, adoption, and what is left after a kill.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use server::{
    ClusterState, Home, RuntimeError, Server, Settings, StartError, adopt, amcheck, clear_runtime,
    control_data, create_database, start,
};

use crate::scratch::{Scratch, installations};

async fn number(server: &Server) -> i32 {
    let client = server.admin("template1").await.expect("a session");
    client
        .query_one("SELECT 7", &[])
        .await
        .expect("an answer")
        .get(0)
}

#[tokio::test]
async fn a_fresh_cluster_starts_answers_and_stops_cleanly_on_every_version() {
    for installation in installations().iter() {
        let scratch = Scratch::on(installation);
        let home = scratch.fresh("b").await;
        let server = scratch.start(&home).await;
        assert_eq!(number(&server).await, 7, "{}", installation.version);
        assert!(server.memory_bytes().is_some_and(|bytes| bytes > 1 << 20));
        create_database(&server, "shop").await.expect("a database");
        let report = amcheck(&server).await.expect("a check");
        assert_eq!(report.problems, Vec::<String>::new());
        assert!(
            report.indexes > 100 || !report.skipped.is_empty(),
            "{report:?}"
        );
        let stopped = server.stop().await.expect("it stops");
        assert!(stopped.clean, "{}", installation.version);
        assert!(server.exited().borrow().is_some());
        let data = control_data(installation, &scratch.account, &home.pgdata()).await;
        let data = data.expect("control data");
        assert_eq!(data.state, ClusterState::ShutDown);
        assert!(data.data_checksums && data.wal_segment_bytes == 1 << 20);
        assert!(
            adopt(&scratch.account, &home)
                .await
                .expect("looked")
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_server_is_adopted_by_whoever_finds_its_directory() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let started = scratch.start(&home).await;
    let adopted = adopt(&scratch.account, &home)
        .await
        .expect("looked")
        .expect("found");
    assert_eq!(adopted.pid(), started.pid());
    assert_eq!(number(&adopted).await, 7);
    let settings = Settings::default();
    let refused = start(&scratch.installation, &scratch.account, &home, &settings).await;
    let refused = refused.expect_err("one server per directory");
    assert!(
        matches!(refused, StartError::Leftovers(RuntimeError::Alive { .. })),
        "{refused:?}"
    );
    assert!(adopted.stop().await.expect("it stops").clean);
    let mut exited = started.exited();
    exited.wait_for(Option::is_some).await.expect("told");
}

/// Runs in a process of its own, which the test below kills.
#[tokio::test]
async fn a_process_that_starts_a_server_and_waits_to_be_killed() {
    let Some(directory) = std::env::var_os("STANDIN_TEST_START") else {
        return;
    };
    let scratch = Scratch::new();
    let home = Home::new(directory).expect("a path");
    scratch.start(&home).await;
    std::fs::write(home.directory.join("started"), "").expect("a mark");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_server_outlives_the_kill_of_its_starter_and_is_adopted() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let mut starter = Command::new(std::env::current_exe().expect("this program"));
    starter
        .args([
            "--exact",
            "life::a_process_that_starts_a_server_and_waits_to_be_killed",
        ])
        .env("STANDIN_TEST_START", &home.directory);
    let mut starter = starter.process_group(0).spawn().expect("a starter");
    while !home.directory.join("started").exists() {
        assert!(
            starter.try_wait().expect("a status").is_none(),
            "the starter ended"
        );
        tokio::task::yield_now().await;
    }
    let group = Pid::from_raw(starter.id().cast_signed());
    nix::sys::signal::killpg(group, Signal::SIGKILL).expect("killed");
    starter.wait().expect("gone");
    let server = adopt(&scratch.account, &home)
        .await
        .expect("looked")
        .expect("it lives");
    assert_eq!(number(&server).await, 7);
    let mut exited = server.exited();
    assert!(server.stop().await.expect("it stops").clean);
    exited
        .wait_for(Option::is_some)
        .await
        .expect("told of a server that is no child");
}

#[tokio::test]
async fn a_process_that_was_given_the_number_of_a_server_is_not_adopted() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    let lock = home.pgdata().join("postmaster.pid");
    let text = std::fs::read_to_string(&lock).expect("a lock file");
    server.stop().await.expect("it stops");
    // It has the right number, user, directory and time of start, and is another program.
    let mut other = Command::new("/bin/sleep");
    other.arg("1000").current_dir(home.pgdata());
    if nix::unistd::geteuid().is_root() {
        other.uid(scratch.account.uid).gid(scratch.account.gid);
    }
    let mut other = other.spawn().expect("another program");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[0] = other.id().to_string();
    lines[2] = now.as_secs().to_string();
    std::fs::write(&lock, lines.join("\n")).expect("a lock file");
    assert!(
        adopt(&scratch.account, &home)
            .await
            .expect("looked")
            .is_none()
    );
    // It is the right program in the wrong directory.
    let elsewhere = scratch.fresh("c").await;
    let neighbour = scratch.start(&elsewhere).await;
    lines[0] = neighbour.pid().to_string();
    std::fs::write(&lock, lines.join("\n")).expect("a lock file");
    assert!(
        adopt(&scratch.account, &home)
            .await
            .expect("looked")
            .is_none()
    );
    // It is the right program in the right directory, and began at another time.
    std::fs::remove_file(&lock).expect("removed");
    let again = scratch.start(&home).await;
    let text = std::fs::read_to_string(&lock).expect("a lock file");
    let mut stale: Vec<String> = text.lines().map(str::to_owned).collect();
    stale[2] = (now.as_secs() - 60).to_string();
    std::fs::write(&lock, stale.join("\n")).expect("a lock file");
    assert!(
        adopt(&scratch.account, &home)
            .await
            .expect("looked")
            .is_none()
    );
    std::fs::write(&lock, text).expect("a lock file");
    for server in [again, neighbour] {
        server.stop().await.expect("it stops");
    }
    other.kill().expect("killed");
    other.wait().expect("gone");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let scratch = Scratch::new();
    let name = format!("{}/{}", "deep".repeat(20), "down".repeat(20));
    let home = scratch.fresh(&name).await;
    assert!(home.run().as_os_str().len() > 107);
    let server = scratch.start(&home).await;
    assert_eq!(number(&server).await, 7);
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_directory_that_the_servers_user_cannot_enter_is_named() {
    let scratch = Scratch::new();
    let home = scratch.fresh("closed/b").await;
    let closed = scratch.path().join("closed");
    let mode = std::fs::Permissions::from_mode;
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    std::fs::set_permissions(&closed, mode(0o700)).expect("closed");
    let settings = Settings::default();
    let refused = start(&scratch.installation, &scratch.account, &home, &settings).await;
    let refused = refused.expect_err("no way in");
    assert!(matches!(&refused, StartError::Barred { directory, .. } if *directory == closed));
    assert!(refused.hint().is_some_and(|hint| hint.contains("chmod")));
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    std::fs::write(home.pgdata().join("postgresql.conf"), "work_mem = 'much'\n").expect("a file");
    let settings = Settings::default();
    let refused = start(&scratch.installation, &scratch.account, &home, &settings).await;
    let text = refused.expect_err("a bad setting").to_string();
    assert!(
        text.contains("configuration file") && text.contains("FATAL"),
        "{text}"
    );
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_no_server() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let settings = Settings::default();
    let begun = start(&scratch.installation, &scratch.account, &home, &settings);
    let spawned = async {
        while !home.pgdata().join("postmaster.pid").exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = spawned => {}
        _ = begun => {}
    }
    let clearing = home.clone();
    let cleared = tokio::task::spawn_blocking(move || {
        // The kill was sent; the kernel may still be at it.
        while let Err(RuntimeError::Alive { .. }) = clear_runtime(&clearing) {}
    });
    cleared.await.expect("cleared");
    let server = scratch.start(&home).await;
    server.stop().await.expect("it stops");
}

/// The files of dynamic shared memory that a process has open.
fn dynamic_memory(pid: u32) -> Vec<PathBuf> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("a table");
    let files = maps
        .lines()
        .filter_map(|line| line.find("/dev/shm/").map(|at| &line[at..]));
    files.map(PathBuf::from).collect()
}

#[tokio::test]
async fn a_server_that_was_killed_and_dropped_leaves_no_shared_memory() {
    for installation in installations().iter() {
        let scratch = Scratch::on(installation);
        let home = scratch.fresh("b").await;
        for _ in 0..3 {
            let server = scratch.start(&home).await;
            let lock = std::fs::read_to_string(home.pgdata().join("postmaster.pid"));
            let segment = lock
                .expect("a lock file")
                .lines()
                .nth(6)
                .expect("line 7")
                .to_owned();
            let segment = segment.split_whitespace().last().expect("an id").to_owned();
            let files = dynamic_memory(server.pid());
            assert!(!files.is_empty());
            let mut exited = server.exited();
            kill(Pid::from_raw(server.pid().cast_signed()), Signal::SIGKILL).expect("killed");
            exited.wait_for(Option::is_some).await.expect("told");
            assert!(
                files.iter().all(|file| file.exists()),
                "nothing would have been left"
            );
            let clearing = home.clone();
            let cleared = tokio::task::spawn_blocking(move || clear_runtime(&clearing)).await;
            cleared.expect("ran").expect("cleared");
            assert!(files.iter().all(|file| !file.exists()), "{files:?}");
            let table = std::fs::read_to_string("/proc/sysvipc/shm").expect("a table");
            let mut ids = table
                .lines()
                .filter_map(|line| line.split_whitespace().nth(1));
            assert!(ids.all(|id| id != segment), "segment {segment} is left");
        }
    }
}
