//! Words without meaning, of the length that the text had; one of a column's own values.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;
use seeder::words::LOREM;

use super::{Column, Made, Transform, Unfit, Unmaskable, unfit};
use crate::key::Draw;

#[derive(Debug)]
enum Text {
    Lorem,
    Label(Vec<String>),
}

pub(super) fn make(mask: &Mask, column: &Column<'_>) -> Made {
    let text = match (mask.with, column.data_type.base()) {
        (Transformer::Lorem, Type::Text { .. }) => Text::Lorem,
        (Transformer::Label, Type::Enum(labels)) => Text::Label(labels.clone()),
        (Transformer::Label, Type::Bool) => Text::Label(vec!["f".to_owned(), "t".to_owned()]),
        (Transformer::Label, _) => {
            return Err(Unfit {
                message: "label needs an enumeration or a boolean".to_owned(),
                hint: "take static, or null".to_owned(),
            });
        }
        _ => return Err(unfit(mask.with, column, "it is for text")),
    };
    if column.unique {
        return Err(unfit(
            mask.with,
            column,
            "a unique key depends on it: take token or code",
        ));
    }
    Ok(Arc::new(text))
}

impl Transform for Text {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        match self {
            Self::Lorem => {
                let text = std::str::from_utf8(value).map_err(|_| super::NO_TEXT)?;
                lorem(text.chars().count(), draw, out);
            }
            Self::Label(labels) => {
                let chosen = draw.below(labels.len() as u64, 0) as usize;
                out.extend_from_slice(labels[chosen].as_bytes());
            }
        }
        Ok(())
    }
}

/// Exactly so many letters of words.
fn lorem(length: usize, draw: &Draw, out: &mut Vec<u8>) {
    let end = out.len() + length;
    let mut bits = draw.bits(0);
    let mut part = 2;
    while out.len() < end {
        if bits == 0 {
            bits = draw.bits(part);
            part += 1;
        }
        let word = LOREM[(bits % LOREM.len() as u128) as usize];
        bits /= LOREM.len() as u128;
        out.extend_from_slice(word.as_bytes());
        out.push(b' ');
    }
    out.truncate(end);
    // A blank at the end would be lost in `character(n)`.
    if let Some(last @ b' ') = out.last_mut() {
        *last = b'.';
    }
}
