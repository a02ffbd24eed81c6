//! What a text may hold that `redact` gave, judged by the text alone.
//!
//! Shares the lists of words with the transformer and no code: whatever is not accounted for here is a
//! stranger, and a copy with one is not clean.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use seeder::words::{LOREM, locales};

use crate::vocabulary::{ELISIONS, FAMILY, FUNCTION, GIVEN, HOST, LISTS, NOUNS, SHORT_HOST, words};

/// What may stand beside words, digits and white space.
const MARKS: &str = ".,;:!?()[]'\"-*/+&=<>#%$–—…“”‘’„‚«»¿¡•€£§°";

/// Letters of a word, or digits of a number, that is looked for in the column later.
pub(super) const TOKEN_MIN: usize = 6;

/// What a word is to the gate.
struct Accounted {
    /// Words that may stay, and those that stand for others, in lower case.
    known: HashSet<String>,
    /// Of those, words that stand for others.
    drawn: HashSet<String>,
    /// Words that have a capital letter wherever they stand.
    nouns: HashSet<String>,
    /// Words that may begin a sentence whatever they name elsewhere.
    function: HashSet<String>,
    /// Names that people bear.
    names: HashSet<String>,
}

static ACCOUNTED: LazyLock<Accounted> = LazyLock::new(|| {
    let given = [&GIVEN[..], &FAMILY[..], LOREM].concat();
    let given = given.iter().map(|word| owned(word));
    let hosts = [HOST, SHORT_HOST].into_iter();
    let hosts = hosts.flat_map(|host| host.split('.')).map(str::to_owned);
    let drawn: HashSet<String> = given.chain(hosts).chain(["https".to_owned()]).collect();
    let listed = LISTS.into_iter().flat_map(words);
    let parts = listed.flat_map(|word| word.split(['\'', '-']));
    let elided = ELISIONS.into_iter();
    let mut known: HashSet<String> = parts.chain(elided).map(owned).collect();
    known.extend(drawn.iter().cloned());
    let nouns = words(NOUNS).map(owned).collect();
    let function = words(FUNCTION).flat_map(|word| word.split('\''));
    let function = function.map(owned).collect();
    let mut names = HashSet::new();
    for locale in locales() {
        let people = locale.given.iter().chain(&locale.family);
        names.extend(people.flat_map(|name| [owned(name.text), name.ascii.clone()]));
        names.extend(locale.places.iter().map(|place| owned(place.city)));
    }
    Accounted {
        known,
        drawn,
        nouns,
        function,
        names,
    }
});

/// A word without its case.
fn folded(word: &str) -> Cow<'_, str> {
    match word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(word.chars().flat_map(char::to_lowercase).collect()),
    }
}

fn owned(word: &str) -> String {
    folded(word).into_owned()
}

/// A run of letters or of digits.
struct Token<'t> {
    text: &'t str,
    at: usize,
    digits: bool,
}

/// The tokens of a text: everything but marks, white space and the other signs of ASCII.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + text[at..].find(|sign: char| !separates(sign))?;
        let digits = text[begin..].starts_with(char::is_numeric);
        let ends = |sign: char| separates(sign) || sign.is_numeric() != digits;
        let end = text[begin..]
            .find(ends)
            .map_or(text.len(), |end| begin + end);
        at = end;
        Some(Token {
            text: &text[begin..end],
            at: begin,
            digits,
        })
    })
}

fn separates(sign: char) -> bool {
    match sign.is_ascii() {
        true => !sign.is_ascii_alphanumeric(),
        false => MARKS.contains(sign),
    }
}

/// How much of a text is accounted for by nothing.
pub(crate) fn strangers(text: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(text) else {
        return 1;
    };
    let mut found = signs(text);
    let mut single = false;
    for token in tokens(text) {
        let known = match token.digits {
            true => is_nobodys(token.text),
            false => is_known(text, &token),
        };
        found += u64::from(!known);
        // Letters in a row spell a word.
        let lone = is_lone(text, &token);
        found += u64::from(lone && single);
        single = lone;
    }
    found
}

/// Digits that no number of anybody has: 0 and 1, the first a 0.
fn is_nobodys(digits: &str) -> bool {
    digits.starts_with('0') && digits.bytes().all(|digit| matches!(digit, b'0' | b'1'))
}

