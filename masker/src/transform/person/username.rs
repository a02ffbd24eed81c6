//! `username`: a user name of the person that the draw gives.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::People;

use super::tail::Tail;
use super::{people, person, text_max};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Characters of a name before letters.
const NAME_MAX: usize = 16;

#[derive(Debug)]
struct Username {
    people: Arc<People>,
    max: usize,
    /// Keeps values apart.
    tail: Option<Tail>,
}

/// The transformer of user names.
pub(in crate::transform) fn username(mask: &Mask, column: &Column<'_>) -> Made {
    let with = Transformer::Username;
    let max = text_max(column).ok_or_else(|| Unfit::of_type(with, column, "it is for text"))?;
    let tail = match column.unique {
        true => Some(Tail::new(mask, column, (0, max))?),
        false => None,
    };
    let people = people(mask, column)?;
    Ok(Arc::new(Username { people, max, tail }))
}

impl Transform for Username {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let person = person(&self.people, draw);
        let Some(tail) = &self.tail else {
            let mut text = String::new();
            person.write_username(self.max, &mut text);
            // All that such a person has is ASCII.
            out.extend_from_slice(&text.as_bytes()[..text.len().min(self.max)]);
            return Ok(());
        };
        let name = &person.family().ascii;
        tail.write((name, b'_'), (NAME_MAX, usize::MAX), (value, draw), out);
        Ok(())
    }
}
