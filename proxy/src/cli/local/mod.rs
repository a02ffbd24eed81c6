//! Commands that look at files and this machine, and the one that serves.

pub(super) mod check;
pub(super) mod doctor;
pub(super) mod guard;
pub(super) mod init;
mod pool;
pub(super) mod psql;
mod remove;
mod schemas;
pub(super) mod setup;
pub(super) mod up;
mod upstreams;
