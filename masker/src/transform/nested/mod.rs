//! Values that have parts: documents, arrays, composites, ranges. Each part is replaced by a rule of
//! its own, and what is between the parts stays.

mod array;
mod fields;
mod hstore;
mod json;
mod part;
mod path;
mod quote;
mod range;

pub(super) use array::array;
pub(super) use fields::fields;
pub(super) use hstore::hstore;
pub(super) use json::json;
pub(super) use range::range;
