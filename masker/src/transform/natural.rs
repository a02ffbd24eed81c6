//! Names, places and the like: the seeder's generators, drawn by the copy's key.
//!
//! What follows from one draw is of one person, so columns of one subject agree with each other.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::key::Key;
use seeder::natural::{self, Cell, Generate};
use seeder::person::People;
use seeder::value::{Type, write_text};

use super::{Column, Made, Transform, Unfit, Unmaskable, unfit};
use crate::key::Draw;

/// People of a copy: within them no two have the same user name or e-mail.
const PEOPLE: u64 = 1 << 40;

/// Midnight of 2026-01-01 UTC: generators that need a present get this one, so that copies repeat.
const AS_OF_MICROS: i64 = 1_767_225_600_000_000;

/// The generator that stands behind a transformer.
fn generator(with: Transformer) -> Option<&'static str> {
    use Transformer as T;
    Some(match with {
        T::FirstName => "given_name",
        T::LastName => "family_name",
        T::Name => "full_name",
        T::Username => "username",
        T::Email => "email",
        T::Phone => "phone",
        T::Company => "company",
        T::Address => "full_address",
        T::Street => "street_address",
        T::City => "city",
        T::Region => "region",
        T::Postcode => "postcode",
        T::Country => "country",
        T::Url => "url",
        T::Host => "hostname",
        T::Ip => "ip_address",
        T::Mac => "mac_address",
        T::Card => "card_number",
        T::Iban => "iban",
        T::NationalId => "national_id",
        // The hash of one documented word, so that developers can log in.
        T::Password => "password_hash",
        _ => return None,
    })
}

struct Natural {
    generate: Box<dyn Generate>,
    people: Arc<People>,
    key: Key,
    data_type: Type,
}

impl std::fmt::Debug for Natural {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Natural({})", self.generate.name())
    }
}

/// The transformer of a list or of a person's part.
pub(super) fn make(with: Transformer, column: &Column<'_>) -> Made {
    let Some(mut name) = generator(with) else {
        return Err(unfit(with, column, "take another transformer"));
    };
    // A country's code is not its name.
    let short = matches!(column.data_type.base(), Type::Text { max: Some(max), .. } if *max <= 3);
    if with == Transformer::Country && short {
        name = "country_code";
    }
    let generate = natural::named(name, column.data_type)
        .map_err(|_| unfit(with, column, "take a transformer for this type, or null"))?;
    if column.unique {
        return Err(Unfit {
            message: format!(
                "{:?} may give two rows one value, and a unique key depends on it",
                with.name()
            ),
            hint: "take int, uuid, token, code, digits, email or username".to_owned(),
        });
    }
    let subkey = column.key.derive("natural", column.domain);
    let seed = u64::from_be_bytes(subkey[..8].try_into().expect("8 of 32 bytes"));
    Ok(Arc::new(Natural {
        generate,
        people: Arc::clone(column.people),
        key: Key::derive(seed, &[with.name()]),
        data_type: column.data_type.clone(),
    }))
}

impl Transform for Natural {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if value.is_empty() {
            return Ok(());
        }
        let person = self.people.person(draw.below(PEOPLE, 0));
        let row = draw.below(u64::MAX, 1);
        let cell = Cell {
            person: Some(&person),
            ..Cell::new(&self.key, row, AS_OF_MICROS)
        };
        write_text(&self.generate.value(&cell), &self.data_type, out);
        Ok(())
    }
}
