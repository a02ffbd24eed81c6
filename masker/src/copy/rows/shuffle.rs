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
    /// Where each row's cell comes from, in bytes of the window; `None` for rows whose cell is not
    /// shuffled.
    pub(super) cells: Vec<Option<Range<usize>>>,
}

/// Gives every shuffled cell of a window to another row of it; nothing where no column is shuffled.
pub(super) fn moved(layout: &Layout, window: &[u8]) -> Result<Vec<Moved>, CellError> {
    let mut all: Vec<Moved> = Vec::new();
    for &head in &layout.shuffled {
        let cells = Vec::new();
        all.push(Moved { head, cells });
    }
    if all.is_empty() {
        return Ok(all);
    }
    let (mut start, mut cells) = (0, Vec::new());
    while start < window.len() {
        let row = &window[start..];
        let mut end = layout.cells(row, &mut cells)?;
        for moved in &mut all {
            let fate = layout.heads[moved.head].fate(&cells, row);
            let cell = &cells[moved.head];
            let cell = start + cell.start..start + cell.end;
            moved
                .cells
                .push(matches!(fate, Fate::Shuffle(_)).then_some(cell));
        }
        if layout.tail {
            let rest = memchr::memchr(b'\n', &row[end..]).ok_or(CellError::Short)?;
            end += rest + 1;
        }
        start += end;
    }
    for moved in &mut all {
        let head = &layout.heads[moved.head];
        let mut draws = head.cases.iter().filter_map(|case| match &case.fate {
            Fate::Shuffle(draws) => Some(draws),
            _ => None,
        });
        let alone = CellError::Unmaskable {
            column: head.column.unwrap_or_default(),
            reason: "has no other row to change with",
        };
        let draws = draws.next().ok_or(alone)?;
        cycle(draws, window, &mut moved.cells).ok_or(alone)?;
    }
    Ok(all)
}

/// Puts cells into one circle, in which none stays where it is (Sattolo, "An algorithm to generate a
/// random cyclic permutation"); nothing for a cell that is alone.
fn cycle(draws: &Draws, window: &[u8], cells: &mut [Option<Range<usize>>]) -> Option<()> {
    let places: Vec<usize> = (0..cells.len())
        .filter(|row| cells[*row].is_some())
        .collect();
    match places.len() {
        0 => return Some(()),
        1 => return None,
        _ => {}
    }
    let of = draws.of(WINDOW, window).bits(0).to_be_bytes();
    for last in (1..places.len()).rev() {
        let mut basis = [0; 24];
        basis[..16].copy_from_slice(&of);
        basis[16..].copy_from_slice(&(last as u64).to_be_bytes());
        // The upper half of a product: as even as 64 bits are (Lemire, "Fast random integer
        // generation in an interval").
        let bits = draws.of(WINDOW, &basis).bits(0) >> 64;
        let other = ((bits * last as u128) >> 64) as usize;
        cells.swap(places[last], places[other]);
    }
    Some(())
}
