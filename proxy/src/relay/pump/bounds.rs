//! The bounds of one session's statements: time, rows, bytes, and how many run at once in its
//! environment.
//!
//! What is too much is cancelled as a client would cancel it, and the server's answer is given the
//! bound's words; so the transaction goes on as behind any cancel.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rules::config::StatementLimits;
use rules::unit::{Bytes, Span};
use tokio::time::Instant;

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
    rows: u64,
    bytes: u64,
    over: Option<Over>,
    /// Whether a cancel is to be sent.
    cancel: bool,
    /// Since when the server works.
    since: Option<Instant>,
}

impl Bounds {
    pub(in crate::relay) fn new(limits: StatementLimits, under: Under) -> Self {
        Self {
            limits,
            under,
            counted: false,
            rows: 0,
            bytes: 0,
            over: None,
            cancel: false,
            since: None,
        }
    }

    pub(super) fn limits(&self) -> &StatementLimits {
        &self.limits
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

    /// A row, or a piece of COPY, of so many bytes went to the client.
    #[inline]
    pub(super) fn row(&mut self, bytes: u32) {
        self.rows += 1;
        self.bytes += u64::from(bytes);
        if self.over.is_some() {
            return;
        }
        let over = match self.limits {
            StatementLimits {
                rows: Some(most), ..
            } if self.rows > most => Over::Rows,
            StatementLimits {
                bytes: Some(most), ..
            } if self.bytes > most => Over::Bytes,
            _ => return,
        };
        (self.over, self.cancel) = (Some(over), true);
    }

    /// A statement came to its end. One that did so before it could be cancelled is over.
    #[inline]
    pub(super) fn statement_ended(&mut self) {
        (self.rows, self.bytes) = (0, 0);
        if self.cancel {
            (self.cancel, self.over) = (false, None);
        }
    }

    /// The server waits for the client, or goes on with what it was sent meanwhile.
    pub(super) fn ready(&mut self) {
        self.statement_ended();
        (self.over, self.cancel, self.since) = (None, false, None);
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
