//! The control socket: `control.sock` in the pool, for the daemon's user only.

use std::fs::Permissions;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::net::UnixListener;

/// The socket's name in the pool's directory.
pub const CONTROL_SOCKET: &str = "control.sock";

/// Binds the socket; the pool's lock is held, so a file of that name is nobody's any more.
///
/// The process' umask is 066, so the socket is never open to others, not even for a moment.
pub(super) fn bind(pool: &Path) -> io::Result<UnixListener> {
    let path = pool.join(CONTROL_SOCKET);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Through the directory's descriptor: a socket's path may be 107 bytes long, a pool's longer.
    let directory = std::fs::File::open(pool)?;
    let listener = UnixListener::bind(format!(
        "/proc/self/fd/{}/{CONTROL_SOCKET}",
        directory.as_raw_fd()
    ))?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Removes the socket, so that whoever asks later is told that no daemon runs. The pool is still
/// held, so it is our own.
pub(super) fn unbind(pool: &Path) {
    let path = pool.join(CONTROL_SOCKET);
    if let Err(error) = std::fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "the control socket stays");
    }
}
