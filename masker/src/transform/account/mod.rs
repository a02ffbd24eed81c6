//! Numbers of accounts, cards and persons: reserved ones, with their check digits.

mod card;
mod iban;
mod national_id;

pub(super) use card::card;
pub(super) use iban::iban;
pub(super) use national_id::national_id;
