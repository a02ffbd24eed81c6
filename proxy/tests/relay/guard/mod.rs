//! The guard within the relay, before a server that by itself would let the client do nearly all.
//!
//! `play` compares a relayed session with a direct one; `database` is what the client could harm.

mod database;
mod play;

mod attacks;
mod bounds;
mod places;
mod random;
mod records;
mod sizes;
mod startups;
mod tripwires;
mod words;

use rules::config::AccessMode;

use crate::client::{Client, Message, message};
use crate::harness::{Harness, Turn};

/// The modes in which the guard denies statements.
const GUARDED: [AccessMode; 2] = [AccessMode::ReadOnly, AccessMode::Append];

/// A relay whose sessions have this mode.
fn relay(access: AccessMode) -> Harness {
    let turn = Turn {
        access,
        ..Turn::default()
    };
    turn.start()
}

/// The settings that a session of this mode is given.
fn given(mode: AccessMode) -> &'static [(&'static str, &'static str)] {
    const ALL: [(&str, &str); 3] = [
        ("default_transaction_read_only", "on"),
        ("standard_conforming_strings", "on"),
        ("client_encoding", "UTF8"),
    ];
    match mode {
        AccessMode::ReadOnly => &ALL,
        AccessMode::Append => &ALL[1..],
        AccessMode::ReadWrite => &[],
    }
}

/// A FunctionCall with its arguments as text.
fn call(function: u32, arguments: &[&str]) -> Vec<u8> {
    let mut body = function.to_be_bytes().to_vec();
    body.extend([0, 0]);
    body.extend((arguments.len() as u16).to_be_bytes());
    for argument in arguments {
        body.extend((argument.len() as u32).to_be_bytes());
        body.extend(argument.as_bytes());
    }
    body.extend([0, 0]);
    message(b'F', &body)
}

fn tags(messages: &[Message]) -> String {
    messages
        .iter()
        .map(|message| char::from(message.tag))
        .collect()
}

/// What an error says: code, message, and the rule in its detail.
fn told(error: &Message) -> (String, String, Option<String>) {
    assert_eq!(error.tag, b'E', "{error:?}");
    let field = |name| error.field(name);
    let detail = field(b'D');
    let rule = detail.and_then(|detail| detail.split('"').nth(1).map(str::to_owned));
    (field(b'C').unwrap(), field(b'M').unwrap(), rule)
}

/// The first column of the only row of a query.
fn value(client: &mut Client, sql: &str) -> String {
    let answer = client.ask(sql);
    let row = answer.iter().find(|message| message.tag == b'D');
    let row = row.unwrap_or_else(|| panic!("{sql}: {answer:?}"));
    String::from_utf8_lossy(&row.body[6..]).into_owned()
}
