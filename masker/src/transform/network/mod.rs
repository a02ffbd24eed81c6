//! Names and addresses of machines: of reserved domains and networks only.

mod host;
mod ip;
mod mac;
mod url;

pub(super) use host::host;
pub(super) use ip::ip;
pub(super) use mac::mac;
pub(super) use url::url;

/// A domain that is nobody's (RFC 2606).
const DOMAIN: &str = ".example.com";
