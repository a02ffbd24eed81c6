//! The TOML parser, made to report every mistake and to show no secret.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::ProblemKind;
use super::report::Report;
use super::similar::nearest;

/// Keys whose values are secrets or name them, in whichever table they stand.
const SECRET_KEYS: [&str; 5] = ["password", "url", "upstream", "cert", "key"];

/// Keys whose values are shown even on a line that could not be parsed.
const HARMLESS_KEYS: [&str; 30] = [
    "access",
    "awake_max",
    "branches",
    "connect_wait",
    "create",
    "database",
    "domain",
    "drain",
    "durability",
    "environments",
    "generations",
    "idle",
    "idle_in_transaction",
    "idle_session",
    "login",
    "max",
    "memory",
    "port",
    "postgres",
    "proxy_protocol",
    "refresh",
    "reset",
    "role",
    "sessions",
    "sessions_per_environment",
    "sessions_per_user",
    "size",
    "spares",
    "upstream_connect",
    "version",
];

/// Tables whose headers are shown even where they could not be parsed.
const TABLES: [&str; 7] = [
    "environments",
    "limits",
    "listen",
    "pool",
    "postgres",
    "production",
    "users",
];

/// What a value that only names a secret, or cannot be turned back into one, begins with.
const REFERENCES: [&str; 3] = ["env:", "file:", "SCRAM-SHA-256$"];

/// Parses as far as it goes; `None` where mistakes leave it open which key belongs to which table.
pub(crate) fn recover<'t>(report: &mut Report<'t>) -> Option<DeTable<'t>> {
    let (root, errors) = DeTable::parse_recoverable(report.text());
    let root = root.into_inner();
    let mut values = Vec::new();
    visit(&root, "", &mut |key, value| {
        if is_secret(key, value) {
            report.hide(value.span());
        }
        values.push(value.span());
    });
    let is_bare_value = |at: usize| {
        values.iter().any(|value| {
            (value.start..=value.end).contains(&at)
                && !report.text()[value.clone()].contains(['"', '\'', '\n'])
        })
    };
    // A bare word for a string leaves all keys where they are; a lost quote or bracket may make keys
    // of values.
    let whole = errors.iter().all(|error| {
        error.message() == "duplicate key"
            || error.span().is_some_and(|span| is_bare_value(span.start))
    });
    for error in errors {
        let text = report.text();
        let span = error.span().unwrap_or(text.len()..text.len());
        hide_line(report, span.start);
        report.at(span, "", ProblemKind::Syntax, error.message().to_owned());
    }
    report.values(values);
    whole.then_some(root)
}

/// Whether a key is for secrets, also when it was mistyped.
pub(crate) fn is_secret_key(key: &str) -> bool {
    nearest(key, SECRET_KEYS).is_some() || key.to_lowercase().contains("pass")
}

/// Forbids to show a value and everything in it.
///
/// A dotted key's table is where the key stands, so the values below it are hidden one by one.
pub(crate) fn hide(value: &Spanned<DeValue<'_>>, report: &mut Report<'_>) {
    visit_value(value, "", &mut |_, value| report.hide(value.span()));
}

/// Calls `see` with every value that is no table, and the nearest key above it.
fn visit<'a, 't>(
    table: &'a DeTable<'t>,
    above: &'a str,
    see: &mut impl FnMut(&'a str, &'a Spanned<DeValue<'t>>),
) {
    for (key, value) in table {
        // Below a secret's key everything belongs to the secret.
        let key = if is_secret_key(above) {
            above
        } else {
            key.get_ref()
        };
        visit_value(value, key, see);
    }
}

fn visit_value<'a, 't>(
    value: &'a Spanned<DeValue<'t>>,
    key: &'a str,
    see: &mut impl FnMut(&'a str, &'a Spanned<DeValue<'t>>),
) {
    match value.get_ref() {
        DeValue::Table(table) => visit(table, key, see),
        DeValue::Array(array) => {
            for value in array {
                visit_value(value, key, see);
            }
        }
        _ => see(key, value),
    }
}

fn is_secret(key: &str, value: &Spanned<DeValue<'_>>) -> bool {
    match value.get_ref() {
        DeValue::String(text) if REFERENCES.iter().any(|prefix| text.starts_with(prefix)) => false,
        // A URL may hold a password wherever it stands.
        DeValue::String(text) => is_secret_key(key) || text.contains("://"),
        _ => is_secret_key(key),
    }
}

/// Blanks what may be a secret on a line that could not be parsed.
///
/// What is in quotes may be the end of a secret with a mistyped quote, and any other line may be one of
/// a secret that began above.
fn hide_line(report: &mut Report<'_>, at: usize) {
    let text = report.text();
    let at = text.floor_char_boundary(at);
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[begin..]
        .find('\n')
        .map_or(text.len(), |newline| begin + newline);
    let line = &text[begin..end];
    let table = line.trim_start().trim_start_matches('[');
    let table = table.split(['.', ']']).next().unwrap_or_default().trim();
    if TABLES.contains(&table) && !line.contains(['"', '\'', '=']) {
        return;
    }
    let from = match line.split_once('=') {
        Some((key, value)) if HARMLESS_KEYS.contains(&key.trim()) => {
            match value.find(['"', '\'']) {
                Some(quote) => key.len() + 1 + quote,
                None => return,
            }
        }
        _ => 0,
    };
    report.hide(begin + from..end);
}
