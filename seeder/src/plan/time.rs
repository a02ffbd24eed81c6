//! Which moment of a row's life a column holds, by its name.

use super::table::{ColumnPlan, Origin, TablePlan};
use crate::key::Key;
use crate::value::Type;

/// What a date or timestamp means within its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When the row came to be: not before what it refers to.
    Created,
    /// When something begins, in the weeks after another moment: by the key of its draws, which the
    /// moment of its end knows too.
    Begins(Key, Start),
    /// Something between another moment and the present.
    Since(Start),
    /// Something in the weeks after another moment, maybe yet to come.
    After(Start),
}

/// The moment that another begins at.
///
/// A function of the row and of names alone, whether a column holds it or not: so one that is added or
/// dropped changes no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// When the row came to be.
    Created,
    /// The beginning of what the column ends, by the key of its draws.
    Span(Key),
    /// What a rule puts into a column.
    Column(usize),
}

/// Words of columns that hold when a row came to be, the surest first.
pub(crate) const CREATED: [&str; 38] = [
    "created_at",
    "created_on",
    "created",
    "createdat",
    "inserted_at",
    "created_date",
    "date_created",
    "creation_date",
    "created_time",
    "registered_at",
    "signed_up_at",
    "joined_at",
    "hired_on",
    "hire_date",
    "ordered_at",
    "order_date",
    "placed_at",
    "occurred_at",
    "posted_at",
    "logged_at",
    "issued_at",
    "booked_at",
    "opened_at",
    "opened_on",
    "submitted_at",
    "submitted_on",
    "requested_at",
    "requested_on",
    "reported_at",
    "reported_on",
    "queued_at",
    "enqueued_at",
    "applied_at",
    "applied_on",
    "received_at",
    "received_on",
    "invited_at",
    "enrolled_on",
];

/// Words of moments that may lie ahead.
const AHEAD: [&str; 10] = [
    "expire",
    "expiry",
    "expiration",
    "due",
    "until",
    "next",
    "renew",
    "scheduled",
    "deadline",
    "valid_to",
];

/// Words of moments that most rows have not met.
const SELDOM: [&str; 12] = [
    "delete",
    "cancel",
    "archive",
    "revoke",
    "block",
    "ban",
    "suspend",
    "close",
    "refund",
    "fail",
    "discontinue",
    "lock",
];

/// Words of beginnings and of the ends that belong to them.
const SPANS: [(&[&str], &[&str]); 3] = [
    (
        &["start", "starts", "started", "begin", "begins", "began"],
        &["end", "ends", "ended", "finished", "completed"],
    ),
    (&["from"], &["to", "until"]),
    (&["check_in"], &["check_out"]),
];

/// Words of dates that have nothing to do with the row's own life.
const APART: [&str; 4] = ["birth", "dob", "born", "anniversary"];

/// The moment of each column, and how many of a million rows have none; `by_rule` says which columns
/// hold what the configuration wants.
pub(super) fn moments(
    table: &TablePlan,
    by_rule: &dyn Fn(usize) -> bool,
) -> Vec<Option<(Moment, u32)>> {
    let created = created(table).filter(|column| by_rule(*column));
    let created = created.map_or(Start::Created, Start::Column);
    let moment = |position: usize| {
        let column = &table.columns[position];
        let name = column.known_as.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if !is_free(column) || has(&APART) {
            return None;
        }
        if CREATED.contains(&name.as_str()) {
            return Some((Moment::Created, 0));
        }
        let nulls = |share: u32| if column.nullable { share } else { 0 };
        if let Some(span) = span(&name, |(_, ends)| ends) {
            let start = match (start_of(table, &span), created) {
                (Some(start), _) if by_rule(start) => Start::Column(start),
                (Some(start), Start::Column(_)) => Start::Column(start),
                _ => Start::Span(table.key.part(&span)),
            };
            return Some((Moment::After(start), nulls(200_000)));
        }
        if let Some(span) = span(&name, |(starts, _)| starts) {
            let moment = Moment::Begins(table.key.part(&span), created);
            return Some((moment, nulls(100_000)));
        }
        if has(&AHEAD) {
            return Some((Moment::After(created), nulls(100_000)));
        }
        let share = match () {
            () if has(&SELDOM) => 920_000,
            () if has(&["updat", "modif", "chang"]) => 0,
            () => 300_000,
        };
        Some((Moment::Since(created), nulls(share)))
    };
    (0..table.columns.len()).map(moment).collect()
}

/// The column that tells the surest when a row came to be.
pub(super) fn created(table: &TablePlan) -> Option<usize> {
    let named = |word: &str| {
        let mut columns = table.columns.iter();
        columns.position(|column| is_free(column) && column.known_as.eq_ignore_ascii_case(word))
    };
    CREATED.iter().find_map(|word| named(word))
}

/// Whether a column holds a date or a moment that nothing decides.
pub(super) fn is_free(column: &ColumnPlan) -> bool {
    let dated = matches!(column.data_type.base(), Type::Date | Type::Timestamp { .. });
    dated && column.origin == Origin::Free
}

/// Whether a moment may lie ahead, or has nothing to do with the row's own life.
pub(super) fn is_ahead(name: &str) -> bool {
    let name = name.to_lowercase();
    AHEAD.iter().chain(&APART).any(|word| name.contains(word))
}

/// Words of either side of a span.
type Side = fn(&(&'static [&'static str], &'static [&'static str])) -> &'static [&'static str];

/// What is left of a name without the word for one side of a span, by which the other side is known.
fn span(name: &str, side: Side) -> Option<String> {
    SPANS.iter().find_map(|pair| {
        side(pair).iter().find_map(|word| {
            let before = name
                .strip_suffix(word)
                .and_then(|rest| rest.strip_suffix('_'));
            let after = name.strip_prefix(word);
            let after = after.filter(|rest| rest.is_empty() || rest.starts_with('_'));
            let rest = match (after, before) {
                (Some(after), _) => format!("*{after}"),
                (None, Some(before)) => format!("{before}_*"),
                (None, None) => return None,
            };
            Some(format!("{} {rest}", pair.0[0]))
        })
    })
}

/// The column that begins a span.
fn start_of(table: &TablePlan, ended: &str) -> Option<usize> {
    table.columns.iter().position(|column| {
        let begun = span(&column.known_as.to_lowercase(), |(starts, _)| starts);
        is_free(column) && begun.as_deref() == Some(ended)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sides_of_a_span_know_each_other() {
        let starts = |name| span(name, |(starts, _)| starts);
        let ends = |name| span(name, |(_, ends)| ends);
        for (start, end) in [
            ("start_date", "end_date"),
            ("begin_date", "end_date"),
            ("started_at", "finished_at"),
            ("valid_from", "valid_until"),
            ("period_start", "period_end"),
            ("check_in", "check_out"),
            ("start", "end"),
        ] {
            assert!(starts(start).is_some(), "{start}");
            assert_eq!(starts(start), ends(end), "{start} {end}");
        }
        assert_ne!(starts("start_date"), ends("period_end"));
        for name in ["created_at", "weekend", "fromage", "checked_in"] {
            assert_eq!((starts(name), ends(name)), (None, None), "{name}");
        }
    }
}
