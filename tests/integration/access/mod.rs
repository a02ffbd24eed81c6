//! Access modes through the real daemon: the roles and the standby hold, the guard explains.

mod advisory;
mod attacks;
#[path = "../../../proxy/tests/relay/client.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "it is the relay's own tests' and they use all of it"
)]
mod client;
mod clients;
mod corpus;
mod findings;
mod limits;
mod modes;
mod reloads;
mod users;
