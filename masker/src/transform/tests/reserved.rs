//! What is made reaches nobody: reserved domains, networks and numbers, with right check digits.

use std::net::IpAddr;

use seeder::natural::TEST_CARDS;

use super::*;

const COUNT: u64 = 500;

fn all(data_type: &str, rule: &str, value: impl Fn(u64) -> String) -> Vec<String> {
    let tried = tried(data_type, rule);
    (0..COUNT).map(|n| tried.gives(&value(n))).collect()
}

fn is_reserved(domain: &str) -> bool {
    ["example", "test", "invalid", "localhost"]
        .iter()
        .any(|last| domain.rsplit('.').next() == Some(last))
        || ["example.com", "example.net", "example.org"]
            .iter()
            .any(|own| domain == *own || domain.ends_with(&format!(".{own}")))
}

#[test]
fn mail_goes_nowhere() {
    for rule in ["\"email\"", "{ with = \"email\", coarse = true }"] {
        for data_type in ["text", "character varying(60)"] {
            for email in all(data_type, rule, |n| format!("m{n}@gmail.com")) {
                let (local, domain) = email.split_once('@').expect("an address");
                assert!(is_reserved(domain), "{email}");
                assert!(
                    !local.is_empty() && local.len() <= 64 && local.is_ascii(),
                    "{email}"
                );
            }
        }
    }
    for email in all("character varying(14)", "\"email\"", |n| {
        format!("m{n}@gmail.com")
    }) {
        assert!(
            email.ends_with("@a.example") && email.len() <= 14,
            "{email}"
        );
    }
    let coarse = tried("text", "{ with = \"email\", coarse = true }");
    assert!(coarse.gives("m@Gmail.com").ends_with("@gmail.com.example"));
    for value in ["m", "m@", "m@a b", "m@ö.de"] {
        assert!(coarse.mask(value).is_err(), "{value}");
    }
}

#[test]
fn hosts_and_urls_are_nobodys() {
    for host in all("text", "\"host\"", |n| format!("h{n}.google.com")) {
        assert!(is_reserved(&host), "{host}");
    }
    for url in all("text", "\"url\"", |n| {
        format!("https://google.com/maria/{n}?q=maria")
    }) {
        let rest = url.strip_prefix("https://").expect("the scheme stays");
        let parts: Vec<&str> = rest.split('/').collect();
        assert!(is_reserved(parts[0]) && parts.len() == 3, "{url}");
        assert!(!url.contains("maria") && !url.contains('?'), "{url}");
    }
    let url = tried("character varying(40)", "\"url\"");
    for value in [
        "mailto:maria",
        "x",
        "javascript:alert(1)",
        "ftp://a/b/c/d/e/f/g/h",
        "//",
        "https:///maria",
    ] {
        let masked = url.gives(value);
        assert!(
            masked.contains(".example.com") && masked.len() <= 40,
            "{masked}"
        );
        assert!(!masked.contains("maria"), "{masked}");
    }
    assert!(url.gives("FTP://x/").starts_with("ftp://") && url.gives("FTP://x/").ends_with('/'));
}

#[test]
fn addresses_of_machines_are_routed_nowhere() {
    for (data_type, with) in [("inet", ""), ("text", ""), ("inet", "/24"), ("cidr", "/24")] {
        for ip in all(data_type, "\"ip\"", |n| format!("10.1.{}.0{with}", n % 250)) {
            let (address, prefix) = ip.split_once('/').unwrap_or((&ip, ""));
            let IpAddr::V4(address) = address.parse().expect("an address") else {
                panic!("{ip} is of another family");
            };
            assert!(
                address.octets()[0] >= 240 && !address.is_broadcast(),
                "{ip}"
            );
            assert_eq!(with.trim_start_matches('/'), prefix, "{ip}");
            assert!(data_type != "cidr" || address.octets()[3] == 0, "{ip}");
        }
    }
    for ip in all("inet", "\"ip\"", |n| format!("fe80::{n:x}")) {
        assert!(ip.starts_with("2001:db8:"), "{ip}");
    }
    let cidr = tried("cidr", "\"ip\"");
    assert_eq!(cidr.gives("0.0.0.0/0"), "0.0.0.0/0");
    assert_eq!(cidr.gives("::/0"), "::/0");
    for value in [
        "",
        "x",
        "1.2.3.4/33",
        "1.2.3.4/+8",
        "1.2.3",
        "::1/129",
        "1.2.3.4/",
    ] {
        assert!(value.is_empty() || cidr.mask(value).is_err(), "{value}");
    }
}

