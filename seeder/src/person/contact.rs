//! How a person is called on a network: user name, e-mail, telephone.

use super::{Part, Person};

/// Locales that user names can tell apart.
const LOCALES_MAX: u64 = 16;

/// Numbers below it are shown rotated, so that they look like a year or a favourite.
const ROTATED: u64 = 96;

/// The domain of addresses that fit no other.
const SPARE_DOMAIN: &str = "@u.example";

/// Digits of base 36.
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Person {
    /// Adds the user name, unique within the key in lower case: `anna_schmidt48`.
    ///
    /// What is longer than `max` is `u` with the index in base 36 instead; 9 characters suffice.
    ///
    /// Two names never share letters and separator, since names are letters alone. The number holds
    /// the locale, hence equal letters in two locales differ in it: below 96 it is rotated by a hash
    /// of the letters, which both have in common, and any greater number is shown as it is.
    pub fn write_username(&self, max: usize, out: &mut String) {
        let start = out.len();
        let (given, family) = (self.given(), self.family());
        let hash = given.hash.rotate_left(17) ^ family.hash;
        let separator = [b'_', b'.', b'_', b'-'][(hash >> 60) as usize & 3];
        let number = self.namesakes * LOCALES_MAX + self.locale.index as u64;
        let shown = if number < ROTATED {
            (number + hash % ROTATED) % ROTATED
        } else {
            number
        };
        out.push_str(&given.ascii);
        out.push(char::from(separator));
        out.push_str(&family.ascii);
        if shown > 0 {
            push_number(shown, out);
        }
        if out.len() - start > max {
            out.truncate(start);
            out.push('u');
            push_base36(self.index, out);
        }
    }

    /// Adds the e-mail, unique within the key in lower case: `anna.schmidt@de.example`.
    ///
    /// What is longer than `max` begins with `u` and the index in base 36 instead. Locales share no
    /// domain, so the pair of names and the number of namesakes are all that has to differ.
    pub fn write_email(&self, max: usize, out: &mut String) {
        let start = out.len();
        let (given, family) = (self.given(), self.family());
        let domain = self.choose(Part::Domain, self.locale.domains);
        out.push_str(&given.ascii);
        out.push('.');
        out.push_str(&family.ascii);
        if self.namesakes > 0 {
            push_number(self.namesakes, out);
        }
        out.push('@');
        out.push_str(domain);
        if out.len() - start > max {
            out.truncate(start);
            out.push('u');
            push_base36(self.index, out);
            // No domain at all rather than half of one, which could be somebody's.
            if out.len() - start + SPARE_DOMAIN.len() <= max {
                out.push_str(SPARE_DOMAIN);
            }
        }
    }

    /// Adds the telephone number: of the place's fictional range, or behind an unassigned code.
    pub fn write_phone(&self, out: &mut String) {
        let digits = self.roll(Part::Phone, 1_000_000_000);
        fill_digits(self.place().phone, digits, out);
    }
}

/// Copies a pattern, each `#` replaced by a digit of `digits`, the last one first.
pub(crate) fn fill_digits(pattern: &str, digits: u64, out: &mut String) {
    let mut rest = digits;
    for letter in pattern.chars() {
        if letter == '#' {
            out.push(char::from(b'0' + (rest % 10) as u8));
            rest /= 10;
        } else {
            out.push(letter);
        }
    }
}

pub(crate) fn push_number(number: u64, out: &mut String) {
    push_digits(number, 10, out);
}

pub(crate) fn push_base36(number: u64, out: &mut String) {
    push_digits(number, 36, out);
}

fn push_digits(number: u64, base: u64, out: &mut String) {
    // 2⁶⁴ has 20 decimal digits.
    let mut letters = [0; 20];
    let mut at = letters.len();
    let mut rest = number;
    loop {
        at -= 1;
        letters[at] = BASE36[(rest % base) as usize];
        rest /= base;
        if rest == 0 {
            break;
        }
    }
    out.extend(letters[at..].iter().map(|&letter| char::from(letter)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_can_tell_every_locale_apart() {
        assert!(crate::words::locales().len() as u64 <= LOCALES_MAX);
    }

    #[test]
    fn numbers_are_written_in_base_36() {
        let mut out = String::new();
        push_base36(0, &mut out);
        push_base36(36 * 36 + 35, &mut out);
        assert_eq!(out, "010z");
    }
}
