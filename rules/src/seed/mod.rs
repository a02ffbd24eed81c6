//! What seed data shall be like: the rules that a configuration may add to what a schema says by
//! itself, and the order in which tables are filled.
//!
//! Pure: which value a cell gets is the seeder's to compute.

mod order;
mod placeholder;
mod rule;
mod scenario;

pub use order::{Component, order};
pub use placeholder::{AS_OF, Placeholder, placeholders};
pub use rule::{AsOf, ColumnRule, Distribution, LoadMode, SeedRules, TableRules, TriggerPolicy};
pub use scenario::{Assertion, Builtin, Exclusive, Scenario, ScenarioRow, Setting};
