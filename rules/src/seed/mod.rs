//! What seed data shall be like: the rules that a configuration may add to what a schema says by
//! itself, and the order in which tables are filled.
//!
//! Pure: which value a cell gets is the seeder's to compute.

mod order;
mod rule;

pub use order::{Component, order};
pub use rule::{
    AsOf, Assertion, ColumnRule, Distribution, LoadMode, Scenario, ScenarioRow, SeedRules,
    TableRules, TriggerPolicy,
};
