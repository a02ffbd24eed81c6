//! The same bytes sent to the server directly and through the relay bring back the same bytes, but
//! for the process id and key.

use std::time::Duration;

use crate::client::{Client, Message, message, query};
use crate::cluster::cluster;
use crate::harness::{Harness, PASSWORD};
use crate::scripts::scripts;

/// What one script brought back.
fn play(
    client: &mut Client,
    password: &str,
    settings: &[(&str, &str)],
    steps: &[Step],
) -> Vec<Message> {
    let mut pairs = vec![("user", "app"), ("database", "postgres")];
    pairs.extend(settings);
    let mut messages = client.start(&pairs, password);
    for message in &mut messages {
        if message.tag == b'K' {
            message.body.clear();
        }
    }
    for step in steps {
        match step {
            Step::Send(bytes) => client.send(bytes),
            Step::Until(tag) => messages.extend(client.until(*tag)),
            Step::Rest => messages.extend(client.rest()),
        }
    }
    messages
}

/// One step of a script.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sends these bytes in one piece.
    Send(Vec<u8>),
    /// Waits for a message of this tag.
    Until(u8),
    /// Waits for the end of the connection.
    Rest,
}

/// A named script.
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) settings: Vec<(&'static str, &'static str)>,
    pub(crate) steps: Vec<Step>,
}

#[test]
fn every_script_brings_back_the_same_bytes_directly_and_relayed() {
    let harness = Harness::new();
    let scripts = scripts();
    assert!(scripts.len() >= 150, "{} scripts", scripts.len());
    let mut different = Vec::new();
    let mut names = std::collections::HashSet::new();
    for script in &scripts {
        assert!(names.insert(&script.name), "two scripts {:?}", script.name);
        let mut direct = Client::unix(&cluster().socket());
        let expected = play(&mut direct, "", &script.settings, &script.steps);
        drop(direct);
        for (door, mut client) in [
            ("tcp", Client::tcp(harness.address)),
            ("unix", Client::unix(&harness.socket)),
        ] {
            let relayed = play(&mut client, PASSWORD, &script.settings, &script.steps);
            if relayed != expected {
                different.push((&script.name, door));
            }
        }
        assert!(
            !expected.is_empty(),
            "script {:?} proves nothing",
            script.name
        );
    }
    assert!(different.is_empty(), "{different:#?}");
    harness.wait_until_empty();
}

#[test]
fn a_script_sent_byte_by_byte_brings_back_the_same_bytes() {
    let harness = Harness::new();
    let bytes = [
        query("select 1"),
        message(b'P', b"\0select $1::text\0\0\0"),
        message(b'B', b"\0\0\0\0\0\x01\0\0\0\x02hi\0\0"),
        message(b'E', b"\0\0\0\0\0"),
        message(b'S', b""),
    ]
    .concat();
    let answer = |client: &mut Client, pieces: bool| {
        for byte in &bytes {
            if pieces {
                client.send(&[*byte]);
                std::thread::sleep(Duration::ZERO);
            }
        }
        if !pieces {
            client.send(&bytes);
        }
        [client.until(b'Z'), client.until(b'Z')].concat()
    };
    let mut whole = harness.session();
    let expected = answer(&mut whole, false);
    let mut pieces = harness.session();
    assert_eq!(answer(&mut pieces, true), expected);
    assert_eq!(expected.len(), 4 + 5);
}
