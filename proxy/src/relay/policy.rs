//! What may change at a reload: who may log in, how TLS is spoken, how much is allowed.

use std::collections::HashMap;
use std::sync::Arc;

use rules::config::Limits;
use rules::name::UserName;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use wire::{ServerBinding, Verifier, VerifierError, end_point_hash};

/// The protocol name of TLS application-layer protocol negotiation, registered with IANA.
pub(super) const ALPN: &[u8] = b"postgresql";

/// How a user's password is known.
#[derive(Clone)]
pub enum Credential {
    /// The password itself; only its verifier is kept.
    Password(String),
    /// A verifier as PostgreSQL stores it.
    Verifier(String),
}

/// Salts the verifiers of passwords, and of users who do not exist, as long as the process lives: were
/// salts drawn anew at a reload, those that changed would tell which users exist.
#[derive(Clone)]
pub struct SaltKey([u8; 32]);

/// What the relay goes by; swapped whole at a reload.
pub struct Policy {
    pub(super) users: HashMap<UserName, Verifier>,
    salts: SaltKey,
    pub(super) tls: Option<TlsPolicy>,
    pub(super) limits: Limits,
}

/// How clients speak TLS.
#[derive(Clone)]
pub(super) struct TlsPolicy {
    pub(super) config: Arc<ServerConfig>,
    pub(super) required: bool,
    pub(super) binding: ServerBinding,
}

/// Why a policy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A user's verifier does not parse.
    #[error("password of user {user:?}")]
    Verifier {
        /// Whose.
        user: UserName,
        /// What is wrong with it.
        #[source]
        source: VerifierError,
    },
    /// The certificate or key is no PEM of its kind.
    #[error("read TLS {what}")]
    Pem {
        /// `certificate` or `key`.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not go together, or cannot be used.
    #[error("use TLS certificate and key")]
    Tls(#[from] rustls::Error),
}

impl SaltKey {
    /// A random one; a process makes one.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl Policy {
    /// A policy without users and without TLS.
    pub fn new(limits: Limits, salts: SaltKey) -> Self {
        Self {
            users: HashMap::new(),
            salts,
            tls: None,
            limits,
        }
    }

    /// Adds a user; making a verifier of a password takes some milliseconds.
    pub fn user(mut self, user: UserName, credential: &Credential) -> Result<Self, PolicyError> {
        let verifier = match credential {
            Credential::Password(password) => {
                Verifier::of_password(password, user.as_str(), &self.salts.0)
            }
            Credential::Verifier(text) => match text.parse() {
                Ok(verifier) => verifier,
                Err(source) => return Err(PolicyError::Verifier { user, source }),
            },
        };
        self.users.insert(user, verifier);
        Ok(self)
    }

    /// The verifier that a user who does not exist seems to have.
    pub(super) fn mock(&self, name: &str) -> Verifier {
        Verifier::mock(name, &self.salts.0)
    }

    /// Speaks TLS with a certificate chain and its key, both PEM; `required` refuses TCP clients in
    /// clear.
    pub fn tls(mut self, chain: &[u8], key: &[u8], required: bool) -> Result<Self, PolicyError> {
        let pem = |what| move |source| PolicyError::Pem { what, source };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(pem("certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(pem("key"))?;
        // An Ed25519 certificate has no hash to bind to: then only the plain mechanism is offered.
        let binding = chain
            .first()
            .and_then(|certificate| end_point_hash(certificate).ok())
            .map_or(ServerBinding::None, ServerBinding::EndPoint);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        self.tls = Some(TlsPolicy {
            config: Arc::new(config),
            required,
            binding,
        });
        Ok(self)
    }
}
