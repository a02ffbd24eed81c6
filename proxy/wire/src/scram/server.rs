//! The server's end of an exchange.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::{
    Digest32, MECHANISM, MECHANISM_PLUS, ScramError, Verifier, attribute, hmac, nonce, sha256, xor,
};

/// What the server offers beside the plain mechanism.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerBinding {
    /// No channel binding: a connection in clear, or a certificate without a hash.
    None,
    /// `tls-server-end-point` with this hash.
    EndPoint(Vec<u8>),
}

/// A login that waits for the client's first message.
pub struct ServerExchange {
    verifier: Verifier,
    binding: ServerBinding,
}

/// A login that waits for the client's final message.
pub struct ServerFirst {
    verifier: Verifier,
    /// What the client must repeat as `c=`.
    binding: Vec<u8>,
    nonce: String,
    /// Both first messages, the beginning of what is signed.
    signed: String,
    /// The message for the client.
    pub message: String,
}

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The proof fits; the client gets this message.
    Proven(String),
    /// The proof does not fit.
    Wrong,
}

impl ServerBinding {
    /// The mechanisms to offer, the stronger one first.
    pub fn mechanisms(&self) -> &'static [&'static str] {
        match self {
            Self::None => &[MECHANISM],
            Self::EndPoint(_) => &[MECHANISM_PLUS, MECHANISM],
        }
    }
}

impl ServerExchange {
    /// Begins a login against a verifier.
    pub fn new(verifier: Verifier, binding: ServerBinding) -> Self {
        Self { verifier, binding }
    }

    /// Takes the client's first message, sent for `mechanism`.
    pub fn client_first(self, mechanism: &str, message: &str) -> Result<ServerFirst, ScramError> {
        let malformed = ScramError::Malformed;
        let plus = mechanism == MECHANISM_PLUS;
        if !self.binding.mechanisms().contains(&mechanism) {
            return Err(malformed("client selected an invalid SASL mechanism"));
        }
        let (flag, rest) = message
            .split_once(',')
            .ok_or(malformed("no channel binding flag"))?;
        let mut binding = format!("{flag},,").into_bytes();
        match (flag, &self.binding) {
            ("y", ServerBinding::EndPoint(_)) if !plus => return Err(ScramError::Downgrade),
            ("n" | "y", _) if !plus => {}
            ("p=tls-server-end-point", ServerBinding::EndPoint(hash)) if plus => {
                binding.extend(hash);
            }
            _ => return Err(malformed("channel binding flag does not fit the mechanism")),
        }
        let (identity, bare) = rest
            .split_once(',')
            .ok_or(malformed("no authorization identity"))?;
        if !identity.is_empty() {
            return Err(ScramError::Identity);
        }
        let client_nonce = client_nonce(bare)?;
        let nonce = format!("{client_nonce}{}", nonce());
        let message = format!(
            "r={nonce},s={},i={}",
            STANDARD.encode(&self.verifier.salt),
            self.verifier.iterations
        );
        Ok(ServerFirst {
            signed: format!("{bare},{message}"),
            verifier: self.verifier,
            binding,
            nonce,
            message,
        })
    }
}

/// The nonce of a client's first message without its header: `n=<user>,r=<nonce>[,extensions]`.
///
/// The user is ignored, as PostgreSQL does: the one of the startup packet counts.
fn client_nonce(bare: &str) -> Result<&str, ScramError> {
    let malformed = ScramError::Malformed;
    let mut parts = bare.split(',');
    let first = parts.next();
    if first.is_some_and(|part| part.starts_with("m=")) {
        return Err(malformed("client requires an unsupported SCRAM extension"));
    }
    attribute(first, 'n').ok_or(malformed("no user name"))?;
    let nonce = attribute(parts.next(), 'r').ok_or(malformed("no nonce"))?;
    let printable = |byte: u8| (0x21..=0x7e).contains(&byte);
    if nonce.is_empty() || !nonce.bytes().all(printable) {
        return Err(malformed("non-printable characters in SCRAM nonce"));
    }
    Ok(nonce)
}

impl ServerFirst {
    /// Takes the client's final message: `c=<binding>,r=<nonce>[,extensions],p=<proof>`.
    pub fn client_final(&self, message: &str) -> Result<Outcome, ScramError> {
        let malformed = ScramError::Malformed;
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(malformed("no proof"))?;
        let proof: Digest32 = STANDARD
            .decode(proof)
            .ok()
            .and_then(|proof| proof.try_into().ok())
            .ok_or(malformed("malformed proof"))?;
        let mut parts = without_proof.split(',');
        let binding = attribute(parts.next(), 'c').ok_or(malformed("no channel binding"))?;
        let binding = STANDARD
            .decode(binding)
            .map_err(|_| malformed("channel binding is not base64"))?;
        if !bool::from(binding.ct_eq(&self.binding)) {
            return Err(ScramError::Binding);
        }
        if attribute(parts.next(), 'r') != Some(self.nonce.as_str()) {
            return Err(malformed("nonce does not match"));
        }
        let signed = format!("{},{without_proof}", self.signed);
        let signature = hmac(&self.verifier.stored_key, &[signed.as_bytes()]);
        let client_key = xor(proof, &signature);
        let proven = sha256(&client_key).ct_eq(&self.verifier.stored_key);
        if !bool::from(proven) {
            return Ok(Outcome::Wrong);
        }
        let signature = hmac(&self.verifier.server_key, &[signed.as_bytes()]);
        Ok(Outcome::Proven(format!("v={}", STANDARD.encode(signature))))
    }
}
