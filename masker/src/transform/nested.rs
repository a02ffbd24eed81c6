//! Arrays, composites and ranges: their parts replaced, their text form kept (PostgreSQL
//! documentation, "Arrays", "Composite Types", "Range Types": input and output).

use std::sync::Arc;

use rules::mask::Mask;
use seeder::value::Type;

use super::choice::{Done, Part, part};
use super::{Column, Made, Transform, Unfit, Unmaskable, unfit};
use crate::key::Draw;

const TORN: Unmaskable = Unmaskable {
    reason: "has not the text form of its type",
};

#[derive(Debug)]
struct Array {
    element: Part,
}

pub(super) fn array(mask: &Mask, column: &Column<'_>) -> Made {
    let (Type::Array(element), Some(rule)) = (column.data_type.base(), &mask.options.element)
    else {
        return Err(unfit(mask.with, column, "it is for arrays"));
    };
    if matches!(element.base(), Type::Geometry(kind) if kind == "box") {
        return Err(unfit(
            mask.with,
            column,
            "arrays of box are not written as others are",
        ));
    }
    let element = part(rule, element, column)?;
    Ok(Arc::new(Array { element }))
}

impl Transform for Array {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        // `[2:3]={a,b}`: what stands before the braces tells bounds only.
        let open = value.iter().position(|byte| *byte == b'{').ok_or(TORN)?;
        out.extend_from_slice(&value[..open]);
        let mut at = open;
        let (mut element, mut masked) = (Vec::new(), Vec::new());
        let mut number = 0;
        while at < value.len() {
            match value[at] {
                byte @ (b'{' | b'}' | b',') => {
                    out.push(byte);
                    at += 1;
                }
                _ => {
                    element.clear();
                    let quoted = value[at] == b'"';
                    at = token(value, at, b",}", &mut element)?;
                    if !quoted && element.eq_ignore_ascii_case(b"NULL") {
                        out.extend_from_slice(b"NULL");
                        continue;
                    }
                    masked.clear();
                    let own = draw.again(number);
                    number += 1;
                    match self.element.apply(&element, &own, &mut masked)? {
                        Done::Text => quote(&masked, out),
                        Done::Null => out.extend_from_slice(b"NULL"),
                    }
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Fields {
    parts: Vec<Part>,
}

pub(super) fn fields(mask: &Mask, column: &Column<'_>) -> Made {
    let Type::Record(types) = column.data_type.base() else {
        return Err(unfit(mask.with, column, "it is for composite types"));
    };
    let mut parts = Vec::new();
    for (name, data_type) in types {
        let rule = mask.options.parts.get(name).ok_or_else(|| Unfit {
            message: format!("its field {name:?} is not decided about"),
            hint: format!("add {name} to parts"),
        })?;
        parts.push(part(rule, data_type, column)?);
    }
    Ok(Arc::new(Fields { parts }))
}

impl Transform for Fields {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let inner = value
            .strip_prefix(b"(")
            .and_then(|inner| inner.strip_suffix(b")"));
        let inner = inner.ok_or(TORN)?;
        out.push(b'(');
        let mut at = 0;
        let (mut field, mut masked) = (Vec::new(), Vec::new());
        for (number, part) in self.parts.iter().enumerate() {
            if number > 0 {
                (inner.get(at) == Some(&b',')).then_some(()).ok_or(TORN)?;
                out.push(b',');
                at += 1;
            }
            // Nothing at all is NULL; an empty text is quoted.
            if at == inner.len() || inner[at] == b',' {
                continue;
            }
            field.clear();
            at = token(inner, at, b",", &mut field)?;
            masked.clear();
            if let Done::Text = part.apply(&field, &draw.again(number as u32), &mut masked)? {
                quote(&masked, out);
            }
        }
        (at == inner.len()).then_some(()).ok_or(TORN)?;
        out.push(b')');
        Ok(())
    }
}

#[derive(Debug)]
struct Range {
    bound: Part,
}

pub(super) fn range(mask: &Mask, column: &Column<'_>) -> Made {
    let data_type = match column.data_type.base() {
        Type::Range(subtype) | Type::Multirange(subtype) => subtype,
        _ => return Err(unfit(mask.with, column, "it is for ranges")),
    };
    let Some(rule) = &mask.options.element else {
        return Err(unfit(mask.with, column, "say what becomes of its bounds"));
    };
    let bound = part(rule, data_type, column)?;
    Ok(Arc::new(Range { bound }))
}

impl Transform for Range {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if value == b"empty" {
            out.extend_from_slice(value);
            return Ok(());
        }
        let mut at = 0;
        let (mut bound, mut masked) = (Vec::new(), Vec::new());
        while at < value.len() {
            match value[at] {
                byte @ (b'{' | b'}' | b',' | b'[' | b']' | b'(' | b')') => {
                    out.push(byte);
                    at += 1;
                }
                _ => {
                    bound.clear();
                    at = token(value, at, b",])", &mut bound)?;
                    masked.clear();
                    // One draw for all bounds: the range keeps its length where they are shifted.
                    if let Done::Text = self.bound.apply(&bound, draw, &mut masked)? {
                        quote(&masked, out);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads one element up to one of `ends`, without quotes and escapes; answers where it ended.
fn token(text: &[u8], mut at: usize, ends: &[u8], out: &mut Vec<u8>) -> Result<usize, Unmaskable> {
    let mut quoted = false;
    while at < text.len() {
        match text[at] {
            b'"' if quoted && text.get(at + 1) == Some(&b'"') => {
                out.push(b'"');
                at += 1;
            }
            b'"' => quoted = !quoted,
            b'\\' => {
                at += 1;
                out.push(*text.get(at).ok_or(TORN)?);
            }
            byte if !quoted && ends.contains(&byte) => return Ok(at),
            byte => out.push(byte),
        }
        at += 1;
    }
    if quoted { Err(TORN) } else { Ok(at) }
}

/// Writes an element in quotes where its text form needs them.
fn quote(element: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| b"\"\\{}[](),".contains(byte) || byte.is_ascii_whitespace();
    let quoted =
        element.is_empty() || element.iter().any(special) || element.eq_ignore_ascii_case(b"NULL");
    if !quoted {
        out.extend_from_slice(element);
        return;
    }
    out.push(b'"');
    for byte in element {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}
