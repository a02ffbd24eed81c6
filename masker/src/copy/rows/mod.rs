//! Rows as COPY writes them: which columns come first, what becomes of each cell, where a stream of
//! bytes may be cut.
//!
//! Only cells that a rule replaces or looks at are taken apart. They are read first, whatever the
//! table's order, so that everything behind them passes as it came, however long it is.

mod cell;
mod layout;
mod line;
mod shuffle;
mod split;

#[cfg(test)]
mod tests;

pub use line::{Replaced, ReplacedPart, See};

pub(crate) use layout::Layout;
pub(crate) use line::CellError;
pub(crate) use split::{HEAD_BYTES_MAX, Piece, Splitter, WINDOW_ROWS_LEAST};
