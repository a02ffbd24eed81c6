//! What the pump knows of a session from the messages that go by.
//!
//! [`ClientWatch`] sees every message of the client before it goes out: it is the one place where the
//! guard judges `Q`, `P` and `F`, by asking for them whole in `need` and judging them in `visit`.

use std::sync::Arc;

use tokio::time::Instant;

use super::bounds::Bounds;
use super::guard::{ERROR_BYTES_MAX, Guard};
use super::portals::PORTAL_BYTES;
use super::rest::Rest;
use crate::relay::registry::{Entry, SessionState};
use rules::guard::Rule;
use wire::{Act, FrameError, Need, Visit};

/// A ParameterStatus that is looked at; longer ones hold nothing of interest.
const STATUS_BYTES_MAX: u32 = 1024;
/// The longest Close, Describe, Execute, Flush and Sync: PostgreSQL's `PQ_SMALL_MESSAGE_LIMIT`.
const SMALL_MESSAGE_BYTES_MAX: u32 = 10_000;

/// The message Flush.
pub(super) const FLUSH: &[u8] = b"H\0\0\0\x04";

/// What both directions tell of the session.
pub(super) struct Watch {
    pub(super) entry: Arc<Entry>,
    pub(super) guard: Guard,
    pub(super) bounds: Bounds,
    pub(super) rest: Rest,
    /// The last ReadyForQuery's status byte.
    pub(super) status: u8,
    /// Messages that ask for a ReadyForQuery, less those that came. What a COPY swallows is taken off
    /// when it is known; nothing but patience depends on it.
    outstanding: u32,
    /// Syncs behind the latest message that may begin a COPY to the server, and whether that COPY was not
    /// ended yet: within it the server swallows them.
    syncs_behind: u32,
    copy_open: bool,
    /// Whether the server waits for the data of a COPY.
    copying: bool,
    /// Whether anything went to the server since its last ReadyForQuery.
    touched: bool,
    /// What the client is told in the place of the server's next message, which ends the session.
    pub(super) last_word: Option<Vec<u8>>,
    /// The client has said goodbye.
    pub(super) terminated: bool,
    /// The server's last message was an error.
    pub(super) last_is_error: bool,
    /// Messages from the client and from the server.
    pub(super) messages: [u64; 2],
}

/// Sees the client's messages.
pub(super) struct ClientWatch<'a>(pub(super) &'a mut Watch);

/// Sees the server's messages.
pub(super) struct ServerWatch<'a>(pub(super) &'a mut Watch);

impl Watch {
    pub(super) fn new(entry: Arc<Entry>, guard: Guard, bounds: Bounds) -> Self {
        Self {
            entry,
            guard,
            bounds,
            rest: Rest::default(),
            status: b'I',
            outstanding: 0,
            syncs_behind: 0,
            copy_open: false,
            copying: false,
            touched: false,
            last_word: None,
            terminated: false,
            last_is_error: false,
            messages: [0; 2],
        }
    }

    /// Whether the server waits for the client.
    pub(super) fn is_quiet(&self) -> bool {
        self.outstanding == 0 && !self.touched
    }

    /// When the session's statement will have rested for long enough to be none under way.
    pub(super) fn rest_due(&mut self) -> Option<Instant> {
        let may_rest = self.bounds.is_counted() && self.outstanding == 0;
        may_rest.then(|| self.rest.due(self.messages)).flatten()
    }

    pub(super) fn state(&self) -> SessionState {
        match self.status {
            _ if !self.is_quiet() => SessionState::Active,
            b'T' => SessionState::IdleInTransaction,
            b'E' => SessionState::FailedTransaction,
            _ => SessionState::Idle,
        }
    }
}

