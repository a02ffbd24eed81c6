//! `range`: both bounds alike; which of them belong to it, and open ends, stay.

use std::sync::Arc;

use rules::mask::{Choice, Mask, Transformer};
use seeder::value::Type;

use super::part::{Done, Part, Place, choice, part};
use super::quote::{Quoting, TORN};
use crate::key::Draw;
use crate::transform::{Column, Made, Parted, Parts, Unfit, Unmaskable};

#[derive(Debug)]
struct Range {
    bound: Part,
}

/// The transformer of ranges and multiranges.
pub(in crate::transform) fn range(mask: &Mask, column: &Column<'_>) -> Made {
    let data_type = match column.data_type.base() {
        Type::Range(subtype) | Type::Multirange(subtype) => subtype,
        _ => return Err(Unfit::of_type(mask.with, column, "range is for ranges")),
    };
    let Some(rule) = &mask.options.element else {
        return Err(Unfit::new(
            "a range needs to know what becomes of its bounds",
            "write element = \"date-shift\"",
        ));
    };
    // Of two bounds the lower one stays it, by a draw that they share.
    let ordered = match choice(rule)? {
        Choice::Keep { .. } => true,
        Choice::Drop => false,
        Choice::Mask(mask) => matches!(
            mask.with,
            Transformer::DateShift
                | Transformer::DateTrunc
                | Transformer::Noise
                | Transformer::Bucket
        ),
    };
    if !ordered {
        return Err(Unfit::new(
            "its lower bound would not stay below the upper one",
            "take date-shift, date-trunc, noise or bucket for its bounds",
        ));
    }
    let path = "..";
    let bound = part(rule, Place { path, data_type }, column)?;
    Ok(Arc::new(Range { bound }))
}

impl Parted for Range {
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        if value == b"empty" {
            out.extend_from_slice(value);
            return Ok(());
        }
        if !matches!(value.first(), Some(b'[' | b'(' | b'{')) {
            return Err(TORN);
        }
        let (mut bound, mut masked) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < value.len() {
            if let byte @ (b'{' | b'}' | b',' | b'[' | b']' | b'(' | b')') = value[at] {
                out.push(byte);
                at += 1;
                continue;
            }
            bound.clear();
            at = Quoting::Range.read(value, at, &mut bound)?;
            masked.clear();
            let done = (self.bound).apply_alike(&bound, draw, &mut masked, each)?;
            if let Done::Text = done {
                Quoting::Range.write(&masked, out);
            }
        }
        Ok(())
    }
}
