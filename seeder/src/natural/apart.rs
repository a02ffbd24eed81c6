//! Texts that are all different: products of word lists, numbers and codes, cut to a length.

use crate::person::{push_base36, push_number};
use crate::value::Value;

use super::Distinct;

/// Part of a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece {
    /// A word of a list in which none is there twice.
    Words(&'static [&'static str]),
    /// The same text always.
    Fixed(&'static str),
    /// So many digits, zeros in front.
    Digits(u32),
}

/// How words are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As their list has them.
    Plain,
    /// In lower case, `-` for spaces and marks.
    Slug,
}

/// Fewest combinations of words for which words are worth it.
const WORDS_MIN: u64 = 500;

/// Combinations of pieces, then the same with a number behind them.
///
/// Only the last list of words may hold spaces (hyphens in a slug), or one combination could be read
/// as another. Where `max` characters are too few for the longest words, shorter ones alone are used,
/// and codes where too few of these are left.
pub(super) fn words(pieces: &[Piece], style: Style, max: usize) -> Distinct {
    let longest = |pieces: &[Filled]| -> usize { pieces.iter().map(Filled::longest).sum() };
    for digits in [9, 6, 4] {
        for length in (3..=24).rev() {
            let filled: Vec<Filled> = pieces
                .iter()
                .map(|p| Filled::new(p, style, length))
                .collect();
            let count = filled
                .iter()
                .map(Filled::count)
                .fold(1, u64::saturating_mul);
            if count >= WORDS_MIN && longest(&filled).saturating_add(1 + digits as usize) <= max {
                return numbered(filled, style, count, digits);
            }
        }
    }
    code(max)
}

fn numbered(pieces: Vec<Filled>, style: Style, count: u64, digits: u32) -> Distinct {
    let block = count.min(1 << 50);
    let blocks = 10_u64.pow(digits) - 1;
    let separator = if style == Style::Slug { '-' } else { ' ' };
    let unrank = move |rank: u64| {
        let mut out = String::with_capacity(40);
        let mut rest = rank % block;
        for piece in &pieces {
            rest = piece.write(rest, &mut out);
        }
        if rank >= block {
            out.push(separator);
            push_number(rank / block + 1, &mut out);
        }
        Value::Text(out)
    };
    Distinct::new(block.saturating_mul(blocks), unrank).in_blocks(block)
}

/// A piece with its words in the style and no longer than allowed.
#[derive(Debug)]
enum Filled {
    Words(Vec<String>),
    Fixed(&'static str),
    Digits(u32),
}

impl Filled {
    fn new(piece: &Piece, style: Style, length: usize) -> Self {
        match *piece {
            Piece::Fixed(text) => Self::Fixed(text),
            Piece::Digits(width) => Self::Digits(width),
            Piece::Words(list) => {
                let words = list.iter().map(|word| match style {
                    Style::Plain => (*word).to_owned(),
                    Style::Slug => slug(word),
                });
                let mut seen = std::collections::BTreeSet::new();
                let fitting = words.filter(|word| {
                    word.chars().count() <= length && seen.insert(word.to_lowercase())
                });
                Self::Words(fitting.collect())
            }
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Words(words) => words.len() as u64,
            Self::Fixed(_) => 1,
            Self::Digits(width) => 10_u64.pow(*width),
        }
    }

    fn longest(&self) -> usize {
        match self {
            Self::Words(words) => words.iter().map(|w| w.chars().count()).max().unwrap_or(0),
            Self::Fixed(text) => text.chars().count(),
            Self::Digits(width) => *width as usize,
        }
    }

    /// Writes the choice that the rank says; what is left of the rank is for the other pieces.
    fn write(&self, rank: u64, out: &mut String) -> u64 {
        let count = self.count();
        match self {
            Self::Words(words) => out.push_str(&words[(rank % count) as usize]),
            Self::Fixed(text) => out.push_str(text),
            Self::Digits(width) => {
                let number = rank % count;
                out.extend(
                    (0..*width)
                        .rev()
                        .map(|place| char::from(b'0' + (number / 10_u64.pow(place) % 10) as u8)),
                );
            }
        }
        rank / count
    }
}

/// A text in lower case, one hyphen for each run of what is neither letter nor digit.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    if out.ends_with('-') {
        out.pop();
    }
    out
}

/// Codes of letters and digits as long as there is room, at most 10.
pub(super) fn code(max: usize) -> Distinct {
    let width = max.clamp(1, 10) as u32;
    Distinct::new(36_u64.pow(width), move |rank| {
        Value::Text(fixed_code(rank, width))
    })
}

/// `width` letters and digits.
pub(super) fn fixed_code(rank: u64, width: u32) -> String {
    let mut code = String::new();
    push_base36(rank, &mut code);
    let missing = (width as usize).saturating_sub(code.len());
    code.insert_str(0, &"0".repeat(missing));
    code
}

/// Words of a closed list, then the same words with a number, or codes where there is no room.
pub(super) fn listed(list: impl Iterator<Item = &'static str>, max: usize) -> Distinct {
    let mut seen = std::collections::BTreeSet::new();
    let fits = |word: &&str| word.chars().count() <= max;
    let words: Vec<&'static str> = list
        .filter(fits)
        .filter(|word| seen.insert(word.to_lowercase()))
        .collect();
    let block = words.len() as u64;
    if block == 0 {
        return code(max);
    }
    let room = max - words.iter().map(|w| w.chars().count()).max().unwrap_or(0);
    if room >= 4 {
        let digits = (room - 1).min(9) as u32;
        let unrank = move |rank: u64| {
            let mut out = words[(rank % block) as usize].to_owned();
            if rank >= block {
                out.push(' ');
                push_number(rank / block + 1, &mut out);
            }
            Value::Text(out)
        };
        let size = block.saturating_mul(10_u64.pow(digits) - 1);
        return Distinct::new(size, unrank).in_blocks(block);
    }
    listed_then_codes(words, max)
}

/// Words, then every code that none of them is.
fn listed_then_codes(words: Vec<&'static str>, max: usize) -> Distinct {
    let block = words.len() as u64;
    let width = max.clamp(1, 10);
    let mut taken: Vec<u64> = words
        .iter()
        .filter(|word| word.chars().count() == width)
        .filter_map(|word| u64::from_str_radix(&word.to_lowercase(), 36).ok())
        .collect();
    taken.sort_unstable();
    let upper = words.iter().all(|word| *word == word.to_uppercase());
    let codes = 36_u64.pow(width as u32) - taken.len() as u64;
    let unrank = move |rank: u64| {
        if rank < block {
            return Value::Text(words[rank as usize].to_owned());
        }
        let mut free = rank - block;
        for &number in &taken {
            free += u64::from(number <= free);
        }
        let code = fixed_code(free, width as u32);
        Value::Text(if upper { code.to_uppercase() } else { code })
    };
    Distinct::new(block + codes, unrank).in_blocks(block)
}
