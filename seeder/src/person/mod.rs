//! People: one coherent record per row, from whose parts name, e-mail, telephone and address columns
//! are made.
//!
//! A person is a function of a key and an index; nothing is stored and nothing is counted. Within one
//! key no two indexes below 2⁴⁰ share a user name or an e-mail, compared in lower case, and none
//! of them can reach anybody: mail domains are reserved by RFC 2606 and RFC 6761, telephone numbers by
//! the regulators named in `words`.

mod address;
mod contact;
mod crowd;

use crate::key::splitmix;
use crate::words::{Locale, Name, Place};

pub(crate) use contact::{fill_digits, push_base36, push_number};
pub use crowd::{Locales, People, UnknownLocale};

/// A person: small, copied freely; texts are made when asked for.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    locale: &'static Locale,
    index: u64,
    given: u32,
    family: u32,
    /// How many people of this key have borne the same name in this locale before.
    namesakes: u64,
    bits: u64,
}

/// What a roll is for; two parts of a person never share one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Title,
    Domain,
    Place,
    Postcode,
    Street,
    House,
    Phone,
    Latitude,
    Longitude,
    Unit,
}

impl Person {
    /// The locale: names, places and telephone numbers are of it.
    pub fn locale(&self) -> &'static Locale {
        self.locale
    }

    /// The index that the person was made for.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The given name.
    pub fn given(&self) -> &'static Name {
        &self.locale.given[self.given as usize]
    }

    /// The family name.
    pub fn family(&self) -> &'static Name {
        &self.locale.family[self.family as usize]
    }

    /// Adds the full name in the locale's order.
    pub fn write_full_name(&self, out: &mut String) {
        let fill = |part: &str| match part {
            "g" => self.given().text,
            _ => self.family().text,
        };
        fill_template(self.locale.full_name, fill, out);
    }

    /// The form of address.
    pub fn title(&self) -> &'static str {
        self.choose(Part::Title, self.locale.titles)
    }

    /// The city with its region, zone and position.
    pub fn place(&self) -> &'static Place {
        &self.locale.places[self.roll(Part::Place, self.locale.places.len() as u64) as usize]
    }

    /// The full name in the locale's order.
    pub fn full_name(&self) -> String {
        written(|out| self.write_full_name(out))
    }

    /// The user name, unique within the key.
    pub fn username(&self) -> String {
        written(|out| self.write_username(usize::MAX, out))
    }

    /// The e-mail, unique within the key.
    pub fn email(&self) -> String {
        written(|out| self.write_email(usize::MAX, out))
    }

    /// The telephone number, of a fictional range; not unique.
    pub fn phone(&self) -> String {
        written(|out| self.write_phone(out))
    }

    /// An integer below `bound` that belongs to one part of the person.
    #[inline]
    pub(crate) fn roll(&self, part: Part, bound: u64) -> u64 {
        let bits = splitmix(self.bits ^ (part as u64 + 1).wrapping_mul(0x9e6c_63d0_876a_2f51));
        ((u128::from(bits) * u128::from(bound)) >> 64) as u64
    }

    #[inline]
    fn choose(&self, part: Part, list: &'static [&'static str]) -> &'static str {
        list[self.roll(part, list.len() as u64) as usize]
    }
}

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// Copies a template, each `{x}` replaced by what `fill` says for `x`.
fn fill_template<'a>(template: &str, fill: impl Fn(&str) -> &'a str, out: &mut String) {
    // A few letters: a search that is quick on long texts would take longer.
    let find = |sign: u8, from: usize| {
        let behind = template.as_bytes()[from..].iter();
        let at = behind.take_while(|byte| **byte != sign).count();
        (from + at < template.len()).then_some(from + at)
    };
    let mut begun = 0;
    while let Some(open) = find(b'{', begun) {
        out.push_str(&template[begun..open]);
        let Some(close) = find(b'}', open) else {
            return;
        };
        out.push_str(fill(&template[open + 1..close]));
        begun = close + 1;
    }
    out.push_str(&template[begun..]);
}

#[cfg(test)]
mod tests;
