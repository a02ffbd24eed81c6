//! A unix socket that is watched for writing only while a write has to wait.
//!
//! Linux reports a unix stream socket as writable each time its peer reads from it. A socket that is
//! registered for both directions at once, as tokio's own is, therefore wakes its thread once more for
//! every message, for nothing. This one is registered for reading; the rare full socket is registered
//! for writing under a second descriptor, and taken off again when it has room.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UnixStream;

/// A connected unix stream socket.
pub(in crate::relay) struct UnixSocket {
    socket: AsyncFd<StdUnixStream>,
    /// There while a write waits for room.
    room: Option<AsyncFd<StdUnixStream>>,
}

impl UnixSocket {
    /// Takes a connected socket; it must not block.
    ///
    /// # Errors
    /// When the runtime cannot watch it.
    pub(in crate::relay) fn adopt(socket: StdUnixStream) -> io::Result<Self> {
        Ok(Self {
            socket: watched(socket, Interest::READABLE)?,
            room: None,
        })
    }

    /// Connects to the listener at `path`.
    ///
    /// # Errors
    /// What the system says.
    pub(in crate::relay) async fn connect(path: &Path) -> io::Result<Self> {
        Self::adopt(UnixStream::connect(path).await?.into_std()?)
    }

    /// Waits until a write that found the socket full may be tried again.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.room.is_none() {
            let twin = self.socket.get_ref().try_clone()?;
            self.room = Some(watched(twin, Interest::WRITABLE)?);
        }
        let Some(room) = &self.room else {
            return Poll::Ready(Ok(()));
        };
        ready!(room.poll_write_ready(cx))?.clear_ready();
        Poll::Ready(Ok(()))
    }
}

/// Registers a socket for one direction.
#[expect(
    unsafe_code,
    reason = "tokio registers for one direction through a function that trusts `as_raw_fd` alone"
)]
fn watched(socket: StdUnixStream, interest: Interest) -> io::Result<AsyncFd<StdUnixStream>> {
    // SAFETY: a `UnixStream` of the standard library owns its descriptor and names no other, and it
    // is only ever borrowed shared from the `AsyncFd`, so that it cannot be replaced.
    Ok(unsafe { AsyncFd::register_with_interest(socket, interest) }?)
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsyncRead for UnixSocket {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = &self.get_mut().socket;
        loop {
            let mut ready = ready!(socket.poll_read_ready(cx))?;
            let free = buffer.initialize_unfilled();
            let room = free.len();
            match socket.get_ref().read(free) {
                Ok(read) => {
                    // A short read has drained the socket: asking again would only tell so.
                    if read > 0 && read < room {
                        ready.clear_ready();
                    }
                    buffer.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for UnixSocket {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            match this.socket.get_ref().write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(this.poll_room(cx))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => {
                    this.room = None;
                    return Poll::Ready(written);
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn pair() -> (UnixSocket, UnixSocket) {
        let (one, other) = StdUnixStream::pair().expect("a pair of sockets");
        for socket in [&one, &other] {
            socket.set_nonblocking(true).expect("does not block");
        }
        let adopt = |socket| UnixSocket::adopt(socket).expect("is watched");
        (adopt(one), adopt(other))
    }

    #[tokio::test]
    async fn a_full_socket_takes_the_rest_when_its_peer_has_read() {
        let (mut one, mut other) = pair();
        let sent: Vec<u8> = (0..4_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        let expected = sent.clone();
        let writing = async move {
            one.write_all(&sent).await.expect("takes all");
            assert!(one.room.is_none(), "is not watched for room any more");
            one.shutdown().await.expect("ends");
        };
        let reading = async move {
            let mut got = Vec::new();
            other.read_to_end(&mut got).await.expect("reads all");
            got
        };
        let ((), got) = tokio::join!(writing, reading);
        assert!(got == expected, "{} bytes came", got.len());
    }

    #[tokio::test]
    async fn a_peer_that_goes_is_noticed_by_a_reader_and_by_a_writer_that_wait() {
        let (mut one, other) = pair();
        let flood = vec![0; 4_000_000];
        let (written, ()) = tokio::join!(one.write_all(&flood), async { drop(other) });
        assert!(written.is_err());
        let (mut one, other) = pair();
        let mut byte = [0; 1];
        let (read, ()) = tokio::join!(one.read(&mut byte), async { drop(other) });
        assert!(matches!(read, Ok(0)), "{read:?}");
    }
}
