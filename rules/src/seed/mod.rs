//! What seed data shall be like: the rules that a configuration may add to what a schema says by
//! itself, and the order in which tables are filled.
//!
//! Pure: which value a cell gets is the seeder's to compute.

mod fan_out;
mod order;
mod placeholder;
mod relation;
mod rule;
mod scenario;
mod states;

pub use fan_out::{Children, PerRule, Share};
pub use order::{Component, order};
pub use placeholder::{AS_OF, Placeholder, placeholders};
pub use relation::{CorrelateRule, GivenCase, GivenRule};
pub use rule::{AsOf, ColumnRule, Distribution, LoadMode, SeedRules, TableRules, TriggerPolicy};
pub use scenario::{Assertion, Builtin, Exclusive, Scenario, ScenarioRow, Setting};
pub use states::StatesRule;
