//! Servers that ask our login for its password in clear or as md5.

use proxy::relay::{RootCertificates, Upstream, UpstreamTls};

use crate::client::Client;
use crate::cluster::Cluster;
use crate::harness::{PASSWORD, Turn};

const SECRET: &str = "the server's own";

const HBA: &str = "\
local postgres all                trust
local all      all                password
host  clear    all   127.0.0.1/32 password
host  hashed   all   127.0.0.1/32 md5
";

/// A server that asks for passwords, and the certificate of its TLS.
fn asking() -> (Cluster, RootCertificates, tempfile::TempDir) {
    let files = tempfile::tempdir_in("/var/tmp").unwrap();
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let path = files.path().join("roots.pem");
    std::fs::write(&path, pair.cert.pem()).unwrap();
    let server = Cluster::own("listen_addresses = '127.0.0.1'\n", Some(HBA));
    for (name, pem) in [
        ("server.crt", pair.cert.pem()),
        ("server.key", pair.signing_key.serialize_pem()),
    ] {
        server.give(name, &pem);
    }
    server.run("alter system set ssl = on");
    server.run("select pg_reload_conf()");
    server.run("set password_encryption = md5; alter role app password 'the server''s own'");
    server.run("create database clear");
    server.run("create database hashed");
    (server, RootCertificates::File(path), files)
}

/// The error of a session in a database of the server, if there is one.
fn refusal(upstream: &Upstream, database: &str, password: &str) -> Option<[String; 2]> {
    let harness = Turn {
        upstream: Some(upstream.clone()),
        password: Some(password.into()),
        ..Turn::default()
    }
    .start();
    let mut client = Client::tcp(harness.address);
    let answer = client.start(&[("user", "app"), ("database", database)], PASSWORD);
    let last = answer.last().unwrap();
    match last.tag {
        b'Z' => {
            assert_eq!(&client.ask("select current_user")[1].body[6..], b"app");
            None
        }
        _ => Some([b'C', b'D'].map(|field| last.field(field).unwrap())),
    }
}

#[test]
fn a_password_goes_in_clear_only_where_nobody_else_hears_it() {
    let (server, roots, _files) = asking();
    let tcp = |tls| Upstream::Tcp {
        host: "localhost".into(),
        port: server.port,
        tls,
    };
    for kept in [
        Upstream::Unix(server.socket()),
        tcp(UpstreamTls::VerifyCa(roots.clone())),
        tcp(UpstreamTls::VerifyFull(roots)),
    ] {
        assert_eq!(refusal(&kept, "clear", SECRET), None, "{kept:?}");
        let [code, detail] = refusal(&kept, "clear", "wrong").unwrap();
        assert_eq!(code, "57P03", "{kept:?}");
        assert!(
            detail.contains("password authentication failed"),
            "{detail}"
        );
    }
    for unsure in [
        tcp(UpstreamTls::Disable),
        tcp(UpstreamTls::Prefer),
        tcp(UpstreamTls::Require),
    ] {
        let [code, detail] = refusal(&unsure, "clear", SECRET).unwrap();
        assert_eq!(code, "57P03", "{unsure:?}");
        assert!(detail.contains("password in clear"), "{detail}");
        assert!(!detail.contains(SECRET), "{detail}");
    }
}

#[test]
fn a_password_goes_as_md5_where_the_server_asks_for_that() {
    let (server, _roots, _files) = asking();
    for tls in [UpstreamTls::Disable, UpstreamTls::Require] {
        let upstream = Upstream::Tcp {
            host: "localhost".into(),
            port: server.port,
            tls,
        };
        assert_eq!(refusal(&upstream, "hashed", SECRET), None, "{upstream:?}");
        let [code, detail] = refusal(&upstream, "hashed", "wrong").unwrap();
        assert_eq!(code, "57P03");
        assert!(
            detail.contains("password authentication failed"),
            "{detail}"
        );
    }
}
