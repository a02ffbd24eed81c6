//! What nobody gets at who may not: names and places, secrets, a login.

mod audit;
mod explain;
mod links;
mod places;
mod planted;
mod raw;
mod secrets;
mod wire;

pub(crate) use places::raw_request;
pub(crate) use planted::{Trace, nobody_rose};
