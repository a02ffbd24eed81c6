//! The operations: each is prepare, build, verify, drain, swing, settle, one at a time per place.
//!
//! Everything before the swing happens aside; a failure there leaves the place as it was.

mod branch;
mod build;
mod diff;
mod promote;
mod protect;
mod refresh;
mod reseed;
mod reset;
mod rest;
mod snapshot;
mod undo;

pub use branch::From;
pub use diff::{DiffRequest, Difference};
pub use rest::Suspect;
