//! Believable values by meaning: e-mails, prices, addresses, moments …
//!
//! A generator is a pure function of its cell: no clock, locale, environment, thread's randomness or
//! platform's logarithm is consulted, and no value can reach the world outside. `infer` chooses one
//! from what a column is called and is of; `named` gives the one that a configuration names.

mod apart;
mod cell;
mod chosen;
mod distinct;
pub mod distribution;
mod entry;
mod family;
mod forms;
mod infer;
pub mod reserved;
mod shape;

pub use cell::Cell;
pub use chosen::{choices, moments, numbers};
pub use distinct::{Distinct, Ranked};
pub use distribution::Distribution;
pub(crate) use family::states_named;
pub use family::{NATIONAL_IDS, PASSWORD_HASH, TEST_CARDS, iban_of, national_id_of};
pub use infer::{Choice, infer, words_of};

use crate::value::{CopyText, Type, Value};

/// Version of the generators: part of the engine's fingerprint, raised with any changed value.
pub const VERSION: u32 = 1;

/// Makes the values of a column.
pub trait Generate: Send + Sync {
    /// Its name, as a configuration gives it.
    fn name(&self) -> &'static str;

    /// The value of a cell: of the generator's type, within its bounds, never NULL.
    fn value(&self, cell: &Cell<'_>) -> Value;

    /// Adds the same value to a COPY stream, for a column of that type.
    fn write(&self, cell: &Cell<'_>, data_type: &Type, out: &mut CopyText<'_>) {
        out.value(&self.value(cell), data_type);
    }

    /// Values that are all different, text in lower case too; `None` where the type has no equality.
    ///
    /// How many there are depends on the generator alone, never on the number of rows.
    fn distinct(&self) -> Option<Distinct> {
        None
    }

    /// Whether the value is a part of the cell's person.
    fn of_person(&self) -> bool {
        false
    }

    /// Whether values of rows that each have a person of their own under one key are all different, so
    /// that a unique column needs no `distinct`.
    fn distinct_by_person(&self) -> bool {
        false
    }
}

/// Why a name gives no generator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamedError {
    /// No generator is called so.
    #[error("no generator \"{name}\"{}", nearest.map(|near| format!("; is \"{near}\" meant?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        name: String,
        /// The name that looks most like it.
        nearest: Option<&'static str>,
    },
    /// It cannot make values of the column's type.
    #[error("generator \"{name}\" makes no values of this type")]
    Unfit {
        /// The generator.
        name: &'static str,
    },
}

/// The generator of this name for a type.
pub fn named(name: &str, data_type: &Type) -> Result<Box<dyn Generate>, NamedError> {
    let Some(entry) = family::entry(name) else {
        return Err(NamedError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name),
        });
    };
    entry
        .fit(data_type)
        .ok_or(NamedError::Unfit { name: entry.name })
}

/// Name and one line about each generator, in alphabetical order.
pub fn names() -> Vec<(&'static str, &'static str)> {
    let mut names: Vec<_> = family::entries()
        .map(|entry| (entry.name, entry.about))
        .collect();
    names.sort_unstable();
    names
}

/// A text in lower-case letters and digits of ASCII, with hyphens between its words.
pub(crate) fn slug_of(text: &str) -> String {
    apart::slug(&deunicode::deunicode(text))
}

fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |entry: &entry::Entry| (strsim::jaro_winkler(name, entry.name) * 1e6) as u32;
    let best = family::entries().max_by_key(|entry| likeness(entry))?;
    (likeness(best) > 750_000).then_some(best.name)
}

#[cfg(test)]
mod tests;
