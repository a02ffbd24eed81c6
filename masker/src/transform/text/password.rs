//! `password`: the hash of the word "password", so that developers can sign in as anybody.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::natural::PASSWORD_HASH;
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

#[derive(Debug)]
struct Password;

/// The transformer of password hashes.
pub(in crate::transform) fn password(column: &Column<'_>) -> Made {
    match column.data_type.base() {
        Type::Text { max, .. } if max.is_none_or(|max| max as usize >= PASSWORD_HASH.len()) => {
            Ok(Arc::new(Password))
        }
        _ => {
            let hint = "a hash has 60 characters; take secret, which is as long as the value was";
            Err(Unfit::of_type(Transformer::Password, column, hint))
        }
    }
}

impl Transform for Password {
    fn mask(&self, _: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(PASSWORD_HASH.as_bytes());
        Ok(())
    }
}
