//! `hstore`: each value by its key.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use super::part::{Done, Part};
use super::path::{Paths, Step};
use super::quote::TORN;
use crate::key::Draw;
use crate::transform::{Column, Made, Parted, Parts, Unfit, Unmaskable};

#[derive(Debug)]
struct Hstore {
    paths: Paths,
}

/// The transformer of hstore.
pub(in crate::transform) fn hstore(mask: &Mask, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::HStore) {
        return Err(Unfit::of_type(
            Transformer::Hstore,
            column,
            "hstore is for hstore",
        ));
    }
    let paths = Paths::new(mask, column)?;
    if paths.depth() > 1 {
        return Err(Unfit::new(
            "an hstore has keys, and nothing below them",
            "put a key that has dots into quotes: \"\\\"a.b\\\"\" = \"name\"",
        ));
    }
    Ok(Arc::new(Hstore { paths }))
}

impl Parted for Hstore {
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        let mut at = 0;
        let mut number = 0;
        let (mut key, mut text, mut masked) = (Vec::new(), Vec::new(), Vec::new());
        while at < value.len() {
            if number > 0 {
                at = expect(value, at, b", ")?;
                out.extend_from_slice(b", ");
            }
            at = quoted(value, at, &mut key)?;
            let name = std::str::from_utf8(&key).map_err(|_| TORN)?;
            let path = [Step::Key(name.into())];
            self.paths.covers(&path)?;
            masked.clear();
            let key_draw = (draw, u32::MAX - number);
            match self.paths.key(&path) {
                Some(part) => part.apply(&key, key_draw, &mut masked, each).map(drop)?,
                None => masked.extend_from_slice(&key),
            }
            write(&masked, out);
            at = expect(value, at, b"=>")?;
            out.extend_from_slice(b"=>");
            if value[at..].starts_with(b"NULL") {
                at += 4;
                out.extend_from_slice(b"NULL");
            } else {
                at = quoted(value, at, &mut text)?;
                masked.clear();
                let part: &Part = self.paths.value(&path)?;
                match part.apply(&text, (draw, number), &mut masked, each)? {
                    Done::Text => write(&masked, out),
                    Done::Null => out.extend_from_slice(b"NULL"),
                }
            }
            number += 1;
        }
        Ok(())
    }
}

fn expect(text: &[u8], at: usize, what: &[u8]) -> Result<usize, Unmaskable> {
    let found = text[at..].starts_with(what);
    found.then_some(at + what.len()).ok_or(TORN)
}

/// Reads what stands in quotes, as all but NULL does.
fn quoted(text: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, Unmaskable> {
    out.clear();
    let mut at = expect(text, at, b"\"")?;
    loop {
        match text.get(at).ok_or(TORN)? {
            b'"' => return Ok(at + 1),
            b'\\' => {
                at += 1;
                out.push(*text.get(at).ok_or(TORN)?);
            }
            byte => out.push(*byte),
        }
        at += 1;
    }
}

fn write(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}
