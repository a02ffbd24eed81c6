//! `username`: a user name of the person that the draw gives.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::People;

use super::{people, person, text_max};
use crate::key::Draw;
use crate::transform::apart::{Letters, push_letters, room};
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Characters of a name before a token.
const NAME_MAX: usize = 16;

#[derive(Debug)]
struct Username {
    people: Arc<People>,
    max: usize,
    /// A token keeps values apart.
    letters: Option<Letters>,
}

/// The transformer of user names.
pub(in crate::transform) fn username(mask: &Mask, column: &Column<'_>) -> Made {
    let with = Transformer::Username;
    let max = text_max(column).ok_or_else(|| Unfit::of_type(with, column, "it is for text"))?;
    let letters = match column.unique {
        true => Some(room(with, column, 0, max)?),
        false => None,
    };
    let people = people(mask, column)?;
    Ok(Arc::new(Username {
        people,
        max,
        letters,
    }))
}

impl Transform for Username {
    fn mask(&self, _: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let person = person(&self.people, draw);
        let Some(letters) = self.letters else {
            let mut text = String::new();
            person.write_username(self.max, &mut text);
            // All that such a person has is ASCII.
            out.extend_from_slice(&text.as_bytes()[..text.len().min(self.max)]);
            return Ok(());
        };
        let name = &person.family().ascii;
        let room = letters.spare.saturating_sub(1).min(NAME_MAX);
        let name = &name[..name.len().min(room)];
        if !name.is_empty() {
            out.extend_from_slice(name.as_bytes());
            out.push(b'_');
        }
        push_letters(draw, 1, letters.count, out);
        Ok(())
    }
}
