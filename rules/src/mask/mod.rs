//! What becomes of every column of production in a copy: the rules that a configuration gives, and
//! what follows from them for a schema.
//!
//! Fails closed: a column that nothing decides about is a problem, never kept. Pure: how a value is
//! replaced is the masker's to compute, with a key that is not here.

mod about;
mod decide;
mod domain;
mod pattern;
mod rule;
mod transformer;

#[cfg(test)]
mod tests;

pub use decide::{
    ColumnDecision, Decided, Decisions, Origin, Problem, ProblemKind, TableDecision, decide,
};
pub use domain::Domain;
pub use pattern::Pattern;
pub use rule::{
    By, Case, Choice, ColumnRule, Condition, Mask, MaskRules, Reference, Rows, TableRule, Unlisted,
};
pub use transformer::{Nature, Options, Transformer, Unique};
