//! Listeners: they accept and hand over, nothing else.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Type};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;

use super::Shared;
use super::registry::Origin;
use super::resolve::Door;
use super::workers::{Arrival, Socket, Workers};

/// Connections that the kernel keeps while none is accepted; the kernel's own bound is mostly 4096.
const BACKLOG: i32 = 4096;
/// Pause after an accept that failed for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections beyond the bound of sessions, and while the relay stops, that are still answered, so
/// that they learn why.
const REFUSED_AT_ONCE_MAX: usize = 256;

/// A listener; it stops accepting when dropped, sessions live on.
pub struct Listener {
    task: JoinHandle<()>,
    address: Address,
}

/// Where a listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP address, with the port that was found free where 0 was asked for.
    Tcp(SocketAddr),
    /// A unix socket's file.
    Unix(PathBuf),
}

impl Listener {
    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
        if let Address::Unix(path) = &self.address {
            // The file of a listener that is gone refuses every connect; missing is as good.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Listens on a TCP address.
pub(super) fn tcp(
    shared: Arc<Shared>,
    workers: Arc<Workers>,
    address: SocketAddr,
    door: Door,
    proxied: bool,
) -> io::Result<Listener> {
    let socket = socket2::Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from_std(socket.into())?;
    let address = Address::Tcp(listener.local_addr()?);
    let task = tokio::spawn(async move {
        loop {
            let accepted = listener.accept().await;
            let accepted = accepted.and_then(|(socket, peer)| Ok((socket.into_std()?, peer)));
            match accepted {
                Ok((socket, peer)) => {
                    let origin = Origin {
                        door: door.clone(),
                        peer: Some(peer),
                        proxied,
                    };
                    hand(&shared, &workers, Socket::Tcp(socket), origin).await;
                }
                Err(error) => refused_accept(&error).await,
            }
        }
    });
    Ok(Listener { task, address })
}

/// Listens on `.s.PGSQL.<port>` in a directory.
pub(super) fn unix(
    shared: Arc<Shared>,
    workers: Arc<Workers>,
    directory: &Path,
    port: u16,
) -> io::Result<Listener> {
    let path = directory.join(format!(".s.PGSQL.{port}"));
    if std::os::unix::net::UnixStream::connect(&path).is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    // Everyone may connect, as in PostgreSQL: the password decides.
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777))?;
    let task = tokio::spawn(async move {
        loop {
            let accepted = listener.accept().await;
            match accepted.and_then(|(socket, _)| socket.into_std()) {
                Ok(socket) => {
                    let origin = Origin {
                        door: Door::Common,
                        peer: None,
                        proxied: false,
                    };
                    hand(&shared, &workers, Socket::Unix(socket), origin).await;
                }
                Err(error) => refused_accept(&error).await,
            }
        }
    });
    Ok(Listener {
        task,
        address: Address::Unix(path),
    })
}

async fn hand(shared: &Shared, workers: &Workers, socket: Socket, origin: Origin) {
    let connection = if shared.is_draining() {
        // Who comes late learns why, and keeps nobody waiting for the end.
        shared.registry.connect_late(REFUSED_AT_ONCE_MAX)
    } else {
        let most = shared.policy.load().limits.sessions + REFUSED_AT_ONCE_MAX;
        (shared.registry.connections() < most).then(|| shared.registry.connect())
    };
    let Some(connection) = connection else { return };
    workers
        .hand(Arrival {
            socket,
            origin,
            connection,
        })
        .await;
}

/// A client that went away is its own affair; everything else is waited out.
async fn refused_accept(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
