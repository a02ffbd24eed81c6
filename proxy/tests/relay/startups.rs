//! What the startup packet asks for, and what comes of it.

use std::time::Duration;

use proxy::relay::{Ending, Upstream};
use wire::startup_message;

use crate::client::{Client, Message};
use crate::harness::{Harness, PASSWORD, Turn};

fn refusal(harness: &Harness, pairs: &[(&str, &str)]) -> Message {
    let mut client = Client::tcp(harness.address);
    let mut all = vec![("user", "app"), ("database", "postgres")];
    all.extend(pairs);
    let refusal = client.start(&all, PASSWORD).pop().unwrap();
    assert_eq!(refusal.tag, b'E', "{pairs:?}");
    assert_eq!(client.receive(), None);
    refusal
}

fn code(harness: &Harness, pairs: &[(&str, &str)]) -> String {
    refusal(harness, pairs).field(b'C').unwrap()
}

#[test]
fn replication_is_refused_in_every_spelling() {
    let harness = Harness::new();
    for value in ["database", "true", "on", "1", "yes", "tr", "T"] {
        assert_eq!(
            code(&harness, &[("replication", value)]),
            "42501",
            "{value}"
        );
    }
    assert_eq!(code(&harness, &[("replication", "perhaps")]), "22023");
    assert!(harness.desk.asked.lock().unwrap().is_empty());
}

#[test]
fn options_that_set_nothing_are_refused() {
    let harness = Harness::new();
    assert_eq!(code(&harness, &[("options", "-B 10")]), "42601");
    assert_eq!(code(&harness, &[("options", "-c work_mem")]), "42601");
}

#[test]
fn versions_and_protocol_options_are_negotiated() {
    let harness = Harness::new();
    for (minor, option, answer) in [
        (0_u16, false, None),
        (0, true, Some(0_u16)),
        (1, false, None),
        (2, false, None),
        (2, true, Some(2)),
        (3, false, Some(2)),
        (9999, true, Some(2)),
    ] {
        let mut client = Client::tcp(harness.address);
        let mut pairs = vec![("user", "app"), ("database", "postgres")];
        if option {
            pairs.push(("_pq_.test_protocol_negotiation", ""));
        }
        let mut packet = startup_message(pairs);
        packet[6..8].copy_from_slice(&minor.to_be_bytes());
        client.send(&packet);
        let greeting = client.authenticate(PASSWORD);
        assert_eq!(greeting.last().unwrap().tag, b'Z', "3.{minor}");
        let negotiated = greeting.iter().find(|message| message.tag == b'v');
        let expected = answer.map(|answer| {
            let mut body = vec![0, 3];
            body.extend(answer.to_be_bytes());
            body.extend(u32::from(option).to_be_bytes());
            if option {
                body.extend(b"_pq_.test_protocol_negotiation\0");
            }
            body
        });
        assert_eq!(
            negotiated.map(|message| message.body.clone()),
            expected,
            "3.{minor}"
        );
    }
    let mut client = Client::tcp(harness.address);
    client.send(&[0, 0, 0, 8, 0, 2, 0, 0]);
    assert_eq!(
        client.receive().unwrap().field(b'C').as_deref(),
        Some("0A000")
    );
}

#[test]
fn our_own_settings_are_kept_and_injected_ones_win() {
    let harness = Turn {
        inject: vec![("role".into(), "owner".into())],
        ..Turn::default()
    }
    .start();
    let (mut client, _) = harness.session_with(&[
        ("options", "-c standin.at=-1d -c ROLE=app"),
        ("role", "none"),
        ("standin.Mode", "x"),
    ]);
    assert_eq!(&client.ask("select current_user")[1].body[6..], b"owner");
    let asked = harness.desk.asked.lock().unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(asked[0].settings, [pair("at", "-1d"), pair("mode", "x")]);
    assert_eq!(asked[0].user.as_str(), "app");
}

#[test]
fn unknown_targets_slow_targets_and_lost_servers_have_their_codes() {
    let mut turn = Turn::default();
    turn.limits.connect_wait = Duration::from_millis(100);
    let harness = turn.start();
    let unknown = refusal(&harness, &[("database", "unknown")]);
    assert_eq!(unknown.field(b'C').as_deref(), Some("3D000"));
    assert_eq!(
        unknown.field(b'H').as_deref(),
        Some("Use database@environment.")
    );
    assert_eq!(code(&harness, &[("database", "never")]), "57P03");
    assert_eq!(code(&harness, &[("database", "no such database")]), "3D000");
    let lost = Turn {
        upstream: Some(Upstream::Unix("/nowhere/.s.PGSQL.1".into())),
        ..Turn::default()
    }
    .start();
    assert_eq!(code(&lost, &[]), "57P03");
    lost.wait_until_empty();
    harness.wait_until_empty();
}

#[test]
fn a_place_that_ended_behind_the_answer_is_the_reason_and_not_its_lost_server() {
    let harness = Turn {
        upstream: Some(Upstream::Unix("/nowhere/.s.PGSQL.1".into())),
        ..Turn::default()
    }
    .start();
    harness.desk.ending.send_replace(Some(Ending {
        message: "environment \"qa\" was dropped".into(),
        detail: Some("By ada.".into()),
        hint: None,
    }));
    let told = refusal(&harness, &[]);
    assert_eq!(told.field(b'C').as_deref(), Some("57P01"));
    assert_eq!(
        told.field(b'M').as_deref(),
        Some("environment \"qa\" was dropped")
    );
    assert_eq!(told.field(b'D').as_deref(), Some("By ada."));
    harness.wait_until_empty();
}

#[test]
fn bounds_of_sessions_are_kept() {
    for bound in 0..3 {
        let mut turn = Turn::default();
        match bound {
            0 => turn.limits.sessions = 2,
            1 => turn.limits.sessions_per_user = 2,
            _ => turn.limits.sessions_per_environment = 2,
        }
        let harness = turn.start();
        let first = harness.session();
        let second = harness.session();
        assert_eq!(code(&harness, &[]), "53300", "{bound}");
        drop((first, second));
        harness.wait_until_empty();
    }
}

#[test]
fn malformed_and_silent_connections_are_closed() {
    let mut turn = Turn::default();
    turn.limits.login = Duration::from_millis(200);
    let harness = turn.start();
    for bytes in [
        &b"\0\0\x27\x11"[..],
        b"\0\0\0\x04",
        b"\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\x08",
        b"",
    ] {
        let mut client = Client::tcp(harness.address);
        client.send(bytes);
        assert_eq!(client.receive(), None, "{bytes:?}");
    }
    harness.wait_until_empty();
}

#[test]
fn a_proxy_header_names_the_client() {
    let harness = Turn {
        proxied: true,
        ..Turn::default()
    }
    .start();
    let mut client = Client::tcp(harness.address);
    client.send(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x07\x0a\0\0\x01\x1f\x90\x15\x38");
    let last = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    assert_eq!(last.last().unwrap().tag, b'Z');
    let peer = harness.desk.asked.lock().unwrap()[0].peer.unwrap();
    assert_eq!(peer.to_string(), "10.0.0.7:8080");
    let mut client = Client::tcp(harness.address);
    client.send(&startup_message([("user", "app")]));
    assert_eq!(client.receive(), None);
}
