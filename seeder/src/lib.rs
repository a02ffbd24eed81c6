//! Schemas of living databases and the data that fills them: reads a schema, makes it by running a
//! project's migrations, plans and generates rows that satisfy it, loads and audits them, compares
//! what two databases hold.
//!
//! Knows PostgreSQL and nothing of branches: callers give connected clients and URLs. Never puts a
//! row's value into an error or a log line.

pub mod audit;
pub mod check;
pub mod compare;
pub mod engine;
mod introspect;
pub mod key;
pub mod load;
pub mod migrate;
pub mod natural;
pub mod person;
pub mod plan;
pub mod run;
pub mod scenario;
pub mod value;
pub mod words;

pub use introspect::{IntrospectError, introspect, introspect_within};
