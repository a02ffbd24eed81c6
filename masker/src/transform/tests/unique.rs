//! Values of unique keys stay apart: by a bijection, by enough letters, or not at all.

use std::collections::HashSet;

use super::*;

const MILLIONS: u64 = 10_000_000;

/// Whether all values of a column stay apart, in lower case and without blanks around them too: an
/// expression of a unique index may be either.
#[track_caller]
fn apart(tried: &Tried, values: impl Iterator<Item = String>) -> usize {
    let mut met = HashSet::new();
    for value in values {
        let masked = tried.gives(&value);
        let folded = masked.trim().to_lowercase();
        assert!(met.insert(folded), "{value} became {masked} as another did");
    }
    met.len()
}

#[test]
fn tokens_stay_apart_and_are_as_their_lower_and_trimmed_form() {
    for (data_type, name) in [
        ("text", "email"),
        ("character varying(60)", "email"),
        ("character varying(30)", "email"),
        ("public.citext", "email"),
        ("text", "username"),
        ("character(18)", "username"),
        ("text", "token"),
        ("character varying(18)", "token"),
        ("text", "url"),
        ("text", "host"),
        ("bytea", "token"),
    ] {
        let rule = format!("\"{name}\"");
        let tried = unique(data_type, &rule, MILLIONS);
        for n in 0..20_000 {
            let masked = tried.gives(&format!("\\x{n:06}"));
            assert_eq!(masked, masked.trim().to_lowercase());
        }
        assert_eq!(
            apart(&tried, (0..20_000).map(|n| format!("\\x{n:06}"))),
            20_000,
            "{name}"
        );
    }
}

/// Else an ANALYZE, or growth beyond a power of two, would change every value of a copy.
#[test]
fn values_do_not_follow_from_the_number_of_rows() {
    for (data_type, rule) in [
        ("text", "\"email\""),
        ("character varying(32)", "\"email\""),
        ("text", "\"username\""),
        ("text", "\"url\""),
        ("text", "\"host\""),
        ("text", "\"token\""),
        ("character varying(19)", "\"token\""),
        (
            "character varying(44)",
            "{ with = \"template\", text = \"{token}-{token}-{city}\" }",
        ),
        ("inet", "\"ip\""),
    ] {
        let of = |rows| {
            let tried = unique(data_type, rule, rows);
            let value = |n: u32| tried.gives(&format!("10.0.{}.{n}", 100 + n));
            (100..120).map(value).collect::<Vec<_>>()
        };
        let few = of(1_000);
        for rows in [0, 1, 1_025, MILLIONS] {
            assert_eq!(few, of(rows), "{rule} for {data_type}, {rows} rows");
        }
    }
}

#[test]
fn what_does_not_stay_apart_is_refused_with_numbers() {
    for (data_type, name, words) in [
        (
            "character varying(20)",
            "email",
            ["30 characters", "10000000 rows", "room for 20"],
        ),
        (
            "character varying(17)",
            "token",
            ["18 characters", "10000000 rows", "room for 17"],
        ),
        (
            "character varying(30)",
            "url",
            ["38 characters", "10000000 rows", "room for 30"],
        ),
        (
            "character varying(17)",
            "secret",
            ["18 characters", "10000000 rows", "room for 17"],
        ),
        (
            "character varying(18)",
            "phone",
            ["19 characters", "stay apart", "room for 18"],
        ),
        ("cidr", "ip", ["87 of 95 bits", "inet", "42 characters"]),
    ] {
        let rule = format!("\"{name}\"");
        let refused = Asked {
            rows: Some(MILLIONS),
            ..asked(data_type, &rule)
        }
        .refused();
        for word in words {
            assert!(
                refused.message.contains(word),
                "{word}: {}",
                refused.message
            );
        }
        assert!(!refused.hint.is_empty());
    }
    for (data_type, rule) in [
        ("text", "\"name\""),
        ("text", "\"lorem\""),
        ("text", "\"card\""),
        ("date", "\"date-shift\""),
        ("integer", "\"noise\""),
        ("public.mood", "\"label\""),
        ("text", "{ with = \"static\", value = \"x\" }"),
        ("text", "{ with = \"template\", text = \"user\" }"),
        ("text", "{ with = \"email\", coarse = true }"),
        ("bigint", "\"phone\""),
    ] {
        let asked = Asked {
            rows: Some(10),
            ..asked(data_type, rule)
        };
        assert!(
            asked.refused().message.contains("unique key") || rule.contains("phone"),
            "{rule}"
        );
    }
}

