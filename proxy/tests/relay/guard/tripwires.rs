//! Functions that turn a session into what it must not be.

use rules::config::AccessMode;

use super::database::Database;
use super::{GUARDED, relay, tags, told, value};
use crate::client::{Client, message, query};
use crate::scripts::frames::{bind, execute, parse, sync};

const READ_ONLY_OFF: &str = "set default_transaction_read_only = off";

/// What turns a session away from its footing: the mode, what a function sets, code and rule.
const TURNS: [(AccessMode, &str, &str, &str); 6] = [
    (AccessMode::ReadOnly, READ_ONLY_OFF, "25006", "tripwire"),
    (
        AccessMode::ReadOnly,
        "set session characteristics as transaction read write",
        "25006",
        "tripwire",
    ),
    (
        AccessMode::ReadOnly,
        "set standard_conforming_strings = off",
        "42501",
        "guc.lex",
    ),
    (
        AccessMode::ReadOnly,
        "set client_encoding = 'SJIS'",
        "42501",
        "guc.lex",
    ),
    (
        AccessMode::Append,
        "set standard_conforming_strings = off",
        "42501",
        "guc.lex",
    ),
    (AccessMode::Append, "set names 'SJIS'", "42501", "guc.lex"),
];

fn escape(sql: &str) -> String {
    format!("select escape($${sql}$$)")
}

/// The end of a session that tripped: nothing behind the FATAL.
fn assert_tripped(client: &mut Client, before: &str, (code, rule): (&str, &str)) {
    let answer = client.rest();
    assert_eq!(tags(&answer), format!("{before}E"), "{answer:?}");
    let error = answer.last().unwrap();
    assert_eq!(error.field(b'S').as_deref(), Some("FATAL"));
    assert_eq!(error.field(b'V').as_deref(), Some("FATAL"));
    let (is, _, by) = told(error);
    assert_eq!((is.as_str(), by.as_deref()), (code, Some(rule)));
    assert!(error.field(b'H').is_some());
}

#[test]
fn a_session_that_a_function_turned_ends_behind_the_answer() {
    let database = Database::new("turned");
    for (mode, sql, code, rule) in TURNS {
        let harness = relay(mode);
        let session = || harness.session_with(&[("database", &database.name)]).0;
        let end = (code, rule);
        let mut client = session();
        client.send(&query(&escape(sql)));
        assert_tripped(&mut client, "TDC", end);

        let mut client = session();
        let extended = [
            parse("", &escape(sql)),
            bind("", "", &[]),
            execute("", 0),
            sync(),
        ];
        client.send(&extended.concat());
        assert_tripped(&mut client, "12DC", end);

        let mut client = session();
        client.ask("begin");
        client.send(&query(&escape(sql)));
        assert_tripped(&mut client, "TDC", end);

        let mut client = session();
        client.send(&query(&format!("{}; select 1/0", escape("select 1"))));
        assert_eq!(tags(&client.until(b'Z')), "TDCEZ");
        harness.relay.denied().unwrap();
        drop(client);
        harness.wait_until_empty();
    }
}

#[test]
fn what_a_client_sent_behind_the_turn_never_answers() {
    let database = Database::new("behind");
    for (mode, sql, code, rule) in TURNS {
        let harness = relay(mode);
        for behind in [
            query("select 'behind'"),
            query("select repeat('behind', 100) from generate_series(1, 10000)"),
            query("delete from items"),
            [
                parse("", "select 'behind'"),
                bind("", "", &[]),
                execute("", 0),
                sync(),
            ]
            .concat(),
            message(b'X', b""),
        ] {
            let (mut client, _) = harness.session_with(&[("database", &database.name)]);
            client.send(&[query(&escape(sql)), behind].concat());
            assert_tripped(&mut client, "TDC", (code, rule));
        }
        harness.wait_until_empty();
    }
}

#[test]
fn a_turn_that_is_undone_or_harmless_ends_nothing() {
    let database = Database::new("harmless");
    for mode in GUARDED {
        let harness = relay(mode);
        let (mut client, _) = harness.session_with(&[("database", &database.name)]);
        for sql in [
            "set default_transaction_read_only = on",
            "set standard_conforming_strings = on",
            "set client_encoding = 'latin1'",
            "set application_name = 'default_transaction_read_only'",
            "set timezone = 'Asia/Tokyo'",
        ] {
            let answer = client.ask(&escape(sql));
            assert!(tags(&answer).ends_with('Z'), "{sql}: {answer:?}");
        }
        client.ask("begin");
        let undone = format!("savepoint s; {}; rollback to s", escape(READ_ONLY_OFF));
        assert!(tags(&client.ask(&undone)).ends_with('Z'));
        client.ask("commit");
        assert_eq!(value(&mut client, "select 'alive'"), "alive");
    }
}

#[test]
fn a_session_is_turned_freely_where_its_mode_does_not_depend_on_it() {
    let database = Database::new("free");
    let harness = relay(AccessMode::ReadWrite);
    for (_, sql, _, _) in TURNS {
        let (mut client, _) = harness.session_with(&[("database", &database.name)]);
        for sql in [&escape(sql), sql] {
            let answer = client.ask(sql);
            assert_eq!(answer.last().unwrap().tag, b'Z');
        }
        assert_eq!(value(&mut client, "select 'alive'"), "alive");
    }
    let harness = relay(AccessMode::Append);
    let (mut client, _) = harness.session_with(&[("database", &database.name)]);
    assert!(tags(&client.ask("set default_transaction_read_only = on")).ends_with("SZ"));
    assert!(tags(&client.ask(&escape(READ_ONLY_OFF))).ends_with("SZ"));
    assert_eq!(value(&mut client, "select 'alive'"), "alive");
}
