//! The first rows of production, masked: what was there by its shape, what would stand in its place.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::copy::{self, Rehearsal, Replaced, See, Witness};
use crate::plan::{Action, TablePlan};

use super::{MaskError, Opened};

/// Letters of a value that are shown, of what was there and of what would be.
const LETTERS_MAX: usize = 48;

/// Pairs of a column at most, whatever is asked for.
const PAIRS_MAX: usize = 100;

/// Pairs of a table's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewTable {
    /// Its name.
    pub table: String,
    /// The columns that are replaced and have values in the first rows.
    pub columns: Vec<PreviewColumn>,
}

/// Pairs of a column: the shape of a value of production, in which every letter is `x` or `X` and
/// every digit `9`, and what a copy would hold; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewColumn {
    /// Its name.
    pub column: String,
    /// The pairs, in the order of production's rows.
    pub pairs: Vec<(String, Option<String>)>,
}

impl Opened {
    /// Masks the first rows of each table, and shows at most so many pairs for each column.
    ///
    /// # Errors
    /// When production cannot be read, or there is no plan.
    pub async fn preview(&self, pairs: usize) -> Result<Vec<PreviewTable>, MaskError> {
        let pairs = pairs.min(PAIRS_MAX);
        let tables = self.tables()?;
        let seen = Arc::new(Mutex::new(empty(tables)));
        let (noted, hidden) = (Arc::clone(&seen), Arc::new(shuffled(tables)));
        let witness: Witness = Arc::new(move |table| {
            Box::new(Showing {
                table,
                pairs,
                noted: Arc::clone(&noted),
                hidden: Arc::clone(&hidden),
            })
        });
        // Columns that are mostly NULL have a value further on.
        let rows_max = pairs as u64 * 20;
        let job = Rehearsal {
            plan: tables,
            picked: None,
            workers: 1,
            rows_max: Some(rows_max),
            witness: Some(witness),
            progress: Arc::new(|_| {}),
        };
        copy::rehearse(&self.source, &job).await?;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for table in &mut seen {
            table.columns.retain(|column| !column.pairs.is_empty());
        }
        seen.retain(|table| !table.columns.is_empty());
        Ok(seen)
    }
}

/// Notes the first pairs of each column.
struct Showing {
    table: usize,
    pairs: usize,
    noted: Arc<Mutex<Vec<PreviewTable>>>,
    hidden: Arc<Vec<Vec<bool>>>,
}

impl See for Showing {
    fn cell(&mut self, cell: Replaced<'_>) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let column = &mut noted[self.table].columns[cell.column];
        if column.pairs.len() < self.pairs {
            let shown = match self.hidden[self.table][cell.column] {
                true => |masked: &[u8]| shape(&text(masked)),
                false => |masked: &[u8]| shortened(&text(masked)),
            };
            let after = cell.masked.map(shown);
            column.pairs.push((shape(&text(cell.original)), after));
        }
    }
}

/// Which columns get values that are production's, of another row.
fn shuffled(tables: &[TablePlan]) -> Vec<Vec<bool>> {
    let of = |plan: &TablePlan| {
        let columns = plan.columns.iter().map(|column| {
            let mut cases = column.cases.iter();
            cases.any(|case| matches!(case.action, Action::Shuffle { .. }))
        });
        columns.collect()
    };
    tables.iter().map(of).collect()
}

fn empty(tables: &[TablePlan]) -> Vec<PreviewTable> {
    let of = |plan: &TablePlan| PreviewTable {
        table: plan.table.to_string(),
        columns: plan
            .columns
            .iter()
            .map(|column| PreviewColumn {
                column: column.column.clone(),
                pairs: Vec::new(),
            })
            .collect(),
    };
    tables.iter().map(of).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A value without what it says. Runs of letters are as long as they are, up to a bound.
fn shape(value: &str) -> String {
    let masked = value.chars().map(|letter| match letter {
        _ if letter.is_numeric() => '9',
        _ if letter.is_uppercase() => 'X',
        _ if letter.is_ascii_punctuation() || letter == ' ' => letter,
        _ => 'x',
    });
    shortened(&masked.collect::<String>())
}

fn shortened(value: &str) -> String {
    let mut letters = value.chars().map(|letter| match letter.is_control() {
        true => ' ',
        false => letter,
    });
    let mut short: String = letters.by_ref().take(LETTERS_MAX).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_no_letter_and_no_digit() {
        for (value, expected) in [
            ("Ada Lovelace", "Xxx Xxxxxxxx"),
            ("ada.l-7@corp.example", "xxx.x-9@xxxx.xxxxxxx"),
            ("1815-12-10", "9999-99-99"),
            ("Łucja Żak ٣ 李", "Xxxxx Xxx 9 x"),
            ("a\tb\u{a0}c\u{1F600}", "xxxxxx"),
            ("", ""),
        ] {
            assert_eq!(shape(value), expected, "{value:?}");
        }
        assert_eq!(shape(&"a".repeat(60)).chars().count(), LETTERS_MAX + 1);
    }
}