#[test]
fn a_secret_that_is_too_short_to_stay_apart_is_refused() {
    let tried = unique("text", "{ with = \"secret\", by = \"value\" }", MILLIONS);
    assert_eq!(
        apart(&tried, (0..5_000).map(|n| format!("sk_live_{n:010}"))),
        5_000
    );
    assert!(tried.mask("sk_live_123456789").is_err());
    let bytes = unique("bytea", "\"secret\"", MILLIONS);
    assert!(bytes.mask("\\x0011223344556677889900").is_err());
    assert_eq!(bytes.gives("\\x001122334455667788990011").len(), 26);
}

#[test]
fn templates_with_a_token_stay_apart() {
    let rule = "{ with = \"template\", text = \"{first-name}.{token}@x.test\" }";
    let tried = unique("character varying(40)", rule, MILLIONS);
    for n in 0..2_000 {
        let masked = tried.gives(&n.to_string());
        assert!(
            masked.chars().count() <= 40 && masked.ends_with("@x.test"),
            "{masked}"
        );
    }
    assert_eq!(apart(&tried, (0..2_000).map(|n| n.to_string())), 2_000);
}

#[test]
fn telephone_numbers_stay_apart() {
    let tried = unique("text", "\"phone\"", MILLIONS);
    let values =
        (0..30_000_u32).flat_map(|n| [format!("+49171{n}"), format!("49171{n}"), format!("0{n}")]);
    assert_eq!(apart(&tried, values), 90_000);
    for value in [
        "+49 171 123",
        "+0491",
        "+4917112345678901",
        "x",
        "+",
        "012345678901234",
    ] {
        assert!(tried.mask(value).is_err(), "{value}");
    }
    assert!(tried.gives("+491711234567").starts_with("+999"));
}

#[test]
fn addresses_of_machines_stay_apart() {
    let tried = unique("inet", "\"ip\"", MILLIONS);
    let four = (0..30_000_u32).map(|n| format!("10.1.{}.{}", n / 256, n % 256));
    let six = (0..30_000_u32).map(|n| format!("fe80::{n:x}"));
    assert_eq!(apart(&tried, four.chain(six)), 60_000);
    assert!(tried.gives("10.0.0.1/24").ends_with("/120"));
    let mac = unique("macaddr", "\"mac\"", MILLIONS);
    let values = (0..30_000_u32).map(|n| format!("08:00:2b:00:{:02x}:{:02x}", n / 256, n % 256));
    assert_eq!(apart(&mac, values), 30_000);
    // Of these, two could become one.
    assert!(mac.mask("0a:00:2b:00:00:01").is_err() && mac.mask("01:00:2b:00:00:01").is_err());
    assert!(tried.mask("Maria").is_err());
}

