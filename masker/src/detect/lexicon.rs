//! Lists of words by what they are, and what letters say of words that stand in no list.
//!
//! `lists/SOURCES.md` says where the lists are from; the seeder's own lists join them.

use std::sync::LazyLock;

use seeder::words::{self, geo, prose, technical, trade};

use super::words::{LEGAL_FORMS, PARTICLES, STREETS, TOWNS, WAYS};

/// What a word is listed as; one word may be several.
pub(super) const GIVEN: u16 = 1;
pub(super) const FAMILY: u16 = 2;
pub(super) const PLACE: u16 = 4;
pub(super) const COMMON: u16 = 8;
pub(super) const COUNTRY: u16 = 16;
pub(super) const STREET: u16 = 32;
pub(super) const LEGAL: u16 = 64;
pub(super) const PARTICLE: u16 = 128;
/// Says street only with a house number.
pub(super) const WAY: u16 = 256;

/// How much a word is a given name, a family name, a place, a common word; sums to one.
pub(super) type Shares = [f32; 4];

const LISTS: [(&str, u16); 3] = [
    (include_str!("lists/given.txt"), GIVEN),
    (include_str!("lists/family.txt"), FAMILY),
    (include_str!("lists/words.txt"), COMMON),
];
const CITIES: &str = include_str!("lists/cities.txt");

/// Slots of the table: a power of two, at most half full with the lists there are.
const SLOTS: usize = 1 << 18;

/// Letters of Latin script and the edge of a word.
const LETTERS: usize = 27;
const TRIGRAMS: usize = LETTERS * LETTERS * LETTERS;

/// A trigram that was never seen counts as if seen this often.
const UNSEEN: f32 = 0.5;

/// How far letters are believed: trigrams of a word depend on each other, and this makes up for it.
const BELIEF: f32 = 0.55;

/// The lists, ready for look-ups.
pub(super) struct Lexicon {
    /// Hash without its lowest sixteen bits, and what the word is listed as in those.
    slots: Vec<u64>,
    /// Logarithm of how likely a trigram is in a word of each kind.
    trigrams: Vec<[f32; 4]>,
}

/// The lexicon of this process; the first call takes some ten milliseconds.
pub(super) fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);
    &LEXICON
}

/// A word without its case and marks, small enough to live on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folded {
    bytes: [u8; Self::MAX],
    length: usize,
    /// Whether it is of a script without capital letters and without blanks between words.
    pub(super) ideographic: bool,
}

impl Folded {
    /// Longer words are cut: nobody's name is longer.
    const MAX: usize = 48;

