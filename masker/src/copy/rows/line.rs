//! What becomes of the cells of a row.

use std::borrow::Cow;
use std::ops::Range;

use rules::mask::Transformer;

use crate::key::Draw;
use crate::leak::{leaks, leaks_of};
use crate::plan::{Basis, Canonical};

use super::cell::{self, NULL};
use super::layout::{Case, Fate, Head, Layout};
use super::shuffle::{Moved, moved};

/// What draws of a row's key are of: no value's canonical form has this tag.
const ROW: u8 = b'r';

/// The subject of rows that have none.
const NOBODY: u8 = b'0';

/// Why a row could not be masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellError {
    /// A transformer has no replacement.
    Unmaskable {
        /// The column's place in the plan.
        column: usize,
        /// What is the matter with the value.
        reason: &'static str,
    },
    /// The row has fewer cells than columns are read.
    Short,
}

/// A cell that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced<'a> {
    /// The column's place among those of the table's plan.
    pub column: usize,
    /// What replaced it; `None` for NULL, a value that is the same everywhere, and one of another row.
    pub with: Option<Transformer>,
    /// What production has: its text form, never NULL.
    pub original: &'a [u8],
    /// What the copy gets: its text form, or NULL.
    pub masked: Option<&'a [u8]>,
}

/// A part of a cell that was replaced: an element, a field, a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplacedPart<'a> {
    /// The column's place among those of the table's plan.
    pub column: usize,
    /// What replaced it.
    pub with: Transformer,
    /// What production has.
    pub original: &'a [u8],
    /// What the copy gets, or NULL.
    pub masked: Option<&'a [u8]>,
}

