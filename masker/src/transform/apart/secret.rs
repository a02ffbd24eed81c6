//! `secret`: as long as the value was, and opens nothing.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::letters::{letters_for, push_letters};
use super::token::push_hex;
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

#[derive(Debug)]
struct Secret {
    bytes: bool,
    /// Letters that a value has at least, so that it stays apart from others.
    least: usize,
    max: usize,
}

/// The transformer of texts and bytes.
pub(in crate::transform) fn secret(column: &Column<'_>) -> Made {
    let (bytes, max) = match column.data_type.base() {
        Type::Text { max, .. } => (false, max.map_or(usize::MAX, |max| max as usize)),
        Type::Bytes => (true, usize::MAX),
        _ => {
            let hint = "secret is for text and bytea";
            return Err(Unfit::of_type(Transformer::Secret, column, hint));
        }
    };
    let least = match column.unique {
        true => letters_for(column.rows),
        false => 0,
    };
    if least > max {
        return Err(Unfit::new(
            format!(
                "\"secret\" needs {least} characters to keep about {} rows apart, and the type has \
                 room for {max}",
                column.rows
            ),
            "take code, which is one for one",
        ));
    }
    Ok(Arc::new(Secret { bytes, least, max }))
}

impl Transform for Secret {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let short = Unmaskable::new("is too short for a secret that a unique key depends on");
        if self.bytes {
            let count = value.len().saturating_sub(2) / 2;
            // A letter has 5 bits, a byte 8.
            if count * 8 < self.least * 5 {
                return Err(short);
            }
            push_hex(draw, count, out);
            return Ok(());
        }
        let count = text_of(value)?.chars().count().min(self.max);
        if count < self.least {
            return Err(short);
        }
        push_letters(draw, 0, count, out);
        Ok(())
    }
}
