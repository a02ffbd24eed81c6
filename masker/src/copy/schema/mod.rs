//! The schema's way: dumped from production's snapshot, restored into the copy in two parts, around
//! the rows.
//!
//! The archive may hold passwords of user mappings in clear, so it lies in memory only, and what
//! reaches out of a database is left out of what is restored.

mod archive;
mod asked;
mod list;
mod program;

pub use program::{ProgramError, Programs};

pub(crate) use archive::{Archive, Section};