#[test]
fn hardware_addresses_are_administered_locally() {
    for mac in all("macaddr", "\"mac\"", |n| {
        format!("08:00:2b:00:{:02x}:{:02x}", n / 256, n % 256)
    }) {
        let first = u8::from_str_radix(&mac[..2], 16).expect("hexadecimal");
        assert_eq!((first & 0b11, mac.len()), (0b10, 17), "{mac}");
    }
    let text = tried("text", "\"mac\"");
    assert_eq!(text.gives("0800.2B01.0203").len(), 14);
    assert!(
        !text
            .gives("0800.2B01.0203")
            .contains(|c: char| c.is_ascii_lowercase())
    );
    assert_eq!(text.gives("08-00-2b-01-02-03").matches('-').count(), 5);
    for value in ["08:00:2b:01:02", "x", "08:00:2b:01:02:0g", &"0".repeat(40)] {
        assert!(text.mask(value).is_err(), "{value}");
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (u32::from(digit - b'0'), at % 2) {
            (digit, 0) => digit,
            (digit, _) if digit > 4 => digit * 2 - 9,
            (digit, _) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[test]
fn cards_are_those_that_are_published_for_tests() {
    for card in all("text", "\"card\"", |n| format!("4929-0000-0000-{n:04}")) {
        let digits = card.replace('-', "");
        assert!(
            TEST_CARDS.contains(&digits.as_str()) && luhn(&digits),
            "{card}"
        );
        assert_eq!(card.matches('-').count(), 3, "{card}");
    }
    for card in all("bigint", "\"card\"", |n| format!("34290000000{n:04}")) {
        assert!(card.len() == 15 && luhn(&card), "{card}");
    }
    let card = tried("character varying(16)", "\"card\"");
    assert!(card.gives("Maria 4111111111111111").len() <= 16);
}

#[test]
fn accounts_are_of_no_bank() {
    for iban in all("text", "\"iban\"", |n| format!("FR76{n:023}")) {
        assert!(
            iban.starts_with("DE") && iban[4..].starts_with("99999999"),
            "{iban}"
        );
        let moved = format!("{}1314{}", &iban[4..], &iban[2..4]);
        let rest = moved.bytes().fold(0_u32, |rest, digit| {
            (rest * 10 + u32::from(digit - b'0')) % 97
        });
        assert_eq!(rest, 1, "{iban}");
    }
    let iban = tried("character varying(27)", "\"iban\"");
    assert_eq!(iban.gives("FR76 3000").len(), 27);
}

#[test]
fn national_numbers_are_of_their_pattern() {
    for id in all(
        "text",
        "{ with = \"national-id\", pattern = \"999-99-9999\" }",
        |n| n.to_string(),
    ) {
        let group: u32 = id[4..6].parse().expect("digits");
        assert!(id.starts_with('9') && id.len() == 11, "{id}");
        assert!((1..50).contains(&group), "{id}: a taxpayer's");
    }
    for id in all(
        "bigint",
        "{ with = \"national-id\", pattern = \"9999999\" }",
        |n| n.to_string(),
    ) {
        assert!(id.len() == 7 && !id.starts_with('0'), "{id}");
    }
    for id in all(
        "text",
        "{ with = \"national-id\", pattern = \"Aé\\\\A99\" }",
        |n| n.to_string(),
    ) {
        let letters: Vec<char> = id.chars().collect();
        assert!(
            letters[0].is_ascii_uppercase() && letters[1..3] == ['é', 'A'],
            "{id}"
        );
    }
}

#[test]
fn telephones_are_nobodys() {
    let fictional = |phone: &str| {
        let known = seeder::words::locales()
            .iter()
            .flat_map(|locale| locale.places);
        let fits = |pattern: &str| {
            pattern.len() == phone.len()
                && pattern
                    .bytes()
                    .zip(phone.bytes())
                    .all(|(own, found)| own == found || own == b'#' && found.is_ascii_digit())
        };
        phone.starts_with("+999") || known.map(|place| place.phone).any(fits)
    };
    for rule in ["\"phone\"", "{ with = \"phone\", coarse = true }"] {
        for phone in all("text", rule, |n| format!("+49 171 {n:07}")) {
            assert!(fictional(&phone), "{phone}");
            assert!(
                !rule.contains("coarse") || phone.starts_with("+49"),
                "{phone}"
            );
        }
    }
    let coarse = tried("text", "{ with = \"phone\", coarse = true }");
    assert!(coarse.gives("+299 12345").starts_with("+999"));
    for phone in all("bigint", "\"phone\"", |n| format!("49171{n:07}")) {
        assert!(phone.len() == 15 && phone.starts_with("999"), "{phone}");
    }
}
