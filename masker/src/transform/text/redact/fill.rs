//! What takes the place of what does not stay: as many characters as there were.

use std::hash::Hasher;
use std::sync::LazyLock;

use seeder::words::LOREM;
use siphasher::sip::SipHasher24;

use super::pieces::is_mark;
use crate::detect;
use crate::key::Draw;
use crate::vocabulary::{FAMILY, GIVEN, HOST, SHORT_HOST};

/// Letters of the longest filler; what is longer becomes several, with hyphens between.
const FILLER_MAX: usize = 12;

const SCHEME: &str = "https://";

/// Fillers by their letters. A single letter is always `x`: of several in a row none tells a word.
static FILLERS: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let mut by_letters = by_letters(LOREM);
    by_letters[1] = vec!["x"];
    by_letters
});
static GIVEN_BY: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| by_letters(&GIVEN));
static FAMILY_BY: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| by_letters(&FAMILY));

fn by_letters(words: &[&'static str]) -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new(); FILLER_MAX + 1];
    for word in words {
        if let Some(bucket) = all.get_mut(word.len()) {
            bucket.push(*word);
        }
    }
    all
}

/// What a number is drawn for.
#[derive(Clone, Copy)]
enum Of {
    Word = 1,
    Digits = 2,
    Address = 3,
}

/// Fills by a draw: within one text, equal things become equal ones.
pub(super) struct Fill {
    keyed: SipHasher24,
}

impl Fill {
    pub(super) fn by(draw: &Draw) -> Self {
        let bits = draw.bits(0);
        Self {
            keyed: SipHasher24::new_with_keys((bits >> 64) as u64, bits as u64),
        }
    }

    /// 64 bits that follow from the draw and a text, whatever its case.
    fn seed(&self, of: Of, text: &str) -> u64 {
        let mut hasher = self.keyed;
        hasher.write_u8(of as u8);
        let mut letter = [0; 4];
        for lower in text.chars().flat_map(char::to_lowercase) {
            hasher.write(lower.encode_utf8(&mut letter).as_bytes());
        }
        hasher.finish()
    }

    /// 64 bits of so many that follow from a seed.
    fn bits(&self, seed: u64, number: u64) -> u64 {
        let mut hasher = self.keyed;
        hasher.write_u64(seed);
        hasher.write_u64(number);
        hasher.finish()
    }

    /// Appends what replaces everything between two blanks.
    pub(super) fn piece(&self, core: &str, out: &mut Vec<u8>) {
        let count = core.chars().count();
        if core.contains('@') && count > SHORT_HOST.len() + 1 {
            let host = match count > HOST.len() + 3 {
                true => HOST,
                false => SHORT_HOST,
            };
            self.letters(self.seed(Of::Address, core), count - host.len() - 1, out);
            out.push(b'@');
            out.extend_from_slice(host.as_bytes());
            return;
        }
        let fixed = SCHEME.len() + HOST.len() + 1;
        if (core.contains("://") || core.starts_with("www.")) && count > fixed {
            out.extend_from_slice(SCHEME.as_bytes());
            out.extend_from_slice(HOST.as_bytes());
            out.push(b'/');
            self.letters(self.seed(Of::Address, core), count - fixed, out);
            return;
        }
        self.runs(core, out);
    }

    /// Replaces letters and digits run by run. Marks stay, save those that make a name of a host or
    /// a program.
    fn runs(&self, core: &str, out: &mut Vec<u8>) {
        let mut at = 0;
        let mut before = Run::Mark;
        while let Some(first) = core[at..].chars().next() {
            let run = Run::of(first);
            let rest = &core[at..];
            let end = match run {
                Run::Mark => first.len_utf8(),
                _ => rest
                    .find(|letter| Run::of(letter) != run)
                    .unwrap_or(rest.len()),
            };
            let (text, behind) = rest.split_at(end);
            let after = behind.chars().next().map_or(Run::Mark, Run::of);
            match run {
                Run::Letters => self.word(text, out),
                Run::Digits => {
                    let glued = core[..at].ends_with('.') || behind.starts_with('.');
                    self.digits(text, glued, out);
                }
                Run::Mark => {
                    let joins = before != Run::Mark && after != Run::Mark;
                    let number = before == Run::Digits && after == Run::Digits;
                    let names = first == '.' && joins && !number;
                    match is_mark(first) && !names {
                        true => out.extend_from_slice(text.as_bytes()),
                        false => out.push(b'-'),
                    }
                }
            }
            before = run;
            at += end;
        }
    }

    fn word(&self, text: &str, out: &mut Vec<u8>) {
        let count = text.chars().count();
        let capital = text.starts_with(char::is_uppercase);
        let start = out.len();
        let names = match capital && count <= FILLER_MAX {
            true => {
                let listed = detect::listed(text);
                match (listed.given, listed.family) {
                    (true, _) => GIVEN_BY[count].as_slice(),
                    (_, true) => FAMILY_BY[count].as_slice(),
                    _ => &[],
                }
            }
            false => &[],
        };
        // Another first letter, so that no name is replaced by itself.
        let first = text.chars().next().map(|first| first.to_ascii_uppercase());
        let others = names.iter().filter(|name| name.chars().next() != first);
        let names: Vec<&str> = others.copied().collect();
        let seed = self.seed(Of::Word, text);
        // Letters of others, such as É, may fold to any.
        match names.is_empty() || !text.is_ascii() {
            true => self.letters(seed, count, out),
            false => {
                let name = choose(&names, seed);
                out.extend_from_slice(name.as_bytes());
            }
        }
        if capital {
            out[start].make_ascii_uppercase();
        }
    }

    /// Appends words of so many letters together, hyphens included.
    fn letters(&self, seed: u64, count: usize, out: &mut Vec<u8>) {
        let mut left = count;
        let mut number = 0;
        while left > 0 {
            // Behind a hyphen at least one letter follows.
            let length = match left > FILLER_MAX {
                true => FILLER_MAX.min(left - 2),
                false => left,
            };
            let word = choose(&FILLERS[length], self.bits(seed, number));
            out.extend_from_slice(word.as_bytes());
            left -= length;
            number += 1;
            if left > 0 {
                out.push(b'-');
                left -= 1;
            }
        }
    }

    /// Appends as many digits. They are 0 and 1, the first is 0, and those at a full stop are all 0:
    /// such a number is nobody's. ITU-T E.164 has no country code that begins with 0, ISO/IEC 7812
    /// no card of a bank, RFC 1122 §3.2.1.3 no host in network 0.
    fn digits(&self, text: &str, glued: bool, out: &mut Vec<u8>) {
        let seed = self.seed(Of::Digits, text);
        let mut bits = 0;
        for place in 0..text.chars().count() as u64 {
            if place % 64 == 0 {
                bits = self.bits(seed, place / 64);
            }
            let one = !glued && place > 0 && bits >> (place % 64) & 1 == 1;
            out.push(b'0' + u8::from(one));
        }
    }
}

fn choose<'w>(words: &[&'w str], bits: u64) -> &'w str {
    // The upper half of bits × length: the bias is below 2⁻⁵⁰.
    words[((u128::from(bits) * words.len() as u128) >> 64) as usize]
}

/// What characters belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Letters,
    Digits,
    Mark,
}

impl Run {
    /// Whatever is neither number nor a mark counts as a letter: of other scripts, joined to letters,
    /// invisible.
    fn of(letter: char) -> Self {
        match letter {
            _ if letter.is_numeric() => Self::Digits,
            _ if is_mark(letter) => Self::Mark,
            _ if letter.is_ascii() && !letter.is_ascii_alphabetic() => Self::Mark,
            _ => Self::Letters,
        }
    }
}
