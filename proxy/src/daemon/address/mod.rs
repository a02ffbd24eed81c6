//! From connection strings of the configuration to where a server is and how it is reached.

mod production;
mod upstream;

pub(super) use production::production;
pub(super) use upstream::parse;
