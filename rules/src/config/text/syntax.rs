//! The TOML parser, made to report every mistake and to show no secret.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::ProblemKind;
use super::report::Report;
use super::similar::nearest;

/// Keys whose values are secrets or name them, in whichever table they stand.
const SECRET_KEYS: [&str; 5] = ["password", "url", "upstream", "cert", "key"];

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
    let mut whole = true;
    for error in errors {
        let text = report.text();
        let span = error.span().unwrap_or(text.len()..text.len());
        let within = |value: &Range<usize>| value.start <= span.start && span.start <= value.end;
        whole &= error.message() == "duplicate key" || values.iter().any(within);
        hide_line(report, span.start);
        report.at(span, "", ProblemKind::Syntax, error.message().to_owned());
    }
    whole.then_some(root)
}

/// Whether a key is for secrets, also when it was mistyped.
pub(crate) fn is_secret_key(key: &str) -> bool {
    nearest(key, SECRET_KEYS).is_some() || key.to_lowercase().contains("pass")
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
/// What is in quotes may be the end of a secret with a mistyped quote, and a line without a key may
/// be one that began above.
fn hide_line(report: &mut Report<'_>, at: usize) {
    let text = report.text();
    let at = text.floor_char_boundary(at);
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[begin..]
        .find('\n')
        .map_or(text.len(), |newline| begin + newline);
    let line = &text[begin..end];
    let hidden = match line.split_once('=') {
        _ if line.trim_start().starts_with('[') && !line.contains(['"', '\'', '=']) => end..end,
        None => begin..end,
        Some((key, _)) if is_secret_key(last_word(key)) => begin + key.len() + 1..end,
        Some((key, value)) => {
            let behind = begin + key.len() + 1;
            value
                .find(['"', '\''])
                .map_or(end..end, |quote| behind + quote..end)
        }
    };
    report.hide(hidden);
}

/// The last part of a dotted key, without quotes and braces.
fn last_word(key: &str) -> &str {
    let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    key.trim_end_matches(|c| !word(c))
        .rsplit(|c| !word(c))
        .next()
        .unwrap_or(key)
}
