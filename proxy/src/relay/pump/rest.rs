//! When a client without a Sync has gone silent: what it sent is answered, so that nothing of its
//! works, and nothing tells so but the count of the answers.
//!
//! PostgreSQL documentation, "Extended Query": each message has one answer, which may wait at the
//! server for a Flush or Sync, and behind an error there is none up to the next Sync.

use std::time::Duration;

use tokio::time::Instant;

/// How long a client says nothing before its statement is no longer one of those under way: drivers
/// that send a Flush go on at once.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// The messages behind a session's last Sync, Query or FunctionCall.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Those that the server has not answered.
    owed: u32,
    /// Whether answers may wait at the server.
    unflushed: bool,
    /// Whether the server leaves out everything up to the next Sync.
    failed: bool,
    /// Since when nothing goes either way, and how many messages had gone until then.
    silent: Option<(Instant, [u64; 2])>,
}

/// What a silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Everything is answered.
    Rests,
    /// Answers may wait at the server, which a Flush brings.
    Unflushed,
}

impl Rest {
    /// The client sent a message.
    #[inline]
    pub(super) fn asked(&mut self, tag: u8) {
        match tag {
            b'P' | b'B' | b'D' | b'E' | b'C' if !self.failed => {
                self.owed = self.owed.saturating_add(1);
                self.unflushed = true;
            }
            b'H' => self.unflushed = false,
            b'S' | b'Q' | b'F' => (self.owed, self.unflushed, self.failed) = (0, false, false),
            _ => {}
        }
    }

    /// The server sent a message that belongs behind its last ReadyForQuery.
    #[inline]
    pub(super) fn answered(&mut self, tag: u8) {
        match tag {
            b'1' | b'2' | b'3' | b'T' | b'n' | b'C' | b's' | b'I' => {
                self.owed = self.owed.saturating_sub(1);
            }
            b'E' => (self.owed, self.failed) = (0, true),
            _ => {}
        }
    }

    /// When the silence will have lasted for long enough; `None` while the server may be at work.
    pub(super) fn due(&mut self, messages: [u64; 2]) -> Option<Instant> {
        if self.owed > 0 && !self.unflushed {
            self.silent = None;
            return None;
        }
        let since = match self.silent {
            Some((since, then)) if then == messages => since,
            _ => Instant::now(),
        };
        self.silent = Some((since, messages));
        Some(since + SILENCE_MAX)
    }

    /// The silence has lasted for long enough.
    pub(super) fn is_due(&mut self) -> Silence {
        self.silent = None;
        if self.owed > 0 {
            Silence::Unflushed
        } else {
            Silence::Rests
        }
    }
}
