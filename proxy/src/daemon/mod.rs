//! The daemon: reads the configuration, gives each part its own table, wires them together, and
//! stops them in order.
//!
//! The only place that reads configuration and secrets, and the only one that knows both the relay
//! and the environments.

mod address;
mod audit;
mod control;
mod load;
mod log;
mod metrics;
mod policy;
mod present;

mod resolver;
mod run;

mod words;

pub use control::CONTROL_SOCKET;
pub use load::{LoadError, Loaded, load};
pub use log::{LOG_QUIET, LOG_SERVING, log_to_stderr};
pub use policy::UsersError;
pub use run::{DaemonError, Served, run, verify};
