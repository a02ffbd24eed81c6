//! Detectors of what could reach somebody, over the output of every generator.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::family::{TEST_CARDS, luhn_digit};
use super::*;

/// What in a text could reach the world; `None` if nothing could.
fn routable(text: &str) -> Option<String> {
    let words = || text.split(|c: char| c.is_whitespace() || "\"'<>(),;[]{}".contains(c));
    words()
        .find_map(host)
        .or_else(|| words().find_map(address))
        .or_else(|| phone(text))
        .or_else(|| card(text))
}

/// RFC 2606 and RFC 6761.
fn is_reserved(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let below = |root: &str| host == root || host.ends_with(&format!(".{root}"));
    [
        "example",
        "test",
        "invalid",
        "localhost",
        "example.com",
        "example.net",
        "example.org",
    ]
    .into_iter()
    .any(below)
}

fn host(word: &str) -> Option<String> {
    let host = match word.split_once("://") {
        Some((_, rest)) => rest.split(['/', ':']).next()?,
        None => word.split_once('@')?.1,
    };
    // `@name` alone is a handle.
    (host.contains('.') && !word.starts_with('@') && !is_reserved(host)).then(|| word.to_owned())
}

fn address(word: &str) -> Option<String> {
    let bare = word.split('/').next()?;
    if let Ok(v4) = bare.parse::<Ipv4Addr>() {
        let bits = v4.to_bits();
        let within = |net: Ipv4Addr, length: u32| (bits ^ net.to_bits()) >> (32 - length) == 0;
        let reserved = within(Ipv4Addr::new(192, 0, 2, 0), 24)
            || within(Ipv4Addr::new(198, 51, 100, 0), 24)
            || within(Ipv4Addr::new(203, 0, 113, 0), 24)
            || within(Ipv4Addr::new(198, 18, 0, 0), 15)
            || within(Ipv4Addr::new(240, 0, 0, 0), 4);
        return (!reserved || v4.is_broadcast()).then(|| word.to_owned());
    }
    let v6 = bare.parse::<Ipv6Addr>().ok()?;
    (v6.segments()[..2] != [0x2001, 0xdb8]).then(|| word.to_owned())
}

/// A number with a plus in front that is not of a range for fiction.
fn phone(text: &str) -> Option<String> {
    const FICTION: &[&str] = &[
        "999",
        "442079460",
        "441614960",
        "441214960",
        "441134960",
        "441514960",
        "441144960",
        "441154960",
        "441164960",
        "441174960",
        "441184960",
        "441314960",
        "441414960",
        "441914980",
        "442920180",
        "442896496",
        "493023125",
        "494066969",
        "498999998",
        "492214710",
        "496990009",
        "4917139200",
        "49176040690",
        "3319900",
        "3326191",
        "3335301",
        "3346571",
        "3353649",
        "3363998",
    ];
    let rest = text.strip_prefix('+')?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    // +1 NPA 555 01XX.
    let american = digits.len() == 11 && digits.starts_with('1') && &digits[4..9] == "55501";
    let reserved = american || FICTION.iter().any(|range| digits.starts_with(range));
    (digits.len() >= 7 && !reserved).then(|| text.to_owned())
}

/// Thirteen digits or more that begin like a card and pass its check.
fn card(text: &str) -> Option<String> {
    let digits = text.chars().all(|c| c.is_ascii_digit());
    if !digits || !(13..=19).contains(&text.len()) || !text.starts_with(['3', '4', '5', '6']) {
        return None;
    }
    let (body, check) = text.split_at(text.len() - 1);
    let valid = check.parse() == Ok(luhn_digit(body));
    (valid && !TEST_CARDS.contains(&text)).then(|| text.to_owned())
}

#[test]
fn the_detectors_find_what_is_routable() {
    for text in [
        "anna@gmail.com",
        "see https://github.com/x",
        "10.0.0.1",
        "8.8.8.8/32",
        "2a00:1450::1",
        "+49 30 1234567",
        "4539578763621486",
    ] {
        assert!(routable(text).is_some(), "{text}");
    }
    for text in [
        "anna@de.example",
        "192.0.2.7",
        "+1 212-555-0142",
        "4242424242424242",
    ] {
        assert_eq!(routable(text), None);
    }
}

#[test]
fn no_routable_value() {
    let rows = if cfg!(debug_assertions) { 300 } else { 5_000 };
    for (name, _) in names() {
        for data_type in types().into_iter().chain([text(Some(30)), text(Some(16))]) {
            let Ok(generate) = named(name, &data_type) else {
                continue;
            };
            let distinct = generate.distinct();
            let ranked = distinct.map(|distinct| distinct.under(&Key::derive(9, &[name])));
            let more = (0..rows).filter_map(|row| ranked.as_ref()?.value(row));
            for value in values(&*generate, rows).into_iter().chain(more) {
                let text = shown(&value, &data_type);
                assert_eq!(routable(&text), None, "{name} {data_type:?}");
            }
        }
    }
}
