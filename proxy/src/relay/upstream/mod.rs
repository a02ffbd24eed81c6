//! The way to a server: dial, TLS, log in, take its first words.

mod login;
mod tls;

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::resolve::{Upstream, UpstreamTls};
use super::stream::{Plain, Stream, UnixSocket};

pub(super) use login::{Begun, LoginError, log_in};
pub(crate) use tls::config as client_config;

/// Addresses of a name that are tried: the first and one retry.
const ADDRESSES_MAX: usize = 2;
/// When a silent peer is asked for a sign of life, and how long unanswered bytes may wait.
const KEEPALIVE: Duration = Duration::from_secs(60);
const UNANSWERED_MAX: Duration = Duration::from_secs(30);

/// A connection to a server that has not logged in.
pub(super) struct Dialled {
    pub(super) stream: Stream,
    /// Hash of the server's certificate, for channel binding.
    pub(super) end_point: Option<Vec<u8>>,
    pub(super) secrecy: Secrecy,
}

/// Whether what is said to a server reaches nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// It does not leave the machine, or goes to whom the certificate proves to be the server.
    Kept,
    /// It goes in clear, or to whoever answered.
    Unsure,
}

/// Why a server was not reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("{0}")]
    Connect(#[from] io::Error),
    #[error("server does not speak TLS, but it is required")]
    NoTls,
    #[error("server answered the request for TLS with neither S nor N")]
    Answer,
    #[error("TLS: {0}")]
    Tls(io::Error),
    #[error("TLS trust: {0}")]
    Trust(#[from] tls::TrustError),
}

/// Connects to a server, up to and with TLS.
pub(super) async fn dial(upstream: &Upstream) -> Result<Dialled, DialError> {
    match upstream {
        Upstream::Unix(path) => Ok(Dialled {
            stream: Stream::Plain(Plain::Unix(UnixSocket::connect(path).await?)),
            end_point: None,
            secrecy: Secrecy::Kept,
        }),
        Upstream::Tcp { host, port, tls } => {
            let socket = connect(host, *port).await?;
            tune(&socket)?;
            secure(socket, host, tls).await
        }
    }
}

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = tokio::net::lookup_host((host, port)).await?;
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "name has no address");
    for address in addresses.take(ADDRESSES_MAX) {
        match TcpStream::connect(address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Sets what every TCP connection of a session has, on either side.
pub(super) fn tune(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let socket = SockRef::from(socket);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
    socket.set_tcp_user_timeout(Some(UNANSWERED_MAX))
}

async fn secure(
    mut socket: TcpStream,
    host: &str,
    mode: &UpstreamTls,
) -> Result<Dialled, DialError> {
    let Some(config) = tls::config(mode)? else {
        return Ok(Dialled {
            stream: Stream::Plain(Plain::Tcp(socket)),
            end_point: None,
            secrecy: Secrecy::Unsure,
        });
    };
    socket.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await?;
    // Exactly one byte is read: what stands behind it goes to the TLS handshake, which fails on
    // cleartext that someone put there (CVE-2021-23222).
    match (socket.read_u8().await?, mode) {
        (b'S', _) => {}
        (b'N', UpstreamTls::Prefer) => {
            return Ok(Dialled {
                stream: Stream::Plain(Plain::Tcp(socket)),
                end_point: None,
                secrecy: Secrecy::Unsure,
            });
        }
        (b'N', _) => return Err(DialError::NoTls),
        _ => return Err(DialError::Answer),
    }
    let dialled = tls::handshake(socket, host, config).await?;
    Ok(match mode {
        UpstreamTls::VerifyCa(_) | UpstreamTls::VerifyFull(_) => Dialled {
            secrecy: Secrecy::Kept,
            ..dialled
        },
        _ => dialled,
    })
}
