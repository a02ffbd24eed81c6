//! The harness of the integration tests: real PostgreSQL servers, the real daemon, real drivers.
//!
//! Everything started here ends with the value that holds it, and with the test's process.

pub mod certificate;
pub mod contract;
pub mod daemon;
pub mod drivers;
pub mod labelled;
pub mod postgres;
pub mod volume;
