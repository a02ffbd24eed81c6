//! The forms in which a value may turn up: words in a row, runs of digits, whatever stands around them.
//!
//! A value is a sequence of words in lower case; what separates words (blanks, quotes, brackets,
//! commas …) does not count, so the same value is found within JSON, arrays, composites and prose.

use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// Words of a value that are looked at; a longer one is known by its first ones.
pub(super) const WORDS_MAX: usize = 6;

/// Letters of a value at least: what is shorter turns up anywhere by chance.
pub(super) const LETTERS_MIN: usize = 6;

/// Digits of a number at least: shorter ones turn up anywhere by chance.
const DIGITS_MIN: usize = 10;

/// Digits of the longest number that is told apart from longer ones.
pub(super) const DIGITS_MAX: usize = 24;

/// Hashes under a key, so that what is collected tells nothing to who finds it.
#[derive(Clone)]
pub(super) struct Hashing {
    keyed: SipHasher13,
}

/// A value's hash, and how many words it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) hash: u64,
    pub(super) words: usize,
    /// How many digits, where there is nothing else that counts; 0 for words.
    pub(super) digits: usize,
}

impl Hashing {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let half = |from: usize| {
            let bytes: [u8; 8] = key[from..from + 8].try_into().expect("8 of 32 bytes");
            u64::from_be_bytes(bytes)
        };
        Self {
            keyed: SipHasher13::new_with_keys(half(0), half(8)),
        }
    }

    /// Every form that a value is known by; none for one that is too short.
    pub(super) fn of_value(&self, value: &[u8], each: &mut dyn FnMut(Form)) {
        let letters = value.iter().filter(|byte| !separates(**byte)).count();
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let signs = value.iter().filter(|byte| b".-+'".contains(byte)).count();
        let number = digits + signs >= letters;
        if number && digits >= DIGITS_MIN {
            // It may be written otherwise.
            each(self.digits(value));
            return;
        }
        if letters < LETTERS_MIN || (number && !is_written(value, digits)) {
            return;
        }
        let mut row = 0;
        let mut count = 0;
        for word in words(value).take(WORDS_MAX) {
            row = joined(row, self.word(word));
            count += 1;
        }
        each(Form {
            hash: row,
            words: count,
            digits: 0,
        });
    }

    /// Every form that stands anywhere in a text, of up to `most` words.
    pub(super) fn within(&self, text: &[u8], most: usize, each: &mut dyn FnMut(Form)) {
        // The last words, the latest at the end.
        let mut last: [u64; WORDS_MAX] = [0; WORDS_MAX];
        let mut seen = 0;
        for word in words(text) {
            let hash = self.word(word);
            last.rotate_left(1);
            last[WORDS_MAX - 1] = hash;
            seen += 1;
            // Each sequence that ends here, the shortest first.
            for words in 1..=most.min(seen).min(WORDS_MAX) {
                let row = last[WORDS_MAX - words..].iter();
                let row = row.fold(0, |row, word| joined(row, *word));
                each(Form {
                    hash: row,
                    words,
                    digits: 0,
                });
            }
        }
        for run in digit_runs(text) {
            each(self.digits(run));
            // What stands beside a number may be another one.
            let alone = run.split(|byte| !byte.is_ascii_digit());
            let alone =
                alone.filter(|number| number.len() >= DIGITS_MIN && number.len() < run.len());
            for number in alone {
                each(self.digits(number));
            }
        }
    }

    /// A word of one column, which it is looked for in and nowhere else.
    pub(super) fn placed(&self, column: usize, word: &str) -> u64 {
        let mut hasher = self.keyed;
        hasher.write_u64(column as u64);
        hasher.write(word.as_bytes());
        hasher.finish()
    }

    fn word(&self, word: &[u8]) -> u64 {
        let mut hasher = self.keyed;
        if word.is_ascii() {
            let mut small = [0; 64];
            for part in word.chunks(small.len()) {
                let lower = &mut small[..part.len()];
                lower.copy_from_slice(part);
                lower.make_ascii_lowercase();
                hasher.write(lower);
            }
        } else {
            // Text that is not UTF-8 is taken byte by byte.
            match std::str::from_utf8(word) {
                Ok(text) => hasher.write(text.to_lowercase().as_bytes()),
                Err(_) => hasher.write(word),
            }
        }
        hasher.finish()
    }

    fn digits(&self, text: &[u8]) -> Form {
        let mut hasher = self.keyed;
        // Told apart from the word that has the same digits.
        hasher.write_u8(0xff);
        let mut digits = 0;
        for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
            hasher.write_u8(*byte);
            digits += 1;
        }
        Form {
            hash: hasher.finish(),
            words: 1,
            digits: digits.min(DIGITS_MAX),
        }
    }
}

