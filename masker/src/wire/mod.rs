//! Sessions whose bytes are ours: what the driver would hold whole in memory streams through here.
//!
//! The driver logs in, with whatever authentication and TLS it speaks, over a stream that it is lent;
//! from then on the stream is read and written here (PostgreSQL documentation, "Message Flow": simple
//! query, COPY). A row of a gigabyte passes in pieces, and PostgreSQL's own programs get sessions
//! without a password.

mod dial;
mod frames;
mod gate;
mod lent;

#[cfg(test)]
mod tests;

pub(crate) use dial::{Dial, DialError, Dialling, dial};
pub(crate) use frames::{ServerError, WireError};
pub use gate::sweep;
pub(crate) use gate::{Behind, First, FirstError, Gate};

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncWriteExt, ReadBuf};

use frames::Input;
use lent::Duplex;

/// Bytes of a frame before its content: the kind, and the length that counts itself.
const HEADER: usize = 5;

/// How a statement under way is ended from outside.
type Cancel = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A session that one statement after the other is sent over.
///
/// Dropped within a statement, it ends the statement on the server and not only its own interest.
pub(crate) struct Wire {
    stream: Box<dyn Duplex>,
    input: Input,
    /// What the server said between the login and its being ready.
    greeting: Vec<u8>,
    cancel: Option<Cancel>,
    /// Whether a statement is under way.
    busy: bool,
    /// Whether the stream is of no use any more.
    broken: bool,
}

impl Wire {
    fn new(stream: Box<dyn Duplex>, heard: &[u8], cancel: Cancel) -> io::Result<Self> {
        let (greeting, rest) = frames::greeting(heard)?;
        Ok(Self {
            stream,
            input: Input::holding(rest),
            greeting: greeting.to_vec(),
            cancel: Some(cancel),
            busy: false,
            broken: false,
        })
    }

