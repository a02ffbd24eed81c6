//! How snapshots come about: drafts that are filled, copies of branches, what proves and seals them.
//!
//! Never publishes what was not started once and has not answered.

mod draft;
mod gather;
mod live;
mod prove;
mod seal;

pub use draft::{Draft, DraftPlan, OwnerError, Progress};
pub use prove::ProofError;
