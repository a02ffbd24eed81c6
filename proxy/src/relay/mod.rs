//! The life of a client's connection: accept, startup, authenticate, resolve, connect, pump, close.
//!
//! The only place that speaks SQLSTATE to clients. Never knows branches or environments: it asks
//! [`Resolve`] where a connection goes.

mod resolve;

pub use resolve::{
    Asked, Door, Ending, Refusal, Resolve, RootCertificates, Route, Upstream, UpstreamTls,
};
