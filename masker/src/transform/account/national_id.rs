//! `national-id`: a number of the pattern that the rule gives: `9` is a digit, `A` a letter, `\` takes
//! the next character as it is.
//!
//! The pattern of US social security numbers gives numbers that were issued to nobody. Of any other,
//! the rule's author says by literals what nobody has.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::natural::{NATIONAL_IDS, national_id_of};
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Patterns longer than any number.
const PATTERN_MAX: usize = 64;

#[derive(Debug, Clone, Copy)]
enum Piece {
    Digit,
    Letter,
    /// Stays.
    Fixed(char),
}

#[derive(Debug)]
struct NationalId {
    pieces: Vec<Piece>,
    /// No zero in front: it is a number rather than a text.
    number: bool,
    /// Of the United States: with dashes or without.
    american: Option<bool>,
}

/// The transformer of national numbers.
pub(in crate::transform) fn national_id(mask: &Mask, column: &Column<'_>) -> Made {
    let pattern = mask.options.text.as_deref().unwrap_or_default();
    let american = match pattern {
        "999-99-9999" => Some(true),
        "999999999" => Some(false),
        _ => None,
    };
    let pieces = pieces(pattern);
    let drawn = pieces.iter().any(|piece| !matches!(piece, Piece::Fixed(_)));
    if !drawn || pieces.len() > PATTERN_MAX {
        return Err(Unfit::new(
            format!("{pattern:?} is no pattern of a national number"),
            "write pattern = \"999-99-9999\": 9 is a digit, A a letter",
        ));
    }
    let digits = |piece: &Piece| matches!(piece, Piece::Digit | Piece::Fixed('0'..='9'));
    let number = match column.data_type.base() {
        Type::Text { max, .. } => {
            let room = max.map_or(usize::MAX, |max| max as usize);
            if pieces.len() > room {
                return Err(Unfit::new(
                    format!(
                        "its pattern has {} characters, and the type has room for {room}",
                        pieces.len()
                    ),
                    "write a shorter pattern",
                ));
            }
            false
        }
        // 18 digits are fewer than a bigint has.
        Type::Int { max, .. } => {
            let fits = pieces.iter().all(digits)
                && pieces.len() <= 18
                && 10_i64.pow(pieces.len() as u32) <= *max;
            if !fits {
                let hint =
                    "in a type of numbers the pattern has digits alone, few enough for the type";
                return Err(Unfit::of_type(Transformer::NationalId, column, hint));
            }
            true
        }
        _ => {
            let hint = "it is for text and integers";
            return Err(Unfit::of_type(Transformer::NationalId, column, hint));
        }
    };
    Ok(Arc::new(NationalId {
        pieces,
        number,
        american,
    }))
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        pieces.push(match letter {
            '9' => Piece::Digit,
            'A' => Piece::Letter,
            '\\' => Piece::Fixed(letters.next().unwrap_or('\\')),
            other => Piece::Fixed(other),
        });
    }
    pieces
}

impl Transform for NationalId {
    fn mask(&self, _: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if let Some(dashes) = self.american {
            let number = national_id_of(draw.below(NATIONAL_IDS, 0), dashes);
            out.extend_from_slice(number.as_bytes());
            return Ok(());
        }
        // A letter takes less than 5 bits of a draw, 24 of them the 128 of one part.
        let mut bits = 0;
        for (at, piece) in self.pieces.iter().enumerate() {
            if at % 24 == 0 {
                bits = draw.bits((at / 24) as u32);
            }
            let mut below = |end: u128| {
                let found = bits % end;
                bits /= end;
                found as u8
            };
            match piece {
                Piece::Digit if at == 0 && self.number => out.push(b'1' + below(9)),
                Piece::Digit => out.push(b'0' + below(10)),
                Piece::Letter => out.push(b'A' + below(26)),
                Piece::Fixed(letter) => {
                    let mut utf8 = [0; 4];
                    out.extend_from_slice(letter.encode_utf8(&mut utf8).as_bytes());
                }
            }
        }
        Ok(())
    }
}
