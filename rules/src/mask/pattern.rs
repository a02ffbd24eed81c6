//! Names with `*` in them.

use std::cmp::Reverse;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A name in which each `*` stands for any number of characters, also none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern that is written so.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether it names one thing only.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name matches; case counts, as in the catalogue.
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = parts.collect();
        let Some(last) = parts.pop() else {
            return rest.is_empty();
        };
        for part in parts {
            // The first place is as good as any: what follows has the most room then.
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// How much it says: what is exact comes first, then what has more letters.
    pub(super) fn rank(&self) -> (Reverse<bool>, Reverse<usize>) {
        let letters = self.0.chars().filter(|&letter| letter != '*').count();
        (Reverse(self.is_exact()), Reverse(letters))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
