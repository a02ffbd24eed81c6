//! What stands inside of text.

use std::ops::Range;

use super::lexicon::{COMMON, FAMILY, Folded, GIVEN, STREET, lexicon};
use super::{Kind, digits, national, net, phone, secret};

/// Something inside of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Where, in bytes.
    pub range: Range<usize>,
}

/// More entities in one text are not looked for.
const FOUND_MAX: usize = 1_000;

/// The entities in a text, in order, none inside of another: addresses, numbers, secrets, and names
/// of persons where a given and a family name stand together.
///
/// A name that stands alone, or in no list, is not found.
pub fn within(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let words: Vec<Range<usize>> = tokens(text);
    let mut at = 0;
    while at < words.len() && found.len() < FOUND_MAX {
        let (kind, end) = match entity(text, &words[at..]) {
            Some((kind, taken)) => (Some(kind), at + taken),
            None => (None, at + 1),
        };
        if let Some(kind) = kind {
            let range = words[at].start..words[end - 1].end;
            found.push(Found { kind, range });
        }
        at = end;
    }
    found
}

/// Words without the marks around them.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut rest = 0;
    let between = |c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | '"' | '<' | '>' | '[' | ']' | '{' | '}' | '|')
    };
    for word in text.split(between) {
        let start = rest;
        let separator = text[start + word.len()..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        rest = start + word.len() + separator;
        let open = word.trim_start_matches(['\'', '«', '“', '*', '_', '`']);
        let trimmed = open.trim_end_matches(['.', ':', '!', '?', '\'', '»', '”', '*', '`']);
        if !trimmed.is_empty() {
            let start = start + word.len() - open.len();
            words.push(start..start + trimmed.len());
        }
    }
    words
}

/// What the text begins with at its first words, and how many it takes.
fn entity(text: &str, words: &[Range<usize>]) -> Option<(Kind, usize)> {
    let one = &text[words[0].clone()];
    if let Some(kind) = single(one) {
        return Some((kind, 1));
    }
    let first = one.chars().next()?;
    let groups = first.is_ascii_digit() || matches!(first, '+' | '(') || first.is_ascii_uppercase();
    if groups && let Some(found) = grouped(text, words) {
        return Some(found);
    }
    if first.is_uppercase() {
        return person(text, words).or_else(|| street(text, words));
    }
    None
}

/// What one word is by itself.
fn single(word: &str) -> Option<Kind> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if word.contains('@') {
        let bare = word.trim_matches(['(', ')', '<', '>']);
        return net::is_email(bare).then_some(Kind::Email);
    }
    if word.contains("://") {
        return Some(if secret::is_secret(word) {
            Kind::Secret
        } else {
            Kind::Url
        });
    }
    if digits == 0 && !word.contains(':') && word.len() < 20 {
        return None;
    }
    if word.len() >= 16 && secret::is_secret(word) {
        return Some(Kind::Secret);
    }
    if net::is_ip(word) {
        return Some(Kind::Ip);
    }
    if net::is_mac(word) {
        return Some(Kind::Mac);
    }
    None
}

/// Numbers, which people write in groups: the longest run of words that is one.
fn grouped(text: &str, words: &[Range<usize>]) -> Option<(Kind, usize)> {
    const GROUPS_MAX: usize = 8;
    let numeric = |range: &Range<usize>| {
        let word = &text[range.clone()];
        word.len() <= 34
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-./()".contains(&byte))
    };
    let run = words
        .iter()
        .take(GROUPS_MAX)
        .take_while(|word| numeric(word))
        .count();
    for taken in (1..=run).rev() {
        let joined = &text[words[0].start..words[taken - 1].end];
        if joined.len() < 7 || !joined.is_ascii() {
            continue;
        }
        let kind = number(joined);
        if kind.is_some() {
            return kind.map(|kind| (kind, taken));
        }
    }
    None
}

fn number(text: &str) -> Option<Kind> {
    if digits::is_iban(text) {
        return Some(Kind::Iban);
    }
    let card = digits::Digits::of(text, b" -").is_some_and(|d| digits::is_card(d.as_slice()));
    if card {
        return Some(Kind::Card);
    }
    if phone::is_international(text) {
        return Some(Kind::Phone);
    }
    // Inside of text, digits alone prove nothing: order numbers have every tenth check digit right.
    let shaped = text.bytes().any(|byte| !byte.is_ascii_digit());
    if shaped && super::date::day(text).is_none() {
        let schemes = national::schemes(text);
        if schemes.iter().next().is_some() {
            return Some(Kind::NationalId);
        }
        if phone::is_local(text) {
            return Some(Kind::LocalPhone);
        }
    }
    None
}

/// A given name and a family name, both with a capital letter.
fn person(text: &str, words: &[Range<usize>]) -> Option<(Kind, usize)> {
    let lexicon = lexicon();
    let flags = |range: &Range<usize>| -> u16 {
        let word = &text[range.clone()];
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        if capital
            && word
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
        {
            lexicon.flags(Folded::of(word).as_bytes())
        } else {
            0
        }
    };
    let first = flags(&words[0]);
    let second = words.get(1).map(&flags)?;
    let adjacent = text[words[0].end..words[1].start].chars().all(|c| c == ' ');
    let given = first & GIVEN != 0 && second & (FAMILY | GIVEN) != 0;
    let family = first & FAMILY != 0 && second & GIVEN != 0;
    // Two words that are words first of all are no name: `Will Price`.
    let both_common = first & COMMON != 0 && second & COMMON != 0;
    if !adjacent || both_common || !(given || family) {
        return None;
    }
    let third = words.get(2).is_some_and(|word| {
        flags(word) & FAMILY != 0 && text[words[1].end..word.start].chars().all(|c| c == ' ')
    });
    Some((Kind::Name, if third { 3 } else { 2 }))
}

/// A word that says street, with a number beside it.
fn street(text: &str, words: &[Range<usize>]) -> Option<(Kind, usize)> {
    let lexicon = lexicon();
    let is_street = |range: &Range<usize>| {
        let folded = Folded::of(&text[range.clone()]);
        let bytes = folded.as_bytes();
        lexicon.flags(bytes) & STREET != 0 && bytes.len() > 3
            || bytes.ends_with(b"strasse") && bytes.len() > 8
    };
    let numbered = |range: &Range<usize>| text.as_bytes()[range.start].is_ascii_digit();
    let at = words.iter().take(3).position(is_street)?;
    let behind = words.iter().skip(at + 1).take(4).position(numbered);
    behind.map(|behind| (Kind::Street, at + behind + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, &str)> {
        within(text)
            .into_iter()
            .map(|found| (found.kind, &text[found.range]))
            .collect()
    }

    #[test]
    fn entities_are_found_where_they_stand() {
        assert_eq!(
            found("Please call Anna Müller at +49 171 1234567, or write to anna@firma.example."),
            [
                (Kind::Name, "Anna Müller"),
                (Kind::Phone, "+49 171 1234567"),
                (Kind::Email, "anna@firma.example"),
            ]
        );
        assert_eq!(
            found("IBAN DE89 3704 0044 0532 0130 00; card 4111 1111 1111 1111 from 10.1.2.3"),
            [
                (Kind::Iban, "DE89 3704 0044 0532 0130 00"),
                (Kind::Card, "4111 1111 1111 1111"),
                (Kind::Ip, "10.1.2.3"),
            ]
        );
    }

    #[test]
    fn plain_text_has_none() {
        for text in [
            "Works exactly as described.",
            "Order 10023411 shipped on 2024-01-31 at 12:30",
            "Version 1.2.3, 45 % off",
            "",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
