//! What a change of a schema may do to its seed data: random small schemas, random single changes,
//! and the cells that each change may touch.
//!
//! `Model` is a schema that can be written as DDL and as `rules::schema`, `Change` one change of it,
//! `Data` its rows, and `violations` lists the cells that differ although nothing lets them.

mod allowed;
mod change;
mod data;
mod dice;
mod model;
mod random;
mod related;
mod shrink;
mod verdict;

pub use change::Change;
pub use data::Data;
pub use dice::Dice;
pub use model::Model;
pub use shrink::smallest;
pub use verdict::{Verdict, compare, judge};
