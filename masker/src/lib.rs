//! Masked copies of production: reads production once, replaces what a rule does not keep, loads the
//! rest into a fresh cluster, and proves that nothing is left.
//!
//! Knows PostgreSQL and nothing of branches: callers give connected clients and URLs. Writes nothing
//! to production. Never puts a row's value, production's or the copy's, into an error or a log line,
//! and no original onto a disk.

pub mod copy;
pub mod detect;
pub mod discover;
pub mod facts;
pub mod key;
pub mod leak;
pub mod manifest;
pub mod permute;
pub mod plan;
pub mod run;
pub mod shown;
pub mod source;
pub mod step;
pub mod subset;
pub mod transform;
pub mod verify;
mod vocabulary;
mod warnings;
mod wire;
