//! One direction: read, walk, write, from one buffer and with no queue.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::buffer;
use crate::relay::stream::Stream;
use wire::{FrameError, Instead, Visit, Walk};

/// Steps that one direction may take before the other gets its turn.
const ROUNDS_MAX: usize = 8;

/// How far a direction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// It waits for its source or its sink.
    Waits,
    /// It could go on, but others have a right to run too.
    Yields,
    /// Its source has ended and everything was delivered.
    Ended,
}

/// Why a direction goes no further.
#[derive(Debug)]
pub(super) enum Broken {
    /// Reading failed; everything read before was delivered.
    Source,
    /// Writing failed.
    Sink,
    /// The source sent what is no message.
    Frame(FrameError),
}

/// A direction's buffer and the three cursors that alone say what is in it.
///
/// `start..marked` may go out, `marked..end` is the beginning of a message that needs more bytes.
#[derive(Default)]
pub(super) struct Flow {
    buffer: Option<Box<[u8]>>,
    start: usize,
    marked: usize,
    end: usize,
    walk: Walk,
    /// What goes out behind `marked`, in place of the message that begins there.
    instead: Option<Instead>,
    /// How much of `instead` has gone out.
    said: usize,
    /// Bytes to come that belong to a message which is left out.
    skip: usize,
    /// Whether bytes are there that were not walked over yet.
    unwalked: bool,
    large: bool,
    unflushed: bool,
    ended: bool,
    /// Bytes that went through.
    pub(super) bytes: u64,
}

impl Flow {
    /// A direction that has bytes to deliver already; they are whole messages.
    pub(super) fn with(bytes: &[u8], visitor: &mut impl Visit) -> Result<Self, FrameError> {
        let mut flow = Self::default();
        if bytes.is_empty() {
            return Ok(flow);
        }
        flow.end = bytes.len();
        flow.buffer = Some(bytes.to_vec().into_boxed_slice());
        flow.walk_on(visitor)?;
        Ok(flow)
    }

    /// Puts a message of ours between two that go through; says whether there was a place for it.
    pub(super) fn insert(&mut self, message: &[u8]) -> bool {
        let between = self.at_boundary();
        if between {
            self.instead = Some(Instead {
                bytes: message.to_vec(),
                skip: 0,
            });
        }
        between
    }

    /// Moves what can be moved.
    pub(super) fn drive(
        &mut self,
        cx: &mut Context<'_>,
        (from, to): (&mut Stream, &mut Stream),
        visitor: &mut impl Visit,
    ) -> Result<Moved, Broken> {
        for _ in 0..ROUNDS_MAX {
            if self.deliver(cx, to)?.is_pending() {
                return Ok(Moved::Waits);
            }
            if self.unwalked {
                self.walk_on(visitor).map_err(Broken::Frame)?;
                continue;
            }
            if self.ended {
                return Ok(Moved::Ended);
            }
            if self.fill(cx, from, visitor)?.is_pending() {
                return Ok(Moved::Waits);
            }
        }
        Ok(Moved::Yields)
    }

