//! Names, addresses and what else belongs to a person: the seeder's people, drawn by the copy's key.
//!
//! What follows from one draw is of one person, so columns of one subject agree with each other.

mod country;
mod email;
mod listed;
mod phone;
mod region;
mod tail;
mod username;

pub(super) use country::country;
pub(super) use email::email;
pub(super) use listed::listed;
pub(super) use phone::phone;
pub(super) use region::region;
pub(super) use username::username;

use std::sync::Arc;

use rules::mask::Mask;
use seeder::key::Key;
use seeder::person::{Locales, People, Person};

use super::{Column, Unfit};
use crate::key::Draw;

/// People of a copy: within them no two have the same user name or e-mail.
const PEOPLE: u64 = 1 << 40;

/// The draw's part that says which person.
const PERSON: u32 = 0;

/// The person of a draw.
pub(super) fn person(people: &People, draw: &Draw) -> Person {
    people.person(draw.below(PEOPLE, PERSON))
}

/// Whom a column's values are drawn from: those of the copy, or of the rule's locale.
pub(super) fn people(mask: &Mask, column: &Column<'_>) -> Result<Arc<People>, Unfit> {
    let Some(tag) = &mask.options.locale else {
        return Ok(Arc::clone(column.people));
    };
    let locales = Locales::weighted(&[(tag, 1)]).map_err(|unknown| {
        let known = seeder::words::locales().iter().map(|locale| locale.tag);
        let known: Vec<&str> = known.collect();
        Unfit::new(
            unknown.to_string(),
            format!("there are {}", known.join(", ")),
        )
    })?;
    // One crowd for all columns of a locale, as there is one for those without: what is of one subject is
    // of one person in it.
    let key = Key::derive(seed(column, ("people", tag.as_str())), &["mask", "locale"]);
    Ok(Arc::new(People::new(&key, locales)))
}

/// What the seeder's generators begin with, by what they are for and within what.
fn seed(column: &Column<'_>, (purpose, within): (&str, &str)) -> u64 {
    let subkey = column.key.derive(purpose, within);
    u64::from_be_bytes(subkey[..8].try_into().expect("8 of 32 bytes"))
}

/// Characters that a text of a column may have; `None` where it is no text.
pub(super) fn text_max(column: &Column<'_>) -> Option<usize> {
    match column.data_type.base() {
        seeder::value::Type::Text { max, .. } => Some(max.map_or(usize::MAX, |max| max as usize)),
        _ => None,
    }
}

/// Cuts to so many characters, whole ones.
pub(super) fn cut(text: &mut String, max: usize) {
    if let Some((end, _)) = text.char_indices().nth(max) {
        text.truncate(end);
    }
}
