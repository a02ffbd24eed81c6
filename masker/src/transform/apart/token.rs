//! `token`: letters and digits that mean nothing.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::letters::{LETTERS_MAX, push_letters, room};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Bytes of a token in `bytea`: enough for any number of rows.
const BYTES: usize = 16;

#[derive(Debug)]
enum Token {
    Letters(usize),
    Bytes,
}

/// The transformer of texts and bytes.
pub(in crate::transform) fn token(column: &Column<'_>) -> Made {
    let with = Transformer::Token;
    let max = match column.data_type.base() {
        Type::Text { max, .. } => max.map_or(usize::MAX, |max| max as usize),
        // A token is a label of one level.
        Type::LTree => usize::MAX,
        Type::Bytes => return Ok(Arc::new(Token::Bytes)),
        _ => {
            let hint = "token is for text and bytea: take int, uuid, or a transformer of this type";
            return Err(Unfit::of_type(with, column, hint));
        }
    };
    let letters = room(with, column, 0, max)?;
    let all = (letters.count + letters.spare).min(LETTERS_MAX);
    Ok(Arc::new(Token::Letters(all)))
}

impl Transform for Token {
    fn mask(&self, _: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        match self {
            Self::Letters(count) => push_letters(draw, 0, *count, out),
            Self::Bytes => push_hex(draw, BYTES, out),
        }
        Ok(())
    }
}

/// Appends bytes of a draw as `bytea` writes them.
pub(super) fn push_hex(draw: &Draw, count: usize, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\\x");
    let mut bits = 0;
    for position in 0..count {
        if position % 16 == 0 {
            bits = draw.bits((position / 16) as u32);
        }
        let byte = bits as usize & 0xff;
        out.extend_from_slice(&[DIGITS[byte >> 4], DIGITS[byte & 15]]);
        bits >>= 8;
    }
}
