//! `[limits]`: bounds of sessions.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::unit::Span;

use super::defaults;
use super::pool::bytes;
use super::text::{ProblemKind, Report, Table, Value};

/// The most sessions of one daemon: each holds two descriptors, of which Linux gives a process at
/// most about a million.
const SESSIONS_MAX: u64 = 250_000;

/// The longest wait that may be configured for anything that holds a client.
const WAIT_MAX: Duration = Duration::from_secs(3_600);

/// Below this a single row may be too much.
const ROW_BYTES_MIN: u64 = 1_000;

const SECOND: Duration = Duration::from_secs(1);

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Sessions of all users.
    pub sessions: usize,
    /// Sessions of one user.
    pub sessions_per_user: usize,
    /// Sessions in one environment.
    pub sessions_per_environment: usize,
    /// Negotiation, TLS, startup and login together.
    pub login: Duration,
    /// Waiting for a branch that wakes or is built.
    pub connect_wait: Duration,
    /// Dialling a server.
    pub upstream_connect: Duration,
    /// A session without a statement; `None` is no bound.
    pub idle_session: Option<Duration>,
    /// A session idle in a transaction; `None` is no bound.
    pub idle_in_transaction: Option<Duration>,
    /// What sessions in a transaction get to finish at a stop.
    pub drain: Duration,
}

/// `limits` of an environment: bounds of one session's statements there. `None` is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatementLimits {
    /// How long the server may work on one statement.
    pub statement: Option<Duration>,
    /// How long a session may idle in a transaction; the shorter one of this and `[limits]` holds.
    pub idle_in_transaction: Option<Duration>,
    /// Rows that one statement may return.
    pub rows: Option<u64>,
    /// Bytes of rows that one statement may return.
    pub bytes: Option<u64>,
    /// Statements under way at once in the environment and its branches.
    pub statements: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: defaults::SESSIONS,
            sessions_per_user: defaults::SESSIONS_PER_USER,
            sessions_per_environment: defaults::SESSIONS_PER_ENVIRONMENT,
            login: defaults::LOGIN,
            connect_wait: defaults::CONNECT_WAIT,
            upstream_connect: defaults::UPSTREAM_CONNECT,
            idle_session: None,
            idle_in_transaction: None,
            drain: defaults::DRAIN,
        }
    }
}

pub(super) fn limits(table: Option<Table<'_, '_>>, report: &mut Report<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(mut table) = table else {
        return limits;
    };
    sessions(&mut table, &mut limits, report);
    let wait = |key, from, default, table: &mut Table<'_, '_>, report: &mut Report<'_>| {
        let value = table.get(key, report);
        let found = value.and_then(|value| span(&value, from..=WAIT_MAX, report));
        found.unwrap_or(default)
    };
    let none = Duration::ZERO;
    limits.login = wait("login", SECOND, limits.login, &mut table, report);
    limits.connect_wait = wait(
        "connect_wait",
        SECOND,
        limits.connect_wait,
        &mut table,
        report,
    );
    limits.upstream_connect = wait(
        "upstream_connect",
        SECOND,
        limits.upstream_connect,
        &mut table,
        report,
    );
    limits.idle_session = table
        .get("idle_session", report)
        .and_then(|value| span_or_never(&value, SECOND, report));
    limits.idle_in_transaction = table
        .get("idle_in_transaction", report)
        .and_then(|value| span_or_never(&value, SECOND, report));
    limits.drain = wait("drain", none, limits.drain, &mut table, report);
    table.finish(&[], report);
    if !report.is_faulty("limits") {
        parts_fit(&limits, report);
    }
    limits
}

/// `limits` of an environment.
pub(super) fn statement_limits(value: &Value<'_, '_>, report: &mut Report<'_>) -> StatementLimits {
    let mut limits = StatementLimits::default();
    let expected = "a table, such as { statement = \"30s\", rows = 100000, bytes = \"1GB\" }";
    let Some(mut table) = value.table(expected, report) else {
        return limits;
    };
    let mut time = |key, report: &mut Report<'_>| {
        let value = table.get(key, report);
        value.and_then(|value| span_or_never(&value, SECOND, report))
    };
    limits.statement = time("statement", report);
    limits.idle_in_transaction = time("idle_in_transaction", report);
    limits.rows = table
        .get("rows", report)
        .and_then(|value| value.number(1..=u64::MAX / 2, report));
    limits.bytes = table
        .get("bytes", report)
        .and_then(|value| bytes(&value, ROW_BYTES_MIN, report));
    limits.statements = table
        .get("statements", report)
        .and_then(|value| value.count(1..=SESSIONS_MAX, report));
    table.finish(&[], report);
    limits
}

fn sessions(table: &mut Table<'_, '_>, limits: &mut Limits, report: &mut Report<'_>) {
    if let Some(value) = table.get("sessions", report)
        && let Some(number) = value.count(1..=SESSIONS_MAX, report)
    {
        limits.sessions = number;
    }
    let parts = [
        ("sessions_per_user", &mut limits.sessions_per_user),
        (
            "sessions_per_environment",
            &mut limits.sessions_per_environment,
        ),
    ];
    for (key, part) in parts {
        // The default follows a smaller whole; a part that was written must fit by itself.
        *part = (*part).min(limits.sessions);
        if let Some(value) = table.get(key, report)
            && let Some(number) = value.count(1..=SESSIONS_MAX, report)
        {
            *part = number;
        }
    }
}

fn parts_fit(limits: &Limits, report: &mut Report<'_>) {
    let parts = [
        ("sessions_per_user", limits.sessions_per_user),
        ("sessions_per_environment", limits.sessions_per_environment),
    ];
    let whole = limits.sessions;
    for (key, part) in parts {
        if part > whole {
            let message = format!("{key} is above sessions, which is {whole}");
            let path = format!("limits.{key}");
            let problem = report.value(&path, ProblemKind::Conflict, message);
            problem.hint = Some(format!("lower it to {whole} or raise sessions"));
        }
    }
}

/// A span of time with its unit, within a range.
pub(super) fn span(
    value: &Value<'_, '_>,
    range: RangeInclusive<Duration>,
    report: &mut Report<'_>,
) -> Option<Duration> {
    let (from, to) = (Span(*range.start()), Span(*range.end()));
    let expected =
        format!("a time from {from} to {to} with its unit, such as \"90s\" or \"1h30m\"");
    let Span(found) = value.parsed(&expected, report)?;
    if !range.contains(&found) {
        value.wrong("is out of range", &expected, report);
        return None;
    }
    Some(found)
}

/// A span of time with its unit, at least `from`; `"never"` is none.
pub(super) fn span_or_never(
    value: &Value<'_, '_>,
    from: Duration,
    report: &mut Report<'_>,
) -> Option<Duration> {
    /// Ten years: beyond it the word is `"never"`.
    const SPAN_MAX: Duration = Duration::from_secs(10 * 365 * 86_400);
    if value.as_str() == Some("never") {
        return None;
    }
    let expected = format!(
        "a time of at least {} with its unit, such as \"8h\", or \"never\"",
        Span(from)
    );
    let Span(found) = value.parsed(&expected, report)?;
    if !(from..=SPAN_MAX).contains(&found) {
        value.wrong("is out of range", &expected, report);
        return None;
    }
    Some(found)
}
