//! The pool's directory: where things lie, how a file is made to last, who owns the pool, how full
//! it is.
//!
//! Everything here blocks.

mod durable;
mod epoch;
mod layout;
mod lock;
mod space;
mod trash;

pub(super) use durable::{publish, read, remove, write};
pub use epoch::Epoch;
pub(super) use layout::{
    BRANCH_MANIFEST, FINDINGS, Layout, NOTES, PGDATA, RIGHTS, SNAPSHOT_MANIFEST,
};
pub use lock::holder;
pub(super) use lock::{Lock, LockError};
pub(super) use space::sync;
pub use space::{Pressure, Space};
pub(super) use trash::{discard, empty};
