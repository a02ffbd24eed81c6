//! The messages that the relay writes itself while a session begins.

use bytes::{BufMut, Bytes, BytesMut};
use pgwire::messages::Message;
use pgwire::messages::startup::Authentication;

use super::startup::PROTOCOL_3_0;

/// AuthenticationOk.
pub fn authentication_ok() -> Vec<u8> {
    authentication(&Authentication::Ok)
}

/// AuthenticationSASL with the mechanisms offered.
pub fn authentication_sasl(mechanisms: &[&str]) -> Vec<u8> {
    let mechanisms = mechanisms.iter().map(|&name| name.to_owned()).collect();
    authentication(&Authentication::SASL(mechanisms))
}

/// AuthenticationSASLContinue.
pub fn authentication_sasl_continue(data: &str) -> Vec<u8> {
    authentication(&Authentication::SASLContinue(Bytes::copy_from_slice(
        data.as_bytes(),
    )))
}

/// AuthenticationSASLFinal.
pub fn authentication_sasl_final(data: &str) -> Vec<u8> {
    authentication(&Authentication::SASLFinal(Bytes::copy_from_slice(
        data.as_bytes(),
    )))
}

fn authentication(message: &Authentication) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    message
        .encode(&mut bytes)
        .expect("encoding into memory cannot fail");
    bytes.to_vec()
}

/// BackendKeyData.
pub fn backend_key_data(process: i32, secret: &[u8]) -> Vec<u8> {
    tagged(b'K', |bytes| {
        bytes.put_i32(process);
        bytes.put_slice(secret);
    })
}

/// Query.
pub fn query(sql: &str) -> Vec<u8> {
    tagged(b'Q', |bytes| put_string(bytes, sql))
}

/// Parse without parameter types; `name` as it is on the wire, without its NUL.
pub fn parse(name: &[u8], sql: &str) -> Vec<u8> {
    tagged(b'P', |bytes| {
        bytes.put_slice(name);
        bytes.put_u8(0);
        put_string(bytes, sql);
        bytes.put_u16(0);
    })
}

/// ErrorResponse or NoticeResponse, by its tag. A NUL ends a field on the wire, so what stands behind
/// one could pose as another field: it becomes U+FFFD.
pub(super) fn error_or_notice(tag: u8, fields: &[(u8, &[u8])]) -> Vec<u8> {
    tagged(tag, |bytes| {
        for (name, value) in fields {
            bytes.put_u8(*name);
            for (number, part) in value.split(|&byte| byte == 0).enumerate() {
                if number > 0 {
                    bytes.put_slice("\u{fffd}".as_bytes());
                }
                bytes.put_slice(part);
            }
            bytes.put_u8(0);
        }
        bytes.put_u8(0);
    })
}

/// NegotiateProtocolVersion: the protocol that we speak and the options that we do not know.
pub fn negotiate_protocol_version(protocol: u32, unknown_options: &[String]) -> Vec<u8> {
    tagged(b'v', |bytes| {
        bytes.put_u32(protocol);
        // A startup packet of 10,000 bytes holds fewer names than any integer type.
        bytes.put_u32(unknown_options.len() as u32);
        for name in unknown_options {
            put_string(bytes, name);
        }
    })
}

/// PasswordMessage: in clear or as an md5 hash.
pub fn password_message(password: &str) -> Vec<u8> {
    tagged(b'p', |bytes| put_string(bytes, password))
}

/// SASLInitialResponse.
pub fn sasl_initial_response(mechanism: &str, data: &str) -> Vec<u8> {
    tagged(b'p', |bytes| {
        put_string(bytes, mechanism);
        bytes.put_u32(data.len() as u32);
        bytes.put_slice(data.as_bytes());
    })
}

/// SASLResponse.
pub fn sasl_response(data: &str) -> Vec<u8> {
    tagged(b'p', |bytes| bytes.put_slice(data.as_bytes()))
}

/// CancelRequest.
pub fn cancel_request(process: i32, secret: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12 + secret.len());
    bytes.put_u32(12 + secret.len() as u32);
    bytes.put_u32((1234 << 16) | 5678);
    bytes.put_i32(process);
    bytes.put_slice(secret);
    bytes
}

/// StartupMessage of protocol 3.0 with these pairs.
///
/// Servers are always spoken to in 3.0: what 3.2 changes, the length of cancel keys, ends at the
/// relay, which has keys of its own.
pub fn startup_message<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.put_u32(PROTOCOL_3_0);
    for (name, value) in pairs {
        put_string(&mut bytes, name);
        put_string(&mut bytes, value);
    }
    bytes.put_u8(0);
    let length = bytes.len() as u32;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn tagged(tag: u8, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = vec![tag, 0, 0, 0, 0];
    body(&mut bytes);
    let length = bytes.len() as u32 - 1;
    bytes[1..5].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn put_string(bytes: &mut Vec<u8>, text: &str) {
    debug_assert!(!text.contains('\0'), "a NUL would end the string early");
    bytes.put_slice(text.as_bytes());
    bytes.put_u8(0);
}