    /// Runs statements that give no rows, or whose rows nobody wants.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), WireError> {
        self.query(sql).await?;
        self.until_ready().await.map(drop)
    }

    /// Begins a COPY TO STDOUT; [`Wire::pull`] gives its bytes.
    pub(crate) async fn copy_out(&mut self, sql: &str) -> Result<(), WireError> {
        self.query(sql).await?;
        self.expect(b'H').await
    }

    /// Appends bytes of the COPY under way to `out`, until there are `most` in it; `Some` at the
    /// COPY's end, with the server's count of rows.
    pub(crate) async fn pull(
        &mut self,
        out: &mut Vec<u8>,
        most: usize,
    ) -> Result<Option<u64>, WireError> {
        while out.len() < most {
            if self.input.take_data(out, most) {
                continue;
            }
            match self.input.header()? {
                // The data of a COPY is passed on as it comes, however long the frame is.
                Some((b'd', _)) => self.input.begin_data(),
                Some((b'c', _)) => return self.until_ready().await.map(Some),
                Some(_) => {
                    if let Some(error) = self.told().await? {
                        return Err(error);
                    }
                }
                None => self.fill().await?,
            }
        }
        Ok(None)
    }

    /// Begins a COPY FROM STDIN.
    pub(crate) async fn copy_in(&mut self, sql: &str) -> Result<(), WireError> {
        self.query(sql).await?;
        self.expect(b'G').await
    }

    /// Sends bytes of the COPY under way.
    ///
    /// An error that the server told meanwhile is given at once, not at the end.
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let header = frames::header(b'd', bytes.len())?;
        let sent = async {
            self.stream.write_all(&header).await?;
            self.stream.write_all(bytes).await
        };
        let sent = sent.await;
        // A server that ends the session says why before it closes.
        let told = self.listen().await;
        if let Err(error) = sent {
            self.broken = true;
            return Err(told.err().unwrap_or(WireError::Io(error)));
        }
        told
    }

    /// Ends the COPY under way and gives the server's count of rows.
    pub(crate) async fn finish(&mut self) -> Result<u64, WireError> {
        self.send(&[b'c', 0, 0, 0, 4]).await?;
        self.until_ready().await
    }

    async fn query(&mut self, sql: &str) -> Result<(), WireError> {
        let mut frame = frames::header(b'Q', sql.len() + 1)?.to_vec();
        frame.extend_from_slice(sql.as_bytes());
        frame.push(0);
        self.busy = true;
        self.send(&frame).await
    }

    async fn send(&mut self, frame: &[u8]) -> Result<(), WireError> {
        let sent = async {
            self.stream.write_all(frame).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| {
            self.broken = true;
            WireError::Io(error)
        })
    }

    /// Reads up to a frame that opens a COPY.
    async fn expect(&mut self, opening: u8) -> Result<(), WireError> {
        loop {
            match self.input.header()? {
                Some((kind, length)) if kind == opening => return self.skip(length).await,
                Some(_) => {
                    if let Some(error) = self.told().await? {
                        return Err(error);
                    }
                }
                None => self.fill().await?,
            }
        }
    }

    async fn skip(&mut self, length: usize) -> Result<(), WireError> {
        while self.input.frame(length).is_none() {
            self.fill().await?;
        }
        self.input.consume(length);
        Ok(())
    }

    /// Takes one frame that is no data; an error is given once the server is ready again.
    async fn told(&mut self) -> Result<Option<WireError>, WireError> {
        let Some((kind, length)) = self.input.header()? else {
            return Ok(None);
        };
        if kind != b'E' {
            self.skip(length).await?;
            return Ok(None);
        }
        while self.input.frame(length).is_none() {
            self.fill().await?;
        }
        let error = self.input.frame(length).map(ServerError::read);
        self.input.consume(length);
        let error = WireError::Told(Box::new(error.unwrap_or_default()));
        // One that ends the session is followed by nothing.
        let settled = Box::pin(self.until_ready()).await;
        self.broken |= settled.is_err();
        Ok(Some(error))
    }

    /// Reads to the end of the statement; gives the count of its last tag, or the first error.
    async fn until_ready(&mut self) -> Result<u64, WireError> {
        let (mut count, mut first) = (0, None);
        loop {
            let Some((kind, length)) = self.input.header()? else {
                if let Err(error) = self.fill().await {
                    return Err(first.unwrap_or(error));
                }
                continue;
            };
            while self.input.frame(length).is_none() {
                if let Err(error) = self.fill().await {
                    return Err(first.unwrap_or(error));
                }
            }
            let body = self.input.frame(length).unwrap_or_default();
            match kind {
                b'C' => count = frames::count(body),
                b'E' if first.is_none() => {
                    first = Some(WireError::Told(Box::new(ServerError::read(body))));
                }
                _ => {}
            }
            self.input.consume(length);
            if kind == b'Z' {
                self.busy = false;
                return first.map_or(Ok(count), Err);
            }
        }
    }

    /// Looks whether the server has said something, without waiting for it.
    async fn listen(&mut self) -> Result<(), WireError> {
        loop {
            if self.input.header()?.is_some() {
                if let Some(error) = self.told().await? {
                    return Err(error);
                }
                continue;
            }
            if !self.fill_if_there().await? {
                return Ok(());
            }
        }
    }

    async fn fill(&mut self) -> Result<(), WireError> {
        poll_fn(|context| self.poll_fill(context)).await
    }

    /// Whether something was there to read.
    async fn fill_if_there(&mut self) -> Result<bool, WireError> {
        poll_fn(|context| match self.poll_fill(context) {
            Poll::Ready(read) => Poll::Ready(read.map(|()| true)),
            Poll::Pending => Poll::Ready(Ok(false)),
        })
        .await
    }

    fn poll_fill(&mut self, context: &mut std::task::Context<'_>) -> Poll<Result<(), WireError>> {
        let mut room = ReadBuf::new(self.input.room());
        let read = match Pin::new(&mut *self.stream).poll_read(context, &mut room) {
            Poll::Ready(read) => read,
            Poll::Pending => return Poll::Pending,
        };
        let length = room.filled().len();
        let read = read.and_then(|()| match length {
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection",
            )),
            length => Ok(length),
        });
        Poll::Ready(match read {
            Ok(length) => {
                self.input.filled(length);
                Ok(())
            }
            Err(error) => {
                self.broken = true;
                Err(WireError::Io(error))
            }
        })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // The closed stream would end it too, but only once the server has something to send.
        let (true, false, Some(cancel)) = (self.busy, self.broken, self.cancel.take()) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(cancel());
        }
    }
}
