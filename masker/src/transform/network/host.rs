//! `host`: a token below a reserved domain.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::value::Type;

use super::DOMAIN;
use crate::key::Draw;
use crate::transform::apart::{push_letters, room};
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

#[derive(Debug)]
struct Host {
    letters: usize,
}

/// The transformer of names of hosts.
pub(in crate::transform) fn host(column: &Column<'_>) -> Made {
    let with = Transformer::Host;
    let Type::Text { max, .. } = column.data_type.base() else {
        return Err(Unfit::of_type(with, column, "host is for text"));
    };
    let max = max.map_or(usize::MAX, |max| max as usize);
    let letters = room(with, column, DOMAIN.len(), max)?.count;
    Ok(Arc::new(Host { letters }))
}

impl Transform for Host {
    fn mask(&self, _: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        push_letters(draw, 0, self.letters, out);
        out.extend_from_slice(DOMAIN.as_bytes());
        Ok(())
    }
}
