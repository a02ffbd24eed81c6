//! `array`: each element; dimensions, bounds and NULLs stay.

use std::sync::Arc;

use rules::mask::Mask;
use seeder::value::Type;

use super::part::{Done, Part, Place, part};
use super::quote::{Quoting, TORN};
use crate::key::Draw;
use crate::transform::{Column, Made, Parted, Parts, Unfit, Unmaskable};

#[derive(Debug)]
struct Array {
    element: Part,
}

/// The transformer of arrays.
pub(in crate::transform) fn array(mask: &Mask, column: &Column<'_>) -> Made {
    let (Type::Array(element), Some(rule)) = (column.data_type.base(), &mask.options.element)
    else {
        return Err(Unfit::of_type(mask.with, column, "array is for arrays"));
    };
    if matches!(element.base(), Type::Geometry(kind) if kind == "box") {
        let hint = "arrays of box are written in another way: take null or static";
        return Err(Unfit::of_type(mask.with, column, hint));
    }
    let place = Place {
        path: "[]",
        data_type: element,
    };
    let element = part(rule, place, column)?;
    Ok(Arc::new(Array { element }))
}

impl Parted for Array {
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        // `[2:3]={a,b}`: what stands before the braces tells bounds only.
        let open = memchr::memchr(b'{', value).ok_or(TORN)?;
        out.extend_from_slice(&value[..open]);
        let (mut element, mut masked) = (Vec::new(), Vec::new());
        let (mut at, mut number) = (open, 0);
        while at < value.len() {
            if let byte @ (b'{' | b'}' | b',') = value[at] {
                out.push(byte);
                at += 1;
                continue;
            }
            element.clear();
            let quoted = value[at] == b'"';
            at = Quoting::Array.read(value, at, &mut element)?;
            if !quoted && element.eq_ignore_ascii_case(b"NULL") {
                out.extend_from_slice(&element);
                continue;
            }
            masked.clear();
            let done = (self.element).apply(&element, (draw, number), &mut masked, each)?;
            match done {
                Done::Text => Quoting::Array.write(&masked, out),
                Done::Null => out.extend_from_slice(b"NULL"),
            }
            number += 1;
        }
        Ok(())
    }
}
