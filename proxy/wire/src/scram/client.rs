//! The client's end of an exchange, for servers that ask us for a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::{
    Digest32, ITERATIONS_MAX, MECHANISM, MECHANISM_PLUS, ScramError, attribute, hmac, nonce,
    salted_password, sha256, xor,
};

/// A login at a server.
pub struct ClientExchange {
    password: String,
    /// `n,,`, `y,,` or `p=tls-server-end-point,,`.
    header: &'static str,
    end_point: Vec<u8>,
    pub(super) nonce: String,
    /// What the server must sign, once the proof was sent.
    expected: Option<Digest32>,
    /// The mechanism chosen.
    pub mechanism: &'static str,
}

impl ClientExchange {
    /// Begins a login; `end_point` is the hash of the server's certificate, where there is one.
    ///
    /// Returns `None` when the server offers no mechanism that we speak.
    pub fn new(offered: &[&str], password: &str, end_point: Option<Vec<u8>>) -> Option<Self> {
        let plus = offered.contains(&MECHANISM_PLUS);
        let (mechanism, header, end_point) = match end_point {
            Some(hash) if plus => (MECHANISM_PLUS, "p=tls-server-end-point,,", hash),
            // `y` lets a server that did offer the stronger mechanism see that someone hid it.
            Some(_) if offered.contains(&MECHANISM) => (MECHANISM, "y,,", Vec::new()),
            None if offered.contains(&MECHANISM) => (MECHANISM, "n,,", Vec::new()),
            _ => return None,
        };
        Some(Self {
            password: password.to_owned(),
            header,
            end_point,
            nonce: nonce(),
            expected: None,
            mechanism,
        })
    }

    /// The first message.
    pub fn first(&self) -> String {
        format!("{}n=,r={}", self.header, self.nonce)
    }

    /// Takes the server's first message and returns the proof.
    pub fn prove(&mut self, server_first: &str) -> Result<String, ScramError> {
        let malformed = ScramError::Malformed;
        let mut parts = server_first.split(',');
        let nonce = attribute(parts.next(), 'r').ok_or(malformed("no nonce"))?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(malformed("nonce does not match"));
        }
        let salt = attribute(parts.next(), 's')
            .and_then(|salt| STANDARD.decode(salt).ok())
            .ok_or(malformed("no salt"))?;
        let iterations: u32 = attribute(parts.next(), 'i')
            .and_then(|count| count.parse().ok())
            .filter(|&count| count > 0)
            .ok_or(malformed("no iteration count"))?;
        if iterations > ITERATIONS_MAX {
            return Err(ScramError::Iterations(iterations));
        }
        let binding = [self.header.as_bytes(), &self.end_point].concat();
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(binding));
        let signed = format!("n=,r={},{server_first},{without_proof}", self.nonce);
        let salted = salted_password(&self.password, &salt, iterations);
        let client_key = hmac(&salted, &[b"Client Key"]);
        let signature = hmac(&sha256(&client_key), &[signed.as_bytes()]);
        let proof = STANDARD.encode(xor(client_key, &signature));
        let server_key = hmac(&salted, &[b"Server Key"]);
        self.expected = Some(hmac(&server_key, &[signed.as_bytes()]));
        Ok(format!("{without_proof},p={proof}"))
    }

    /// Checks the server's final message.
    pub fn finish(&self, server_final: &str) -> Result<(), ScramError> {
        if server_final.starts_with("e=") {
            return Err(ScramError::Refused);
        }
        let signature = attribute(Some(server_final), 'v')
            .and_then(|signature| STANDARD.decode(signature).ok())
            .ok_or(ScramError::Malformed("no signature"))?;
        let expected = self
            .expected
            .ok_or(ScramError::Malformed("final before first"))?;
        if bool::from(signature.ct_eq(&expected[..])) {
            Ok(())
        } else {
            Err(ScramError::Signature)
        }
    }
}
