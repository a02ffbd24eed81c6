//! `first-name`, `last-name`, `name`, `company`, `address`, `street`, `city`, `postcode`: the seeder's
//! generators of these, cut to the type's length by whole characters.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::key::Key;
use seeder::natural::{self, Cell, Generate};
use seeder::person::People;
use seeder::value::{Type, write_text};

use super::{people, person, seed};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Midnight of 2026-01-01 UTC: generators that need a present get this one, so that copies repeat.
const AS_OF_MICROS: i64 = 1_767_225_600_000_000;

/// The draw's part that what is not of the person follows from.
const REST: u32 = 1;

struct Listed {
    generate: Box<dyn Generate>,
    people: Arc<People>,
    key: Key,
    data_type: Type,
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listed({})", self.generate.name())
    }
}

/// The seeder's name for what a transformer gives.
fn generator(with: Transformer) -> &'static str {
    use Transformer as T;
    match with {
        T::FirstName => "given_name",
        T::LastName => "family_name",
        T::Company => "company",
        T::Address => "full_address",
        T::Street => "street_address",
        T::City => "city",
        T::Postcode => "postcode",
        _ => "full_name",
    }
}

/// The transformer of a list or of a person's part.
pub(in crate::transform) fn listed(mask: &Mask, column: &Column<'_>) -> Made {
    let generate = natural::named(generator(mask.with), column.data_type).map_err(|_| {
        Unfit::of_type(
            mask.with,
            column,
            "it is for text; take a transformer for this type, or null",
        )
    })?;
    Ok(Arc::new(Listed {
        generate,
        people: people(mask, column)?,
        key: Key::derive(
            seed(column, ("natural", column.domain)),
            &[mask.with.name()],
        ),
        data_type: column.data_type.clone(),
    }))
}

impl Transform for Listed {
    fn mask(&self, _: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let person = person(&self.people, draw);
        let cell = Cell {
            person: Some(&person),
            ..Cell::new(&self.key, draw.below(u64::MAX, REST), AS_OF_MICROS)
        };
        write_text(&self.generate.value(&cell), &self.data_type, out);
        Ok(())
    }
}
