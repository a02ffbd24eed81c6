//! Families of generators, one file each; a file's `ENTRIES` is its part of the list.

mod address;
mod company;
mod contact;
mod identifier;
mod label;
mod moment;
mod network;
mod number;
mod person;
mod product;
mod prose;

use crate::key::Draw;

use super::entry::Entry;

pub(super) use identifier::luhn_digit;
pub use identifier::{NATIONAL_IDS, PASSWORD_HASH, TEST_CARDS, iban_of, national_id_of};
pub(crate) use label::states_named;
pub(super) use label::{EnumColumn, states_of};

const FAMILIES: [&[Entry]; 12] = [
    address::ENTRIES,
    company::ENTRIES,
    contact::ENTRIES,
    identifier::ENTRIES,
    label::ENTRIES,
    moment::ENTRIES,
    network::ENTRIES,
    number::ENTRIES,
    person::ENTRIES,
    product::ENTRIES,
    prose::ENTRIES,
    super::shape::ENTRIES,
];

/// Every generator.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.into_iter().flatten()
}

/// The generator of this name.
pub(super) fn entry(name: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.name == name)
}

/// One of a list, each as likely as the other.
#[inline]
fn one_of<T: Copy>(draw: Draw, list: &[T]) -> T {
    list[draw.below(list.len() as u64) as usize]
}

/// One of a list, the first ones more often: the lesser of two positions.
#[inline]
fn early_of<T: Copy>(draw: Draw, list: &[T]) -> T {
    let length = list.len() as u64;
    let first = draw.below(length);
    let second = draw.next().below(length);
    list[first.min(second) as usize]
}

/// Adds parts with a separator between.
fn join(parts: &[&str], separator: &str, out: &mut String) {
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            out.push_str(separator);
        }
        out.push_str(part);
    }
}