/// Whether a short number is told from others by how it is written: in parts, as `078-05-1120` or the
/// address of a machine. That of every machine itself tells nothing.
fn is_written(value: &[u8], digits: usize) -> bool {
    const DIGITS: usize = 6;
    const SIGNS: usize = 2;
    let inner = value.windows(3).filter(|three| {
        three[0].is_ascii_digit() && !three[1].is_ascii_alphanumeric() && three[2].is_ascii_digit()
    });
    digits >= DIGITS && inner.count() >= SIGNS && !value.starts_with(b"127.0.0.")
}

/// Mixes a word into a sequence; order counts.
fn joined(row: u64, word: u64) -> u64 {
    // The multiplier of a 64-bit linear congruential generator (Knuth, MMIX).
    (row.rotate_left(23) ^ word).wrapping_mul(6_364_136_223_846_793_005)
}

/// What stands between words: everything but letters, digits and what belongs into addresses.
fn separates(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'@' | b'.' | b'_' | b'-' | b'+' | b'\''))
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| separates(*byte))
        // A full stop ends a sentence more often than it belongs to a word.
        .map(trimmed)
        .filter(|word| !word.is_empty())
}

fn trimmed(mut word: &[u8]) -> &[u8] {
    while let [rest @ .., b'.' | b'-' | b'\''] = word {
        word = rest;
    }
    while let [b'.' | b'-' | b'\'', rest @ ..] = word {
        word = rest;
    }
    word
}

/// Runs of digits with what people put between them: blanks, dots, dashes, slashes, brackets.
fn digit_runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let belongs = |byte: &u8| byte.is_ascii_digit() || b" .-/()+".contains(byte);
    text.split(move |byte| !belongs(byte))
        .filter(|run| run.iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS_MIN)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn found(value: &str, text: &str) -> bool {
        let hashing = Hashing::new(&[7; 32]);
        let mut forms = HashSet::new();
        hashing.of_value(value.as_bytes(), &mut |form| {
            forms.insert((form.hash, form.words));
        });
        let mut hit = false;
        hashing.within(text.as_bytes(), WORDS_MAX, &mut |form| {
            hit |= forms.contains(&(form.hash, form.words));
        });
        hit
    }

    #[test]
    fn a_value_is_found_whatever_stands_around_it() {
        for text in [
            "maria.smith@corp.example",
            "{\"a\":[\"Maria.Smith@corp.example\"]}",
            "{x,maria.smith@corp.example}",
            "write to maria.smith@corp.example.",
            "(1,\"maria.smith@corp.example\",\\\\x)",
            "'maria.smith@corp.example':2",
        ] {
            assert!(found("Maria.Smith@Corp.example", text), "{text}");
        }
        assert!(!found(
            "maria.smith@corp.example",
            "maria.smith2@corp.example"
        ));
    }

    #[test]
    fn several_words_are_found_in_their_order() {
        assert!(found("Änne  Grün", "yesterday ÄNNE Grün called"));
        assert!(found(
            "12 Long Lane, Ely",
            "ship to: 12 Long Lane\nEly; soon"
        ));
        assert!(!found("Anne Green", "Green, Anne"));
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        assert!(found("+49 30 1234567", "tel:+49(30)123-4567"));
        assert!(found("4111 1111 1111 1111", "4111111111111111"));
        assert!(!found("123456789", "123456789"));
        assert!(found("4111111111111111", "4111111111111111 2 times"));
    }

    #[test]
    fn short_numbers_are_found_as_they_are_written() {
        assert!(found("078-05-1120", "ssn:078-05-1120."));
        assert!(found("078 05 1120", "(078 05 1120)"));
        assert!(found("10.1.200.7", "from 10.1.200.7:443"));
        assert!(!found("078-05-1120", "078051120"));
        assert!(!found("10.1.200.7", "10.1.200.77"));
        for value in ["123456.78", "555-1234", "127.0.0.1", "10.1.2.7"] {
            assert!(!found(value, value), "{value}");
        }
    }
}
