//! What a column has to do with others of its row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `given` of a column: what it holds beside each value of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenRule {
    /// The other column.
    pub column: String,
    /// What there is by the other column's value in its text form; `*` for every other.
    pub cases: BTreeMap<String, GivenCase>,
}

/// What a column holds beside one value of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenCase {
    /// Values in their text form, with weights.
    Values(Vec<(String, u32)>),
    /// From the first to the second, in their text form.
    Between(String, String),
}

/// `correlate` of a column: how its ranks go with those of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrelateRule {
    /// The other column.
    pub with: String,
    /// The coefficient of the ranks in thousandths, from -1000 to 1000.
    pub coefficient_per_mille: i32,
}
