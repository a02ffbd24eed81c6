//! Cells that change rows within a window.
//!
//! Which cell goes where follows from the key and from the window's own bytes, so that the same rows
//! are shuffled alike by any number of workers, and another row anywhere shuffles all of them anew.

use std::ops::Range;

use crate::key::Draws;

use super::layout::{Fate, Layout};
use super::line::CellError;

/// What draws of a window and of the places in it are of: no value's canonical form has this tag.
const WINDOW: u8 = b'w';

/// The cells of a column that change rows.
pub(super) struct Moved {
    /// The column's place among the first ones.
    pub(super) head: usize,
    /// Where each row's cell comes from, in bytes of the window; nothing where all are to be NULL.
    pub(super) cells: Vec<Range<usize>>,
}

/// Gives every cell of the shuffled columns of a window to another row of it.
pub(super) fn moved(layout: &Layout, window: &[u8]) -> Result<Vec<Moved>, CellError> {
    let empty = |&head: &usize| Moved {
        head,
        cells: Vec::new(),
    };
    let mut all: Vec<Moved> = layout.shuffled.iter().map(empty).collect();
    if all.is_empty() || window.is_empty() {
        return Ok(all);
    }
    let (mut start, mut cells) = (0, Vec::new());
    while start < window.len() {
        let row = &window[start..];
        let mut end = layout.cells(row, &mut cells)?;
        for moved in &mut all {
            let cell = &cells[moved.head];
            moved.cells.push(start + cell.start..start + cell.end);
        }
        if layout.tail {
            let rest = memchr::memchr(b'\n', &row[end..]).ok_or(CellError::Short)?;
            end += rest + 1;
        }
        start += end;
    }
    for moved in &mut all {
        let head = &layout.heads[moved.head];
        for case in &head.cases {
            let Fate::Shuffle { draws, nullable } = &case.fate else {
                continue;
            };
            if moved.cells.len() >= layout.cells_min {
                cycle(draws, window, &mut moved.cells);
            } else if *nullable {
                moved.cells.clear();
            } else {
                return Err(CellError::Unmaskable {
                    column: head.column.unwrap_or_default(),
                    reason: "has fewer than nine others to change with, in its table, partition or \
                             subset, and cannot be NULL",
                });
            }
        }
    }
    Ok(all)
}

/// Puts cells into one circle, in which none stays where it is (Sattolo, "An algorithm to generate a
/// random cyclic permutation").
fn cycle(draws: &Draws, window: &[u8], cells: &mut [Range<usize>]) {
    let of = draws.of(WINDOW, window).bits(0).to_be_bytes();
    for last in (1..cells.len()).rev() {
        let mut basis = [0; 24];
        basis[..16].copy_from_slice(&of);
        basis[16..].copy_from_slice(&(last as u64).to_be_bytes());
        // The upper half of a product: as even as 64 bits are (Lemire, "Fast random integer
        // generation in an interval").
        let bits = draws.of(WINDOW, &basis).bits(0) >> 64;
        let other = ((bits * last as u128) >> 64) as usize;
        cells.swap(last, other);
    }
}
