//! `[masking]`, as far as it is legal.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::pattern::Pattern;
use super::subset::Subset;
use super::transformer::{Options, Transformer};
use crate::config::Secret;
use crate::schema::Name;

/// Everything that `[masking]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskRules {
    /// Where the key is; every value of a copy follows from it.
    pub key: Secret,
    /// What becomes of columns that no rule decides about.
    pub unlisted: Unlisted,
    /// Locales of people with their weights; empty for all that there are.
    pub locales: BTreeMap<String, u32>,
    /// Rules of tables, in the order of the file.
    pub tables: Vec<TableRule>,
    /// References that no foreign key declares.
    pub references: Vec<Reference>,
    /// Which rows are copied; `None` for all.
    pub subset: Option<Subset>,
}

/// What becomes of columns that no rule decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unlisted {
    /// Nothing is copied, and they are named.
    #[default]
    Refuse,
    /// They are NULL in the copy; one that must not be NULL is named, and nothing is copied.
    Null,
}

/// `[masking.tables."schema.table"]`; both parts may have `*` in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRule {
    /// Schemas that it is for.
    pub schema: Pattern,
    /// Tables that it is for.
    pub table: Pattern,
    /// Whether rows are copied.
    pub rows: Rows,
    /// Rules of columns, in the order of the file.
    pub columns: Vec<(Pattern, ColumnRule)>,
}

/// Whether the rows of a table are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// They are.
    #[default]
    Copy,
    /// The copy has the table, and no row in it.
    Drop,
}

/// What becomes of a column: the first case whose condition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRule {
    /// At least one; the last has no condition.
    pub cases: Vec<Case>,
}

/// A choice and when it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Of the row in production; `None` for always.
    pub when: Option<Condition>,
    /// What becomes of the value then.
    pub choice: Choice,
}

/// A condition on another column of the row, judged on production's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// The values in their text form; `None` is NULL.
    pub is: Vec<Option<String>>,
    /// Whether it is the other values that are meant.
    pub not: bool,
}

/// What becomes of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// It stays as it is.
    Keep {
        /// Why it may; asked for where a pattern decides, because it also decides about columns
        /// that do not exist yet.
        why: Option<String>,
    },
    /// The column's default, else NULL.
    Drop,
    /// A transformer replaces it.
    Mask(Box<Mask>),
}

/// A transformer and what it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    /// Which.
    pub with: Transformer,
    /// What the result depends on.
    pub by: By,
    /// The domain by name; `None` for the one that foreign keys give.
    pub domain: Option<String>,
    /// Why equal values of a column with few values may stay equal.
    pub allow_small_domain: Option<String>,
    /// What only some transformers are told.
    pub options: Options,
}

/// What the result of a transformer depends on, beside the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The value: equal ones stay equal, so joins and frequencies stay.
    Value,
    /// The row's primary key: frequencies are hidden.
    Row,
    /// Another column of the row: what belongs to one subject agrees.
    Subject(String),
}

/// A reference that no foreign key declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The table that refers.
    pub table: Name,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub references: Name,
    /// Its columns, in the same order.
    pub referenced: Vec<String>,
}

impl ColumnRule {
    /// A rule with one case.
    pub fn always(choice: Choice) -> Self {
        Self {
            cases: vec![Case { when: None, choice }],
        }
    }
}

impl Mask {
    /// A transformer as it is by itself.
    pub fn plain(with: Transformer) -> Self {
        Self {
            with,
            by: with.nature().by,
            domain: None,
            allow_small_domain: None,
            options: Options::default(),
        }
    }

    /// What a copy still tells of the originals.
    pub fn preserves(&self) -> Vec<&'static str> {
        use Transformer as T;
        let own = self.with.nature().preserves;
        // What is one for all, or for many, has no value of its own to be known by; shuffled ones stay.
        let one_of_many = matches!(
            self.with,
            T::Null | T::Static | T::Password | T::DateTrunc | T::Bucket | T::Shuffle | T::Derive
        );
        let by_value = (self.by == By::Value && !one_of_many)
            .then_some("which values are equal and how often");
        let own = Some(own).filter(|own| *own != "nothing");
        own.into_iter().chain(by_value).collect()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep { .. } => f.pad("keep"),
            Self::Drop => f.pad("drop"),
            Self::Mask(mask) => f.pad(mask.with.name()),
        }
    }
}
