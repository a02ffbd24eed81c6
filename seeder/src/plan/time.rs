//! Which moment of a row's life a column holds, by its name.

use super::table::{ColumnPlan, Origin, TablePlan};
use crate::value::Type;

/// What a date or timestamp means within its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When the row came to be: not before what it refers to.
    Created,
    /// Something between another column and the present.
    Since(usize),
    /// Something in the weeks after another column, maybe yet to come.
    After(usize),
}

/// Words of columns that hold when a row came to be, the surest first.
const CREATED: [&str; 38] = [
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

/// Beginnings and their ends.
const SPANS: [(&str, &str); 9] = [
    ("start", "end"),
    ("starts", "ends"),
    ("started", "ended"),
    ("started", "finished"),
    ("started", "completed"),
    ("begin", "end"),
    ("from", "to"),
    ("from", "until"),
    ("check_in", "check_out"),
];

/// Words of dates that have nothing to do with the row's own life.
const APART: [&str; 4] = ["birth", "dob", "born", "anniversary"];

/// The moment of each column, and how many of a million rows have none.
pub(super) fn moments(table: &TablePlan) -> Vec<Option<(Moment, u32)>> {
    let created = CREATED.iter().find_map(|word| {
        table
            .columns
            .iter()
            .position(|column| is_free(column) && column.name.eq_ignore_ascii_case(word))
    });
    (0..table.columns.len())
        .map(|position| moment(table, position, created))
        .collect()
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

fn moment(table: &TablePlan, position: usize, created: Option<usize>) -> Option<(Moment, u32)> {
    let column = &table.columns[position];
    let name = column.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if !is_free(column) || has(&APART) {
        return None;
    }
    if created == Some(position) {
        return Some((Moment::Created, 0));
    }
    let nulls = |share: u32| if column.nullable { share } else { 0 };
    if let Some(start) = start_of(table, &name) {
        return Some((Moment::After(start), nulls(200_000)));
    }
    let created = created?;
    let open = SPANS.iter().any(|(start, _)| is_word(&name, start));
    if has(&AHEAD) || (open && end_of(table, &name)) {
        return Some((Moment::After(created), nulls(100_000)));
    }
    let share = match () {
        () if has(&SELDOM) => 920_000,
        () if has(&["updat", "modif", "chang"]) => 0,
        () => 300_000,
    };
    Some((Moment::Since(created), nulls(share)))
}

/// Whether one of the words that a name is made of, at its beginning or end, is `word`.
fn is_word(name: &str, word: &str) -> bool {
    name.strip_prefix(word)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        || name
            .strip_suffix(word)
            .is_some_and(|rest| rest.ends_with('_'))
}

/// The column that begins what a column ends.
fn start_of(table: &TablePlan, name: &str) -> Option<usize> {
    SPANS
        .iter()
        .filter(|(_, end)| is_word(name, end))
        .find_map(|(start, end)| {
            let beginning = name.replacen(end, start, 1);
            table
                .columns
                .iter()
                .position(|other| is_free(other) && other.name.eq_ignore_ascii_case(&beginning))
        })
}

/// Whether another column ends what a column begins.
fn end_of(table: &TablePlan, name: &str) -> bool {
    SPANS
        .iter()
        .filter(|(start, _)| is_word(name, start))
        .any(|(start, end)| {
            let ending = name.replacen(start, end, 1);
            table
                .columns
                .iter()
                .any(|other| other.name.eq_ignore_ascii_case(&ending))
        })
}
