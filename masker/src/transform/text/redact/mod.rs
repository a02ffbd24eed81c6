//! `redact`: public words stay, everything else in a text is replaced.
//!
//! Nothing stays because nothing was found in it: a word stays where it is in a pinned list and is
//! written as such a word is. Names, numbers, addresses and whatever is glued to anything are no
//! such words. As many characters come out as went in.

mod fill;
mod pieces;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

use fill::Fill;
use pieces::{Piece, Pieces, Sort, parts};
use words::{Found, Stays, find, find_joined};

#[derive(Debug)]
struct Redact;

/// The transformer of texts.
pub(in crate::transform) fn redact(column: &Column<'_>) -> Made {
    match column.data_type.base() {
        Type::Text { .. } => Ok(Arc::new(Redact)),
        _ => {
            let hint = "redact is for text; lorem is for xml, too";
            Err(Unfit::of_type(Transformer::Redact, column, hint))
        }
    }
}

/// What came before a piece.
#[derive(Clone, Copy)]
struct Before {
    sort: Sort,
    /// Whether a sentence begins here.
    begins: bool,
    /// Whether marks that end a sentence came before, behind whatever word.
    ended: bool,
    /// Whether it is a form of address, which a name follows.
    title: bool,
}

/// What comes behind a piece.
#[derive(Clone, Copy)]
struct After {
    sort: Sort,
    /// Whether it begins with a capital letter.
    capital: bool,
}

/// Forms of address.
const TITLES: [&str; 20] = [
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "herr", "herrn", "frau", "familie",
    "monsieur", "madame", "m", "mme", "señor", "señora", "sr", "sra",
];

impl Transform for Redact {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let fill = Fill::by(draw);
        let mut pieces = Pieces::of(text_of(value)?).peekable();
        let mut before = Before {
            sort: Sort::Edge,
            begins: true,
            ended: true,
            title: false,
        };
        while let Some(piece) = pieces.next() {
            blanks(piece.blank, out);
            before.begins |= piece.blank.contains('\n');
            before.ended |= before.begins;
            let after = pieces.peek().map_or(EDGE, |next| After {
                sort: next.sort,
                capital: next.core.starts_with(char::is_uppercase),
            });
            out.extend_from_slice(piece.lead.as_bytes());
            let stayed = stays(&piece, before, after);
            match stayed {
                true => out.extend_from_slice(piece.core.as_bytes()),
                false => fill.piece(piece.core, out),
            }
            out.extend_from_slice(piece.tail.as_bytes());
            if !piece.core.is_empty() {
                let ends = piece.tail.contains(['.', '!', '?']);
                let word = piece.core.to_lowercase();
                before = Before {
                    sort: piece.sort,
                    begins: stayed && ends && piece.sort == Sort::Known,
                    ended: ends,
                    title: TITLES.contains(&word.as_str()),
                };
            }
        }
        Ok(())
    }
}

/// Behind the last piece.
const EDGE: After = After {
    sort: Sort::Edge,
    capital: false,
};

/// White space of other kinds becomes a blank: which kind could tell something.
fn blanks(text: &str, out: &mut Vec<u8>) {
    out.extend(text.chars().map(|blank| match blank {
        '\n' | '\r' | '\t' => blank as u8,
        _ => b' ',
    }));
}

/// Whether what is between a piece's marks may stand in the copy.
fn stays(piece: &Piece<'_>, before: Before, after: After) -> bool {
    // What a name may follow, or what begins one.
    let capital = piece.core.starts_with(char::is_uppercase);
    if capital && (before.title || after.capital && after.sort == Sort::Stranger) {
        return piece.core.is_empty();
    }
    if piece.sort == Sort::Letter {
        // Letters in a row spell a word.
        let among = before.sort == Sort::Known || before.begins;
        let alone = piece.tail.is_empty() && among && after.sort == Sort::Known;
        let Some(Found { stays, capital }) = find(piece.core) else {
            return false;
        };
        let dress = !capital || before.ended || stays == Stays::Anywhere;
        return alone && dress && stays >= Stays::Grammar;
    }
    if piece.sort != Sort::Known {
        return piece.core.is_empty();
    }
    let compound = parts(piece.core).nth(1).is_some();
    // More than two are no word of any language, but could be what somebody signs in with.
    if parts(piece.core).nth(2).is_some() {
        return false;
    }
    let beside = [before.sort, after.sort];
    let mut first = true;
    parts(piece.core).all(|part| {
        let first = std::mem::take(&mut first);
        let Some(Found { stays, capital }) = find(part).or_else(|| find_joined(part)) else {
            return false;
        };
        if compound && part.chars().count() < 2 {
            return false;
        }
        match stays {
            // `I` is no name; a noun beside one may be.
            Stays::Anywhere => {
                let near = [Sort::Stranger, Sort::Letter];
                !capital || part.starts_with('I') || !near.iter().any(|sort| beside.contains(sort))
            }
            Stays::Grammar => !capital || first && before.ended,
            Stays::Begin => !capital || first && before.begins,
            Stays::Lower => {
                let plain = |sort: &Sort| matches!(sort, Sort::Known | Sort::Edge);
                !capital && !compound && beside.iter().all(plain)
            }
        }
    })
}
