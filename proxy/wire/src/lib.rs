//! The PostgreSQL protocol without sockets: frames, startup packets, SCRAM, errors.
//!
//! Sans-I/O: bytes in, values out. Never knows a session, never decides what a client may do.

mod encode;
mod frame;
mod options;
mod proxy_header;
mod reply;
mod report;
mod scram;
mod startup;

pub use encode::{
    authentication_ok, authentication_sasl, authentication_sasl_continue,
    authentication_sasl_final, backend_key_data, cancel_request, negotiate_protocol_version, parse,
    password_message, query, sasl_initial_response, sasl_response, startup_message,
};
pub use frame::{
    Act, BODY_BYTES_MAX, FrameError, HEADER_BYTES, Instead, Need, Visit, Walk, body_bytes,
};
pub use options::{OptionsError, settings_of_options};
pub use proxy_header::{PROXY_FIXED_BYTES, ProxyHeaderError, proxy_body_bytes, proxy_source};
pub use reply::{Reply, ReplyError, parse_reply};
pub use report::{Report, Severity};
pub use scram::{
    BindingError, ClientExchange, MECHANISM, MECHANISM_PLUS, Outcome, SASL_BYTES_MAX, ScramError,
    ServerBinding, ServerExchange, ServerFirst, Verifier, VerifierError, end_point_hash,
    md5_password,
};
pub use startup::{
    FIRST_BYTES_MAX, First, PROTOCOL_3_0, PROTOCOL_3_2, Startup, StartupError, first_bytes,
    parse_first,
};
