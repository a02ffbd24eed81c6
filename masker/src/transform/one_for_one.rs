//! Replacements that are one for one: integers, UUIDs, codes and digits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rules::mask::Transformer;
use seeder::value::Type;

use super::{Column, Made, Transform, Unmaskable, unfit};
use crate::key::{Draw, MaskKey};
use crate::permute::Permutation;

/// A column's subkey for permutations.
fn permutation(key: &MaskKey, domain: &str, form: &str, size: u128) -> Permutation {
    let subkey = key.derive("perm", domain);
    Permutation::new(&subkey, form, size)
}

/// Integers above 0 below a bound, and the same below 0; 0 stays.
#[derive(Debug)]
struct Integer {
    permutation: Permutation,
}

/// The space never depends on the data, else the next copy had other values. The upper part of the
/// type stays free, so that a sequence goes on behind the greatest value.
pub(super) fn integer(column: &Column<'_>) -> Made {
    let bits = match column.data_type.base() {
        Type::Int { max, .. } if *max <= i64::from(i16::MAX) => 14,
        Type::Int { max, .. } if *max <= i64::from(u32::MAX) => 30,
        // Below 2⁵³, for clients that read JSON.
        Type::Int { .. } => 52,
        Type::Decimal { precision, scale } if scale.unwrap_or(0) <= 0 => {
            let digits = precision.map_or(15, |digits| u32::from(digits).min(15));
            63 - (10_u64.pow(digits) - 1).leading_zeros()
        }
        _ => return Err(unfit(Transformer::Int, column, "int is for integers")),
    };
    let form = format!("int/{bits}");
    Ok(Arc::new(Integer {
        permutation: permutation(column.key, column.domain, &form, 1 << bits),
    }))
}

impl Transform for Integer {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let (sign, digits) = match value {
            [b'-', rest @ ..] => ("-", rest),
            rest => ("", rest),
        };
        let digits = std::str::from_utf8(digits).map_err(|_| NO_INTEGER)?;
        let whole = digits.split_once('.').map_or(digits, |(whole, fraction)| {
            match fraction.bytes().all(|digit| digit == b'0') {
                true => whole,
                false => "",
            }
        });
        let number: u128 = whole.parse().map_err(|_| NO_INTEGER)?;
        if number == 0 {
            out.push(b'0');
            return Ok(());
        }
        if number > self.permutation.size() {
            return Err(Unmaskable {
                reason: "is beyond the numbers that can be replaced one for one",
            });
        }
        out.extend_from_slice(sign.as_bytes());
        out.extend_from_slice((self.permutation.of(number - 1) + 1).to_string().as_bytes());
        Ok(())
    }
}

const NO_INTEGER: Unmaskable = Unmaskable {
    reason: "is no integer",
};

/// All bits of a UUID but those of its version and variant.
#[derive(Debug)]
struct Uuid {
    permutation: Permutation,
}

const VERSION_BITS: u128 = 0xf << 76;
const VARIANT_BITS: u128 = 0b11 << 62;

pub(super) fn uuid(column: &Column<'_>) -> Made {
    let fits = match column.data_type.base() {
        Type::Uuid => true,
        Type::Text { max, .. } => max.is_none_or(|max| max >= 36),
        _ => false,
    };
    if !fits {
        return Err(unfit(
            Transformer::Uuid,
            column,
            "uuid is for uuid and text of 36 characters",
        ));
    }
    Ok(Arc::new(Uuid {
        permutation: permutation(column.key, column.domain, "uuid", 1 << 122),
    }))
}

impl Transform for Uuid {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let wrong = Unmaskable {
            reason: "is no UUID",
        };
        let text = std::str::from_utf8(value).map_err(|_| wrong)?;
        let digits: String = text.chars().filter(|letter| *letter != '-').collect();
        if digits.len() != 32 {
            return Err(wrong);
        }
        let uuid = u128::from_str_radix(&digits, 16).map_err(|_| wrong)?;
        let fixed = VERSION_BITS | VARIANT_BITS;
        // The free bits moved together: 64 below the variant, 12 between it and the version …
        let free = (uuid & ((1 << 62) - 1)) | (uuid >> 64 & 0xfff) << 62 | (uuid >> 80) << 74;
        let free = self.permutation.of(free);
        let spread = (free & ((1 << 62) - 1)) | (free >> 62 & 0xfff) << 64 | (free >> 74) << 80;
        let uuid = (uuid & fixed) | (spread & !fixed);
        let hex = format!("{uuid:032x}");
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        out.extend_from_slice(parts.join("-").as_bytes());
        Ok(())
    }
}

