//! `email`: an address at a reserved domain, of the person that the draw gives.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::People;

use super::tail::Tail;
use super::{people, person, text_max};
use crate::key::Draw;
use crate::transform::apart::{Letters, push_letters, room};
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

/// Where mail of copies goes: nowhere (RFC 2606).
const DOMAIN: &str = "@example.com";

/// The shortest reserved domain.
const SHORT_DOMAIN: &str = "@a.example";

/// Put behind a domain's name that stays, so that it is nobody's (RFC 2606).
const SUFFIX: &str = ".example";

/// Characters from which on every person's own address fits.
const PERSONAL: usize = 40;

/// Characters of a name before letters.
const NAME_MAX: usize = 24;

/// Characters before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL_MAX: usize = 64;

#[derive(Debug)]
struct Email {
    people: Arc<People>,
    max: usize,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// The person's own address.
    Own,
    /// The person's name and letters that keep values apart.
    Apart(Tail),
    /// A short one.
    Short(Letters),
    /// The domain's name stays.
    Coarse,
}

/// The transformer of addresses.
pub(in crate::transform) fn email(mask: &Mask, column: &Column<'_>) -> Made {
    let with = Transformer::Email;
    let max = text_max(column).ok_or_else(|| Unfit::of_type(with, column, "it is for text"))?;
    let form = match (column.unique, mask.options.coarse) {
        (true, true) => {
            return Err(Unfit::new(
                "an address whose domain stays does not keep rows apart, and a unique key depends \
                 on it",
                "take coarse = true out",
            ));
        }
        (true, false) => Form::Apart(Tail::new(mask, column, (DOMAIN.len(), max))?),
        (false, true) => Form::Coarse,
        (false, false) if max >= PERSONAL => Form::Own,
        (false, false) => Form::Short(room(with, column, SHORT_DOMAIN.len(), max)?),
    };
    let people = people(mask, column)?;
    Ok(Arc::new(Email { people, max, form }))
}

impl Transform for Email {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let person = person(&self.people, draw);
        let mut text = String::with_capacity(48);
        match &self.form {
            Form::Own => person.write_email(self.max, &mut text),
            Form::Apart(tail) => {
                // The readable part gives way first, then the letters down to their bound.
                let name = format!("{}.{}", person.given().ascii, person.family().ascii);
                tail.write((&name, b'.'), (NAME_MAX, LOCAL_MAX), (value, draw), out);
                text.push_str(DOMAIN);
            }
            Form::Short(letters) => {
                push_letters(draw, 1, letters.count, out);
                text.push_str(SHORT_DOMAIN);
            }
            Form::Coarse => self.coarse(text_of(value)?, &person.username(), &mut text)?,
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Email {
    /// Another person at the domain's name, made one that is nobody's.
    fn coarse(&self, value: &str, name: &str, text: &mut String) -> Result<(), Unmaskable> {
        let none = Unmaskable::new("is no address whose domain could stay");
        let (_, domain) = value.rsplit_once('@').ok_or(none)?;
        let usual = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
        if domain.is_empty() || !domain.chars().all(usual) {
            return Err(none);
        }
        let domain = domain.to_ascii_lowercase();
        let around = 1 + domain.len() + SUFFIX.len();
        let room = self.max.saturating_sub(around).min(LOCAL_MAX);
        if room == 0 {
            let long = "has a domain that is too long for the type with .example behind it";
            return Err(Unmaskable::new(long));
        }
        text.push_str(&name[..name.len().min(room)]);
        text.push('@');
        text.push_str(&domain);
        text.push_str(SUFFIX);
        Ok(())
    }
}
