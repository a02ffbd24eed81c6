//! What the server says about the guard's word, and what the client is told in its place.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

use proxy::relay::Upstream;
use rules::config::AccessMode;

use super::database::Database;
use super::{GUARDED, relay, tags, told};
use crate::client::{message, query};
use crate::harness::Turn;
use crate::scripts::frames::{bind, parse, sync};

const DELETE: &str = "delete from items where id = 1";

/// One message of the relay, or its startup packet where `header` is its length word alone.
fn take(socket: &mut UnixStream, header: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; header];
    socket.read_exact(&mut bytes).ok()?;
    let length = u32::from_be_bytes(bytes[header - 4..].try_into().unwrap());
    let mut body = vec![0; length as usize - 4];
    socket.read_exact(&mut body).ok()?;
    Some(body)
}

/// A server that refuses every statement in these words around it.
fn server(words: &'static [&'static [u8]; 4]) -> (tempfile::TempDir, Upstream) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        take(&mut socket, 4);
        let ready = message(b'Z', b"I");
        let greeting = [message(b'R', &[0; 4]), ready.clone()].concat();
        socket.write_all(&greeting).unwrap();
        while let Some(sql) = take(&mut socket, 5) {
            let [severity, code, before, behind] = words;
            let word = sql.strip_suffix(b"\0").unwrap();
            let message_of = |fields: &[&[u8]]| message(b'E', &fields.concat());
            let error = message_of(&[
                b"S",
                severity,
                b"\0VERROR\0C",
                code,
                b"\0M",
                before,
                word,
                behind,
                b"\0P1\0\0",
            ]);
            if socket.write_all(&[error, ready.clone()].concat()).is_err() {
                return;
            }
        }
    });
    (directory, Upstream::Unix(path))
}

#[test]
fn a_denial_is_told_whatever_language_and_encoding_the_server_speaks() {
    const WORDS: [[&[u8]; 4]; 4] = [
        [b"ERROR", b"42601", b"syntax error at or near \"", b"\""],
        [
            "FEHLER".as_bytes(),
            b"42601",
            "Syntaxfehler bei »".as_bytes(),
            "«".as_bytes(),
        ],
        // In LATIN1.
        [b"FEHLER", b"42601", b"Syntaxfehler bei \xbb", b"\xab"],
        // In KOI8-R.
        [
            b"\xef\xfb\xe9\xe2\xeb\xe1",
            b"42601",
            b"\xcf\xdb\xc9\xc2\xcb\xc1 \"",
            b"\"",
        ],
    ];
    for words in &WORDS {
        let (_directory, upstream) = server(words);
        let harness = Turn {
            access: AccessMode::ReadOnly,
            upstream: Some(upstream),
            ..Turn::default()
        }
        .start();
        let answer = harness.session().ask("delete from items");
        assert_eq!(tags(&answer), "EZ");
        let (code, message, rule) = told(&answer[0]);
        assert_eq!(
            (code.as_str(), rule.as_deref()),
            ("25006", Some("write.change")),
            "{message}"
        );
        let severity = [b"S", words[0], b"\0"].concat();
        assert!(answer[0].body.starts_with(&severity), "{:?}", answer[0]);
    }
}

#[test]
fn the_guards_word_in_another_error_than_a_syntax_error_is_left_as_it_is() {
    const WORDS: [&[u8]; 4] = [b"ERROR", b"42P01", b"no such thing as \"", b"\""];
    let (_directory, upstream) = server(&WORDS);
    let harness = Turn {
        access: AccessMode::ReadOnly,
        upstream: Some(upstream),
        ..Turn::default()
    }
    .start();
    let answer = harness.session().ask("delete from items");
    assert_eq!(told(&answer[0]).0, "42P01");
}

#[test]
fn a_denial_has_its_code_message_rule_and_hint_and_nothing_of_the_syntax_error() {
    let database = Database::new("denial");
    for (mode, sql, fields) in [
        (
            AccessMode::ReadOnly,
            DELETE,
            [
                "C25006",
                "Mcannot execute DELETE in a read-only environment",
                "DDenied by rule \"write.change\" of access mode \"read-only\". It writes items.",
                "HConnect to an environment with access = \"read-write\", or to a branch of one.",
            ],
        ),
        (
            AccessMode::Append,
            "select set_config(name, 'x', false) from pg_settings",
            [
                "C42501",
                "Mcannot set a setting whose name is computed in an append environment",
                "DDenied by rule \"guc.dynamic\" of access mode \"append\".",
                "HWrite the name as one plain literal: set_config('search_path', ...).",
            ],
        ),
        (
            AccessMode::ReadWrite,
            "checkpoint",
            [
                "C42501",
                "Mcannot execute CHECKPOINT in an environment of Standin",
                "DDenied by rule \"host\" of access mode \"read-write\".",
                "HNo environment allows this: it would reach beyond the database. Ask whoever runs \
                 Standin.",
            ],
        ),
    ] {
        let harness = relay(mode);
        let (mut client, _) = harness.session_with(&[("database", &database.name)]);
        let answer = client.ask(sql);
        assert_eq!(tags(&answer), "EZ");
        let body = String::from_utf8(answer[0].body.clone()).unwrap();
        let came: Vec<_> = body.split_terminator('\0').collect();
        let expected = [&["SERROR", "VERROR"][..], &fields, &[""]].concat();
        assert_eq!(came, expected);
    }
}

#[test]
fn a_word_of_the_guards_own_kind_gets_the_plain_error_of_the_server() {
    let database = Database::new("word");
    for mode in GUARDED {
        let harness = relay(mode);
        let (mut client, _) = harness.session_with(&[("database", &database.name)]);
        let (mut direct, _) = database.direct(&[]);
        assert_eq!(told(&client.ask(DELETE)[0]).2.unwrap(), "write.change");
        for word in [
            "standin_denied_write_change_0109_0123456789abcdef",
            "standin_denied_write_change_0109_",
            "standin_denied_0109_0000000000000000",
            "standin_denied_",
            "standin_denied",
        ] {
            let raise = format!(
                "select escape($x$do $$ begin raise exception 'at or near \"{word}\"' \
                 using errcode = '42601'; end $$ $x$)"
            );
            for sql in [word, &raise] {
                let answer = client.ask(sql);
                assert_eq!(answer, direct.ask(sql), "{sql}");
                let error = answer.iter().find(|message| message.tag == b'E');
                assert_eq!(told(error.unwrap()).0, "42601");
            }
            let named = [
                parse(word, "select 1"),
                bind("", word, &[]),
                sync(),
                query("select 1"),
            ];
            client.send(&named.concat());
            direct.send(&named.concat());
            assert_eq!(client.until(b'Z'), direct.until(b'Z'));
            assert_eq!(client.until(b'Z'), direct.until(b'Z'));
        }
    }
}
