//! The relay between a client of raw bytes and a real PostgreSQL.
//!
//! `cluster` starts the server, `client` speaks the protocol, `harness` is a relay in front of the
//! server; each other module proves one concern.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod client;
mod cluster;
mod harness;

mod cancels;
mod endings;
mod guard;
mod logins;
mod reloads;
mod scripts;
mod servers;
mod sessions;
mod startups;
mod transcripts;
mod upstreams;
