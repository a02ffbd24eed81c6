//! One connection's bytes, whatever carries them.

mod unix;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

pub(super) use unix::UnixSocket;

/// A socket in clear.
pub(super) enum Plain {
    /// TCP.
    Tcp(TcpStream),
    /// Unix.
    Unix(UnixSocket),
}

/// A connection, in clear or under TLS.
pub(super) enum Stream {
    /// In clear.
    Plain(Plain),
    /// Under TLS; boxed because it is many times larger.
    Tls(Box<TlsStream<Plain>>),
}

impl Plain {
    /// Whether a byte waits to be read; does not take it.
    pub(super) fn has_bytes(&self) -> bool {
        let mut byte = [std::mem::MaybeUninit::uninit(); 1];
        let peeked = match self {
            Self::Tcp(socket) => SockRef::from(socket).peek(&mut byte),
            Self::Unix(socket) => SockRef::from(socket).peek(&mut byte),
        };
        matches!(peeked, Ok(1))
    }
}

impl Stream {
    /// Whether bytes need a flush after a write: TLS records do.
    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

/// Calls the same poll on whichever variant is there.
macro_rules! each {
    ($self:ident, $inner:ident => $call:expr, $($variant:path),+) => {
        match $self.get_mut() { $($variant($inner) => $call),+ }
    };
}

impl AsyncRead for Plain {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, s => Pin::new(s).poll_read(cx, buffer), Self::Tcp, Self::Unix)
    }
}

impl AsyncWrite for Plain {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, s => Pin::new(s).poll_write(cx, bytes), Self::Tcp, Self::Unix)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, s => Pin::new(s).poll_flush(cx), Self::Tcp, Self::Unix)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, s => Pin::new(s).poll_shutdown(cx), Self::Tcp, Self::Unix)
    }
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, s => Pin::new(s).poll_read(cx, buffer), Self::Plain, Self::Tls)
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, s => Pin::new(s).poll_write(cx, bytes), Self::Plain, Self::Tls)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, s => Pin::new(s).poll_flush(cx), Self::Plain, Self::Tls)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, s => Pin::new(s).poll_shutdown(cx), Self::Plain, Self::Tls)
    }
}
