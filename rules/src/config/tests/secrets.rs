//! A secret that stands in the file is refused and never repeated.

use proptest::prelude::*;

use super::{check, parsed, rendered};
use crate::config::{Password, parse};

/// `password_encryption = 'scram-sha-256'`, as PostgreSQL 15 stored the password `pencil`.
const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

#[test]
fn a_literal_password_is_refused_and_not_repeated() {
    let text = "[users.ada]\npassword = \"hunter2\"\n[production]\nurl = \"postgres://u:hunter2@h/d\"\n\
                [environments.uat]\nsource = { upstream = \"host=h password=hunter2\" }\n\
                [listen.tls]\ncert = \"hunter2\"\nkey = 'hunter2'\n";
    let expected = [
        "2:12: \"users.ada.password\" holds the secret itself; expected \"env:NAME\", \
         \"file:path\" or a SCRAM-SHA-256 verifier; put it into an environment variable or a file \
         of its own and write password = \"env:NAME\"",
        "4:7: \"production.url\" holds the secret itself; expected \"env:NAME\" or \"file:path\"",
        "6:23: \"environments.uat.source.upstream\" holds the secret itself",
        "8:8: \"listen.tls.cert\" holds the secret itself",
        "9:7: \"listen.tls.key\" holds the secret itself",
    ];
    check(text, &expected);
    let problems = parse(text).expect_err("secrets");
    let seen = rendered(&problems);
    assert!(!seen.contains("hunter2"), "{seen}");
    assert!(seen.contains("2 | password = *********\n"), "{seen}");
}

#[test]
fn references_name_something() {
    for (reference, what) in [
        ("env:", "\"env:\" names no environment variable"),
        ("env:1A", "\"env:1A\" names no environment variable"),
        ("env:A B", "\"env:A B\" names no environment variable"),
        ("file:", "\"file:\" names no file"),
        ("file: ", "\"file: \" names no file"),
    ] {
        check(
            &format!("[production]\nurl = \"{reference}\"\n"),
            &[&format!("2:7: {what}")],
        );
    }
}

#[test]
fn a_verifier_is_taken_as_it_is() {
    let config = parsed(&format!("[users.ada]\npassword = \"{VERIFIER}\"\n"));
    let ada = &config.users[&"ada".parse().expect("a user")];
    assert_eq!(ada.password, Password::Scram(VERIFIER.to_owned()));
}

#[test]
fn every_part_of_a_verifier_is_checked() {
    let key = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=";
    let form = "the verifier has not the form SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>";
    let iterations = "the verifier's iterations are not a number from 4096 to 1000000";
    for (tail, message) in [
        (String::new(), form),
        (format!("4096:c2FsdA==:{key}:{key}"), form),
        (format!("4096$c2FsdA==${key}:{key}"), form),
        (format!("4096:c2FsdA==${key}${key}"), form),
        (format!("4095:c2FsdA==${key}:{key}"), iterations),
        (format!("1000001:c2FsdA==${key}:{key}"), iterations),
        (format!("+4096:c2FsdA==${key}:{key}"), iterations),
        (format!(":c2FsdA==${key}:{key}"), iterations),
        (format!("4096:${key}:{key}"), "the verifier's salt is empty"),
        (
            format!("4096:c2FsdA=${key}:{key}"),
            "the verifier's salt is not base64",
        ),
        (
            format!("4096:c2FsdA==$c2FsdA==:{key}"),
            "the verifier's stored key is not 32 bytes long",
        ),
        (
            format!("4096:c2FsdA==${key}:c2FsdA=="),
            "the verifier's server key is not 32 bytes long",
        ),
        (
            format!("4096:c2FsdA==${key}:{key}x"),
            "the verifier's server key is not base64",
        ),
        (
            format!("4096:c2FsdA==${key}:{key}:"),
            "the verifier's server key is not base64",
        ),
    ] {
        check(
            &format!("[users.ada]\npassword = \"SCRAM-SHA-256${tail}\"\n"),
            &[&format!("2:12: {message}")],
        );
    }
}

