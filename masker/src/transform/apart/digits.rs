//! `digits`: digits become digits, everything else stays.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::classes::Classes;
use super::subkey;
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

const FOREIGN: Unmaskable =
    Unmaskable::new("has digits other than 0 to 9, which would stay as they are");
const NONE: Unmaskable = Unmaskable::new("has letters and no digit, so nothing would be replaced");

#[derive(Debug)]
struct Digits {
    classes: Classes,
}

/// The transformer of digits in text.
pub(in crate::transform) fn digits(column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Text { .. }) {
        return Err(Unfit::of_type(
            Transformer::Digits,
            column,
            "digits is for text; int is for integers",
        ));
    }
    Ok(Arc::new(Digits {
        classes: Classes::new(subkey(column), false),
    }))
}

impl Transform for Digits {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = text_of(value)?;
        let foreign = |letter: char| letter.is_numeric() && !letter.is_ascii();
        if text.chars().any(foreign) {
            return Err(FOREIGN);
        }
        let digits = value.iter().any(u8::is_ascii_digit);
        if !digits && text.chars().any(char::is_alphabetic) {
            return Err(NONE);
        }
        self.classes.replace(value, out);
        Ok(())
    }
}
