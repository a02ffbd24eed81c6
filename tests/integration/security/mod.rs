//! What nobody gets at who may not: names and places, secrets, a login.

mod audit;
mod explain;
mod links;
mod places;
mod raw;
mod secrets;
mod wire;

pub(crate) use places::raw_request;
