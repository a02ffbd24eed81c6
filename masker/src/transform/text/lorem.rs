//! `lorem`: words without meaning, as many characters as the text had.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;
use seeder::words::LOREM;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

/// Words of a draw's part; a list is far shorter than 2¹⁶ words, and 128 bits are eight of these.
const WORDS_A_PART: u32 = 8;

#[derive(Debug)]
struct Lorem {
    max: usize,
}

/// The transformer of texts, XML among them: words are its content too.
pub(in crate::transform) fn lorem(column: &Column<'_>) -> Made {
    let max = match column.data_type.base() {
        Type::Text { max, .. } => max.map_or(usize::MAX, |max| max as usize),
        Type::Xml => usize::MAX,
        _ => {
            return Err(Unfit::of_type(
                Transformer::Lorem,
                column,
                "lorem is for text and xml",
            ));
        }
    };
    Ok(Arc::new(Lorem { max }))
}

impl Transform for Lorem {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let length = text_of(value)?.chars().count().min(self.max);
        let end = out.len() + length;
        let mut bits = 0;
        let mut word = 0;
        while out.len() < end {
            if word % WORDS_A_PART == 0 {
                bits = draw.bits(word / WORDS_A_PART);
            }
            word += 1;
            let chosen = ((bits as u64 & 0xffff) * LOREM.len() as u64) >> 16;
            bits >>= 16;
            out.extend_from_slice(LOREM[chosen as usize].as_bytes());
            out.push(b' ');
        }
        out.truncate(end);
        // A blank at the end would be lost in `character(n)`.
        if let Some(last @ b' ') = out.last_mut() {
            *last = b'.';
        }
        Ok(())
    }
}
