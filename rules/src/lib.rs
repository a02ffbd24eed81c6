//! Every decision that Standin takes, pure: what the configuration means, what a name is, which
//! environment a client asked for, when a schedule is due.
//!
//! Never does I/O, never reads a clock, never starts a task: time and bytes come in as arguments,
//! decisions go out as values.

pub mod config;
pub mod guard;
pub mod mask;
pub mod name;
pub mod schedule;
pub mod schema;
pub mod seed;
pub mod target;
pub mod unit;