impl Visit for ClientWatch<'_> {
    #[inline]
    fn need(&self, tag: u8, body: u32) -> Need {
        match tag {
            b'B' | b'E' | b'C' if self.0.bounds.counts_rows() => Need::Begin(PORTAL_BYTES),
            _ => self.0.guard.need(tag, body),
        }
    }

    #[inline]
    fn visit(&mut self, tag: u8, body: u32, held: &[u8]) -> Result<Act, FrameError> {
        let watch = &mut *self.0;
        if watch.bounds.wants_flush(tag) {
            watch.rest.asked(b'H');
            return Ok(Act::Before(FLUSH.to_vec()));
        }
        watch.messages[0] += 1;
        match tag {
            b'C' | b'D' | b'E' | b'H' | b'S' if body > SMALL_MESSAGE_BYTES_MAX => {
                return Err(FrameError::Length {
                    tag,
                    length: body + 4,
                });
            }
            b'X' => watch.terminated = true,
            b'S' if watch.copying => {}
            b'S' => {
                watch.outstanding = watch.outstanding.saturating_add(1);
                watch.syncs_behind += u32::from(watch.copy_open);
            }
            b'Q' | b'F' => {
                watch.outstanding = watch.outstanding.saturating_add(1);
                (watch.copy_open, watch.syncs_behind) = (true, 0);
            }
            b'E' => (watch.copy_open, watch.syncs_behind) = (true, 0),
            b'c' | b'f' => (watch.copy_open, watch.copying) = (false, false),
            _ => {}
        }
        watch.touched = true;
        watch.rest.asked(tag);
        let is_spent = watch.bounds.asked(tag, held);
        if !watch.bounds.admits(tag) {
            return Ok(watch
                .guard
                .deny_by(Rule::Statements, tag, held, &watch.entry));
        }
        if is_spent {
            return Ok(watch.guard.deny_by(Rule::Returned, tag, held, &watch.entry));
        }
        Ok(watch.guard.judge(tag, body, held, &watch.entry))
    }
}

impl Visit for ServerWatch<'_> {
    #[inline]
    fn need(&self, tag: u8, body: u32) -> Need {
        match tag {
            b'Z' if body == 1 => Need::Whole,
            b'S' if body <= STATUS_BYTES_MAX => Need::Whole,
            b'E' if self.0.bounds.awaits_cancel() && body <= ERROR_BYTES_MAX => Need::Whole,
            _ => self.0.guard.need_reply(tag, body),
        }
    }

    #[inline]
    fn visit(&mut self, tag: u8, body: u32, held: &[u8]) -> Result<Act, FrameError> {
        let watch = &mut *self.0;
        if watch.guard.tripped {
            // The session is over: nothing of the server's goes on.
            return Ok(Act::Replace(Vec::new()));
        }
        if let Some(word) = watch.last_word.take() {
            watch.guard.tripped = true;
            return Ok(Act::Replace(word));
        }
        watch.messages[1] += 1;
        watch.last_is_error = tag == b'E';
        if watch.outstanding == 0 {
            watch.rest.answered(tag);
        }
        watch.bounds.answered(tag);
        match (tag, held) {
            (b'Z', [status]) => {
                watch.status = *status;
                watch.copying = false;
                watch.outstanding = watch.outstanding.saturating_sub(1);
                watch.touched = watch.outstanding > 0;
                watch.bounds.ready(*status, watch.outstanding == 0);
            }
            (b'S', held) => {
                if let Some(name) = held.strip_prefix(b"application_name\0") {
                    let name = name.strip_suffix(b"\0").unwrap_or(name);
                    watch.entry.application_name(name);
                }
                return Ok(watch.guard.reported(held, &watch.entry));
            }
            (b'G', _) => {
                watch.outstanding = watch.outstanding.saturating_sub(watch.syncs_behind);
                watch.syncs_behind = 0;
                watch.copying = watch.copy_open;
            }
            (b'D' | b'd', _) => watch.bounds.row(body),
            (b'E', held) if !held.is_empty() => {
                return Ok(match watch.bounds.reword(held) {
                    Act::Pass => watch.guard.reword(held),
                    reworded => reworded,
                });
            }
            _ => {}
        }
        Ok(Act::Pass)
    }
}
