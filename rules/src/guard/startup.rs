//! What a session begins with, and what it must not turn into.

use super::denial::Denial;
use super::rule::Rule;
use super::statement::Setting;
use crate::config::AccessMode;

/// The encoding of a guarded session whose client asks for none.
pub const ENCODING: (&str, &str) = ("client_encoding", "UTF8");

/// Judges a setting that a client asks for in its startup message, by itself or within `options`.
pub fn startup(name: &str, value: &str, mode: AccessMode) -> Option<Denial> {
    broken(name, value).and_then(|rule| Denial::by(rule, mode))
}

/// The settings that a session of that mode begins with, whatever its client asks for.
///
/// Settings of the startup message are what RESET ALL and DISCARD ALL go back to.
pub fn injected(mode: AccessMode) -> &'static [(&'static str, &'static str)] {
    const READ_ONLY: [(&str, &str); 2] = [
        ("default_transaction_read_only", "on"),
        ("standard_conforming_strings", "on"),
    ];
    match mode {
        AccessMode::ReadOnly => &READ_ONLY,
        AccessMode::Append => &READ_ONLY[1..],
        AccessMode::ReadWrite => &[],
    }
}

/// Judges what a server reports a setting to be: a session that is no longer what it began as has
/// to end.
pub fn tripwire(name: &str, value: &str, mode: AccessMode) -> Option<Denial> {
    let rule = match broken(name, value)? {
        Rule::TxReadWrite => Rule::Tripwire,
        rule => rule,
    };
    // The rules of the session's footing let a read-write session be what it likes.
    let watched = matches!(rule, Rule::Tripwire | Rule::GucLex);
    watched.then(|| Denial::by(rule, mode)).flatten()
}

fn broken(name: &str, value: &str) -> Option<Rule> {
    Setting::of(name.as_bytes())?.breaks(Some(value.as_bytes()))
}