#[test]
fn uuids_keep_their_version_and_spelling_and_stay_apart() {
    let tried = unique("text", "\"uuid\"", MILLIONS);
    let mut met = HashSet::new();
    for n in 0..20_000_u64 {
        let version = n % 9;
        let value = format!("{n:08x}-7a1b-{version}c2d-8e3f-0123456789ab");
        let masked = tried.gives(&value);
        assert_eq!(masked[14..15], value[14..15], "{masked}");
        assert!(matches!(&masked[19..20], "8" | "9" | "a" | "b"), "{masked}");
        assert!(met.insert(masked));
    }
    let value = "01890a5d-ac96-774b-bcce-b302099a8057";
    let lower = tried.gives(value);
    assert_eq!(tried.gives(&value.to_uppercase()), lower.to_uppercase());
    assert_eq!(tried.gives(&value.replace('-', "")), lower.replace('-', ""));
    for value in [
        "",
        "x",
        "01890a5dac96-774b-bcce-b302099a8057--",
        &value[..35],
        "01890A5d-ac96-774b-bcce-b302099a8057",
        "{01890a5d-ac96-774b-bcce-b302099a8057}",
    ] {
        assert!(value.is_empty() || tried.mask(value).is_err(), "{value}");
    }
}

#[test]
fn equal_values_in_unrelated_domains_are_not_linked() {
    let of = |domain| {
        let asked = Asked {
            domain,
            ..asked("smallint", "\"int\"")
        };
        let tried = asked.tried();
        (1..=16_384)
            .map(|n: u32| tried.gives(&n.to_string()))
            .collect::<Vec<_>>()
    };
    let (one, other) = (of("public.a.id"), of("public.b.id"));
    let same = one
        .iter()
        .zip(&other)
        .filter(|(one, other)| one == other)
        .count();
    // One is expected, with a deviation of one.
    assert!(same <= 7, "{same}");
    let fixed = one
        .iter()
        .zip(1..)
        .filter(|(masked, n)| **masked == n.to_string())
        .count();
    assert!(fixed <= 7, "{fixed} stayed as they were");
}

#[test]
fn rotation_unlinks() {
    for (data_type, rule) in [
        ("text", "\"token\""),
        ("text", "\"email\""),
        ("integer", "\"int\""),
        ("text", "\"code\""),
    ] {
        let of = |seed| {
            let tried = Asked {
                seed,
                rows: Some(MILLIONS),
                ..asked(data_type, rule)
            }
            .tried();
            (10_000..12_000)
                .map(|n: u32| tried.gives(&n.to_string()))
                .collect::<HashSet<_>>()
        };
        let (one, other) = (of(1), of(2));
        // Codes of five digits: 2,000 of 100,000 in both is 40 by chance.
        let most = if rule.contains("code") { 40 + 6 * 7 } else { 1 };
        assert!(one.intersection(&other).count() <= most, "{rule}");
    }
}

/// The name agrees with what the subject's other columns have, and the values still stay apart.
#[test]
fn unique_addresses_and_user_names_of_a_subject_agree_with_its_name() {
    let by_subject = |with: &str| format!("{{ with = \"{with}\", by = {{ subject = \"id\" }} }}");
    let first = tried("text", &by_subject("first-name"));
    let last = tried("text", &by_subject("last-name"));
    for (data_type, with) in [
        ("text", "email"),
        ("character varying(60)", "email"),
        ("text", "username"),
    ] {
        let tried = unique(data_type, &by_subject(with), MILLIONS);
        let mut met = HashSet::new();
        let mut named = 0;
        for subject in 0..500 {
            let ascii = |part: &Tried| {
                let name = part.of_row(b"x", subject).expect("a name");
                name.is_ascii().then(|| name.to_lowercase())
            };
            for address in 0..4 {
                let value = format!("{subject}-{address}@corp.example");
                let masked = tried.of_row(value.as_bytes(), subject).expect("an address");
                assert!(
                    met.insert(masked.clone()),
                    "{value} became {masked} as another did"
                );
                if let (Some(first), Some(last)) = (ascii(&first), ascii(&last)) {
                    let name = match with {
                        "email" => format!("{first}.{last}."),
                        _ => format!("{last}_"),
                    };
                    let readable = name
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
                    if readable && name.len() <= 16 {
                        named += 1;
                        assert!(masked.starts_with(&name), "{masked} is not of {name}");
                    }
                }
            }
        }
        assert!(named > 200, "{with}: only {named} had a name to compare");
    }
}
