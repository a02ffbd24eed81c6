//! What is measured on a whole process, so that it needs one of its own: allocations, descriptors.
//!
//! Borrows the harness of the relay's tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]
#![allow(dead_code, reason = "the borrowed modules serve other tests too")]

#[path = "../relay/client.rs"]
mod client;
#[path = "../relay/cluster.rs"]
mod cluster;
#[path = "../relay/harness.rs"]
mod harness;

mod allocations;
mod descriptors;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by each test here: the other would disturb what it measures.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
