//! Values that stay apart: bijections, and tokens of enough letters.

mod classes;
mod code;
mod digits;
mod int;
mod letters;
mod secret;
mod token;
mod uuid;

pub(super) use code::code;
pub(super) use digits::digits;
pub(super) use int::int;
pub(super) use letters::{Letters, push_letters, room};
pub(super) use secret::secret;
pub(super) use token::token;
pub(super) use uuid::uuid;

use super::Column;
use crate::key::Subkey;
use crate::permute::Permutation;

/// The subkey of a column's bijections.
pub(super) fn subkey(column: &Column<'_>) -> Subkey {
    column.key.derive("perm", column.domain)
}

/// A bijection of a column; `form` tells its bijections apart.
pub(super) fn permutation(column: &Column<'_>, form: &str, size: u128) -> Permutation {
    Permutation::new(&subkey(column), form, size)
}