fn is_known(text: &str, token: &Token<'_>) -> bool {
    let accounted = &*ACCOUNTED;
    let word = folded(token.text);
    if !accounted.known.contains(&*word) {
        return false;
    }
    // What folds to a word and is none: letters that look alike.
    let plain = token.text.chars().zip(word.chars());
    let same = plain
        .enumerate()
        .all(|(at, (sign, small))| sign == small || at == 0 && sign.is_uppercase());
    let kelvin = token.text.starts_with(['\u{212a}', '\u{212b}', '\u{2126}']);
    if !same || kelvin || word.chars().count() != token.text.chars().count() {
        return false;
    }
    // A capital letter makes a name of what is one elsewhere.
    let capital = token.text.starts_with(char::is_uppercase);
    if !capital || word == "i" || accounted.drawn.contains(&*word) {
        return true;
    }
    let names = accounted.names.contains(&*word);
    let plain = !names || accounted.function.contains(&*word);
    match begins(&text[..token.at]) {
        true => plain || is_contracted(text, token),
        false => plain && accounted.nouns.contains(&*word),
    }
}

/// Whether a token is one letter by itself, which no apostrophe joins to a word, and no filler.
fn is_lone(text: &str, token: &Token<'_>) -> bool {
    let one = !token.digits && token.text.chars().nth(1).is_none();
    let apostrophes = ['\'', '\u{2019}'];
    let letter = |sign: char| sign.is_alphabetic();
    let before = text[..token.at].strip_suffix(apostrophes);
    let behind = text[token.at + token.text.len()..].strip_prefix(apostrophes);
    let joined = before.is_some_and(|text| text.ends_with(letter))
        || behind.is_some_and(|text| text.starts_with(letter));
    one && !joined && !token.text.eq_ignore_ascii_case("x")
}

/// Whether `'t` stands behind a token: what `don't` begins with is a name elsewhere.
fn is_contracted(text: &str, token: &Token<'_>) -> bool {
    let behind = text[token.at + token.text.len()..].strip_prefix(['\'', '\u{2019}']);
    behind.is_some_and(|behind| {
        let mut rest = behind.chars();
        rest.next() == Some('t') && rest.next().is_none_or(|next| !next.is_alphanumeric())
    })
}

/// Whether a sentence may begin behind a text.
fn begins(before: &str) -> bool {
    let opening = |sign: char| sign.is_whitespace() || "([\"'-*–—“‘„‚«»¿¡•…,;".contains(sign);
    let line = before.trim_end_matches(|sign: char| sign != '\n' && opening(sign));
    line.is_empty() || line.ends_with(['\n', '.', '!', '?', ':', ')', ']', '”', '’'])
}

/// Signs that stand where none of the fixed ones does.
fn signs(text: &str) -> u64 {
    let mut found = 0;
    let mut before = None;
    let mut rest = text.chars();
    while let Some(sign) = rest.next() {
        let behind = rest.as_str();
        let next = behind.chars().next();
        let fine = match sign {
            '@' => is_reserved(behind) && before.is_some_and(char::is_alphanumeric),
            // A full stop inside of words makes a host of them.
            '.' => {
                let at = text.len() - behind.len();
                let joins = before.is_some_and(char::is_alphanumeric)
                    && next.is_some_and(char::is_alphanumeric);
                let number = [before, next].map(|sign| sign.is_some_and(char::is_numeric));
                !joins || number == [true; 2] || in_host(text, at)
            }
            ' ' | '\n' | '\r' | '\t' => true,
            _ if sign.is_ascii_alphanumeric() => true,
            _ if sign.is_ascii() => MARKS.contains(sign),
            // Letters are judged with their word.
            _ => true,
        };
        found += u64::from(!fine);
        before = Some(sign);
    }
    found
}

/// Whether a text begins with a reserved host and goes on with something else.
fn is_reserved(text: &str) -> bool {
    [HOST, SHORT_HOST].into_iter().any(|host| {
        text.strip_prefix(host).is_some_and(|rest| {
            let mut rest = rest.chars();
            let alone = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
            match rest.next() {
                Some('.' | '-') => alone(rest.next()),
                next => alone(next) && next != Some('@'),
            }
        })
    })
}

/// Whether the full stop before `at` is one of a reserved host, behind `@` or `//`.
fn in_host(text: &str, at: usize) -> bool {
    let begin = text[..at].rfind(['@', '/']).map_or(0, |begin| begin + 1);
    begin > 0 && is_reserved(&text[begin..])
}

/// Words and numbers of a text that nothing accounts for, long enough to be looked for elsewhere.
pub(super) fn each_stranger(text: &[u8], each: &mut dyn FnMut(&str)) {
    let text = String::from_utf8_lossy(text);
    for token in tokens(&text) {
        if token.text.chars().count() < TOKEN_MIN {
            continue;
        }
        let word = folded(token.text);
        let known = match token.digits {
            true => is_nobodys(token.text),
            false => ACCOUNTED.known.contains(&*word),
        };
        if !known {
            each(&word);
        }
    }
}
