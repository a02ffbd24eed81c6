//! What a client asks its session to begin as.

use std::time::Duration;

use proxy::relay::Upstream;
use rules::config::AccessMode;

use super::database::Database;
use super::{GUARDED, relay, told, value};
use crate::client::{Client, Message};
use crate::harness::{Harness, PASSWORD, Turn};

type Asked = (&'static str, &'static str);

/// Ask for a session that is not read-only.
const WRITES: [Asked; 17] = [
    ("default_transaction_read_only", "off"),
    ("DEFAULT_Transaction_Read_Only", "OFF"),
    ("default_transaction_read_only", "of"),
    ("default_transaction_read_only", "0"),
    ("default_transaction_read_only", "f"),
    ("default_transaction_read_only", "No"),
    ("default_transaction_read_only", ""),
    ("default_transaction_read_only", " on"),
    ("transaction_read_only", "off"),
    ("options", "-c default_transaction_read_only=off"),
    ("options", "-cdefault_transaction_read_only=off"),
    ("options", "--default-transaction-read-only=off"),
    ("options", "--default_transaction-READ-only=fal"),
    ("options", "-c default-transaction-read-only=0"),
    (
        "options",
        "-c default_transaction_read_only=off -c default_transaction_read_only=on",
    ),
    (
        "options",
        "-c\\\tdefault_transaction_read_only=off -c default_transaction_read_only=off",
    ),
    (
        "options",
        "-c work_mem=4MB --default-transaction-read-only=o\\ff",
    ),
];

/// Ask for another role, or for text that the guard would misread.
const TURNS: [Asked; 20] = [
    ("role", "owner"),
    ("ROLE", "app"),
    ("role", ""),
    ("options", "-c role=owner"),
    ("options", "--role=owner"),
    ("session_authorization", "owner"),
    ("session_authorization", "app"),
    ("options", "--session-authorization=app"),
    ("client_encoding", "SJIS"),
    ("client_encoding", "s-j_i.s"),
    ("client_encoding", "'SJIS'"),
    ("client_encoding", "Shift_JIS"),
    ("Client_Encoding", "shift_jis_2004"),
    ("client_encoding", "win-936"),
    ("client_encoding", "GB18030"),
    ("options", "--client-encoding=BIG5"),
    ("standard_conforming_strings", "off"),
    ("STANDARD_conforming_strings", "0"),
    ("options", "-c standard_conforming_strings=off"),
    ("options", "--standard-conforming-strings=of"),
];

/// Ask for nothing that matters to the guard.
const HARMLESS: [Asked; 14] = [
    ("local_preload_libraries", ""),
    ("default_transaction_read_only", "on"),
    ("default_transaction_read_only", "TR"),
    ("options", "-c default_transaction_read_only=1"),
    ("role", "none"),
    ("standard_conforming_strings", "on"),
    ("client_encoding", "latin1"),
    ("client_encoding", "utf-8"),
    ("client_encoding", "EUC_JP"),
    ("options", "--client-encoding=latin1"),
    ("application_name", "default_transaction_read_only=off"),
    ("search_path", "role"),
    ("default_transaction_isolation", "serializable"),
    ("default_transaction_deferrable", "off"),
];

/// Ask for code that the session would begin by loading.
const LOADS: [Asked; 6] = [
    ("local_preload_libraries", "plugin"),
    ("Session_Preload_Libraries", "auto_explain"),
    ("options", "-c local_preload_libraries=plugin"),
    ("options", "--local-preload-libraries=plugin"),
    ("options", "-csession_preload_libraries=plpgsql"),
    (
        "options",
        "--session-preload-libraries=x --session-preload-libraries=",
    ),
];

/// The answer to a client that asks for this.
fn last(harness: &Harness, database: &str, asked: Asked) -> Message {
    let mut client = Client::tcp(harness.address);
    let pairs = [("user", "app"), ("database", database), asked];
    let answer = client.start(&pairs, PASSWORD).pop().unwrap();
    if answer.tag == b'E' {
        assert_eq!(answer.field(b'S').as_deref(), Some("FATAL"));
        assert_eq!(client.receive(), None, "{asked:?}");
    }
    answer
}

