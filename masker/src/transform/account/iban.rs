//! `iban`: an account of a German bank that does not exist, with its check digits (ISO 13616).

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::natural::iban_of;
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Characters of a German IBAN.
const CHARACTERS: u32 = 22;

/// Characters of a group, where it is written in groups.
const GROUP: usize = 4;

/// Accounts of a bank: ten digits.
const ACCOUNTS: u64 = 10_000_000_000;

#[derive(Debug)]
struct Iban {
    max: usize,
}

/// The transformer of account numbers.
pub(in crate::transform) fn iban(column: &Column<'_>) -> Made {
    match column.data_type.base() {
        Type::Text { max, .. } if max.is_none_or(|max| max >= CHARACTERS) => {
            let max = max.map_or(usize::MAX, |max| max as usize);
            Ok(Arc::new(Iban { max }))
        }
        _ => {
            let hint = "iban is for text of at least 22 characters";
            Err(Unfit::of_type(Transformer::Iban, column, hint))
        }
    }
}

impl Transform for Iban {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let iban = iban_of(draw.below(ACCOUNTS, 0));
        let groups = iban.len().div_ceil(GROUP);
        let grouped = value.contains(&b' ') && iban.len() + groups - 1 <= self.max;
        for (number, group) in iban.as_bytes().chunks(GROUP).enumerate() {
            if grouped && number > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(group);
        }
        Ok(())
    }
}
