//! The operating-system side of a server: spawning, readiness, signals, exit, adoption, memory.
//!
//! Never polls slower than it must: readiness comes from inotify, exit from a pidfd.

mod adopt;
mod identity;
mod ipc;
mod launch;
mod log;
mod ready;
mod server;
mod start;
mod stop;
mod sys;

pub use adopt::{AdoptError, adopt};
pub use ipc::{RuntimeError, clear_runtime};
pub use server::{AdminError, DEPUTY_STATEMENT_WITHIN, Exit, Server};
pub use start::{StartError, start};
pub use stop::{StopError, Stopped};

pub use launch::ToolError;

pub(super) use launch::Tool;
pub(super) use log::telling_line;
