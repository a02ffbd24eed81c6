//! The PROXY protocol, version 2: who a load balancer connects for.
//!
//! HAProxy's `proxy-protocol.txt`, section 2.2.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Signature, version and command, family, length.
pub const PROXY_FIXED_BYTES: usize = 16;

/// The longest address part taken: addresses of IPv6 with room for the extensions of balancers.
const BODY_MAX: usize = 4096;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Why a connection has no PROXY header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyHeaderError {
    /// The signature is another one.
    #[error("connection does not begin with a PROXY protocol v2 header")]
    Signature,
    /// The version or command is not known.
    #[error("PROXY protocol header has unknown version and command {0:#04x}")]
    Version(u8),
    /// The address part is longer or shorter than it may be.
    #[error("PROXY protocol header has an address part of {0} bytes")]
    Length(usize),
}

/// How many bytes follow the fixed part.
pub fn proxy_body_bytes(fixed: &[u8; PROXY_FIXED_BYTES]) -> Result<usize, ProxyHeaderError> {
    if !fixed.starts_with(SIGNATURE) {
        return Err(ProxyHeaderError::Signature);
    }
    if !matches!(fixed[12], 0x20 | 0x21) {
        return Err(ProxyHeaderError::Version(fixed[12]));
    }
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > BODY_MAX {
        return Err(ProxyHeaderError::Length(length));
    }
    Ok(length)
}

/// The client's address; `None` for the balancer's own connections and for other families.
pub fn proxy_source(
    fixed: &[u8; PROXY_FIXED_BYTES],
    body: &[u8],
) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    let local = fixed[12] == 0x20;
    let short = || ProxyHeaderError::Length(body.len());
    match fixed[13] {
        _ if local => Ok(None),
        0x11 => {
            let body: &[u8; 12] = body.first_chunk().ok_or_else(short)?;
            let address = Ipv4Addr::new(body[0], body[1], body[2], body[3]);
            let port = u16::from_be_bytes([body[8], body[9]]);
            Ok(Some((address, port).into()))
        }
        0x21 => {
            let address: &[u8; 16] = body.first_chunk().ok_or_else(short)?;
            let port = body.get(32..34).ok_or_else(short)?;
            let port = u16::from_be_bytes([port[0], port[1]]);
            Ok(Some((Ipv6Addr::from(*address), port).into()))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(
        command: u8,
        family: u8,
        body: &[u8],
    ) -> Result<Option<SocketAddr>, ProxyHeaderError> {
        let mut fixed = [0; PROXY_FIXED_BYTES];
        fixed[..12].copy_from_slice(SIGNATURE);
        fixed[12] = command;
        fixed[13] = family;
        fixed[14..].copy_from_slice(&(body.len() as u16).to_be_bytes());
        assert_eq!(proxy_body_bytes(&fixed)?, body.len());
        proxy_source(&fixed, body)
    }

    #[test]
    fn the_source_address_is_read() {
        let v4 = [10, 0, 0, 7, 10, 0, 0, 1, 0x1f, 0x90, 0x15, 0x38];
        assert_eq!(
            header(0x21, 0x11, &v4),
            Ok(Some("10.0.0.7:8080".parse().unwrap()))
        );
        assert_eq!(header(0x20, 0x11, &v4), Ok(None));
        let mut v6 = [0; 36];
        v6[15] = 1;
        v6[32..34].copy_from_slice(&[0x1f, 0x90]);
        assert_eq!(
            header(0x21, 0x21, &v6),
            Ok(Some("[::1]:8080".parse().unwrap()))
        );
        assert_eq!(header(0x21, 0x31, &[0; 216]), Ok(None));
    }

    #[test]
    fn short_and_foreign_headers_are_refused() {
        assert_eq!(
            header(0x21, 0x11, &[0; 11]),
            Err(ProxyHeaderError::Length(11))
        );
        assert_eq!(
            header(0x21, 0x21, &[0; 33]),
            Err(ProxyHeaderError::Length(33))
        );
        assert_eq!(
            header(0x31, 0x11, &[0; 12]),
            Err(ProxyHeaderError::Version(0x31))
        );
        assert_eq!(
            proxy_body_bytes(b"GET / HTTP/1.1\r\n"),
            Err(ProxyHeaderError::Signature)
        );
    }
}