#[test]
fn a_problem_as_json_holds_facts_and_no_secret() {
    let problems = parse("[users.ada]\npassword = \"hunter2\"\n").expect_err("a secret");
    let json = serde_json::to_value(&problems).expect("JSON");
    let expected = serde_json::json!([{
        "line": 2,
        "column": 12,
        "width": 9,
        "key": "users.ada.password",
        "kind": "literal-secret",
        "message": "\"users.ada.password\" holds the secret itself",
        "expected": "\"env:NAME\", \"file:path\" or a SCRAM-SHA-256 verifier",
        "hint": "put it into an environment variable or a file of its own and write password = \
                 \"env:NAME\"",
        "source": "password = *********",
    }]);
    assert_eq!(json, expected);
}

#[test]
fn secrets_under_mistyped_keys_and_in_broken_lines_are_hidden() {
    for text in [
        "[users.ada]\npasword = \"hunter2\"\n",
        "[users.ada]\npw = \"hunter2\"\n",
        "[users.ada]\npin = 42424242hunter2\n",
        "[users.ada]\npassword = hunter2\n",
        "[users.ada]\npassword = \"hunter2\n",
        "[users.ada]\npassword = \"\"\"\nhunter2\n\\q hunter2\"\"\"\n",
        "[users.ada]\npassword = \"hunter\\q2 hunter2\"\n",
        "[users.ada]\npassword = [\n\"hunter2\",\nhunter2\n]\n",
        "[users.ada]\npassword \"hunter2\"\n",
        "[users.ada]\nhunter2\n",
        "[users.ada]\npassword = { x = \"hunter2\", y = 7hunter2 }\n",
        "users.ada = { pass = \"hunter2\" }\n",
        "usr.ada.pass = \"hunter2\"\n",
        "usr = { ada = { pw = \"hunter2\" } }\n",
        "[environments.qa]\nsource = \"postgres://u:hunter2@h/d\"\n",
        "[environments.qa]\nsource = { environment = \"postgres://u:hunter2@h/d\" }\n",
        "[environments.qa]\nsource = { upstraem = \"hunter2\" }\n",
        "[listen]\npostgres = \"postgres://u:hunter2@h\"\n",
    ] {
        let problems = parse(text).expect_err("a wrong configuration");
        let seen = rendered(&problems);
        assert!(!seen.contains("hunter2"), "{text}\n{seen}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    /// Whatever one or two slips of the hand do to a file, the secret in it is not shown.
    #[test]
    fn no_slip_of_the_hand_shows_a_secret(
        form in 0..4_usize,
        slips in prop::collection::vec((0.0..1.0_f64, 0..3_u8, prop::sample::select(vec![
            '"', '\'', '=', '[', ']', '{', '}', '\n', '\\', '#', 'x', ' ', '.', ',',
        ])), 1..3),
    ) {
        const SECRET: &str = "h7h7h7h7h7h7h7h7h7h7";
        let value = [
            format!("\"{SECRET}\""),
            format!("'{SECRET}'"),
            format!("\"\"\"\n{SECRET}\n\"\"\""),
            format!("\"env:A\"\n[users.b]\npassword = \"{SECRET}\""),
        ];
        let text = format!("[pool]\npath = \"x\"\n[users.ada]\npassword = {}\nenvironments = [\"*\"]\n", value[form]);
        let mut chars: Vec<char> = text.chars().collect();
        for (place, act, c) in slips {
            let at = (place * chars.len() as f64) as usize;
            match act {
                0 => { chars.remove(at); }
                1 => chars.insert(at, c),
                _ => chars[at] = c,
            }
        }
        let text: String = chars.into_iter().collect();
        if let Err(problems) = parse(&text) {
            // Half of the secret, so that a slip inside it does not hide a leak.
            let seen = format!("{}{problems:?}", rendered(&problems));
            prop_assert!(!seen.contains("h7h7h7h7h"), "{text}\n{seen}");
        }
    }
}
