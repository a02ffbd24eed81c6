//! A client of bytes, in clear and under TLS, as far as a login.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use anyhow::{Context, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tests::certificate::Certificate;
use wire::{
    ClientExchange, MECHANISM, Reply, parse_reply, sasl_initial_response, sasl_response,
    startup_message,
};

use crate::shop::{PASSWORD, PATIENCE, Shop};

/// The packet that asks for TLS.
pub(super) const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A connection of bytes.
pub(super) struct Raw<S>(pub(super) S);

impl Raw<TcpStream> {
    pub(super) fn connect(shop: &mut Shop) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(shop.daemon().endpoint()?)?;
        // An answer that does not come fails a test instead of keeping it.
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(socket))
    }

    /// Asks for TLS and speaks it.
    pub(super) fn encrypted(
        mut self,
        trusted: &Certificate,
    ) -> anyhow::Result<Raw<StreamOwned<ClientConnection, TcpStream>>> {
        self.0.write_all(&SSL_REQUEST)?;
        let mut answer = [0];
        self.0.read_exact(&mut answer)?;
        ensure!(answer == *b"S", "{answer:?}");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(trusted.authority())?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = ClientConnection::new(Arc::new(config), "localhost".try_into()?)?;
        Ok(Raw(StreamOwned::new(tls, self.0)))
    }
}

impl<S: Read + Write> Raw<S> {
    pub(super) fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.0.write_all(bytes)?)
    }

    /// The next message; none when the other side closed, politely or not.
    pub(super) fn receive(&mut self) -> anyhow::Result<Option<(u8, Vec<u8>)>> {
        use std::io::ErrorKind::{ConnectionReset, UnexpectedEof};
        let mut header = [0; 5];
        match self.0.read_exact(&mut header) {
            Err(error) if matches!(error.kind(), ConnectionReset | UnexpectedEof) => {
                return Ok(None);
            }
            read => read?,
        }
        let [tag, length @ ..] = header;
        let body = (u32::from_be_bytes(length) as usize).checked_sub(4);
        let mut body = vec![0; body.context("a length")?];
        self.0.read_exact(&mut body)?;
        Ok(Some((tag, body)))
    }

    /// The SQLSTATE of the error that comes next and is the last that comes.
    pub(super) fn refusal(&mut self) -> anyhow::Result<String> {
        let (tag, body) = self.receive()?.context("an error, not the end")?;
        ensure!(tag == b'E', "{}", body.escape_ascii());
        let mut fields = body.split(|byte| *byte == 0);
        let code = fields.find_map(|field| field.strip_prefix(b"C"));
        let code = String::from_utf8(code.context("a code")?.to_vec())?;
        ensure!(self.receive()?.is_none(), "something follows {code}");
        Ok(code)
    }

    /// Begins a login; the mechanisms on offer.
    pub(super) fn offered(&mut self) -> anyhow::Result<String> {
        self.send(&startup_message([("user", "app"), ("database", "shop@qa")]))?;
        let (_, body) = self.receive()?.context("an offer")?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Logs in with a proof that was tampered with; the SQLSTATE of the refusal.
    pub(super) fn prove(&mut self, tamper: fn(String) -> String) -> anyhow::Result<String> {
        self.send(&startup_message([("user", "app"), ("database", "shop@qa")]))?;
        let mut exchange = None;
        loop {
            let (tag, body) = self.receive()?.context("an answer")?;
            match parse_reply(tag, &body)? {
                Reply::Sasl(offered) => {
                    let scram =
                        ClientExchange::new(&offered, PASSWORD, None).context("a mechanism")?;
                    self.send(&sasl_initial_response(MECHANISM, &scram.first()))?;
                    exchange = Some(scram);
                }
                Reply::SaslContinue(text) => {
                    let scram = exchange.as_mut().context("an offer first")?;
                    let proof = tamper(scram.prove(text)?);
                    self.send(&sasl_response(&proof))?;
                    return self.refusal();
                }
                other => anyhow::bail!("{other:?}"),
            }
        }
    }
}
