//! A certificate for this machine, made for one test, and the authority that signed it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::postgres::give_to_server_user;

/// Files in PEM: `ca.pem`, `cert.pem`, `key.pem`; deleted when dropped.
pub struct Certificate {
    directory: tempfile::TempDir,
}

impl Certificate {
    /// Makes an authority and a certificate for `localhost` and 127.0.0.1.
    pub fn make() -> anyhow::Result<Self> {
        Self::make_for(&["localhost", "127.0.0.1"])
    }

    /// Makes an authority and a certificate for these names.
    pub fn make_for(names: &[&str]) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("standin-certificate-")
            .tempdir_in("/var/tmp")?;
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755))?;
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::default();
        let name = "authority of a test";
        authority
            .distinguished_name
            .push(DnType::CommonName, name.to_owned());
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key)?;
        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let issuer = Issuer::new(authority, authority_key);
        let leaf = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
        let made = Self { directory };
        std::fs::write(made.authority(), root.pem())?;
        std::fs::write(made.certificate(), leaf.pem())?;
        std::fs::write(made.key(), key.serialize_pem())?;
        // A server refuses a key that others may read or that is not its user's own.
        std::fs::set_permissions(made.key(), PermissionsExt::from_mode(0o600))?;
        give_to_server_user(&made.key())?;
        Ok(made)
    }

    /// The authority's certificate, which clients trust.
    pub fn authority(&self) -> PathBuf {
        self.path().join("ca.pem")
    }

    /// The server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.path().join("cert.pem")
    }

    /// The server's key.
    pub fn key(&self) -> PathBuf {
        self.path().join("key.pem")
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }
}
