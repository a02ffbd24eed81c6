//! A text cut at its white space, and what kind of thing stands between.

use super::words::{find, find_joined, is_apostrophe};

/// What stands between two blanks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'t> {
    /// White space before it.
    pub(super) blank: &'t str,
    /// Marks that may stand before a word; all of a piece that has nothing else.
    pub(super) lead: &'t str,
    /// What is between the marks.
    pub(super) core: &'t str,
    /// Marks that may stand behind a word.
    pub(super) tail: &'t str,
    pub(super) sort: Sort,
}

/// What a piece is, whatever its dress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// The text's beginning or end.
    Edge,
    /// A public word.
    Known,
    /// A single letter.
    Letter,
    /// Anything else, which could be a name.
    Stranger,
    /// No letter at all, or an address: no name of somebody whom the next word names, too.
    Marks,
}

/// The pieces of a text, in order; white space at its end comes with an empty one.
pub(super) struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Pieces<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { rest: text }
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = self.rest.trim_start();
        let blank = &self.rest[..self.rest.len() - rest.len()];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (piece, rest) = rest.split_at(end);
        self.rest = rest;
        let behind = piece.trim_start_matches(is_soft);
        let core = behind.trim_end_matches(is_soft);
        Some(Piece {
            blank,
            lead: &piece[..piece.len() - behind.len()],
            core,
            tail: &behind[core.len()..],
            sort: sort(core),
        })
    }
}

fn sort(core: &str) -> Sort {
    let mut letters = core.chars();
    match (letters.next(), letters.next()) {
        (None, _) => return Sort::Marks,
        (Some(only), None) if only.is_alphabetic() => return Sort::Letter,
        _ => {}
    }
    let known = |part: &str| find(part).or_else(|| find_joined(part)).is_some();
    if parts(core).all(known) {
        return Sort::Known;
    }
    let plain = |letter: char| letter.is_ascii() && !letter.is_ascii_alphabetic();
    let address = core.contains('@') || core.contains("://");
    match address || core.chars().all(plain) {
        true => Sort::Marks,
        false => Sort::Stranger,
    }
}

/// The words of a compound: `follow-up`, `and/or`.
pub(super) fn parts(core: &str) -> impl Iterator<Item = &str> {
    core.split(['-', '/'])
}

/// Marks between which a word may stay.
fn is_soft(letter: char) -> bool {
    is_apostrophe(letter) || ".,;:!?()[]\"-*–—…“”‘„‚«»¿¡•".contains(letter)
}

/// Marks that stay wherever they stand; they are fixed, so that nothing can be written with others.
pub(super) fn is_mark(letter: char) -> bool {
    is_soft(letter) || "/+&=<>#%$€£§°".contains(letter)
}
