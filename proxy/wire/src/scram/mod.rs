//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, both ends (RFC 5802, RFC 7677, RFC 5929), and md5.
//!
//! Message texts follow PostgreSQL's `auth-scram.c`, so that drivers see what they know.

mod binding;
mod client;
mod server;
mod verifier;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

pub use binding::{BindingError, end_point_hash};
pub use client::ClientExchange;
pub use server::{Outcome, ServerBinding, ServerExchange, ServerFirst};
pub use verifier::{Verifier, VerifierError};

/// SCRAM without channel binding.
pub const MECHANISM: &str = "SCRAM-SHA-256";
/// SCRAM with channel binding.
pub const MECHANISM_PLUS: &str = "SCRAM-SHA-256-PLUS";
/// The longest SASL message taken; real ones have under 400 bytes.
pub const SASL_BYTES_MAX: usize = 8192;

/// Iterations of verifiers that we make: PostgreSQL's default.
const ITERATIONS: u32 = 4096;
/// Iterations that we are ready to do for a server, and to keep in a verifier: PBKDF2 of a million
/// rounds takes about a second, and a hostile server may ask for four billion.
const ITERATIONS_MAX: u32 = 1_000_000;
/// Random bytes of a nonce, as in PostgreSQL.
const NONCE_BYTES: usize = 18;

type Digest32 = [u8; 32];

/// Why an exchange failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScramError {
    /// The peer's message breaks the protocol; the text says how and holds nothing of it.
    #[error("malformed SCRAM message: {0}")]
    Malformed(&'static str),
    /// The client's channel binding data are not those of this connection.
    #[error("SCRAM channel binding check failed")]
    Binding,
    /// The client says that we do not offer channel binding, but we do: someone stands between.
    #[error("SCRAM channel binding negotiation error")]
    Downgrade,
    /// The client wants to act as someone else.
    #[error("client uses authorization identity, but it is not supported")]
    Identity,
    /// The server asks for more iterations than a login may cost.
    #[error("server asks for {0} SCRAM iterations, at most {ITERATIONS_MAX} are done")]
    Iterations(u32),
    /// The server does not know the password's verifier.
    #[error("server's SCRAM signature is wrong")]
    Signature,
    /// The server ended the exchange with an error.
    #[error("server refused the SCRAM proof")]
    Refused,
}

/// The hash that PostgreSQL's md5 method asks for.
pub fn md5_password(user: &str, password: &str, salt: [u8; 4]) -> String {
    let hex = |parts: [&[u8]; 2]| {
        let mut md5 = md5::Md5::default();
        for part in parts {
            md5::Digest::update(&mut md5, part);
        }
        let digest = md5::Digest::finalize(md5);
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let inner = hex([password.as_bytes(), user.as_bytes()]);
    format!("md5{}", hex([inner.as_bytes(), &salt]))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Digest32 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn sha256(bytes: &[u8]) -> Digest32 {
    Sha256::digest(bytes).into()
}

/// PBKDF2 with one block of output (RFC 5802's `Hi`) of the prepared password.
fn salted_password(password: &str, salt: &[u8], iterations: u32) -> Digest32 {
    // PostgreSQL takes a password that SASLprep refuses as it stands.
    let prepared = stringprep::saslprep(password).unwrap_or(password.into());
    let key =
        Hmac::<Sha256>::new_from_slice(prepared.as_bytes()).expect("HMAC takes keys of any length");
    let round = |input: &[&[u8]]| -> Digest32 {
        let mut mac = key.clone();
        for part in input {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    };
    let mut block = round(&[salt, &1_u32.to_be_bytes()]);
    let mut result = block;
    for _ in 1..iterations {
        block = round(&[&block]);
        result
            .iter_mut()
            .zip(block)
            .for_each(|(sum, byte)| *sum ^= byte);
    }
    result
}

fn xor(mut left: Digest32, right: &Digest32) -> Digest32 {
    left.iter_mut()
        .zip(right)
        .for_each(|(left, right)| *left ^= right);
    left
}

fn nonce() -> String {
    STANDARD.encode(rand::random::<[u8; NONCE_BYTES]>())
}

/// The value of `name=value`.
fn attribute(part: Option<&str>, name: char) -> Option<&str> {
    part?.strip_prefix(name)?.strip_prefix('=')
}

#[cfg(test)]
mod tests;
