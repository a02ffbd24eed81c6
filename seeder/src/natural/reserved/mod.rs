//! What is set apart: domains, networks, telephone numbers and cards that reach nobody, and how the
//! texts that do are told from them.

mod forms;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::family::{TEST_CARDS, luhn_digit};

pub(crate) use forms::{apart, forms, spares};

/// How a text reaches somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// By mail.
    Mail,
    /// As a web address.
    Url,
    /// As a host's name.
    Host,
    /// By telephone.
    Phone,
    /// As an address of a network.
    Address,
    /// As a payment card.
    Card,
}

/// Domains of RFC 2606 and RFC 6761.
const DOMAINS: [&str; 7] = [
    "example",
    "test",
    "invalid",
    "localhost",
    "example.com",
    "example.net",
    "example.org",
];

/// Telephone numbers of ranges for fiction, and of the code 999, which the ITU's list gives to nobody;
/// those of North America are told by their middle.
const FICTION: [&str; 29] = [
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

/// Calling codes of those ranges whose national numbers begin with a 0.
const TRUNK: [&str; 3] = ["44", "49", "33"];

/// Digits from which on a number may be somebody's.
const PHONE_DIGITS_MIN: usize = 7;

/// How a text could reach somebody; `None` if nothing in it is more than what is set apart. `told` is
/// what the text is known to be, where it does not show it: digits alone, a bare host.
pub fn reaches(text: &str, told: Option<Reach>) -> Option<Reach> {
    let words = || text.split(|c: char| c.is_whitespace() || "\"'<>(),;[]{}".contains(c));
    let phone = || (text.starts_with('+') || told == Some(Reach::Phone)) && phone_reaches(text);
    let host = || told == Some(Reach::Host) && text.contains('.') && !is_reserved(text);
    words()
        .find_map(|word| host_in(word, told == Some(Reach::Mail)))
        .or_else(|| words().any(address_reaches).then_some(Reach::Address))
        .or_else(|| phone().then_some(Reach::Phone))
        .or_else(|| host().then_some(Reach::Host))
        .or_else(|| card_reaches(text).then_some(Reach::Card))
}

/// What a generator's text is.
pub(crate) fn kind(text: &str) -> Option<Reach> {
    let digits = digits_of(text);
    let word = !text.contains(char::is_whitespace);
    if word && text.contains("://") {
        Some(Reach::Url)
    } else if word && text.find('@').is_some_and(|at| at > 0) {
        Some(Reach::Mail)
    } else if TEST_CARDS.contains(&digits.as_str()) {
        Some(Reach::Card)
    } else if digits.len() >= PHONE_DIGITS_MIN
        && !text.contains(|c: char| c.is_alphabetic())
        && is_fictional(&digits)
    {
        Some(Reach::Phone)
    } else if text.parse::<std::net::IpAddr>().is_ok() {
        Some(Reach::Address)
    } else if word && text.contains('.') && is_reserved(text) {
        Some(Reach::Host)
    } else {
        None
    }
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn is_reserved(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let below = |root: &str| host == root || host.ends_with(&format!(".{root}"));
    DOMAINS.into_iter().any(below)
}

fn host_in(word: &str, mail: bool) -> Option<Reach> {
    let (host, reach) = match word.split_once("://") {
        Some((_, rest)) => (
            rest.split(['/', ':', '?', '#'])
                .next()?
                .rsplit('@')
                .next()?,
            Reach::Url,
        ),
        None => {
            let (local, host) = word.rsplit_once('@')?;
            // `@name` alone is a handle, and what begins with a slash a path, unless mail is meant.
            let address = local.ends_with(|c: char| c.is_alphanumeric()) && !word.starts_with('/');
            if !mail && !address {
                return None;
            }
            (host.split(':').next()?, Reach::Mail)
        }
    };
    (is_host(host) && !is_reserved(host_of(host))).then_some(reach)
}

/// As much of a text as a host's name or address may be.
fn host_of(text: &str) -> &str {
    let belongs = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

/// Whether a text begins with a name or an address that could be somebody's: labels with dots between them.
fn is_host(text: &str) -> bool {
    let host = host_of(text);
    host.contains('.') && !host.split('.').any(str::is_empty)
}

fn address_reaches(word: &str) -> bool {
    let bare = word.split('/').next().unwrap_or(word);
    if let Ok(v4) = bare.parse::<Ipv4Addr>() {
        let bits = v4.to_bits();
        let within = |net: Ipv4Addr, length: u32| (bits ^ net.to_bits()) >> (32 - length) == 0;
        let reserved = within(Ipv4Addr::new(192, 0, 2, 0), 24)
            || within(Ipv4Addr::new(198, 51, 100, 0), 24)
            || within(Ipv4Addr::new(203, 0, 113, 0), 24)
            || within(Ipv4Addr::new(198, 18, 0, 0), 15)
            || within(Ipv4Addr::new(240, 0, 0, 0), 4);
        return !reserved || v4.is_broadcast();
    }
    let v6 = bare.parse::<Ipv6Addr>();
    v6.is_ok_and(|v6| v6.segments()[..2] != [0x2001, 0xdb8])
}

/// Whether the digits of an international number are of a range for fiction.
fn is_fictional(digits: &str) -> bool {
    let american = digits.len() == 11 && digits.starts_with('1') && is_american(&digits[1..]);
    american || FICTION.iter().any(|range| digits.starts_with(range))
}

/// NPA 555 01XX.
fn is_american(digits: &str) -> bool {
    digits.len() == 10 && &digits[3..8] == "55501"
}

fn phone_reaches(text: &str) -> bool {
    let digits = digits_of(text);
    if digits.len() < PHONE_DIGITS_MIN || text.contains(|c: char| c.is_alphabetic()) {
        return false;
    }
    let national = || {
        let trunk = |rest: &str| {
            let codes = TRUNK.iter();
            let mut numbers = codes.map(|code| format!("{code}{rest}"));
            numbers.any(|number| is_fictional(&number))
        };
        is_american(&digits)
            || digits.strip_prefix("00").is_some_and(is_fictional)
            || digits.strip_prefix('0').is_some_and(trunk)
    };
    !is_fictional(&digits) && (text.starts_with('+') || !national())
}

/// Thirteen digits or more that begin like a card and pass its check.
fn card_reaches(text: &str) -> bool {
    let digits = text.chars().all(|c| c.is_ascii_digit());
    if !digits || !(13..=19).contains(&text.len()) || !text.starts_with(['3', '4', '5', '6']) {
        return false;
    }
    let (body, check) = text.split_at(text.len() - 1);
    check.parse() == Ok(luhn_digit(body)) && !TEST_CARDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    #[test]
    fn every_form_and_every_spare_reaches_nobody() {
        for text in [
            "+1 212-555-0142",
            "+44 20 7946 0123",
            "+33 1 99 00 12 34",
            "+49 30 23125 123",
            "+999 81 3 555 1234",
            "anna.schmidt7@de.example",
            "https://brass-finch.example/a/b",
            "https://example.com/avatars/anna.png",
            "brass-finch.example",
            "4242424242424242",
        ] {
            let told = kind(text);
            assert!(told.is_some() && reaches(text, told).is_none(), "{text}");
            let draw = Key::derive(1, &[text]).draw(0, 0, 0);
            let spare = told.map(|told| spares(told, draw)).unwrap_or_default();
            let all: Vec<String> = forms(text).into_iter().chain(spare).collect();
            assert!(all.len() > 3, "{text}: {all:?}");
            for form in all {
                assert_eq!(reaches(&form, told), None, "{form} of {text}");
            }
        }
    }

    #[test]
    fn what_is_told_to_be_a_number_or_a_host_is_judged_as_one() {
        for text in ["4930123456", "030 123456", "2125551234", "(212) 555-1234"] {
            assert_eq!(reaches(text, None), None, "{text}");
            assert_eq!(reaches(text, Some(Reach::Phone)), Some(Reach::Phone));
        }
        for text in ["2125550142", "02079460123", "0033199001234", "4711"] {
            assert_eq!(reaches(text, Some(Reach::Phone)), None, "{text}");
        }
        assert_eq!(reaches("a.com", Some(Reach::Host)), Some(Reach::Host));
        assert_eq!(reaches("a.example", Some(Reach::Host)), None);
        assert_eq!(reaches("@anna.lee", None), None);
        assert_eq!(reaches("/@acme.com", None), None);
        assert_eq!(reaches("/ic@K7C.8QJ", None), None);
        assert_eq!(reaches("a9@.W-+rr.", None), None);
        assert_eq!(reaches("r-eo@.", None), None);
        assert_eq!(reaches("a@acme.com.!", None), Some(Reach::Mail));
        assert_eq!(reaches("a@example.com!", None), None);
        assert_eq!(
            reaches("see @acme.com", Some(Reach::Mail)),
            Some(Reach::Mail)
        );
        assert_eq!(reaches("@acme.com", Some(Reach::Mail)), Some(Reach::Mail));
    }
}
