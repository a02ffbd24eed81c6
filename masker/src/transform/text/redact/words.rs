//! Which words may stay, and in which dress.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use seeder::words::locales;

use crate::detect;
use crate::vocabulary::{ELISIONS, FUNCTION, LISTS, NOUNS, words};

/// Where a word may stand as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stays {
    /// In lower case, among words that are known: it is a name too.
    Lower,
    /// In lower case, and with a capital letter where a sentence begins.
    Begin,
    /// So too, also behind a sentence that ends with a word which does not stay: a word of grammar.
    Grammar,
    /// With a capital letter anywhere, too: nouns of German, `I`.
    Anywhere,
}

/// A word that was found, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) stays: Stays,
    pub(super) capital: bool,
}

/// Letters of the longest word that is looked up.
const LETTERS_MAX: usize = 32;

static WORDS: LazyLock<HashMap<&'static str, Stays>> = LazyLock::new(read);

fn read() -> HashMap<&'static str, Stays> {
    let people = locales().iter();
    let people = people.flat_map(|locale| locale.given.iter().chain(&locale.family));
    // Names of other scripts as they are read.
    let read: HashSet<&str> = people.map(|name| name.ascii.as_str()).collect();
    let mut all = HashMap::new();
    for list in LISTS {
        // A compound stays where its parts do.
        for word in words(list).flat_map(|word| word.split('-')) {
            let named = detect::listed(word).is_name() || read.contains(word);
            let stays = match (named, list == NOUNS) {
                (true, _) => Stays::Lower,
                (_, true) => Stays::Anywhere,
                _ => Stays::Begin,
            };
            let known = all.entry(word).or_insert(stays);
            *known = stays.max(*known);
        }
    }
    let nouns: HashSet<&str> = words(NOUNS).collect();
    all.extend(words(FUNCTION).map(|word| match nouns.contains(word) {
        true => (word, Stays::Anywhere),
        false => (word, Stays::Grammar),
    }));
    let first_person = |word: &&str| *word == "i" || word.starts_with("i'");
    let first_person = LISTS.into_iter().flat_map(words).filter(first_person);
    all.extend(first_person.map(|word| (word, Stays::Anywhere)));
    all
}

/// Looks a word up that is written in lower case, or with its first letter alone as a capital.
pub(super) fn find(word: &str) -> Option<Found> {
    if word.len() > 2 * LETTERS_MAX {
        return None;
    }
    if let Some(stays) = WORDS.get(word) {
        let capital = false;
        return Some(Found {
            stays: *stays,
            capital,
        });
    }
    let first = word.chars().next()?;
    let mut lower = first.to_lowercase();
    let (Some(small), None) = (lower.next(), lower.next()) else {
        return None;
    };
    // Letters that only look like a capital have another one.
    if small == first || !small.to_uppercase().eq([first]) {
        return None;
    }
    let mut buffer = [0; 2 * LETTERS_MAX + 4];
    let begin = small.encode_utf8(&mut buffer).len();
    let rest = &word.as_bytes()[first.len_utf8()..];
    buffer[begin..begin + rest.len()].copy_from_slice(rest);
    let lowered = std::str::from_utf8(&buffer[..begin + rest.len()]).ok()?;
    let stays = *WORDS.get(lowered)?;
    let capital = true;
    Some(Found { stays, capital })
}

/// Looks a word with an apostrophe in it up: `don't`, `customer's`, `l'adresse`.
pub(super) fn find_joined(word: &str) -> Option<Found> {
    let (at, mark) = word
        .char_indices()
        .find(|(_, letter)| is_apostrophe(*letter))?;
    let (before, behind) = (&word[..at], &word[at + mark.len_utf8()..]);
    if behind.contains(is_apostrophe) {
        return None;
    }
    if let Some(found) = find(&format!("{before}'{behind}")) {
        return Some(found);
    }
    let of_word = |found: &Found| found.stays > Stays::Lower && !found.capital;
    if behind == "s" && before.chars().count() > 2 {
        return find(before).filter(of_word);
    }
    let elided = ELISIONS.contains(&before);
    find(behind).filter(|found| elided && behind.chars().count() > 2 && of_word(found))
}

pub(super) fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2019}')
}
