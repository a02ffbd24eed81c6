//! `tls-server-end-point`: the hash of the server's certificate (RFC 5929 §4.1).

use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Why a certificate has no end-point hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// The certificate does not parse.
    #[error("certificate is not valid DER")]
    Certificate,
    /// The signature algorithm has no single hash function (Ed25519) or is not known.
    #[error("certificate's signature algorithm {0} has no hash for channel binding")]
    Algorithm(String),
}

/// The hash that binds a login to a certificate given in DER.
pub fn end_point_hash(certificate: &[u8]) -> Result<Vec<u8>, BindingError> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| BindingError::Certificate)?;
    let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
    match algorithm.as_str() {
        // md5, sha1 (RFC 5929 raises both to SHA-256), sha256; RSA and ECDSA.
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.10045.4.1"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.3.2" => Ok(Sha256::digest(certificate).to_vec()),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Ok(Sha384::digest(certificate).to_vec()),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Ok(Sha512::digest(certificate).to_vec()),
        _ => Err(BindingError::Algorithm(algorithm)),
    }
}
