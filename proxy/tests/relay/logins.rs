//! Negotiation and login: what is refused, how, and that nothing reaches a server then.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use wire::{
    ClientExchange, MECHANISM, Reply, parse_reply, sasl_initial_response, sasl_response,
    startup_message,
};

use rustls::pki_types::CertificateDer;

use crate::client::Client;
use crate::harness::{Harness, PASSWORD, Turn};

const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const GSS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];

fn with_tls(required: bool) -> Harness {
    with_certificate(required).0
}

pub(crate) fn with_certificate(required: bool) -> (Harness, CertificateDer<'static>) {
    let pair =
        rcgen::generate_simple_self_signed(vec!["qa.db.test".into(), "localhost".into()]).unwrap();
    let tls = Some((pair.cert.pem(), pair.signing_key.serialize_pem(), required));
    let turn = Turn {
        tls,
        ..Turn::default()
    };
    (turn.start(), pair.cert.der().clone())
}

fn startup() -> Vec<u8> {
    startup_message([("user", "app"), ("database", "postgres")])
}

fn byte(client: &mut Client) -> Option<u8> {
    let mut byte = [0];
    match client.socket.read(&mut byte) {
        Ok(1) => Some(byte[0]),
        _ => None,
    }
}

#[test]
fn requests_for_encryption_are_answered_no_in_any_order() {
    let harness = Harness::new();
    for requests in [[SSL, GSS], [GSS, SSL]] {
        let mut client = Client::tcp(harness.address);
        for request in requests {
            client.send(&request);
            assert_eq!(byte(&mut client), Some(b'N'));
        }
        let last = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
        assert_eq!(last.last().unwrap().tag, b'Z');
    }
    let mut client = Client::tcp(harness.address);
    for _ in 0..3 {
        client.send(&SSL);
        assert_eq!(byte(&mut client), Some(b'N'));
    }
    client.send(&SSL);
    assert_eq!(byte(&mut client), None);
}

#[test]
fn bytes_stuffed_behind_a_request_end_the_connection() {
    for harness in [with_tls(false), Harness::new()] {
        for request in [SSL, GSS] {
            let mut client = Client::tcp(harness.address);
            client.send(&[&request[..], &startup()].concat());
            assert_eq!(byte(&mut client), None);
            assert!(harness.desk.asked.lock().unwrap().is_empty());
        }
    }
}

#[test]
fn clear_connections_of_any_version_are_refused_where_tls_is_required() {
    let harness = with_tls(true);
    for minor in [0_u16, 2, 9999] {
        let mut client = Client::tcp(harness.address);
        let mut packet = startup();
        packet[6..8].copy_from_slice(&minor.to_be_bytes());
        client.send(&packet);
        let refusal = client.receive().unwrap();
        assert_eq!(refusal.field(b'C').as_deref(), Some("28000"));
        assert_eq!(client.receive(), None);
    }
    // A unix socket is as good as TLS.
    let mut client = Client::unix(&harness.socket);
    let last = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    assert_eq!(last.last().unwrap().tag, b'Z');
}

#[test]
fn psql_logs_in_under_tls_with_and_without_channel_binding() {
    let harness = with_tls(true);
    for binding in ["disable", "prefer", "require"] {
        let target = format!(
            "host=localhost hostaddr=127.0.0.1 port={} user=app dbname=postgres sslmode=require \
             channel_binding={binding}",
            harness.address.port()
        );
        let psql = Command::new("psql")
            .env("PGPASSWORD", PASSWORD)
            .args(["-XqAt", "-c", "select 7", &target])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&psql.stderr);
        assert_eq!(psql.stdout, b"7\n", "{binding}: {said}");
    }
    let asked = harness.desk.asked.lock().unwrap();
    assert_eq!(asked[0].server_name.as_deref(), Some("localhost"));
}

/// How a client comes to TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Asks first.
    Request,
    /// A handshake as its first bytes (PostgreSQL 17).
    Direct,
}

/// A connection under TLS on which nothing has been said yet.
fn under_tls(
    harness: &Harness,
    certificate: &CertificateDer<'static>,
    opening: Opening,
    alpn: &[&[u8]],
) -> Result<rustls::StreamOwned<rustls::ClientConnection, TcpStream>, std::io::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = "qa.db.test".try_into().unwrap();
    let tls = rustls::ClientConnection::new(config.into(), name).unwrap();
    let mut socket = TcpStream::connect(harness.address)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    if opening == Opening::Request {
        socket.write_all(&SSL)?;
        let mut answer = [0];
        socket.read_exact(&mut answer)?;
        assert_eq!(answer, *b"S");
    }
    Ok(rustls::StreamOwned::new(tls, socket))
}

