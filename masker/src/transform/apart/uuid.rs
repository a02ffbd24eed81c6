//! `uuid`: all bits but those of the version and the variant; the order of version 7 is lost.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::permutation;
use crate::key::Draw;
use crate::permute::Permutation;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

const VERSION: u128 = 0xf << 76;
const VARIANT: u128 = 0b11 << 62;

const NO_UUID: Unmaskable = Unmaskable::new("is no UUID, with its dashes or without, in one case");

#[derive(Debug)]
struct Uuid {
    permutation: Permutation,
}

/// The transformer of a column of UUIDs.
pub(in crate::transform) fn uuid(column: &Column<'_>) -> Made {
    let fits = match column.data_type.base() {
        Type::Uuid => true,
        // Without its dashes a UUID has 32 characters.
        Type::Text { max, .. } => max.is_none_or(|max| max >= 32),
        _ => false,
    };
    if !fits {
        let hint = "uuid is for uuid, and for text of at least 32 characters";
        return Err(Unfit::of_type(Transformer::Uuid, column, hint));
    }
    Ok(Arc::new(Uuid {
        permutation: permutation(column, "uuid", 1 << 122),
    }))
}

impl Transform for Uuid {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let dashed = match value.len() {
            32 => false,
            36 => true,
            _ => return Err(NO_UUID),
        };
        let mut uuid: u128 = 0;
        let (mut upper, mut lower) = (false, false);
        for (at, byte) in value.iter().enumerate() {
            if dashed && matches!(at, 8 | 13 | 18 | 23) {
                (*byte == b'-').then_some(()).ok_or(NO_UUID)?;
                continue;
            }
            let digit = char::from(*byte).to_digit(16).ok_or(NO_UUID)?;
            upper |= byte.is_ascii_uppercase();
            lower |= byte.is_ascii_lowercase();
            uuid = uuid << 4 | u128::from(digit);
        }
        // Two spellings of one UUID are two texts, and stay two.
        if upper && lower {
            return Err(NO_UUID);
        }
        let letters = if upper {
            b"0123456789ABCDEF"
        } else {
            b"0123456789abcdef"
        };
        let uuid = self.replaced(uuid);
        for place in 0..32 {
            if dashed && matches!(place, 8 | 12 | 16 | 20) {
                out.push(b'-');
            }
            out.push(letters[(uuid >> (124 - 4 * place)) as usize & 15]);
        }
        Ok(())
    }
}

impl Uuid {
    fn replaced(&self, uuid: u128) -> u128 {
        const LOW: u128 = (1 << 62) - 1;
        // The free bits moved together: 62 below the variant, 12 between it and the version, 48.
        let free = (uuid & LOW) | (uuid >> 64 & 0xfff) << 62 | (uuid >> 80) << 74;
        let free = self.permutation.of(free);
        let spread = (free & LOW) | (free >> 62 & 0xfff) << 64 | (free >> 74) << 80;
        (uuid & (VERSION | VARIANT)) | spread
    }
}
