//! What a column holds, judged by its name, its type and counts of its values.

mod classify;
mod names;
mod tally;
mod wordy;

use seeder::value::Type;

use super::class::{Class, Confidence};

pub(super) use classify::{Judged, Verdict, classify};
pub(super) use names::{Hint, hint, in_text, is_person, like_person};
pub(super) use tally::Tally;

/// Counts below this are told of no shape: it could be one person's.
pub(super) const SMALLEST_CELL: u32 = 10;

/// What is found out about a column by its name and values alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it holds; `None` for what is not recognised.
    pub class: Option<Class>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why, in counts and kinds.
    pub why: String,
}

/// Judges a column of plain values, without a database.
///
/// `year` is the present one: days of birth lie before it.
pub fn judge<'v>(
    (table, column): (&str, &str),
    data_type: &Type,
    year: u16,
    values: impl IntoIterator<Item = &'v str>,
) -> Finding {
    let mut tally = Tally::new();
    values.into_iter().for_each(|value| tally.add(value));
    let verdict = classify(Judged {
        table,
        column,
        data_type,
        hint: hint(table, column),
        tally: &tally,
        year,
    });
    Finding {
        class: verdict.class,
        confidence: verdict.confidence,
        why: verdict.why,
    }
}
