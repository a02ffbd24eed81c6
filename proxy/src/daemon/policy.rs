//! What the relay goes by: users, TLS and limits, from the configuration and its secrets.

use rules::config::Password;

use super::load::{LoadError, Loaded};
use crate::relay::{Credential, Policy, PolicyError, SaltKey};

/// Why the relay's policy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// A secret is missing.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The certificate or its key cannot be used.
    #[error("use listen.tls.cert = \"{cert}\" and listen.tls.key = \"{key}\"")]
    Certificate {
        /// Where the certificate is.
        cert: String,
        /// Where the key is.
        key: String,
        /// What is wrong with them.
        #[source]
        source: PolicyError,
    },
    /// A verifier cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Makes the policy; each password costs some milliseconds.
pub(super) fn policy(loaded: &Loaded, salts: &SaltKey) -> Result<Policy, UsersError> {
    let config = &loaded.config;
    let mut policy = Policy::new(config.limits.clone(), salts.clone());
    let mut passwords = loaded.passwords()?;
    for (name, user) in &config.users {
        let text = passwords.remove(name).expect("each user has a password");
        let credential = match user.password {
            Password::Scram(_) => Credential::Verifier(text),
            Password::Secret(_) => Credential::Password(text),
        };
        policy = policy.user(name.clone(), &credential)?;
    }
    let certificate = loaded.certificate()?;
    if let (Some(tls), Some((chain, key))) = (&config.listen.tls, certificate) {
        let used = policy.tls(chain.as_bytes(), key.as_bytes(), tls.required);
        policy = used.map_err(|source| UsersError::Certificate {
            cert: tls.cert.to_string(),
            key: tls.key.to_string(),
            source,
        })?;
    }
    Ok(policy)
}
