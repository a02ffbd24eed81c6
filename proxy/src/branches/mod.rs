//! Directories that hold a PostgreSQL cluster each: snapshots, branches, their servers.
//!
//! The only place that touches data directories and starts PostgreSQL. Never knows which
//! environment points at a branch, never speaks to clients.

mod id;
pub mod server;

pub use id::{BranchId, SnapshotId};
