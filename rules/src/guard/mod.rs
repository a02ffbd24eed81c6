//! The guard: what a statement would do, and whether an access mode lets it.
//!
//! The database enforces; the guard says no early, with a reason, and closes what roles cannot. It
//! judges text alone, knows no catalogue and never fails open by itself: what it does not see, the
//! roles of the environment must stop.

mod cache;
mod denial;
mod fastpath;
mod fingerprint;
mod lexer;
mod rule;
mod startup;
mod statement;
mod tables;

#[cfg(test)]
mod tests;

pub use self::cache::{Cache, VERDICTS_MAX};
pub use self::denial::{Denial, Verdict};
pub use self::fastpath::{READ_FUNCTIONS, judge_call};
pub use self::fingerprint::Fingerprint;
pub use self::lexer::{Kind, Lexer, Token};
pub use self::rule::{Rule, Rules};
pub use self::startup::{ENCODING, injected, startup, tripwire};
pub use self::statement::{Command, Finding, Keyword, Setting, inspect, is_safe_encoding};
pub use self::tables::Tables;

use crate::config::AccessMode;

/// The most SQL of one message that is judged, in bytes; longer messages are denied.
pub const SQL_BYTES_MAX: usize = 16 << 20;

/// Judges one message of SQL where nothing but the guard stands before the data: what cannot be judged
/// is denied.
pub fn judge_alone(sql: &[u8], mode: AccessMode) -> Verdict {
    let mut finding = inspect(sql);
    if !finding.is_known {
        finding.rules.insert(Rule::Unknown);
    }
    Verdict::of(&finding, mode)
}

/// Judges one message of SQL.
pub fn judge(sql: &[u8], mode: AccessMode) -> Verdict {
    Verdict::of(&inspect(sql), mode)
}
