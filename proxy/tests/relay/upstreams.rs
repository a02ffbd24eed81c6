//! Servers over TCP and TLS that ask for a password: a second relay in front of the real server.

use proxy::relay::{RootCertificates, Upstream, UpstreamTls};

use crate::client::{Client, query};
use crate::harness::{Harness, PASSWORD, Turn};
use crate::logins::with_certificate;

fn before(server: &Harness, host: &str, tls: UpstreamTls, password: &str) -> Harness {
    Turn {
        upstream: Some(Upstream::Tcp {
            host: host.into(),
            port: server.address.port(),
            tls,
        }),
        password: Some(password.into()),
        ..Turn::default()
    }
    .start()
}

fn code(harness: &Harness) -> Option<String> {
    let mut client = Client::tcp(harness.address);
    let messages = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    messages.last().unwrap().field(b'C')
}

#[test]
fn every_tls_mode_means_what_libpq_means_by_it() {
    let (secure, certificate) = with_certificate(true);
    let (_, foreign) = with_certificate(true);
    let clear = Harness::new();
    let directory = tempfile::tempdir().unwrap();
    let roots = |name: &str, certificate: &[u8]| {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(certificate);
        let path = directory.path().join(name);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        std::fs::write(&path, pem).unwrap();
        RootCertificates::File(path)
    };
    let right = roots("right.pem", &certificate);
    let wrong = roots("wrong.pem", &foreign);
    let name = "localhost";
    let address = "127.0.0.1";
    for (server, host, tls, works) in [
        (&clear, address, UpstreamTls::Disable, true),
        (&clear, address, UpstreamTls::Prefer, true),
        (&clear, address, UpstreamTls::Require, false),
        (&secure, address, UpstreamTls::Disable, false),
        (&secure, address, UpstreamTls::Prefer, true),
        (&secure, address, UpstreamTls::Require, true),
        (&secure, address, UpstreamTls::VerifyCa(right.clone()), true),
        (
            &secure,
            address,
            UpstreamTls::VerifyCa(wrong.clone()),
            false,
        ),
        (&secure, name, UpstreamTls::VerifyFull(right.clone()), true),
        (&secure, address, UpstreamTls::VerifyFull(right), false),
        (&secure, name, UpstreamTls::VerifyFull(wrong), false),
    ] {
        let said = format!("{host} {tls:?}");
        let harness = before(server, host, tls, PASSWORD);
        let expected = (!works).then(|| "57P03".to_owned());
        assert_eq!(code(&harness), expected, "{said}");
        harness.wait_until_empty();
    }
}

#[test]
fn a_wrong_password_of_ours_is_not_the_clients_affair() {
    let server = Harness::new();
    let harness = before(&server, "127.0.0.1", UpstreamTls::Disable, "wrong");
    assert_eq!(code(&harness).as_deref(), Some("57P03"));
}

#[test]
fn large_values_and_cancels_pass_through_tls_on_the_way_to_the_server() {
    let (server, _) = with_certificate(true);
    let harness = before(&server, "127.0.0.1", UpstreamTls::Require, PASSWORD);
    let (mut client, greeting) = harness.session_with(&[]);
    let answer = client.ask("select repeat('t', 20000000)");
    assert_eq!(answer[1].body.len(), 2 + 4 + 20_000_000);
    let key = greeting.iter().find(|message| message.tag == b'K').unwrap();
    let (process, secret) = key.body.split_first_chunk().unwrap();
    let request = wire::cancel_request(i32::from_be_bytes(*process), secret);
    client.send(&query("select pg_sleep(600)"));
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| client.until(b'Z'));
        while !answer.is_finished() {
            let mut cancel = Client::tcp(harness.address);
            cancel.send(&request);
            assert_eq!(cancel.receive(), None);
        }
        let answer = answer.join().unwrap();
        assert!(
            answer
                .iter()
                .any(|m| m.field(b'C').as_deref() == Some("57014"))
        );
    });
}