    /// Writes what is marked, and flushes it where records need that.
    pub(super) fn deliver(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut Stream,
    ) -> Result<Poll<()>, Broken> {
        loop {
            let (bytes, replaces) = match (&self.buffer, &self.instead) {
                (Some(buffer), _) if self.start < self.marked => {
                    (&buffer[self.start..self.marked], false)
                }
                (_, Some(instead)) if self.said < instead.bytes.len() => {
                    (&instead.bytes[self.said..], true)
                }
                _ => break,
            };
            match Pin::new(&mut *to).poll_write(cx, bytes) {
                Poll::Ready(Ok(0) | Err(_)) => return Err(Broken::Sink),
                Poll::Ready(Ok(written)) => {
                    if replaces {
                        self.said += written;
                    } else {
                        self.start += written;
                    }
                    self.bytes += written as u64;
                    self.unflushed = to.is_tls();
                }
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
        self.replaced();
        if self.unflushed {
            match Pin::new(to).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Err(Broken::Sink),
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
        self.release();
        Ok(Poll::Ready(()))
    }

    /// The replacement has gone out: what it stood for is left out.
    fn replaced(&mut self) {
        if let Some(instead) = self.instead.take() {
            (self.said, self.skip) = (0, instead.skip);
            self.leave_out();
            self.unwalked = self.start < self.end;
        }
    }

    /// Drops what there is of a message that is left out.
    fn leave_out(&mut self) {
        let step = self.skip.min(self.end - self.start);
        self.skip -= step;
        self.start += step;
        self.marked = self.start;
    }

    /// Walks over what has not been walked over.
    fn walk_on(&mut self, visitor: &mut impl Visit) -> Result<(), FrameError> {
        self.unwalked = false;
        if self.skip > 0 {
            self.leave_out();
        }
        let Some(buffer) = &self.buffer else {
            return Ok(());
        };
        let (marked, instead) = self.walk.advance(&buffer[self.start..self.end], visitor)?;
        self.marked = self.start + marked;
        self.instead = instead;
        Ok(())
    }

    /// Reads once and walks over what came.
    fn fill(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        visitor: &mut impl Visit,
    ) -> Result<Poll<()>, Broken> {
        self.compact();
        let large = self.large;
        let buffer = self.buffer.get_or_insert_with(|| buffer::take(large));
        let mut free = ReadBuf::new(&mut buffer[self.end..]);
        let read = match Pin::new(from).poll_read(cx, &mut free) {
            Poll::Pending => {
                self.release();
                return Ok(Poll::Pending);
            }
            Poll::Ready(Err(error)) => {
                self.release();
                return Err(source(&error));
            }
            Poll::Ready(Ok(())) => free.filled().len(),
        };
        if read == 0 {
            // A message that was cut off is delivered as far as it came.
            self.ended = true;
            if self.skip == 0 {
                self.marked = self.end;
            }
            return Ok(Poll::Ready(()));
        }
        self.end += read;
        self.large = self.end == buffer.len();
        self.walk_on(visitor).map_err(Broken::Frame)?;
        Ok(Poll::Ready(()))
    }

    /// Moves the beginning of an unfinished message to the front of a buffer of the wished size.
    fn compact(&mut self) {
        let held = self.end - self.start;
        if held == 0 || self.start == 0 {
            return self.grow();
        }
        if let Some(buffer) = &mut self.buffer {
            buffer.copy_within(self.start..self.end, 0);
        }
        (self.start, self.marked, self.end) = (0, 0, held);
        self.grow();
    }

    /// Makes room where a held message fills its buffer to the brim.
    fn grow(&mut self) {
        let Some(buffer) = &self.buffer else { return };
        if self.end < buffer.len() {
            return;
        }
        // Only a message that is held whole gets here with a large one, so this is bounded by what may
        // be held.
        let mut larger = match buffer.len() {
            ..buffer::LARGE_BYTES => buffer::take(true),
            full => vec![0; full * 2].into_boxed_slice(),
        };
        larger[..self.end].copy_from_slice(&buffer[..self.end]);
        if let Some(small) = self.buffer.replace(larger) {
            give_back(small);
        }
    }

    /// Gives the buffer back when it holds nothing.
    fn release(&mut self) {
        if self.start == self.end {
            (self.start, self.marked, self.end) = (0, 0, 0);
            if let Some(buffer) = self.buffer.take() {
                give_back(buffer);
            }
        }
    }

    /// Whether the sink stands between two messages and is owed nothing.
    pub(super) fn at_boundary(&self) -> bool {
        self.start == self.marked
            && self.instead.is_none()
            && self.skip == 0
            && !self.unflushed
            && self.walk.at_boundary()
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            give_back(buffer);
        }
    }
}

fn give_back(buffer: Box<[u8]>) {
    // The first buffer of a session holds its greeting and has a size of its own.
    if matches!(buffer.len(), buffer::SMALL_BYTES | buffer::LARGE_BYTES) {
        buffer::give(buffer);
    }
}

fn source(error: &io::Error) -> Broken {
    tracing::trace!(kind = ?error.kind(), "a read failed");
    Broken::Source
}
