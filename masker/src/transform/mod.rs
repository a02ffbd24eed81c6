//! What replaces values: one file per kind of transformer.
//!
//! A transformer is pure and keyed: no I/O, no clock, no state between values that a result depends
//! on. What it cannot replace it refuses; it never gives a value back as it was.

mod choice;
mod json;
mod natural;
mod nested;
mod number;
mod one_for_one;
mod proved;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod token;

use std::fmt;
use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use rules::schema::Schema;
use seeder::person::People;
use seeder::value::Type;

use crate::key::{Draw, MaskKey};

/// Replaces values of one column.
pub trait Transform: Send + Sync + fmt::Debug {
    /// Appends what replaces a value.
    ///
    /// `value` is its text form, without the escapes of COPY, and not NULL; so is what is appended.
    /// `draw` follows from what the rule's `by` says; a bijection does not need it.
    ///
    /// # Errors
    /// When there is no replacement; what was appended is then thrown away, and the copy stops.
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable>;
}

/// Why a value has no replacement; never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unmaskable {
    /// What is the matter with the value, as a fact: `has letters that are not of A to Z`.
    pub reason: &'static str,
}

const NO_TEXT: Unmaskable = Unmaskable {
    reason: "is no text in UTF-8",
};

/// The column that a transformer is made for.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// The schema that it is in.
    pub schema: &'a Schema,
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub data_type: &'a Type,
    /// CHECKs of its table, as expressions; those that read other columns too are left to the server.
    pub checks: &'a [String],
    /// Rows of the greatest table in its domain, as estimated by production's statistics.
    pub rows: u64,
    /// Whether a unique key depends on its values staying apart.
    pub unique: bool,
    /// The name of its domain.
    pub domain: &'a str,
    /// The key of the copy.
    pub key: &'a MaskKey,
    /// Whom names are drawn from.
    pub people: &'a Arc<People>,
}

/// Why a transformer does not fit a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What does not fit.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A transformer, made for a column.
pub type Made = Result<Arc<dyn Transform>, Unfit>;

/// Makes the transformer of a rule; what it makes is proved against the column's CHECKs.
///
/// # Errors
/// When it does not fit the column's type, length or unique keys.
pub fn make(mask: &Mask, column: &Column<'_>) -> Made {
    proved::proved(kind(mask, column)?, column)
}

fn kind(mask: &Mask, column: &Column<'_>) -> Made {
    use Transformer as T;
    match mask.with {
        T::Int => one_for_one::integer(column),
        T::Uuid => one_for_one::uuid(column),
        T::Code | T::Digits => one_for_one::code(mask.with, column),
        T::Token | T::Secret | T::Template => token::make(mask, column),
        // Where values must stay apart, people alone are too few.
        T::Email | T::Username | T::Url | T::Host if column.unique => token::make(mask, column),
        T::DateShift | T::DateTrunc => time::make(mask, column),
        T::Noise | T::Bucket => number::make(mask, column),
        T::Lorem | T::Label => text::make(mask, column),
        T::Json => json::make(mask, column),
        T::Array => nested::array(mask, column),
        T::Fields => nested::fields(mask, column),
        T::Range => nested::range(mask, column),
        T::Shuffle | T::Redact | T::Geo | T::Hstore | T::Derive => Err(Unfit {
            message: format!("{:?} is not available yet", mask.with.name()),
            hint: "take lorem, label, null or static".to_owned(),
        }),
        _ => natural::make(mask.with, column),
    }
}

fn unfit(with: Transformer, column: &Column<'_>, hint: &str) -> Unfit {
    let data_type = match column.data_type {
        Type::Domain { name, .. } => format!("the domain {name}"),
        other => {
            let text = format!("{other:?}");
            let word = text.split([' ', '(', '{']).next().unwrap_or_default();
            word.to_lowercase()
        }
    };
    Unfit {
        message: format!("{:?} does not fit its type ({data_type})", with.name()),
        hint: hint.to_owned(),
    }
}
