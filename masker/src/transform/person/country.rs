//! `country`: the person's country, as a code where the value is one.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::People;

use super::{cut, people, person, text_max};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

#[derive(Debug)]
struct Country {
    people: Arc<People>,
    max: usize,
}

/// The transformer of names and codes of countries.
pub(in crate::transform) fn country(mask: &Mask, column: &Column<'_>) -> Made {
    let max = text_max(column).filter(|max| *max >= 2).ok_or_else(|| {
        Unfit::of_type(
            Transformer::Country,
            column,
            "a country's code has two letters",
        )
    })?;
    let people = people(mask, column)?;
    Ok(Arc::new(Country { people, max }))
}

impl Transform for Country {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let country = person(&self.people, draw).locale().country;
        let letters = value.iter().all(u8::is_ascii_alphabetic);
        let code = match value.len().min(self.max) {
            2 => country.code,
            3 => country.code3,
            _ => "",
        };
        if code.is_empty() || !letters {
            let mut name = country.name.to_owned();
            cut(&mut name, self.max);
            out.extend_from_slice(name.as_bytes());
        } else if value.iter().all(u8::is_ascii_lowercase) {
            out.extend_from_slice(code.to_ascii_lowercase().as_bytes());
        } else {
            out.extend_from_slice(code.as_bytes());
        }
        Ok(())
    }
}
