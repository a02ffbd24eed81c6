//! Environments and branches as clients and the command line see them.

mod connect;
mod crash;
mod diff;
mod generations;
mod lifetime;
mod mirror;
mod operations;
mod reboot;
mod refresh;
mod restart;
mod snapshot;
