//! Messages of many bytes.

use rules::config::AccessMode;
use rules::guard::SQL_BYTES_MAX;

use super::database::Database;
use super::{GUARDED, relay, tags, told};
use crate::client::{Client, Message, message, query};
use crate::scripts::frames::{bind, execute, parse, sync};

/// A statement whose Query or unnamed Parse has a body of so many bytes.
fn padded(sql: &str, tag: u8, body: usize) -> Vec<u8> {
    let frame = if tag == b'Q' { 1 } else { 4 };
    let mut text = sql.as_bytes().to_vec();
    text.resize(body - frame, b' ');
    match tag {
        b'Q' => text.push(0),
        _ => {
            text.insert(0, 0);
            text.extend([0, 0, 0]);
        }
    }
    assert_eq!(text.len(), body);
    message(tag, &text)
}

/// Sends it, and a Sync where it needs one.
fn ask(client: &mut Client, tag: u8, bytes: &[u8]) -> Vec<Message> {
    client.send(bytes);
    if tag == b'P' {
        client.send(&sync());
    }
    client.until(b'Z')
}

#[test]
fn a_statement_too_large_to_be_judged_is_denied_by_its_header_alone() {
    let database = Database::new("large");
    for mode in GUARDED {
        let harness = relay(mode);
        for tag in [b'Q', b'P', b'F'] {
            let (mut client, _) = harness.session_with(&[("database", &database.name)]);
            let bytes = padded(
                "select 1",
                if tag == b'F' { b'Q' } else { tag },
                SQL_BYTES_MAX + 1,
            );
            let bytes = message(tag, &bytes[5..]);
            // What comes behind the header is not waited for, so it is not held either.
            client.send(&bytes[..5]);
            let error = if tag == b'P' {
                client.send(&bytes[5..]);
                client.send(&sync());
                client.until(b'Z')
            } else {
                let answer = client.until(b'Z');
                client.send(&bytes[5..]);
                answer
            };
            assert_eq!(tags(&error), "EZ");
            let (code, _, rule) = told(&error[0]);
            assert_eq!((code.as_str(), rule.as_deref()), ("42501", Some("size")));
            assert_eq!(tags(&client.ask("select 1")), "TDCZ");
            assert_eq!(error[0].field(b'V').as_deref(), Some("ERROR"));
        }
        harness.wait_until_empty();
    }
}

#[test]
fn a_statement_of_16_mib_is_judged() {
    let database = Database::new("judged");
    for mode in GUARDED {
        let harness = relay(mode);
        let (mut client, _) = harness.session_with(&[("database", &database.name)]);
        for (tag, passes) in [(b'Q', "TDCZ"), (b'P', "1Z")] {
            let fine = padded("select 1", tag, SQL_BYTES_MAX);
            assert_eq!(tags(&ask(&mut client, tag, &fine)), passes);
            let denied = padded("delete from items", tag, SQL_BYTES_MAX);
            let answer = ask(&mut client, tag, &denied);
            assert_eq!(told(&answer[0]).2.as_deref(), Some("write.change"));
        }
    }
}

#[test]
fn a_read_write_session_may_send_more_than_is_judged() {
    let database = Database::new("unjudged");
    let harness = relay(AccessMode::ReadWrite);
    let (mut client, _) = harness.session_with(&[("database", &database.name)]);
    for (tag, passes) in [(b'Q', "CZ"), (b'P', "1Z")] {
        let sql = "delete from items where id = 1";
        let bytes = padded(sql, tag, SQL_BYTES_MAX + 1);
        assert_eq!(tags(&ask(&mut client, tag, &bytes)), passes);
    }
}

#[test]
fn a_parse_with_a_name_of_any_size_is_judged() {
    let database = Database::new("names");
    for mode in GUARDED {
        let harness = relay(mode);
        for bytes in [62, 63, 64, 10_000, SQL_BYTES_MAX - 40] {
            let (mut client, _) = harness.session_with(&[("database", &database.name)]);
            let name = "n".repeat(bytes);
            client.send(&[parse(&name, "delete from items"), sync()].concat());
            let answer = client.until(b'Z');
            assert_eq!(tags(&answer), "EZ", "{bytes}");
            assert_eq!(told(&answer[0]).2.as_deref(), Some("write.change"));
            client.send(&[bind("", &name, &[]), execute("", 0), sync()].concat());
            assert_eq!(told(&client.until(b'Z')[0]).0, "26000");
            client.send(&[parse(&name, "select 1"), bind("", &name, &[]), sync()].concat());
            assert_eq!(tags(&client.until(b'Z')), "12Z", "{bytes}");
        }
    }
}

#[test]
fn a_message_that_never_ends_is_never_run() {
    let mut database = Database::new("cut");
    let before = database.state();
    for mode in GUARDED {
        let harness = relay(mode);
        let whole = query("delete from items");
        for cut in 1..whole.len() {
            let (mut client, _) = harness.session_with(&[("database", &database.name)]);
            client.send(&whole[..cut]);
            drop(client);
        }
        harness.wait_until_empty();
    }
    assert_eq!(database.state(), before);
}

#[test]
fn the_unnamed_statement_survives_a_named_parse_too_large_to_be_judged() {
    let database = Database::new("survives");
    for mode in GUARDED {
        let harness = relay(mode);
        let (mut client, _) = harness.session_with(&[("database", &database.name)]);
        client.send(&[parse("", "select 1"), sync()].concat());
        assert_eq!(tags(&client.until(b'Z')), "1Z");
        let sql = format!("select 1{}", " ".repeat(SQL_BYTES_MAX));
        client.send(&[parse("named", &sql), sync()].concat());
        let answer = client.until(b'Z');
        assert_eq!(told(&answer[0]).2.as_deref(), Some("size"));
        client.send(&[bind("", "", &[]), execute("", 0), sync()].concat());
        assert_eq!(tags(&client.until(b'Z')), "2DCZ", "{mode}");
    }
}
