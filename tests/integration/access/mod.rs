//! Access modes through the real daemon: the roles and the standby hold, the guard explains.

#[path = "../../../proxy/tests/relay/client.rs"]
#[allow(dead_code, reason = "the relay's own tests use all of it")]
mod client;
mod corpus;
mod modes;
mod reloads;
mod users;
