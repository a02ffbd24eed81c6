//! The bounds of one session's statements: time, rows, bytes, and how many run at once in its
//! environment.
//!
//! What is too much is cancelled as a client would cancel it, and the server's answer is given the
//! bound's words; so the transaction goes on as behind any cancel. A FETCH of a cursor is a statement of
//! its own; a portal that is executed in parts is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rules::config::StatementLimits;
use rules::unit::{Bytes, Span};
use tokio::time::Instant;

use super::portals::{Portals, Returned};
use wire::{Act, Report};

/// The SQLSTATE of a cancelled statement.
const CANCELLED: &[u8] = b"57014";
/// `program_limit_exceeded`
const TOO_MUCH: &str = "54000";

/// A bound that a statement went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Time,
    Rows,
    Bytes,
}

/// Statements under way in one environment.
pub(in crate::relay) type Under = Arc<AtomicUsize>;

/// Watches what one session's statements take.
pub(in crate::relay) struct Bounds {
    limits: StatementLimits,
    under: Under,
    /// Whether this session's statement is counted among those under way.
    counted: bool,
    portals: Portals,
    /// What the statement under way has returned.
    returned: Returned,
    over: Option<Over>,
    /// Whether a cancel is to be sent.
    cancel: bool,
    /// Whether the latest statement's end may wait at the server.
    unflushed: bool,
    /// Since when the server works on the statement.
    since: Option<Instant>,
}

impl Bounds {
    pub(in crate::relay) fn new(limits: StatementLimits, under: Under) -> Self {
        Self {
            limits,
            under,
            counted: false,
            portals: Portals::default(),
            returned: Returned::default(),
            over: None,
            cancel: false,
            unflushed: false,
            since: None,
        }
    }

    pub(super) fn limits(&self) -> &StatementLimits {
        &self.limits
    }

    /// Goes by other limits from now on, also for the statement under way.
    pub(super) fn follow(&mut self, limits: StatementLimits) {
        if limits != self.limits {
            // Nobody counted what was sent while nothing was bounded.
            self.portals.lose();
            self.limits = limits;
        }
    }

    /// Whether a message of the client may begin work; one more statement is then counted.
    #[inline]
    pub(super) fn admits(&mut self, tag: u8) -> bool {
        let Some(most) = self.limits.statements else {
            return true;
        };
        if self.counted || !matches!(tag, b'Q' | b'P' | b'B' | b'E' | b'F') {
            return true;
        }
        let more = |count: usize| (count < most).then_some(count + 1);
        let counted = self
            .under
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        self.counted = counted.is_ok();
        self.counted
    }

    /// Whether a Flush is to go before a message of the client: without it the server tells the end of a
    /// statement only with those behind it, and the time of all of them would be one.
    #[inline]
    pub(super) fn wants_flush(&mut self, tag: u8) -> bool {
        let wants = match tag {
            b'P' | b'B' | b'D' | b'E' | b'C' => self.unflushed,
            b'S' | b'H' | b'Q' | b'F' => false,
            _ => return false,
        };
        self.unflushed = tag == b'E' && !wants && self.limits.statement.is_some();
        wants
    }

    /// Whether what statements return is bounded.
    #[inline]
    pub(super) fn counts_rows(&self) -> bool {
        self.limits.rows.is_some() || self.limits.bytes.is_some()
    }

    /// The client sent a message; whether it goes on with a statement that has returned too much.
    #[inline]
    pub(super) fn asked(&mut self, tag: u8, held: &[u8]) -> bool {
        if !self.counts_rows() {
            return false;
        }
        self.portals.asked(tag, held);
        tag == b'E' && self.exceeds(self.portals.executed(held)).is_some()
    }

    /// A row, or a piece of COPY, of so many bytes went to the client.
    #[inline]
    pub(super) fn row(&mut self, bytes: u32) {
        if !self.counts_rows() {
            return;
        }
        let is_first = self.returned == Returned::default();
        if is_first {
            self.returned = self.portals.taken();
        }
        self.returned.rows += 1;
        self.returned.bytes += u64::from(bytes);
        // A part of a portal that a cancel missed is cancelled at the next one's first row.
        if self.over.is_some() && !is_first {
            return;
        }
        if let Some(over) = self.exceeds(self.returned) {
            (self.over, self.cancel) = (Some(over), true);
        }
    }

