//! What becomes of every column of production in a copy: the rules that a configuration gives, and
//! what follows from them for a schema.
//!
//! Fails closed: a column that nothing decides about is a problem, never kept. Pure: how a value is
//! replaced is the masker's to compute, with a key that is not here.

mod about;
mod decide;
mod domain;
mod pattern;
mod reach;
mod rule;
mod subset;
mod transformer;

#[cfg(test)]
mod tests;

pub use decide::{
    ColumnDecision, Decided, Decisions, Origin, Problem, ProblemKind, TableDecision, decide, reads,
};
pub use domain::Domain;
pub use pattern::Pattern;
pub use reach::{Reach, Reached, Step};
pub use rule::{
    By, Case, Choice, ColumnRule, Condition, Mask, MaskRules, Reference, Rows, TableRule, Unlisted,
};
pub use subset::{
    EXPRESSION_BYTES_MAX, Expression, ExpressionError, PERCENT, Start, Subset, Take, Unfollowed,
};
pub use transformer::{Nature, Options, Transformer, Unique};
