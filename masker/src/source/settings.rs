//! How a transaction on production is set, whatever its roles and databases set.

use std::time::Duration;

/// Lifts the login's own bound for a session.
pub(super) const LIFT: &str = "SET statement_timeout = 0";

/// Opens a transaction in which nothing of the login's own ends a statement.
pub(super) const UNBOUNDED: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0";

/// Version and whether it is a standby.
pub(super) const GREETING: &str =
    "SELECT current_setting('server_version_num')::int4, pg_is_in_recovery()";

/// Takes the snapshot.
pub(super) const EXPORT: &str = "SELECT pg_export_snapshot(), current_setting('server_encoding')";

/// What decides about the text of values, and what would end a long transaction or a short one.
///
/// Row security that is off is an error where a policy would hide rows, instead of fewer rows. Rows
/// come in the order of the table.
///
/// The bounds of the login's own come first: until they are lifted they hold for what lifts them, too.
const SETTINGS: [&str; 18] = [
    "statement_timeout = 0",
    "idle_in_transaction_session_timeout = 0",
    "search_path = ''",
    "quote_all_identifiers = off",
    "DateStyle = 'ISO, YMD'",
    "IntervalStyle = 'postgres'",
    "TimeZone = 'UTC'",
    "extra_float_digits = 3",
    "bytea_output = 'hex'",
    "xmloption = 'content'",
    "lc_monetary = 'C'",
    "row_security = off",
    "client_min_messages = error",
    "synchronize_seqscans = off",
    "max_parallel_workers_per_gather = 0",
    "jit = off",
    "standard_conforming_strings = on",
    "backslash_quote = safe_encoding",
];

/// The same, from the version on that has the setting.
const NEWER: [(u32, &str); 2] = [
    (140_000, "idle_session_timeout = 0"),
    (170_000, "transaction_timeout = 0"),
];

/// Opens a transaction that reads one snapshot and cannot write. Nothing in it takes the snapshot.
pub(super) fn begin(version: u32, lock_wait: Duration) -> String {
    let newer = NEWER.iter().filter(|(from, _)| version >= *from);
    let settings = SETTINGS.iter().chain(newer.map(|(_, setting)| setting));
    let mut sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned();
    for setting in settings {
        sql.push_str("; SET LOCAL ");
        sql.push_str(setting);
    }
    // 0 would be no bound at all.
    let lock_wait_ms = lock_wait.as_millis().clamp(1, 86_400_000);
    sql.push_str(&format!("; SET LOCAL lock_timeout = {lock_wait_ms}"));
    sql
}