    fn exceeds(&self, returned: Returned) -> Option<Over> {
        let more = |taken: u64, most: Option<u64>| most.is_some_and(|most| taken > most);
        match self.limits {
            limits if more(returned.rows, limits.rows) => Some(Over::Rows),
            limits if more(returned.bytes, limits.bytes) => Some(Over::Bytes),
            _ => None,
        }
    }

    /// The server answered what it was asked, or a part of it.
    #[inline]
    pub(super) fn answered(&mut self, tag: u8) {
        if self.counts_rows() {
            self.portals.answered(tag, self.returned);
        }
        match tag {
            b'C' | b'I' => self.statement_ended(),
            // A suspended portal is not at its end: what was too much still is.
            b's' => (self.returned, self.since) = (Returned::default(), None),
            _ => {}
        }
    }

    /// A statement came to its end. One that did so before it could be cancelled is over, and the next
    /// one has its time for itself, as from PostgreSQL 13 on (documentation, `statement_timeout`).
    fn statement_ended(&mut self) {
        (self.returned, self.since) = (Returned::default(), None);
        if self.cancel {
            (self.cancel, self.over) = (false, None);
        }
    }

    /// The server waits for the client, or goes on with what it was sent meanwhile; `quiet` says that
    /// it owes the client nothing.
    pub(super) fn ready(&mut self, status: u8, quiet: bool) {
        if self.counts_rows() {
            self.portals.ready(status, quiet);
        }
        self.statement_ended();
        (self.over, self.cancel) = (None, false);
        self.leave();
    }

    /// Whether this session's statement is counted among those under way.
    pub(super) fn is_counted(&self) -> bool {
        self.counted
    }

    /// No statement of the session is under way any more; the next message begins another.
    pub(super) fn leave(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.under.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Whether the server is to be told to cancel; asked once for each time.
    pub(super) fn take_cancel(&mut self) -> bool {
        std::mem::take(&mut self.cancel)
    }

    /// When the statement under way will have taken too long.
    pub(super) fn due(&mut self, active: bool) -> Option<Instant> {
        let most = self.limits.statement?;
        if !active {
            self.since = None;
            return None;
        }
        Some(*self.since.get_or_insert_with(Instant::now) + most)
    }

    /// The statement under way has taken too long. One that goes on all the same is cancelled again.
    pub(super) fn took_too_long(&mut self) {
        self.over.get_or_insert(Over::Time);
        (self.cancel, self.since) = (true, None);
    }

    /// Whether an error of the server may be the answer to a cancel of ours.
    pub(super) fn awaits_cancel(&self) -> bool {
        self.over.is_some()
    }

    /// Gives the server's answer to a cancel of ours the words of the bound.
    pub(super) fn reword(&mut self, body: &[u8]) -> Act {
        let mut fields = body.split(|&byte| byte == 0);
        let code = fields.find_map(|field| field.strip_prefix(b"C"));
        let over = self.over.filter(|_| code == Some(CANCELLED));
        let Some(over) = over else {
            return Act::Pass;
        };
        self.over = None;
        let (code, message) = match over {
            Over::Time => {
                let most = Span(self.limits.statement.unwrap_or_default());
                (
                    "57014",
                    format!("canceling statement that took longer than {most}"),
                )
            }
            Over::Rows => {
                let most = self.limits.rows.unwrap_or_default();
                (
                    TOO_MUCH,
                    format!("canceling statement that returned more than {most} rows"),
                )
            }
            Over::Bytes => {
                let most = Bytes(self.limits.bytes.unwrap_or_default());
                (
                    TOO_MUCH,
                    format!("canceling statement that returned more than {most}"),
                )
            }
        };
        let report = Report::error(code, message)
            .detail("It is a bound of the environment.")
            .hint("Ask for less at once, or have the environment's limits raised.");
        Act::Replace(report.encode())
    }
}

impl Drop for Bounds {
    fn drop(&mut self) {
        self.leave();
    }
}
