//! Letters behind a name that keep the values of a unique column apart.

use rules::mask::{By, Mask};

use crate::key::{Draw, Draws};
use crate::plan::Canonical;
use crate::transform::apart::{Letters, push_letters, room};
use crate::transform::{Column, Unfit};

/// The draw's part that letters follow from; the person's is before it.
const PART: u32 = 1;

/// Letters behind a name.
#[derive(Debug)]
pub(super) struct Tail {
    letters: Letters,
    /// Of a subject only the name is: its rows still have values that differ, so letters follow from
    /// the value, as they would without a subject.
    own: Option<(Draws, u8)>,
}

impl Tail {
    /// Letters that fit a column with `around` other characters in a text of at most `max`.
    pub(super) fn new(
        mask: &Mask,
        column: &Column<'_>,
        (around, max): (usize, usize),
    ) -> Result<Self, Unfit> {
        let letters = room(mask.with, column, around, max)?;
        let tag = Canonical::of(column.data_type).tag();
        let own = match &mask.by {
            By::Subject(_) => Some((Draws::new(column.key, column.domain), tag)),
            By::Value | By::Row => None,
        };
        Ok(Self { letters, own })
    }

    /// Appends as much of a name as there is room for, a separator, and the letters; `name_max` and
    /// `local_max` are in characters of ASCII, the latter with the letters.
    pub(super) fn write(
        &self,
        (name, separator): (&str, u8),
        (name_max, local_max): (usize, usize),
        (value, draw): (&[u8], &Draw),
        out: &mut Vec<u8>,
    ) {
        let Letters { count, spare, .. } = self.letters;
        let local = local_max.saturating_sub(1 + count);
        let room = spare.saturating_sub(1).min(name_max).min(local);
        let name = name[..name.len().min(room)].trim_end_matches('.');
        if !name.is_empty() {
            out.extend_from_slice(name.as_bytes());
            out.push(separator);
        }
        match &self.own {
            Some((draws, tag)) => push_letters(&draws.of(*tag, value), PART, count, out),
            None => push_letters(draw, PART, count, out),
        }
    }
}
