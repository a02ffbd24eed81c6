//! The states that a row goes through.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `path`, `leave` and `at` of a column that holds the state of its row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatesRule {
    /// States in the order in which rows reach them; empty where the column is no such state.
    pub path: Vec<String>,
    /// States in which rows leave the path, with those that they leave it from; all for an empty list.
    pub leave: BTreeMap<String, Vec<String>>,
    /// Columns of the moments at which states are reached, where their names do not say so.
    pub at: BTreeMap<String, String>,
}
