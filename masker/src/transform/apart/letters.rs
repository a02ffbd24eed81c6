//! Letters that mean nothing, and how many of them keep values apart.

use crate::key::Draw;
use crate::transform::{Column, Unfit};
use rules::mask::Transformer;

/// Base 32 without letters that are taken for digits (Crockford), in lower case: two that differ do so
/// whatever the collation, and `lower()` and `trim()` leave them as they are.
pub(in crate::transform) const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a token that has all the room it wants: 130 bits.
pub(in crate::transform) const LETTERS_MAX: usize = 26;

/// Letters where nothing depends on values staying apart.
const LETTERS_USUAL: usize = 8;

/// Letters of a token that keeps values apart, where the type has room: as many as 10⁹ rows need. It does
/// not follow from the rows that there are, else values would change when a table grows or is analysed.
const LETTERS_APART: usize = 20;

/// Fewer rows are not reckoned with: statistics are estimates.
const ROWS_MIN: u64 = 1_000;
/// Rows of a table that was never counted.
const ROWS_UNKNOWN: u64 = 1_000_000;

/// Letters of a draw's part: 24 of 5 bits each in 128.
const LETTERS_A_PART: usize = 24;

/// How long the letters of a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transform) struct Letters {
    /// Letters of the token.
    pub(in crate::transform) count: usize,
    /// Letters that it needs at least.
    pub(in crate::transform) least: usize,
    /// Characters that are left for something readable.
    pub(in crate::transform) spare: usize,
}

/// Letters that this many rows need: two of them share a token with a probability of 2⁻⁴⁰ at most, for
/// which 2·log2(rows) + 39 bits are needed. Fewer are refused; how many there are it does not say.
pub(in crate::transform) fn letters_for(rows: u64) -> usize {
    let rows = if rows == 0 {
        ROWS_UNKNOWN
    } else {
        rows.max(ROWS_MIN)
    };
    // Rounded up, which 2·log2(rows) of anything between two powers is not.
    let bits = 2 * (64 - (rows - 1).leading_zeros() as usize) + 39;
    bits.div_ceil(5).min(LETTERS_APART)
}

/// How a token and `around` other characters fit into `max`.
pub(in crate::transform) fn room(
    with: Transformer,
    column: &Column<'_>,
    around: usize,
    max: usize,
) -> Result<Letters, Unfit> {
    let room = max.saturating_sub(around);
    let needed = match column.unique {
        true => letters_for(column.rows),
        false => LETTERS_USUAL.min(room).max(1),
    };
    if room < needed {
        let rows = match column.rows {
            0 => "an unknown number of".to_owned(),
            rows => format!("about {rows}"),
        };
        let message = match column.unique {
            true => format!(
                "{:?} needs {} characters to keep {rows} rows apart, {needed} of them letters of a \
                 token, and the type has room for {max}",
                with.name(),
                around + needed,
            ),
            false => format!(
                "{:?} needs {} characters, and the type has room for {max}",
                with.name(),
                around + needed
            ),
        };
        let hint = "take code, which keeps the length and is one for one";
        return Err(Unfit::new(message, hint));
    }
    let count = match column.unique {
        true => room.min(LETTERS_APART),
        false => needed,
    };
    Ok(Letters {
        count,
        least: needed,
        spare: room - count,
    })
}

/// Appends letters of a draw, from one of its parts on.
pub(in crate::transform) fn push_letters(draw: &Draw, part: u32, count: usize, out: &mut Vec<u8>) {
    let mut bits = 0;
    for position in 0..count {
        if position % LETTERS_A_PART == 0 {
            bits = draw.bits(part + (position / LETTERS_A_PART) as u32);
        }
        out.push(LETTERS[(bits & 31) as usize]);
        bits >>= 5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The birthday bound (rows² / 2) / 2^bits ≤ 2⁻⁴⁰, with one letter less above it or close to.
    #[test]
    fn letters_that_are_asked_for_keep_the_rows_apart() {
        for (rows, letters) in [
            (1_000, 12),
            (10_000_000, 18),
            (1_000_000_000, 20),
            (0, 16),
            (1, 12),
        ] {
            assert_eq!(letters_for(rows), letters, "{rows}");
            let pairs = (rows.max(1) as f64).log2() * 2.0 - 1.0;
            assert!(pairs - letters as f64 * 5.0 <= -40.0, "{rows}");
        }
    }

    #[test]
    fn statistics_may_be_off_a_little() {
        assert_eq!(letters_for(1 << 20), letters_for((1 << 20) - 1));
        assert!(letters_for(u64::MAX) <= LETTERS_APART);
    }
}
