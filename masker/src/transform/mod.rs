//! What replaces values: one file per transformer, in folders by family.
//!
//! A transformer is pure and keyed: no I/O, no clock, no state between values that a result depends
//! on. What it cannot replace it refuses; it gives no value back as it was, save by the chance that a
//! bijection has and where its documentation says so. Nothing that it makes reaches anybody: domains,
//! networks, telephone and account numbers are reserved ones.

mod account;
mod apart;
mod checks;
mod measure;
mod nested;
mod network;
mod person;
mod proved;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rules::mask::{By, Mask, Transformer, Unique};
use rules::schema::Schema;
use seeder::person::People;
use seeder::value::Type;

use crate::key::{Draw, MaskKey};

/// Version of the transformers: raised with any value that changes, since copies change with it.
pub const VERSION: u32 = 2;

/// Replaces values of one column.
pub trait Transform: Send + Sync + fmt::Debug {
    /// Appends what replaces a value.
    ///
    /// `value` is its text form, canonical, without the escapes of COPY, and not NULL; so is what is
    /// appended. `draw` follows from what the rule's `by` says; a bijection does not need it.
    ///
    /// # Errors
    /// When there is no replacement; what was appended is then thrown away, and the copy stops.
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable>;

    /// As [`Self::mask`]; of a value that has parts, `each` sees every part that is replaced.
    ///
    /// # Errors
    /// As [`Self::mask`].
    fn mask_parts(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        _each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        self.mask(value, draw, out)
    }
}

/// Replaces values that have parts.
trait Parted: Send + Sync + fmt::Debug {
    /// As [`Transform::mask_parts`].
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable>;
}

impl<T: Parted> Transform for T {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        self.replace(value, draw, out, &mut |_, _, _| ())
    }

    fn mask_parts(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        self.replace(value, draw, out, each)
    }
}

/// Sees a part of a value: what replaces it, what it was, and what it became; `None` is NULL.
pub type Parts<'a> = &'a mut dyn FnMut(Transformer, &[u8], Option<&[u8]>);

/// Why a value has no replacement; never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unmaskable {
    /// What is the matter with the value, as a fact: `has letters that are not of A to Z`.
    pub reason: &'static str,
}

impl Unmaskable {
    const fn new(reason: &'static str) -> Self {
        Self { reason }
    }
}

const NO_TEXT: Unmaskable = Unmaskable::new("is no text in UTF-8");

/// A value as text.
fn text_of(value: &[u8]) -> Result<&str, Unmaskable> {
    std::str::from_utf8(value).map_err(|_| NO_TEXT)
}

/// The column that a transformer is made for.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// The schema that it is in.
    pub schema: &'a Schema,
    /// Its name.
    pub name: &'a str,
    /// Its type; of several columns that share a domain the narrowest.
    pub data_type: &'a Type,
    /// CHECKs of the tables of its domain's columns; those that read more than the column are left to
    /// the server.
    pub checks: &'a [ColumnCheck],
    /// Rows of the greatest table in its domain, as estimated by production's statistics; 0 where
    /// nothing was ever counted. It may only refuse: no value follows from it.
    pub rows: u64,
    /// Whether a unique key depends on its values staying apart.
    pub unique: bool,
    /// The name of its domain.
    pub domain: &'a str,
    /// The domains of all columns: a part of a value may share one of them.
    pub domains: &'a BTreeMap<String, Shared>,
    /// The key of the copy.
    pub key: &'a MaskKey,
    /// Whom names are drawn from.
    pub people: &'a Arc<People>,
}

/// What the columns of a domain have in common; equal values of all of them stay equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The type into which every replacement must fit: the narrowest.
    pub data_type: Type,
    /// How many columns there are.
    pub columns: usize,
    /// Rows of the greatest table, as estimated by production's statistics.
    pub rows: u64,
    /// Whether a unique key of any of the tables depends on it.
    pub unique: bool,
    /// CHECKs that may read its columns: what satisfies all of them fits each.
    pub checks: Vec<ColumnCheck>,
}

/// A CHECK that may read a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnCheck {
    /// What the column is called in it.
    pub column: String,
    /// The expression, as `pg_get_expr` writes it.
    pub expression: String,
}

