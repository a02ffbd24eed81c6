//! What must not be got at: files by names, the control socket.

use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use crate::shop::{ITEMS, QA_BRANCHES, Shop, names_in};

/// Names that are none.
const TRICKS: [&str; 11] = [
    "..",
    "../x",
    "x%00",
    "\u{ff51}\u{ff41}",
    "a/b",
    "QA",
    "-x",
    "x--y",
    "x%2fy",
    "x\u{e9}",
    ".hidden",
];

/// What the daemon answers to a request of somebody who does not use our client.
pub(crate) fn raw_request(socket: &Path, method: &str, path: &str) -> anyhow::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_paths_are_refused_everywhere() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA_BRANCHES)?;
    shop.items("shop@qa").await?;
    let long = "x".repeat(300);
    let before = names_in(&shop.pool().join("environments"))?;
    let socket = shop.pool().join("control.sock");
    for trick in TRICKS.iter().copied().chain([long.as_str()]) {
        for target in [format!("shop@{trick}"), format!("shop@qa.{trick}")] {
            let refused = shop.refused(&target).await?;
            assert_eq!(refused.code().code(), "3D000", "{target}");
        }
        let branch = format!("qa.{trick}");
        for arguments in [
            ["environment", "reset", trick],
            ["environment", "drop", trick],
            ["branch", "create", &branch],
            ["branch", "drop", &branch],
            ["snapshot", "create", trick],
            ["snapshot", "drop", trick],
        ] {
            let output = shop.daemon().command(&arguments)?;
            assert!(!output.status.success(), "{arguments:?}");
        }
        let encoded = trick.replace('/', "%2F").replace('\u{e9}', "%C3%A9");
        for path in [
            format!("/v1/environments/{encoded}/reset"),
            format!("/v1/branches/qa.{encoded}/create"),
            format!("/v1/branches/qa.{encoded}/drop"),
            format!("/v1/snapshots/{encoded}/drop"),
        ] {
            let answer = raw_request(&socket, "POST", &path)?;
            assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        }
    }
    assert_eq!(names_in(&shop.pool().join("environments"))?, before);
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_socket_is_its_owners_alone() -> anyhow::Result<()> {
    let shop = Shop::open(QA_BRANCHES)?;
    let socket = shop.pool().join("control.sock");
    let meta = std::fs::metadata(&socket)?;
    assert!(meta.file_type().is_socket());
    assert_eq!(meta.mode() & 0o777, 0o600);
    assert_eq!(meta.uid(), nix::unistd::geteuid().as_raw());
    if nix::unistd::geteuid().is_root() {
        // The servers' own user is a stranger here too.
        let script = format!(
            "IO::Socket::UNIX->new(Peer => {:?}) or die $!",
            socket.to_string_lossy()
        );
        let mut stranger = Command::new("setpriv");
        stranger.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--",
        ]);
        stranger.args(["/usr/bin/perl", "-MIO::Socket::UNIX", "-e", &script]);
        let output = stranger.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("Permission denied"), "{said}");
    }
    Ok(())
}