/// A client under TLS.
pub(crate) fn tls_client(
    harness: &Harness,
    certificate: &CertificateDer<'static>,
    opening: Opening,
) -> Client {
    let stream = under_tls(harness, certificate, opening, &[b"postgresql"]).unwrap();
    Client {
        socket: Box::new(stream),
    }
}

/// The first byte of the answer to a direct handshake with these protocols offered.
fn direct(
    harness: &Harness,
    certificate: &CertificateDer<'static>,
    alpn: &[&[u8]],
) -> Result<u8, std::io::Error> {
    let mut stream = under_tls(harness, certificate, Opening::Direct, alpn)?;
    stream.write_all(&startup())?;
    let mut tag = [0];
    stream.read_exact(&mut tag)?;
    Ok(tag[0])
}

#[test]
fn direct_tls_needs_the_protocol_name() {
    let (harness, certificate) = with_certificate(true);
    let direct = |alpn: &[&[u8]]| direct(&harness, &certificate, alpn);
    assert_eq!(direct(&[b"postgresql"]).unwrap(), b'R');
    assert!(direct(&[]).is_err());
    assert!(direct(&[b"h2"]).is_err());
    assert!(harness.desk.asked.lock().unwrap().is_empty());
}

#[test]
fn wrong_passwords_and_unknown_users_get_the_same_refusal() {
    let harness = Harness::new();
    for (user, password) in [("app", "wrong"), ("nobody", PASSWORD), ("nobody", "")] {
        let mut client = Client::tcp(harness.address);
        let refusal = client.start(&[("user", user), ("database", "postgres")], password);
        let refusal = refusal.last().unwrap();
        assert_eq!(refusal.field(b'C').as_deref(), Some("28P01"));
        let message = format!("password authentication failed for user \"{user}\"");
        assert_eq!(refusal.field(b'M'), Some(message));
        assert_eq!(client.receive(), None);
    }
    assert_eq!(harness.desk.leases.load(Ordering::SeqCst), 0);
    assert!(harness.desk.asked.lock().unwrap().is_empty());
}

#[test]
fn scram_messages_that_break_the_rules_are_refused() {
    let harness = Harness::new();
    let refused = |mechanism: &str, first: &str| {
        let mut client = Client::tcp(harness.address);
        client.send(&startup());
        client.receive().unwrap();
        client.send(&sasl_initial_response(mechanism, first));
        let refusal = client.receive().unwrap();
        assert_eq!(client.receive(), None);
        refusal.field(b'C').unwrap()
    };
    assert_eq!(refused("SCRAM-SHA-1", "n,,n=,r=abc"), "08P01");
    assert_eq!(
        refused("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=abc"),
        "08P01"
    );
    assert_eq!(refused(MECHANISM, "n,a=root,n=,r=abc"), "0A000");
    assert_eq!(refused(MECHANISM, "p=tls-unique,,n=,r=abc"), "08P01");
    assert_eq!(refused(MECHANISM, ""), "08P01");
    let mut client = Client::tcp(harness.address);
    client.send(&startup());
    let offer = client.receive().unwrap();
    let Ok(Reply::Sasl(offered)) = parse_reply(offer.tag, &offer.body) else {
        panic!("{offer:?}")
    };
    let mut scram = ClientExchange::new(&offered, PASSWORD, None).unwrap();
    client.send(&sasl_initial_response(MECHANISM, &scram.first()));
    let first = client.receive().unwrap();
    let Ok(Reply::SaslContinue(text)) = parse_reply(first.tag, &first.body) else {
        panic!("{first:?}")
    };
    let proof = scram.prove(text).unwrap();
    client.send(&sasl_response(&format!("{proof}AAAA")));
    assert_eq!(
        client.receive().unwrap().field(b'C').as_deref(),
        Some("08P01")
    );
}

#[test]
fn an_oversize_password_message_ends_the_connection() {
    let harness = Harness::new();
    let mut client = Client::tcp(harness.address);
    client.send(&startup());
    client.receive().unwrap();
    client.send(&[b'p', 0, 0, 0x20, 0x05]);
    assert_eq!(client.receive(), None);
}
