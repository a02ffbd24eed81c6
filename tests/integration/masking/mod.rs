//! The masker on real servers.

mod alike;
mod canaries;
mod copy;
mod discover;
mod environment;
mod plan;
mod proof;
mod redact;
mod standby;
mod subset;
mod transformers;