/// A relay whose server is reached by none: it answers 57P03 to who is let on.
fn nowhere(access: AccessMode) -> Harness {
    let mut turn = Turn {
        access,
        upstream: Some(Upstream::Unix("/nowhere/.s.PGSQL.1".into())),
        ..Turn::default()
    };
    turn.limits.connect_wait = Duration::from_millis(100);
    turn.start()
}

#[test]
fn a_client_that_asks_to_write_gets_no_read_only_session() {
    let harness = nowhere(AccessMode::ReadOnly);
    for asked in WRITES {
        let (code, _, rule) = told(&last(&harness, "postgres", asked));
        assert_eq!(
            (code.as_str(), rule.as_deref()),
            ("25006", Some("tx.rw")),
            "{asked:?}"
        );
    }
    harness.wait_until_empty();
    for mode in [AccessMode::Append, AccessMode::ReadWrite] {
        let harness = nowhere(mode);
        for asked in WRITES {
            assert_eq!(
                told(&last(&harness, "postgres", asked)).0,
                "57P03",
                "{asked:?}"
            );
        }
    }
}

#[test]
fn a_client_that_asks_to_be_misread_or_another_gets_no_guarded_session() {
    for mode in GUARDED {
        let harness = nowhere(mode);
        for asked in TURNS {
            let (code, _, rule) = told(&last(&harness, "postgres", asked));
            let rules = [Some("role.set"), Some("guc.lex")];
            assert!(
                code == "42501" && rules.contains(&rule.as_deref()),
                "{asked:?}: {code} {rule:?}"
            );
        }
        harness.wait_until_empty();
    }
    let harness = nowhere(AccessMode::ReadWrite);
    for asked in TURNS {
        assert_eq!(
            told(&last(&harness, "postgres", asked)).0,
            "57P03",
            "{asked:?}"
        );
    }
}

#[test]
fn no_client_has_its_session_load_libraries() {
    for mode in [
        AccessMode::ReadOnly,
        AccessMode::Append,
        AccessMode::ReadWrite,
    ] {
        let harness = nowhere(mode);
        for asked in LOADS {
            let (code, _, rule) = told(&last(&harness, "postgres", asked));
            assert_eq!(
                (code.as_str(), rule.as_deref()),
                ("42501", Some("host")),
                "{mode} {asked:?}"
            );
        }
    }
}

#[test]
fn harmless_settings_pass() {
    let database = Database::new("begins");
    for mode in [
        AccessMode::ReadOnly,
        AccessMode::Append,
        AccessMode::ReadWrite,
    ] {
        let harness = relay(mode);
        for asked in HARMLESS {
            let answer = last(&harness, &database.name, asked);
            assert_eq!(answer.tag, b'Z', "{mode} {asked:?}: {answer:?}");
        }
    }
}

#[test]
fn a_session_begins_as_its_mode_says_and_goes_back_to_that() {
    let mut database = Database::new("resets");
    let name = &database.name.clone();
    for setting in [
        "default_transaction_read_only = off",
        "standard_conforming_strings = off",
        "client_encoding = 'SJIS'",
    ] {
        database.run(&format!("alter role app in database {name} set {setting}"));
    }
    for (mode, read_only) in [(AccessMode::ReadOnly, "on"), (AccessMode::Append, "off")] {
        let harness = relay(mode);
        let (mut client, _) = harness.session_with(&[("database", name)]);
        for sql in [
            "select 1",
            "reset all",
            "discard all",
            "reset default_transaction_read_only",
            "set default_transaction_read_only to default",
            "reset standard_conforming_strings",
            "set client_encoding to default",
            "reset session authorization",
        ] {
            client.ask(sql);
            let mut shown = |name: &str| value(&mut client, &format!("show {name}"));
            assert_eq!(
                shown("default_transaction_read_only"),
                read_only,
                "{mode} {sql}"
            );
            assert_eq!(shown("transaction_read_only"), read_only, "{mode} {sql}");
            assert_eq!(shown("standard_conforming_strings"), "on", "{mode} {sql}");
            assert_eq!(shown("client_encoding"), "UTF8", "{mode} {sql}");
        }
        let (mut client, _) =
            harness.session_with(&[("database", name), ("options", "--client-encoding=latin1")]);
        client.ask("discard all");
        assert_eq!(value(&mut client, "show client_encoding"), "LATIN1");
    }
}
