//! `url`: scheme and depth of the path stay; host and names become tokens, and a query goes.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::DOMAIN;
use crate::key::Draw;
use crate::transform::apart::{push_letters, room};
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Schemes that stay; any other becomes the first.
const SCHEMES: [&str; 6] = [
    "https://", "http://", "ftp://", "sftp://", "ws://", "wss://",
];

/// Letters of a name in a path.
const NAME: usize = 6;

/// Deeper paths are cut: nobody needs them.
const DEPTH_MAX: usize = 16;

#[derive(Debug)]
struct Url {
    letters: usize,
    max: usize,
}

/// The transformer of web addresses.
pub(in crate::transform) fn url(column: &Column<'_>) -> Made {
    let with = Transformer::Url;
    let Type::Text { max, .. } = column.data_type.base() else {
        return Err(Unfit::of_type(with, column, "url is for text"));
    };
    let max = max.map_or(usize::MAX, |max| max as usize);
    let letters = room(with, column, SCHEMES[0].len() + DOMAIN.len(), max)?.count;
    Ok(Arc::new(Url { letters, max }))
}

impl Transform for Url {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let begin = out.len();
        let is = |scheme: &&&str| {
            let start = value.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        };
        let scheme = SCHEMES.iter().find(is);
        out.extend_from_slice(scheme.unwrap_or(&SCHEMES[0]).as_bytes());
        push_letters(draw, 0, self.letters, out);
        out.extend_from_slice(DOMAIN.as_bytes());
        let rest = &value[scheme.map_or(0, |scheme| scheme.len())..];
        let end = memchr::memchr2(b'?', b'#', rest).unwrap_or(rest.len());
        // What stands before the first slash is the host.
        let path = rest[..end].split(|byte| *byte == b'/').skip(1);
        for (depth, name) in path.take(DEPTH_MAX).enumerate() {
            let wanted = if name.is_empty() { 1 } else { 1 + NAME };
            if out.len() - begin + wanted > self.max {
                break;
            }
            out.push(b'/');
            if !name.is_empty() {
                push_letters(draw, 3 + depth as u32, NAME, out);
            }
        }
        Ok(())
    }
}
