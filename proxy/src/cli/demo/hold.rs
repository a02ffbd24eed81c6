//! What a demo takes before it touches anything: its directory, and two ports.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::super::failure::Failure;
use crate::branches::holder;

/// The file in the demo's directory that a running demo holds; it names the demo's process.
const LOCK: &str = "demo.lock";

/// Takes the directory and looks whether the ports can be had; the kernel lets go of the directory
/// when the process ends, however it ends.
pub(super) fn take(directory: &Path, port: u16) -> Result<File, Failure> {
    // Looked at first: whose ports are taken by a demo of his own wants to know of the demo.
    if let Ok(lock) = File::open(directory.join(LOCK)) {
        lock_or_refuse(&lock, directory)?;
    }
    let pool = directory.join("pool");
    if let Some(pid) = holder(&pool) {
        let who = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
        let config = directory.join("standin.toml");
        return Err(Failure::failed(format!(
            "a daemon{who} holds the demo's pool {}",
            pool.display()
        ))
        .hint(format!(
            "`standin --config {} down` stops it",
            config.display()
        )));
    }
    ports_are_free(port)?;
    let failed = |error| Failure::failed(format!("take {}: {error}", directory.display()));
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut lock = options.open(directory.join(LOCK)).map_err(failed)?;
    lock_or_refuse(&lock, directory)?;
    let mut note = || {
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())
    };
    note().map_err(failed)?;
    Ok(lock)
}

fn lock_or_refuse(mut lock: &File, directory: &Path) -> Result<(), Failure> {
    if flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
        return Ok(());
    }
    let mut pid = String::new();
    let who = match lock.read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => format!(" (pid {})", pid.trim()),
        _ => String::new(),
    };
    let taken = format!("a demo{who} runs in {} already", directory.display());
    Err(Failure::failed(taken)
        .hint("Ctrl-C stops it; `--directory` and `--port` make room for a second one"))
}

/// The common port and the one after it, which is qa's own.
fn ports_are_free(port: u16) -> Result<(), Failure> {
    let Some(next) = port.checked_add(1) else {
        return Err(Failure::usage(format!(
            "port {port} is the last one, and qa takes the one after it"
        )));
    };
    for port in [port, next] {
        if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return Err(
                Failure::failed(format!("listen on 127.0.0.1:{port}: {error}"))
                    .hint("`--port PORT` takes another port and the one after it"),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_is_refused_before_it_touches_anything() {
        let directory = tempfile::tempdir().expect("a directory");
        // Somebody else may have taken one of two ports by now.
        let taken = || {
            let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
            (0..100).find_map(|_| take(directory.path(), free().ok()?.port()).ok())
        };
        let first = taken().expect("the first");
        let refused = take(directory.path(), 1).expect_err("the second");
        assert!(refused.error.contains("runs in"), "{}", refused.error);
        assert!(refused.error.contains(&std::process::id().to_string()));
        drop(first);
        assert!(taken().is_some());
    }

    #[test]
    fn a_taken_port_is_told_before_the_directory_is_made() {
        let parent = tempfile::tempdir().expect("a directory");
        let directory = parent.path().join("demo");
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("listens");
        let port = taken.local_addr().expect("has an address").port();
        let refused = take(&directory, port).expect_err("a taken port");
        assert!(refused.hints[0].contains("--port"));
        assert!(!directory.exists());
        assert!(take(&directory, u16::MAX).is_err());
    }
}
