//! Schemas of living databases: reads them, makes them by running a project's migrations, compares
//! what two databases hold.
//!
//! Knows PostgreSQL and nothing of branches: callers give connected clients and URLs. Never puts a
//! row's value into an error or a log line.

pub mod compare;
mod introspect;
pub mod migrate;

pub use introspect::{IntrospectError, introspect};
