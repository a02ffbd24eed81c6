//! What is kept of a password: enough to check a proof, too little to make one.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Digest32, ITERATIONS, ITERATIONS_MAX, hmac, salted_password, sha256};

/// A SCRAM-SHA-256 verifier, as PostgreSQL stores it in `pg_authid.rolpassword`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    pub(super) iterations: u32,
    pub(super) salt: Vec<u8>,
    pub(super) stored_key: Digest32,
    pub(super) server_key: Digest32,
}

/// Why a text is no verifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// The text is not `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.
    #[error("not a verifier of the form SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>")]
    Form,
    /// The iteration count is zero or so high that clients would refuse it.
    #[error("iteration count {0} is not between 1 and {ITERATIONS_MAX}")]
    Iterations(u32),
}

impl Verifier {
    /// The verifier of a user's password, under the salt that a user who does not exist would get.
    ///
    /// Takes some milliseconds on purpose. `secret` is random and lives as long as the process.
    pub fn of_password(password: &str, user: &str, secret: &[u8; 32]) -> Self {
        let salt = salt_of(user, secret);
        let salted = salted_password(password, &salt, ITERATIONS);
        Self {
            iterations: ITERATIONS,
            salt,
            stored_key: sha256(&hmac(&salted, &[b"Client Key"])),
            server_key: hmac(&salted, &[b"Server Key"]),
        }
    }

    /// A verifier that no proof fits, for a user who does not exist.
    ///
    /// The same user gets the same salt each time, as a real one would: whoever asks twice learns
    /// nothing. `secret` is random and lives as long as the process.
    pub fn mock(user: &str, secret: &[u8; 32]) -> Self {
        Self {
            iterations: ITERATIONS,
            salt: salt_of(user, secret),
            stored_key: hmac(secret, &[b"stored", user.as_bytes()]),
            server_key: hmac(secret, &[b"server", user.as_bytes()]),
        }
    }
}

/// The same for the same user each time, and random to whoever lacks the secret.
fn salt_of(user: &str, secret: &[u8; 32]) -> Vec<u8> {
    hmac(secret, &[b"salt", user.as_bytes()])[..16].to_vec()
}

impl FromStr for Verifier {
    type Err = VerifierError;
    fn from_str(text: &str) -> Result<Self, VerifierError> {
        let parse = || {
            let (cost, keys) = text.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
            let (iterations, salt) = cost.split_once(':')?;
            let (stored, server) = keys.split_once(':')?;
            Some(Self {
                iterations: iterations.parse().ok()?,
                salt: STANDARD.decode(salt).ok().filter(|salt| !salt.is_empty())?,
                stored_key: STANDARD.decode(stored).ok()?.try_into().ok()?,
                server_key: STANDARD.decode(server).ok()?.try_into().ok()?,
            })
        };
        let verifier = parse().ok_or(VerifierError::Form)?;
        if (1..=ITERATIONS_MAX).contains(&verifier.iterations) {
            Ok(verifier)
        } else {
            Err(VerifierError::Iterations(verifier.iterations))
        }
    }
}

impl fmt::Debug for Verifier {
    /// Shows no key: a stored verifier is enough to pose as the server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({} iterations)", self.iterations)
    }
}
