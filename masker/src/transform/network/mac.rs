//! `mac`: a locally administered address (IEEE 802, clause 8.2), one for one for those that are
//! universally administered.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use crate::key::Draw;
use crate::permute::Permutation;
use crate::transform::apart::permutation;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

const NO_ADDRESS: Unmaskable = Unmaskable::new("is no hardware address of 6 or 8 bytes");

#[derive(Debug)]
struct Mac {
    /// Of 46 and of 62 bits: without the two that say who administers, and for how many it is.
    short: Permutation,
    long: Permutation,
    unique: bool,
}

/// The transformer of hardware addresses.
pub(in crate::transform) fn mac(column: &Column<'_>) -> Made {
    let fits = match column.data_type.base() {
        Type::MacAddress { .. } => true,
        // Without separators an address has 12 characters.
        Type::Text { max, .. } => max.is_none_or(|max| max >= 12),
        _ => false,
    };
    if !fits {
        let hint = "mac is for macaddr, macaddr8 and text of at least 12 characters";
        return Err(Unfit::of_type(Transformer::Mac, column, hint));
    }
    Ok(Arc::new(Mac {
        short: permutation(column, "mac/46", 1 << 46),
        long: permutation(column, "mac/62", 1 << 62),
        unique: column.unique,
    }))
}

impl Transform for Mac {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let mut bits: u64 = 0;
        let mut digits = 0;
        let (mut upper, mut lower) = (false, false);
        for byte in value {
            if let Some(digit) = char::from(*byte).to_digit(16) {
                upper |= byte.is_ascii_uppercase();
                lower |= byte.is_ascii_lowercase();
                digits += 1;
                (digits <= 16).then_some(()).ok_or(NO_ADDRESS)?;
                bits = bits << 4 | u64::from(digit);
            } else if !matches!(byte, b':' | b'-' | b'.') {
                return Err(NO_ADDRESS);
            }
        }
        let (permutation, free) = match digits {
            12 => (&self.short, 40),
            16 => (&self.long, 56),
            _ => return Err(NO_ADDRESS),
        };
        let first = bits >> free;
        if self.unique && (first & 0b11 != 0 || upper && lower) {
            return Err(Unmaskable::new(
                "is administered locally, or written in two cases, and a unique key depends on it",
            ));
        }
        let low = (1_u64 << free) - 1;
        let number = u128::from((first >> 2) << free | bits & low);
        let replaced = permutation.of(number) as u64;
        // Locally administered, for one machine.
        let masked = (replaced >> free << 2 | 0b10) << free | replaced & low;
        let letters = match upper && !lower {
            true => b"0123456789ABCDEF",
            false => b"0123456789abcdef",
        };
        let mut left = digits;
        for byte in value {
            if byte.is_ascii_hexdigit() {
                left -= 1;
                out.push(letters[(masked >> (4 * left)) as usize & 15]);
            } else {
                out.push(*byte);
            }
        }
        Ok(())
    }
}
