//! Integers, codes and digits: bijections of their spaces.

use std::collections::{BTreeSet, HashSet};

use super::*;

#[test]
fn every_small_integer_has_one_of_its_own() {
    let tried = tried("smallint", "\"int\"");
    let masked: BTreeSet<i64> = (-16_384..=16_384)
        .map(|n: i64| tried.gives(&n.to_string()).parse().expect("an integer"))
        .collect();
    assert_eq!(masked.len(), 32_769);
    assert_eq!(masked.first().zip(masked.last()), Some((&-16_384, &16_384)));
    assert_eq!(tried.gives("0"), "0");
    assert!(tried.gives("-5").starts_with('-'));
    for value in [
        "16385",
        "-16385",
        "99999999999999999999999999999999999999999",
        "x",
        "1x",
        "",
        "-",
        "1e5",
        "+1",
        "١",
    ] {
        assert!(value.is_empty() || tried.mask(value).is_err(), "{value}");
    }
}

#[test]
fn integers_leave_the_upper_half_of_their_type_free() {
    for (data_type, most) in [
        ("integer", 1_i128 << 30),
        ("bigint", 1 << 52),
        ("numeric(6,0)", 1 << 19),
        ("oid", 1 << 30),
    ] {
        let tried = tried(data_type, "\"int\"");
        let masked: HashSet<i128> = (1..20_000)
            .map(|n: i128| tried.gives(&n.to_string()).parse().expect("an integer"))
            .collect();
        assert_eq!(masked.len(), 19_999, "{data_type}");
        assert!(masked.iter().all(|n| (1..=most).contains(n)), "{data_type}");
        assert!(masked.iter().any(|n| *n > most / 2), "{data_type}");
        assert!(
            tried
                .gives(&most.to_string())
                .parse::<i128>()
                .is_ok_and(|n| n <= most)
        );
        let refused = tried.mask(&(most + 1).to_string());
        assert!(
            refused.is_err_and(|reason| reason.contains("beyond")),
            "{data_type}"
        );
    }
}

#[test]
fn equal_numbers_stay_equal_whatever_their_type() {
    // The narrowest type of a domain decides about the space, so both sides are made alike.
    let tried = tried("numeric(9,0)", "\"int\"");
    assert_eq!(tried.gives("42"), tried.gives("42.000"));
    assert!(tried.mask("42.5").is_err());
}

#[test]
fn integers_between_bounds_of_a_check_stay_between_them() {
    let check = |data_type, expression: &str, values: std::ops::RangeInclusive<i64>| {
        let checks = [expression];
        let tried = Asked {
            checks: &checks,
            rows: Some(1_000),
            ..asked(data_type, "\"int\"")
        }
        .tried();
        let masked: BTreeSet<i64> = values
            .clone()
            .map(|n| tried.gives(&n.to_string()).parse().expect("an integer"))
            .collect();
        assert_eq!(masked.len(), values.clone().count(), "{expression}");
        assert!(masked.iter().all(|n| values.contains(n)), "{expression}");
    };
    check("integer", "((c >= 1000) AND (c <= 9999))", 1_000..=9_999);
    check(
        "integer",
        "((c >= 1000000000) AND (c <= 1000000100))",
        1_000_000_000..=1_000_000_100,
    );
    check("bigint", "((c >= '-50'::integer) AND (c <= 70))", -50..=70);
    check("smallint", "((c > 0) AND (c < 100))", 1..=99);
    // Beyond 2^30 there is no room left, so the upper end of the type is it.
    let checks = ["(c >= 2000000000)"];
    let tried = Asked {
        checks: &checks,
        ..asked("integer", "\"int\"")
    }
    .tried();
    assert!(
        tried
            .gives("2000000007")
            .parse::<i32>()
            .is_ok_and(|n| n >= 2_000_000_000)
    );
}

#[test]
fn codes_are_bijections_of_every_pattern() {
    for pattern in ["0", "a", "A0", "00-a", "0.0/0", "Aa0", "000a", "A-0 0_a"] {
        let tried = tried("text", "\"code\"");
        let all = values(pattern);
        assert!(all.len() <= 1_000_000);
        let masked: HashSet<String> = all.iter().map(|value| tried.gives(value)).collect();
        assert_eq!(masked.len(), all.len(), "{pattern}");
        assert_eq!(masked, all.into_iter().collect(), "{pattern}");
    }
}

/// Every text of a pattern.
fn values(pattern: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for letter in pattern.chars() {
        let class: Vec<char> = match letter {
            '0' => ('0'..='9').collect(),
            'a' => ('a'..='z').collect(),
            'A' => ('A'..='Z').collect(),
            other => vec![other],
        };
        all = all
            .iter()
            .flat_map(|text| class.iter().map(move |letter| format!("{text}{letter}")))
            .collect();
    }
    all
}

#[test]
fn long_codes_differ_everywhere_from_those_that_differ_anywhere() {
    let tried = tried("text", "\"code\"");
    let long = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123456789-".repeat(4);
    let mut met = HashSet::new();
    let one = tried.gives(&long);
    for at in 0..long.len() {
        let byte = long.as_bytes()[at];
        let other = match byte {
            b'0'..=b'9' => (byte - b'0' + 1) % 10 + b'0',
            b'a'..=b'z' => (byte - b'a' + 1) % 26 + b'a',
            b'A'..=b'Z' => (byte - b'A' + 1) % 26 + b'A',
            _ => continue,
        };
        let changed = format!("{}{}{}", &long[..at], char::from(other), &long[at + 1..]);
        let masked = tried.gives(&changed);
        let same = masked
            .bytes()
            .zip(one.bytes())
            .filter(|(a, b)| a == b && b.is_ascii_alphanumeric());
        // 184 characters, of which a sixteenth or less is equal by chance.
        assert!(same.count() < 40, "{at}");
        assert!(met.insert(masked));
    }
    // Two values of another pattern do not become one either.
    assert_ne!(
        tried.gives(&format!("{long}1")),
        tried.gives(&format!("1{long}"))
    );
}

#[test]
fn what_would_stay_is_refused() {
    let code = tried("text", "\"code\"");
    for value in ["Ä-001", "a\u{a0}1", "a\n1", "АВ-1", "٣", "a\u{200b}1"] {
        assert!(code.mask(value).is_err(), "{value:?}");
    }
    assert_eq!(code.gives("--"), "--");
    let digits = tried("text", "\"digits\"");
    let masked = digits.gives("Flat 12, 3rd, Ünter 7");
    assert!(
        masked.starts_with("Flat ") && masked.contains("rd, Ünter "),
        "{masked}"
    );
    assert!(digits.mask("٣٤").is_err() && digits.mask("Maria").is_err());
    assert_eq!(digits.gives("-/-"), "-/-");
}

#[test]
fn digits_stay_apart_whatever_is_around_them() {
    let tried = tried("text", "\"digits\"");
    let masked: HashSet<String> = (0..20_000)
        .flat_map(|n| [format!("{n:05}"), format!("A{n:05}"), format!("{n:05}A")])
        .map(|value| tried.gives(&value))
        .collect();
    assert_eq!(masked.len(), 60_000);
}