/// Why a transformer does not fit a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What does not fit.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Unfit {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// A transformer that is not for a type.
    fn of_type(with: Transformer, column: &Column<'_>, hint: &str) -> Self {
        let word = match column.data_type {
            Type::Domain { name, .. } => format!("the domain {name}"),
            Type::Other(name) => name.clone(),
            other => {
                let text = format!("{other:?}");
                let word = text.split([' ', '(', '{']).next().unwrap_or_default();
                word.to_lowercase()
            }
        };
        let message = format!("{:?} does not fit its type ({word})", with.name());
        Self::new(message, hint)
    }

    /// A transformer that may give two rows one value.
    fn unique(with: Transformer) -> Self {
        let message = format!(
            "{:?} may give two rows one value, and a unique key depends on it",
            with.name()
        );
        Self::new(
            message,
            "take int, uuid, token, code, digits, email or username",
        )
    }
}

/// A transformer, made for a column.
pub type Made = Result<Arc<dyn Transform>, Unfit>;

/// Makes the transformer of a rule. What it makes keeps the column's CHECKs, and the CHECKs of its
/// domain, or refuses the value.
///
/// # Errors
/// When it does not fit the column's type, length, CHECKs or unique keys.
pub fn make(mask: &Mask, column: &Column<'_>) -> Made {
    let with = mask.with;
    let unique = with.nature().unique;
    if column.unique && unique == Unique::No {
        return Err(Unfit::unique(with));
    }
    // An address or a user name has a token of its own value beside the subject's name.
    let personal = matches!(with, Transformer::Email | Transformer::Username);
    if let (true, Unique::Token, By::Subject(subject)) = (column.unique, unique, &mask.by)
        && !personal
    {
        return Err(Unfit::new(
            format!("rows of one {subject} would get one value, and a unique key depends on it"),
            "write by = \"value\" or by = \"row\"",
        ));
    }
    proved::proved(mask, of_kind(mask, column)?, column)
}

fn of_kind(mask: &Mask, column: &Column<'_>) -> Made {
    use Transformer as T;
    match mask.with {
        T::Int => apart::int(column),
        T::Uuid => apart::uuid(column),
        T::Code => apart::code(column),
        T::Digits => apart::digits(column),
        T::Token => apart::token(column),
        T::Secret => apart::secret(column),
        T::Template => text::template(mask, column),
        T::Static => text::constant(mask, column),
        T::Label => text::label(mask, column),
        T::Lorem => text::lorem(column),
        T::Password => text::password(column),
        T::Redact => text::redact(column),
        T::Email => person::email(mask, column),
        T::Username => person::username(mask, column),
        T::Phone => person::phone(mask, column),
        T::Country => person::country(mask, column),
        T::Region => person::region(mask, column),
        T::FirstName | T::LastName | T::Name | T::Company => person::listed(mask, column),
        T::Address | T::Street | T::City | T::Postcode => person::listed(mask, column),
        T::Url => network::url(column),
        T::Host => network::host(column),
        T::Ip => network::ip(column),
        T::Mac => network::mac(column),
        T::Card => account::card(column),
        T::Iban => account::iban(column),
        T::NationalId => account::national_id(mask, column),
        T::DateShift => measure::date_shift(mask, column),
        T::DateTrunc => measure::date_trunc(mask, column),
        T::Noise => measure::noise(mask, column),
        T::Bucket => measure::bucket(mask, column),
        T::Geo => measure::geo(mask, column),
        T::Json => nested::json(mask, column),
        T::Array => nested::array(mask, column),
        T::Hstore => nested::hstore(mask, column),
        T::Fields => nested::fields(mask, column),
        T::Range => nested::range(mask, column),
        // The plan gives NULL itself, and parts of values do.
        T::Null => Err(Unfit::new("null is no value", "")),
        T::Derive => Err(Unfit::new(
            "derive computes a whole column in the copy, no part of a value",
            "take another transformer",
        )),
        T::Shuffle => Err(Unfit::new(
            "shuffle has whole cells change rows, and no parts of them",
            "take another transformer",
        )),
    }
}
