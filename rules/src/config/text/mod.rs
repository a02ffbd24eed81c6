//! From TOML to values that know where they stand, and problems that say so.
//!
//! Never knows what a key means: that is the business of the file of its table.

mod later;
mod places;
mod problem;
mod read;
mod report;
mod similar;
mod syntax;

pub use places::{Finding, Places};
pub use problem::{Problem, ProblemKind, Rendered};

pub(super) use later::Later;
pub(super) use read::{Table, Value, not_available};
pub(super) use report::{Report, join};
pub use similar::nearest;
pub(super) use syntax::recover;
