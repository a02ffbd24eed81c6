//! Standin as a library: everything that the binary does, one module per concern.
//!
//! Layers, lower ones never name higher ones (a test checks it): 0 `metrics` · 1 `branches`
//! · 2 `relay`, `environments` (not each other) · 3 `admin` · 4 `daemon` · 5 `cli`. The protocol
//! without sockets is the crate `wire`.

pub mod admin;
pub mod branches;
pub mod cli;
pub mod daemon;
pub mod environments;
pub mod relay;