/// Patterns whose bijections are kept: a column has few.
const PATTERNS_MAX: usize = 1_000;

/// Letters become letters of their case, digits digits; everything else stays where it is.
#[derive(Debug)]
struct Code {
    subkey: [u8; 32],
    letters: bool,
    /// The bijections of patterns that were met: a small one is a table that takes time to make.
    met: Mutex<HashMap<(String, u128), Arc<Permutation>>>,
}

impl Code {
    /// The bijection of a pattern's first piece.
    fn first(&self, pattern: &str, size: u128) -> Arc<Permutation> {
        let made = || Arc::new(Permutation::new(&self.subkey, pattern, size));
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (pattern.to_owned(), size);
        if let Some(found) = met.get(&key) {
            return Arc::clone(found);
        }
        let permutation = made();
        if met.len() < PATTERNS_MAX {
            met.insert(key, Arc::clone(&permutation));
        }
        permutation
    }
}

pub(super) fn code(with: Transformer, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Text { .. }) {
        return Err(unfit(with, column, "it is for text"));
    }
    Ok(Arc::new(Code {
        subkey: *column.key.derive("perm", column.domain),
        letters: with == Transformer::Code,
        met: Mutex::default(),
    }))
}

/// What a character may become, and how many there are.
fn class(letter: char, letters: bool) -> Option<(u8, u32)> {
    match letter {
        '0'..='9' => Some((b'0', 10)),
        'a'..='z' if letters => Some((b'a', 26)),
        'A'..='Z' if letters => Some((b'A', 26)),
        _ => None,
    }
}

impl Transform for Code {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = std::str::from_utf8(value).map_err(|_| super::NO_TEXT)?;
        let foreign = |letter: char| letter.is_alphanumeric() && !letter.is_ascii_alphanumeric();
        if text.chars().any(foreign) {
            return Err(Unmaskable {
                reason: "has letters that are not of A to Z, which would stay as they are",
            });
        }
        // Pieces of a size that a permutation takes; each depends on those before it, so that two
        // values that differ anywhere stay apart.
        let mut piece: Vec<(usize, u8, u32)> = Vec::new();
        let mut masked: Vec<u8> = text.bytes().collect();
        let mut before = String::new();
        let mut size: u128 = 1;
        let mut rank: u128 = 0;
        let pattern = pattern(text, self.letters);
        let ends = text.len();
        let mut at = 0;
        loop {
            let next = text[at..].chars().next();
            let class = next.and_then(|letter| class(letter, self.letters));
            if let (Some(letter), Some((first, count))) = (next, class) {
                rank = rank * u128::from(count) + u128::from(letter as u8 - first);
                size *= u128::from(count);
                piece.push((at, first, count));
            }
            at += next.map_or(0, char::len_utf8);
            let full = size > 1 << 100;
            if (full || at >= ends) && !piece.is_empty() {
                let permutation = match before.is_empty() {
                    true => self.first(&pattern, size),
                    false => {
                        let form = format!("{pattern}/{before}");
                        Arc::new(Permutation::new(&self.subkey, &form, size))
                    }
                };
                let mut replaced = permutation.of(rank);
                before.push_str(&format!("{rank:x}."));
                for (place, first, count) in piece.drain(..).rev() {
                    masked[place] = first + (replaced % u128::from(count)) as u8;
                    replaced /= u128::from(count);
                }
                (size, rank) = (1, 0);
            }
            if at >= ends {
                break;
            }
        }
        out.extend_from_slice(&masked);
        Ok(())
    }
}

/// What stays of a value: the classes of its characters.
fn pattern(text: &str, letters: bool) -> String {
    text.chars()
        .map(|letter| match class(letter, letters) {
            Some((first, _)) => first as char,
            None => letter,
        })
        .collect()
}
