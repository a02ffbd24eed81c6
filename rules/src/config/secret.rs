//! Values that must not stand in the configuration itself, and the one form of a password that may.

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::text::{ProblemKind, Report, Value};

/// Iterations of a verifier at least (RFC 7677 §4: "at least 4096").
pub const SCRAM_ITERATIONS_MIN: u32 = 4_096;

/// Iterations of a verifier at most: every client pays them at every login, a million take about a
/// second.
pub const SCRAM_ITERATIONS_MAX: u32 = 1_000_000;

/// Length of a SHA-256 digest, and so of both keys of a verifier.
const KEY_BYTES: usize = 32;

const SCRAM_PREFIX: &str = "SCRAM-SHA-256$";

/// A value that must not stand in the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// `env:NAME`: the environment variable NAME of the daemon.
    Env(String),
    /// `file:path`: the content of a file without its last newline; relative to the configuration.
    File(PathBuf),
}

impl fmt::Display for Secret {
    /// Prints where the secret is, as it is written in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// A user's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// In clear, from the environment or a file.
    Secret(Secret),
    /// A verifier as PostgreSQL stores it: `SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>`.
    Scram(String),
}

/// Why a text is no verifier; never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum VerifierError {
    #[error("the verifier has not the form SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>")]
    Form,
    #[error(
        "the verifier's iterations are not a number from {SCRAM_ITERATIONS_MIN} to {SCRAM_ITERATIONS_MAX}"
    )]
    Iterations,
    #[error("the verifier's {0} is not base64")]
    Base64(&'static str),
    #[error("the verifier's salt is empty")]
    Salt,
    #[error("the verifier's {0} is not {KEY_BYTES} bytes long")]
    Key(&'static str),
}

/// Reads a reference to a secret; `example` is what a literal is answered with.
pub(super) fn secret(
    value: &Value<'_, '_>,
    example: &str,
    report: &mut Report<'_>,
) -> Option<Secret> {
    let expected = "\"env:NAME\" or \"file:path\"";
    let text = value.string(expected, report)?;
    if let Some(name) = text.strip_prefix("env:") {
        if is_variable(name) {
            return Some(Secret::Env(name.to_owned()));
        }
        let what = "names no environment variable (letters, digits and _, no digit first)";
        value.wrong(what, expected, report);
        return None;
    }
    if let Some(path) = text.strip_prefix("file:") {
        if !path.trim().is_empty() && !path.contains('\0') {
            return Some(Secret::File(PathBuf::from(path)));
        }
        value.wrong("names no file", expected, report);
        return None;
    }
    literal(value, expected, example, report);
    None
}

/// Reads a user's password.
pub(super) fn password(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Password> {
    let expected = "\"env:NAME\", \"file:path\" or a SCRAM-SHA-256 verifier";
    let text = value.string(expected, report)?;
    if text.starts_with("env:") || text.starts_with("file:") {
        return secret(value, "", report).map(Password::Secret);
    }
    if !text.starts_with(SCRAM_PREFIX) {
        literal(value, expected, "password = \"env:NAME\"", report);
        return None;
    }
    match check_verifier(text) {
        Ok(()) => Some(Password::Scram(text.to_owned())),
        Err(error) => {
            let problem = report.value(value.path(), ProblemKind::WrongValue, error.to_string());
            problem.expected = Some(expected.to_owned());
            problem.hint = Some(
                "copy rolpassword of pg_authid, from a PostgreSQL with password_encryption = \
                 'scram-sha-256'"
                    .to_owned(),
            );
            None
        }
    }
}

fn literal(value: &Value<'_, '_>, expected: &str, example: &str, report: &mut Report<'_>) {
    let message = format!("\"{}\" holds the secret itself", value.path());
    let problem = report.value(value.path(), ProblemKind::LiteralSecret, message);
    problem.expected = Some(expected.to_owned());
    problem.hint = Some(format!(
        "put it into an environment variable or a file of its own and write {example}"
    ));
}

/// Names of POSIX environment variables (IEEE Std 1003.1, "Environment Variables"), of either case.
fn is_variable(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(legal) && !name.as_bytes()[0].is_ascii_digit()
}

/// Checks the form that PostgreSQL documents under `pg_authid.rolpassword`.
fn check_verifier(text: &str) -> Result<(), VerifierError> {
    let rest = text.strip_prefix(SCRAM_PREFIX).ok_or(VerifierError::Form)?;
    let (head, keys) = rest.split_once('$').ok_or(VerifierError::Form)?;
    let (iterations, salt) = head.split_once(':').ok_or(VerifierError::Form)?;
    let (stored, server) = keys.split_once(':').ok_or(VerifierError::Form)?;
    let digits = iterations.bytes().all(|byte| byte.is_ascii_digit());
    iterations
        .parse()
        .ok()
        .filter(|n| digits && (SCRAM_ITERATIONS_MIN..=SCRAM_ITERATIONS_MAX).contains(n))
        .ok_or(VerifierError::Iterations)?;
    if decoded("salt", salt)?.is_empty() {
        return Err(VerifierError::Salt);
    }
    for (name, key) in [("stored key", stored), ("server key", server)] {
        if decoded(name, key)?.len() != KEY_BYTES {
            return Err(VerifierError::Key(name));
        }
    }
    Ok(())
}

fn decoded(name: &'static str, text: &str) -> Result<Vec<u8>, VerifierError> {
    STANDARD
        .decode(text)
        .map_err(|_| VerifierError::Base64(name))
}
