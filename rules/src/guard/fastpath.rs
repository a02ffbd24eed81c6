//! FunctionCall messages, which name a function by its number and hold no text to be judged.

use super::denial::{Denial, Verdict};
use super::rule::Rule;
use crate::config::AccessMode;

/// Numbers of the functions that read large objects, the same in every version: `lo_open`,
/// `lo_close`, `loread`, `lo_lseek`, `lo_tell`, `lo_lseek64`, `lo_tell64` (PostgreSQL's
/// `pg_proc.dat`).
pub const READ_FUNCTIONS: [u32; 7] = [952, 953, 954, 956, 958, 3170, 3171];

/// Judges a FunctionCall message by the number of its function.
pub fn judge_call(function: u32, mode: AccessMode) -> Verdict {
    if READ_FUNCTIONS.contains(&function) {
        return Verdict::Allow;
    }
    Denial::by(Rule::Fastpath, mode).map_or(Verdict::Allow, Verdict::Deny)
}
