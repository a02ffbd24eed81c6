//! TLS towards servers with the meanings of libpq's `sslmode`.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{DialError, Dialled, Secrecy};
use crate::relay::policy::ALPN;
use crate::relay::resolve::{RootCertificates, UpstreamTls};
use crate::relay::stream::{Plain, Stream};
use wire::end_point_hash;

/// Why the trusted certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    #[error("read {0:?}: {1}")]
    File(PathBuf, rustls::pki_types::pem::Error),
    #[error("no certificate is trusted")]
    Empty,
    #[error("{0}")]
    Verifier(#[from] rustls::client::VerifierBuilderError),
    #[error("{0}")]
    Tls(#[from] rustls::Error),
}

/// How much of a certificate is checked, below the full check.
#[derive(Debug)]
enum Lenient {
    /// Nothing; only that the peer owns the key.
    Any(Arc<CryptoProvider>),
    /// The chain, not the name.
    Chain(Arc<WebPkiServerVerifier>),
}

/// The configuration of a mode; `None` where TLS is not spoken.
pub(crate) fn config(mode: &UpstreamTls) -> Result<Option<Arc<ClientConfig>>, TrustError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match mode {
        UpstreamTls::Disable => return Ok(None),
        UpstreamTls::Prefer | UpstreamTls::Require => Arc::new(Lenient::Any(provider.clone())),
        UpstreamTls::VerifyCa(roots) => Arc::new(Lenient::Chain(trusted(roots, &provider)?)),
        UpstreamTls::VerifyFull(roots) => trusted(roots, &provider)?,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Some(Arc::new(config)))
}

fn trusted(
    roots: &RootCertificates,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TrustError> {
    let mut store = RootCertStore::empty();
    match roots {
        RootCertificates::System => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        RootCertificates::File(path) => {
            let file = |error| TrustError::File(path.clone(), error);
            let certificates = CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(file)?;
            for certificate in certificates {
                store.add(certificate)?;
            }
        }
    }
    if store.is_empty() {
        return Err(TrustError::Empty);
    }
    Ok(WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone()).build()?)
}

/// Speaks TLS over a connection whose server has agreed to.
pub(super) async fn handshake(
    socket: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
) -> Result<Dialled, DialError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| DialError::Tls(std::io::Error::other(error)))?;
    let stream = TlsConnector::from(config)
        .connect(name, Plain::Tcp(socket))
        .await
        .map_err(DialError::Tls)?;
    let end_point = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| end_point_hash(chain.first()?).ok());
    Ok(Dialled {
        stream: Stream::Tls(Box::new(stream.into())),
        end_point,
        secrecy: Secrecy::Unsure,
    })
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Self::Chain(verifier) = self else {
            return Ok(ServerCertVerified::assertion());
        };
        match verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self {
            Self::Any(provider) => rustls::crypto::verify_tls12_signature(
                message,
                certificate,
                signature,
                &provider.signature_verification_algorithms,
            ),
            Self::Chain(verifier) => {
                verifier.verify_tls12_signature(message, certificate, signature)
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self {
            Self::Any(provider) => rustls::crypto::verify_tls13_signature(
                message,
                certificate,
                signature,
                &provider.signature_verification_algorithms,
            ),
            Self::Chain(verifier) => {
                verifier.verify_tls13_signature(message, certificate, signature)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match self {
            Self::Any(provider) => provider
                .signature_verification_algorithms
                .supported_schemes(),
            Self::Chain(verifier) => verifier.supported_verify_schemes(),
        }
    }
}