/// Sees what is replaced, while it passes: nothing is held back for it.
pub trait See {
    /// A cell that was not NULL in production and is masked, put or nulled in the copy.
    fn cell(&mut self, cell: Replaced<'_>);

    /// A part of a cell, before its cell.
    fn part(&mut self, _part: ReplacedPart<'_>) {}

    /// A cell that was not NULL and stays, by its column's place, where a rule has others replaced.
    fn kept(&mut self, _column: usize, _value: &[u8]) {}
}

/// Masks one row after the other.
pub(crate) struct Masker<'l, 's> {
    layout: &'l Layout,
    /// The rows that are masked in one go.
    window: &'l [u8],
    /// Cells that change rows, by column.
    moved: Vec<Moved>,
    /// The row's number in the window.
    row: usize,
    /// Where the cells of the row are.
    cells: Vec<Range<usize>>,
    /// The row's key, once a rule asks for it.
    key: Vec<u8>,
    seen: Option<&'s mut dyn See>,
}

impl Layout {
    /// Masks whole rows, each with its line break, and gives their count.
    pub(crate) fn mask_rows(
        &self,
        rows: &[u8],
        out: &mut Vec<u8>,
        seen: Option<&mut dyn See>,
    ) -> Result<u64, CellError> {
        self.masking(rows, seen, |masker| {
            masker.moved = moved(masker.layout, rows)?;
            masker.rows(rows, out)
        })
    }

    /// Masks the first cells of a row whose rest passes behind them; the break after them is there.
    /// Rows of a table that is shuffled are never cut.
    pub(crate) fn mask_head(
        &self,
        head: &[u8],
        out: &mut Vec<u8>,
        seen: Option<&mut dyn See>,
    ) -> Result<(), CellError> {
        self.masking(head, seen, |masker| masker.row(head, out).map(drop))
    }

    fn masking<T>(
        &self,
        window: &[u8],
        seen: Option<&mut dyn See>,
        act: impl FnOnce(&mut Masker<'_, '_>) -> Result<T, CellError>,
    ) -> Result<T, CellError> {
        let mut masker = Masker {
            layout: self,
            window,
            moved: Vec::new(),
            row: 0,
            cells: Vec::with_capacity(self.heads.len()),
            key: Vec::new(),
            seen,
        };
        act(&mut masker)
    }
}

impl Layout {
    /// Finds the first cells of the row that `bytes` begins with; gives their length with the break
    /// behind them.
    pub(super) fn cells(
        &self,
        bytes: &[u8],
        cells: &mut Vec<Range<usize>>,
    ) -> Result<usize, CellError> {
        let mut at = 0;
        cells.clear();
        for left in (0..self.heads.len()).rev() {
            let end = memchr::memchr2(b'\t', b'\n', &bytes[at..]).ok_or(CellError::Short)?;
            cells.push(at..at + end);
            at += end + 1;
            let last = left == 0 && !self.tail;
            if (bytes[at - 1] == b'\n') != last {
                return Err(CellError::Short);
            }
        }
        Ok(at)
    }
}

impl Head {
    /// What becomes of the cell of a row.
    pub(super) fn fate(&self, cells: &[Range<usize>], bytes: &[u8]) -> &Fate {
        let holds = |case: &&Case| {
            let Some(when) = &case.when else {
                return true;
            };
            if leaks("mask.when") {
                return true;
            }
            let raw = &bytes[cells[when.head].clone()];
            when.is.iter().any(|value| value == raw) != when.not
        };
        // The last case has no condition.
        let case = self.cases.iter().find(holds);
        case.map_or(&Fate::Keep, |case| &case.fate)
    }
}

impl Masker<'_, '_> {
    fn rows(&mut self, rows: &[u8], out: &mut Vec<u8>) -> Result<u64, CellError> {
        let (mut rest, mut count) = (rows, 0);
        while !rest.is_empty() {
            if leaks("mask.row") && count == 0 {
                let end = memchr::memchr(b'\n', rest).ok_or(CellError::Short)?;
                out.extend_from_slice(&rest[..=end]);
                rest = &rest[end + 1..];
                count += 1;
                self.row += 1;
                continue;
            }
            let head = self.row(rest, out)?;
            rest = &rest[head..];
            if self.layout.tail {
                let end = memchr::memchr(b'\n', rest).ok_or(CellError::Short)?;
                out.extend_from_slice(&rest[..=end]);
                rest = &rest[end + 1..];
            }
            count += 1;
            self.row += 1;
        }
        Ok(count)
    }

    /// Masks the first cells of the row that `bytes` begins with, up to the break behind them; gives
    /// their length.
    fn row(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, CellError> {
        let layout = self.layout;
        let at = layout.cells(bytes, &mut self.cells)?;
        self.key.clear();
        for (place, head) in layout.heads.iter().enumerate() {
            if let Some(column) = head.column {
                self.cell((place, column), head, bytes, out)?;
                out.push(b'\t');
            }
        }
        if !layout.tail
            && let Some(last) = out.last_mut()
        {
            *last = b'\n';
        }
        Ok(at)
    }

    fn cell(
        &mut self,
        (place, column): (usize, usize),
        head: &Head,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CellError> {
        let raw = &bytes[self.cells[place].clone()];
        let start = out.len();
        let fate = head.fate(&self.cells, bytes);
        match fate {
            Fate::Keep => {
                out.extend_from_slice(raw);
                self.see_kept((column, head), raw);
                return Ok(());
            }
            Fate::Put(_) if leaks("mask.null") => out.extend_from_slice(raw),
            Fate::Put(cell) => out.extend_from_slice(cell),
            Fate::Shuffle { .. } => {
                let moved = self.moved.iter().find(|moved| moved.head == place);
                match moved.and_then(|moved| moved.cells.get(self.row)) {
                    Some(from) => out.extend_from_slice(&self.window[from.clone()]),
                    None => out.extend_from_slice(NULL),
                }
            }
            Fate::Mask { .. } if raw == NULL => out.extend_from_slice(NULL),
            Fate::Mask {
                with,
                transform,
                draws,
                basis,
                canonical,
            } => {
                let fail = |reason| CellError::Unmaskable { column, reason };
                let text = cell::unescaped(raw);
                if self.layout.unchecked && std::str::from_utf8(&text).is_err() {
                    return Err(fail("is not UTF-8"));
                }
                let value = canonical.form(&text);
                let draw = match basis {
                    Basis::Value => draws.of(canonical.tag(), &value),
                    Basis::Row => draws.of(ROW, self.key(bytes)),
                    Basis::Subject(place, form) => {
                        let subject = &bytes[self.cells[*place].clone()];
                        subject_draw(subject, *form, draws)
                    }
                };
                let masked = match &mut self.seen {
                    _ if leaks_of("mask.cell", with.name()) => {
                        out.extend_from_slice(&text);
                        Ok(())
                    }
                    Some(seen) => {
                        let each = &mut |with, original: &[u8], masked: Option<&[u8]>| {
                            seen.part(ReplacedPart {
                                column,
                                with,
                                original,
                                masked,
                            });
                        };
                        transform.mask_parts(&value, &draw, out, each)
                    }
                    None => transform.mask(&value, &draw, out),
                };
                masked.map_err(|error| fail(error.reason))?;
                cell::escape_from(start, out);
            }
        }
        let with = match fate {
            Fate::Mask { with, .. } => Some(*with),
            Fate::Keep | Fate::Put(_) | Fate::Shuffle { .. } => None,
        };
        self.see((column, with), raw, &out[start..]);
        Ok(())
    }

    /// Shows a cell that was replaced, both as COPY writes them.
    fn see(&mut self, (column, with): (usize, Option<Transformer>), raw: &[u8], masked: &[u8]) {
        if let Some(seen) = &mut self.seen
            && raw != NULL
        {
            let masked = (masked != NULL).then(|| cell::unescaped(masked));
            seen.cell(Replaced {
                column,
                with,
                original: &cell::unescaped(raw),
                masked: masked.as_deref(),
            });
        }
    }

    /// Shows a cell that stays where other rows' are replaced.
    fn see_kept(&mut self, (column, head): (usize, &Head), raw: &[u8]) {
        if let Some(seen) = &mut self.seen
            && raw != NULL
            && head.cases.len() > 1
        {
            seen.kept(column, &cell::unescaped(raw));
        }
    }

    /// The row's key: each part behind its length, so that no two keys have the same bytes.
    fn key(&mut self, bytes: &[u8]) -> &[u8] {
        if self.key.is_empty() {
            for place in &self.layout.key {
                let text = cell::unescaped(&bytes[self.cells[*place].clone()]);
                self.key.extend((text.len() as u64).to_be_bytes());
                self.key.extend_from_slice(&text);
            }
        }
        &self.key
    }
}

fn subject_draw(raw: &[u8], canonical: Canonical, draws: &crate::key::Draws) -> Draw {
    if raw == NULL {
        return draws.of(NOBODY, &[]);
    }
    let text: Cow<'_, [u8]> = cell::unescaped(raw);
    draws.of(canonical.tag(), &canonical.form(&text))
}
