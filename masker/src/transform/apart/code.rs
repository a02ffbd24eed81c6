//! `code`: letters become letters of their case and digits digits; what separates them stays.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::classes::Classes;
use super::subkey;
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

const FOREIGN: Unmaskable = Unmaskable::new(
    "has characters other than A to Z, digits and separators, which would stay as they are",
);

#[derive(Debug)]
struct Code {
    classes: Classes,
}

/// The transformer of codes.
pub(in crate::transform) fn code(column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Text { .. }) {
        return Err(Unfit::of_type(
            Transformer::Code,
            column,
            "code is for text",
        ));
    }
    Ok(Arc::new(Code {
        classes: Classes::new(subkey(column), true),
    }))
}

impl Transform for Code {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let usual = |byte: &u8| (b' '..=b'~').contains(byte);
        value.iter().all(usual).then_some(()).ok_or(FOREIGN)?;
        self.classes.replace(value, out);
        Ok(())
    }
}
