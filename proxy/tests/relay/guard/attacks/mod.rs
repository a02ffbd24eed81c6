//! Ways to change what the mode forbids. After each the database must be as it was.
//!
//! Those that bite do change it where the mode is read-write: so each is a real attack, and what
//! stops it is the guard.

mod messages;
mod statements;
mod turns;

use rules::config::AccessMode;
use wire::startup_message;

use super::database::Database;
use super::{GUARDED, relay, tags};
use crate::client::{Client, Message, message, query};
use crate::harness::{Harness, PASSWORD};
use crate::scripts::frames::sync;

const DELETE: &str = "delete from items where id = (select min(id) from items)";

/// Whether an attack changes anything where it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bite {
    Real,
    None,
}

type Attack = (&'static str, Bite, Vec<u8>);

fn attacks() -> Vec<Attack> {
    let statements = statements::STATEMENTS.iter();
    let mut all: Vec<_> = statements
        .map(|(name, sql)| (*name, Bite::Real, query(sql)))
        .collect();
    all.extend(messages::messages());
    all.extend(turns::turns());
    all
}

/// Sends it all and then a goodbye; what came back.
fn attack(harness: &Harness, database: &str, bytes: &[u8]) -> Vec<Message> {
    let (mut client, _) = harness.session_with(&[("database", database)]);
    client.send(&[bytes, &sync(), &message(b'X', b"")].concat());
    let answer = client.rest();
    drop(client);
    // The server may still be at work for a session whose client is gone.
    harness.wait_until_empty();
    answer
}

/// Only the guard may have refused: the server's own refusal would mean that it was asked.
fn assert_not_asked(name: &str, answer: &[Message]) {
    for error in answer.iter().filter(|message| message.tag == b'E') {
        let by_server =
            error.field(b'C').as_deref() == Some("25006") && error.field(b'F').is_some();
        assert!(!by_server, "{name}: {error:?}");
    }
}

#[test]
fn no_attack_changes_what_the_mode_forbids() {
    let mut database = Database::new("attacked");
    let all = attacks();
    assert!(all.len() >= 80, "{}", all.len());
    for mode in GUARDED {
        let harness = relay(mode);
        database.run("insert into scraps select 1");
        let before = database.state();
        for (name, bite, bytes) in &all {
            let answer = attack(&harness, &database.name, bytes);
            assert_not_asked(name, &answer);
            assert_eq!(database.state(), before, "{mode}, {name}: {answer:?}");
            let denied = answer.iter().any(|message| {
                message.tag == b'E'
                    && message
                        .field(b'D')
                        .is_some_and(|it| it.contains("Denied by"))
            });
            assert!(denied || *bite == Bite::None, "{mode}, {name}: {answer:?}");
        }
    }
}

#[test]
fn every_attack_that_bites_changes_something_where_it_may() {
    let mut database = Database::new("bitten");
    let harness = relay(AccessMode::ReadWrite);
    let mut toothless = Vec::new();
    for (name, bite, bytes) in attacks() {
        database.run("insert into scraps select 1");
        let before = database.state();
        let answer = attack(&harness, &database.name, &bytes);
        if (database.state() != before) != (bite == Bite::Real) {
            toothless.push((name, answer));
        }
    }
    assert!(toothless.is_empty(), "{toothless:#?}");
}

#[test]
fn a_statement_in_pieces_of_any_size_is_denied() {
    let mut database = Database::new("pieces");
    let before = database.state();
    for mode in GUARDED {
        let harness = relay(mode);
        let bytes = [query("select 1"), query(DELETE), query("select 2")].concat();
        for size in [1, 2, 3, 5, 13, 60] {
            let (mut client, _) = harness.session_with(&[("database", &database.name)]);
            for piece in bytes.chunks(size) {
                client.send(piece);
            }
            let answer: Vec<_> = (0..3).flat_map(|_| client.until(b'Z')).collect();
            assert_eq!(tags(&answer), "TDCZEZTDCZ");
        }
    }
    assert_eq!(database.state(), before);
}

#[test]
fn a_statement_sent_before_the_session_stands_is_judged() {
    let mut database = Database::new("early");
    let before = database.state();
    for mode in GUARDED {
        let harness = relay(mode);
        let mut client = Client::tcp(harness.address);
        let pairs = [("user", "app"), ("database", &database.name)];
        client.send(&startup_message(pairs));
        let offer = client.receive().unwrap();
        client.log_in(&offer, PASSWORD);
        // Right behind the proof, which the relay has not answered yet.
        client.send(&[query(DELETE), query("select 1"), message(b'X', b"")].concat());
        client.until(b'Z');
        assert_eq!(tags(&client.rest()), "EZTDCZ");
    }
    assert_eq!(database.state(), before);
}
