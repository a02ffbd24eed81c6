//! Qualified names, written as PostgreSQL writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A schema and the name of an object in it.
///
/// Written `public.orders`; parts that are not plain lowercase identifiers are put in double quotes.
/// Key words are not quoted: this is a name for people and for keys, `quoted` is for SQL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name {
    /// The namespace.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

/// Why a text is no qualified name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no qualified name like \"public.orders\"")]
pub struct NameError {
    /// The text.
    pub text: String,
}

impl Name {
    /// Puts a schema and a name together.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }

    /// The name for use in SQL text: both parts always in double quotes.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", shown(&self.schema), shown(&self.name)))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.to_string()
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let fail = || NameError {
            text: text.to_owned(),
        };
        let (schema, rest) = part(text).ok_or_else(fail)?;
        let (name, rest) = rest.strip_prefix('.').and_then(part).ok_or_else(fail)?;
        if rest.is_empty() {
            Ok(Self { schema, name })
        } else {
            Err(fail())
        }
    }
}

/// An identifier for people: bare where that is unambiguous, else in double quotes.
pub(super) fn shown(identifier: &str) -> String {
    if is_plain(identifier) {
        identifier.to_owned()
    } else {
        quoted(identifier)
    }
}

/// An identifier for use in SQL text: always in double quotes.
pub fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

fn is_plain(identifier: &str) -> bool {
    let legal = |c: char| c == '_' || c == '$' || c.is_ascii_lowercase() || c.is_ascii_digit();
    identifier.starts_with(|c: char| c == '_' || c.is_ascii_lowercase())
        && identifier.chars().all(legal)
}

/// Takes one identifier off the front; quotes are undone.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        let (bare, rest) = text.split_at(end);
        return is_plain(bare).then(|| (bare.to_owned(), rest));
    };
    let mut identifier = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        identifier.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                identifier.push('"');
                rest = more;
            }
            None => return Some((identifier, after)),
        }
    }
}
