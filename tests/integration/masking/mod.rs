//! The masker on real servers.

mod copy;
mod environment;
mod proof;
mod standby;
mod subset;
mod transformers;
