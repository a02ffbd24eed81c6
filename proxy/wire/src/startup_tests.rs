//! Tests of the first packet's parser and of the packet that is built anew.

use proptest::prelude::*;

use super::*;
use crate::startup_message;

fn packet(pairs: &[(&str, &str)]) -> Vec<u8> {
    startup_message(pairs.iter().copied())
}

fn parse(packet: &[u8]) -> Result<First, StartupError> {
    let length = packet[..4].try_into().expect("a length word");
    let body = &packet[4..];
    assert_eq!(first_bytes(length)?, body.len());
    parse_first(body)
}

#[test]
fn the_requests_without_text_are_told_apart() {
    let request = |code: u32| parse_first(&code.to_be_bytes());
    assert_eq!(request(80_877_103), Ok(First::Ssl));
    assert_eq!(request(80_877_104), Ok(First::Gss));
    assert_eq!(request(80_877_102), Err(StartupError::Length));
    assert_eq!(
        request(2 << 16),
        Err(StartupError::Protocol { major: 2, minor: 0 })
    );
    let cancel = |secret: &[u8]| {
        let bytes = [&80_877_102_u32.to_be_bytes(), &7_u32.to_be_bytes(), secret].concat();
        parse_first(&bytes)
    };
    assert!(matches!(
        cancel(&[1; 4]),
        Ok(First::Cancel { process: 7, .. })
    ));
    assert!(matches!(cancel(&[1; 256]), Ok(First::Cancel { .. })));
    assert_eq!(cancel(&[1; 3]), Err(StartupError::Length));
    assert_eq!(cancel(&[1; 257]), Err(StartupError::Length));
}

#[test]
fn options_cannot_name_another_login_or_database_than_the_packet() {
    for options in [
        "-c user=standin",
        "-cdatabase=postgres",
        "--replication=database",
        "-c options=-crole=x",
        "-c _pq_.test=1",
        "-c USER=standin",
    ] {
        let packet = packet(&[
            ("user", "app"),
            ("database", "shop@qa"),
            ("options", options),
        ]);
        assert!(
            matches!(parse(&packet), Err(StartupError::Parameter(_))),
            "{options:?}"
        );
    }
    // Words have one spelling; another is taken for a setting, which must not become a word.
    let packet = packet(&[("user", "app"), ("User", "standin")]);
    assert_eq!(parse(&packet), Err(StartupError::Parameter("User".into())));
}

#[test]
fn bad_layouts_are_refused() {
    let bad = |body: &[u8]| parse_first(&[&PROTOCOL_3_0.to_be_bytes(), body].concat());
    for body in [
        &b""[..],
        b"user\0a\0",
        b"user\0a",
        b"user\0",
        b"user\0a\0\0x",
        b"user\0a\0\0\0",
    ] {
        assert_eq!(bad(body), Err(StartupError::Layout), "{body:?}");
    }
    assert_eq!(bad(b"\0"), Err(StartupError::NoUser));
    assert_eq!(bad(b"user\0\0\0"), Err(StartupError::NoUser));
    assert_eq!(bad(b"user\0\xff\0\0"), Err(StartupError::Encoding));
    for length in [0_u32, 3, 4, 7, 10_001, 0x7fff_ffff, 0xffff_ffff] {
        assert_eq!(first_bytes(length.to_be_bytes()), Err(StartupError::Length));
    }
}

#[test]
fn keys_stand_behind_options_so_that_they_win() {
    let packet = packet(&[
        ("user", "ada"),
        ("work_mem", "1MB"),
        ("options", "-c work_mem=2MB --a-b=c"),
        ("_pq_.x", "1"),
        ("replication", "false"),
        ("database", ""),
    ]);
    let Ok(First::Startup(startup)) = parse(&packet) else {
        panic!("no startup")
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        startup.settings,
        [
            pair("work_mem", "2MB"),
            pair("a_b", "c"),
            pair("work_mem", "1MB")
        ]
    );
    assert_eq!(startup.database, None);
    assert_eq!(startup.replication.as_deref(), Some("false"));
    assert_eq!(startup.protocol_options, ["_pq_.x"]);
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z_.][a-zA-Z0-9_. \\\\=]{0,12}"
}

fn escape(word: &str) -> String {
    word.replace('\\', "\\\\").replace(' ', "\\ ")
}

proptest! {
    #[test]
    fn a_packet_built_anew_sets_what_its_options_and_keys_set(
        options in prop::collection::vec(("[a-z_]{1,12}", word(), 0..3_u8), 0..8),
        keys in prop::collection::vec(("[a-z]{1,5}_[a-z.]{1,12}", word()), 0..8),
    ) {
        let spelled: Vec<String> = options
            .iter()
            .map(|(name, value, spelling)| match spelling {
                0 => format!("-c {name}={}", escape(value)),
                1 => format!("-c{name}={}", escape(value)),
                _ => format!("--{}={}", name.replace('_', "-"), escape(value)),
            })
            .collect();
        let spelled = spelled.join(" ");
        let mut pairs = vec![("user", "ada"), ("options", spelled.as_str())];
        pairs.extend(keys.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let Ok(First::Startup(startup)) = parse(&packet(&pairs)) else {
            return Err(TestCaseError::fail("no startup"));
        };
        let expected: Vec<(String, String)> = options
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .chain(keys)
            .collect();
        prop_assert_eq!(&startup.settings, &expected);
        let rebuilt = std::iter::once(("user", "ada"))
            .chain(startup.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let Ok(First::Startup(again)) = parse(&startup_message(rebuilt)) else {
            return Err(TestCaseError::fail("no startup"));
        };
        prop_assert_eq!(again.settings, expected);
    }

    #[test]
    fn any_bytes_parse_or_fail_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut body = PROTOCOL_3_0.to_be_bytes().to_vec();
        body.extend(&bytes);
        let parsed = [parse_first(&bytes), parse_first(&body)];
        prop_assert!(parsed.iter().all(|first| !matches!(
            first,
            Ok(First::Startup(startup)) if startup.user.is_empty()
        )));
    }
}
