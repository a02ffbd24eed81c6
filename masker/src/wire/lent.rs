//! A stream that the driver logs in over, and that is ours afterwards.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// A login's answers: some parameters, some authentication.
const HEARD_BYTES_MAX: usize = 1024 * 1024;

/// A stream both ways, of whatever kind.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {
    /// What ties a login to the encryption below it.
    fn binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl Duplex for Socket {}
impl Duplex for UnixStream {}

/// A stream under TLS.
pub(super) struct Secured<S>(pub(super) S);

impl<S: TlsStream + Send + Unpin> Duplex for Secured<S> {
    fn binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Secured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, room)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// A handle that the driver holds as its stream; what is read through it is kept.
#[derive(Clone, Default)]
pub(super) struct Lent(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    stream: Option<Box<dyn Duplex>>,
    heard: Vec<u8>,
}

impl Lent {
    /// Lends a stream; one that was lent before, to an address that did not answer, is closed.
    pub(super) fn put(&self, stream: Box<dyn Duplex>) {
        let mut held = self.held();
        held.stream = Some(stream);
        held.heard.clear();
    }

    /// Takes the stream back, with everything that was read from it.
    pub(super) fn take(&self) -> Option<(Box<dyn Duplex>, Vec<u8>)> {
        let mut held = self.held();
        let stream = held.stream.take()?;
        Some((stream, std::mem::take(&mut held.heard)))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        act: impl FnOnce(Pin<&mut dyn Duplex>, &mut Vec<u8>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let held = &mut *self.held();
        match &mut held.stream {
            Some(stream) => act(Pin::new(&mut **stream), &mut held.heard),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl TlsStream for Lent {
    fn channel_binding(&self) -> ChannelBinding {
        let held = self.held();
        let stream = held.stream.as_ref();
        stream.map_or_else(ChannelBinding::none, |stream| stream.binding())
    }
}

impl AsyncRead for Lent {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream, heard| {
            let before = room.filled().len();
            let read = stream.poll_read(context, room);
            heard.extend_from_slice(&room.filled()[before..]);
            if heard.len() > HEARD_BYTES_MAX {
                return Poll::Ready(Err(io::Error::other("the login does not end")));
            }
            read
        })
    }
}

impl AsyncWrite for Lent {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream, _| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream, _| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream, _| stream.poll_shutdown(context))
    }
}