    /// Letters of a word: Latin ones for every script that is written with letters.
    pub(super) fn of(word: &str) -> Self {
        let mut folded = Self {
            bytes: [0; Self::MAX],
            length: 0,
            ideographic: false,
        };
        if word.is_ascii() {
            for byte in word.bytes().filter(u8::is_ascii_alphabetic) {
                folded.push(byte.to_ascii_lowercase());
            }
            return folded;
        }
        for letter in word.chars() {
            if is_ideographic(letter) {
                folded.ideographic = true;
                let mut buffer = [0; 4];
                letter
                    .encode_utf8(&mut buffer)
                    .bytes()
                    .for_each(|byte| folded.push(byte));
            } else if letter.is_ascii() {
                if letter.is_ascii_alphabetic() {
                    folded.push(letter.to_ascii_lowercase() as u8);
                }
            } else {
                let spelled = deunicode::deunicode_char(letter).unwrap_or("");
                let letters = spelled.bytes().filter(u8::is_ascii_alphabetic);
                letters.for_each(|byte| folded.push(byte.to_ascii_lowercase()));
            }
        }
        folded
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Han, kana and Hangul: reading them in Latin letters would make one word of many.
pub(super) fn is_ideographic(letter: char) -> bool {
    matches!(u32::from(letter), 0x3040..=0x30ff | 0x3400..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x3005)
}

impl Lexicon {
    fn read() -> Self {
        let mut lexicon = Self {
            slots: vec![0; SLOTS],
            trigrams: vec![[UNSEEN; 4]; TRIGRAMS],
        };
        for (list, flag) in LISTS {
            list.split_ascii_whitespace()
                .for_each(|word| lexicon.add(word, flag));
        }
        for city in CITIES.split(['|', '\n']) {
            lexicon.add(city, PLACE);
        }
        lexicon.add_seeders();
        for (list, flag) in [
            (TOWNS, PLACE),
            (WAYS, WAY),
            (STREETS, STREET),
            (LEGAL_FORMS, LEGAL),
            (PARTICLES, PARTICLE),
        ] {
            list.iter().for_each(|word| lexicon.add(word, flag));
        }
        let mut totals = [0.0_f32; 4];
        for counts in &lexicon.trigrams {
            counts
                .iter()
                .zip(&mut totals)
                .for_each(|(count, total)| *total += count);
        }
        for counts in &mut lexicon.trigrams {
            let pairs = counts.iter_mut().zip(totals);
            pairs.for_each(|(count, total)| *count = libm::logf(*count / total));
        }
        lexicon
    }

    fn add_seeders(&mut self) {
        for locale in words::locales() {
            locale
                .given
                .iter()
                .for_each(|name| self.add(name.text, GIVEN));
            locale
                .family
                .iter()
                .for_each(|name| self.add(name.text, FAMILY));
            locale
                .places
                .iter()
                .for_each(|place| self.add(place.city, PLACE));
        }
        for country in geo::COUNTRIES {
            self.add(country.name, COUNTRY);
        }
        let lists: [&[&str]; 14] = [
            words::LOREM,
            words::SENIORITIES,
            words::JOB_FIELDS,
            words::POSITIONS,
            prose::NOUNS,
            prose::QUALITIES,
            prose::VERBS,
            trade::MATERIALS,
            trade::PRODUCTS,
            trade::CATEGORIES,
            trade::VENTURES,
            trade::DEPARTMENTS,
            technical::ORDER_STATES,
            technical::ROLES,
        ];
        for word in lists.into_iter().flatten().flat_map(|text| text.split(' ')) {
            self.add(word, COMMON);
        }
    }

    /// Lists a text, of one word or several.
    fn add(&mut self, text: &str, flag: u16) {
        let folded = Folded::of(text);
        let bytes = folded.as_bytes();
        if bytes.is_empty() {
            return;
        }
        let key = hash(bytes) & !0xffff;
        let slot = self.slot(key);
        let fresh = self.slots[slot] as u16 & flag == 0;
        self.slots[slot] = key | u64::from(self.slots[slot] as u16 | flag);
        let class = match flag {
            GIVEN => 0,
            FAMILY => 1,
            PLACE => 2,
            COMMON => 3,
            _ => return,
        };
        if fresh && !folded.ideographic && !text.contains(' ') {
            for trigram in trigrams(bytes) {
                self.trigrams[trigram][class] += 1.0;
            }
        }
    }

    /// Where a key is, or where there is room for it.
    fn slot(&self, key: u64) -> usize {
        let mut at = (key >> 40) as usize % SLOTS;
        while self.slots[at] != 0 && self.slots[at] & !0xffff != key {
            at = (at + 1) % SLOTS;
        }
        at
    }

    /// What a word is listed as; 0 for one that stands in no list.
    pub(super) fn flags(&self, word: &[u8]) -> u16 {
        if word.is_empty() {
            return 0;
        }
        self.slots[self.slot(hash(word) & !0xffff)] as u16
    }

    /// What a word is, by the lists, else by its letters.
    pub(super) fn shares(&self, word: &Folded) -> (u16, Shares) {
        let flags = self.flags(word.as_bytes());
        let listed = flags & (GIVEN | FAMILY | PLACE | COMMON);
        if listed == 0 {
            return (flags, self.by_letters(word));
        }
        let share = 1.0 / listed.count_ones() as f32;
        let of = |flag: u16| if listed & flag != 0 { share } else { 0.0 };
        (flags, [of(GIVEN), of(FAMILY), of(PLACE), of(COMMON)])
    }

    fn by_letters(&self, word: &Folded) -> Shares {
        let mut sums = [0.0_f32; 4];
        if word.ideographic || word.length < 3 {
            return [0.25; 4];
        }
        for trigram in trigrams(word.as_bytes()) {
            let likely = &self.trigrams[trigram];
            sums.iter_mut()
                .zip(likely)
                .for_each(|(sum, likely)| *sum += likely);
        }
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let mut shares = sums.map(|sum| libm::expf((sum - most) * BELIEF));
        let total: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        shares
    }
}

/// Places of a word's trigrams, its edges included.
fn trigrams(word: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let letter = |at: usize| match at.checked_sub(1).and_then(|at| word.get(at)) {
        Some(byte) => usize::from(byte.wrapping_sub(b'a') % 26) + 1,
        None => 0,
    };
    (0..word.len())
        .map(move |at| (letter(at) * LETTERS + letter(at + 1)) * LETTERS + letter(at + 2))
}

/// FNV-1a with 64 bits, its bits mixed (Fowler, Noll, Vo; MurmurHash3's finalizer).
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_marks_and_case() {
        let flags = |word: &str| lexicon().flags(Folded::of(word).as_bytes());
        assert!(flags("Łukasz") & GIVEN != 0);
        assert!(flags("MÜLLER") & FAMILY != 0);
        assert!(flags("São Paulo") & PLACE != 0);
        assert!(flags("佐藤") & FAMILY != 0);
        assert!(flags("table") & COMMON != 0);
        assert_eq!(flags("qqzzxxv"), 0);
    }

    #[test]
    fn letters_tell_names_that_stand_in_no_list() {
        let person = |word: &str| {
            let (flags, shares) = lexicon().shares(&Folded::of(word));
            assert_eq!(flags & (GIVEN | FAMILY), 0, "{word} stands in a list");
            shares[0] + shares[1]
        };
        for word in ["Wyszynkowski", "Papadimopoulos", "Hrafnkelsdottir"] {
            assert!(person(word) > 0.7, "{word}: {}", person(word));
        }
    }

    #[test]
    fn the_table_has_room() {
        let used = lexicon().slots.iter().filter(|slot| **slot != 0).count();
        assert!(used * 2 < SLOTS, "{used} of {SLOTS}");
    }
}
