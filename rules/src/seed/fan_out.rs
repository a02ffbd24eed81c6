//! How many rows refer to each row of a parent.

use serde::{Deserialize, Serialize};

use super::Distribution;
use crate::schema::Name;

/// `per` of a table: its rows are laid out parent by parent, and their number follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerRule {
    /// The parent; the obvious one where it is left out.
    pub parent: Option<Name>,
    /// A column of the foreign key, where several refer to that parent.
    pub column: Option<String>,
    /// How many rows each row of the parent gets.
    pub children: Children,
}

/// How many children a parent gets, drawn for each parent alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Children {
    /// From `min` to `max`, both among them.
    Between {
        /// The fewest.
        min: u64,
        /// The most.
        max: u64,
        /// How often each number between is.
        distribution: Distribution,
    },
    /// So many on average: the most follow from it.
    About {
        /// The fewest; one for what is a part of its parent, else none, where it is left out.
        min: Option<u64>,
        /// The average, in thousandths.
        mean_per_mille: u64,
        /// How often each number is.
        distribution: Distribution,
    },
    /// Numbers with their weights.
    Weighted(Vec<Share>),
}

/// Some numbers of children and how often they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The fewest.
    pub low: u64,
    /// The most; each number between is as likely as the other.
    pub high: u64,
    /// How often, in proportion to the other weights.
    pub weight: u32,
}
