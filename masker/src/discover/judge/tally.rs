//! Counts of what a column's values are. Holds no value: hashes, shapes and numbers.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use crate::detect::{self, Kind, Reading, Schemes};

/// Different values that are looked at in one column.
const DISTINCT_MAX: usize = 4_000;

/// Shapes that are told apart in one column.
const SHAPES_MAX: usize = 64;

/// Values whose shape is counted: enough to say which is usual.
const SHAPED_MAX: u32 = 300;

/// Text that is searched for entities: more of a value does not change what the column is.
const SEARCHED_MAX: usize = 1_000;

/// Values of one column whose text is searched for entities.
const SEARCHES_MAX: usize = 400;

/// The years in which a day counts.
const YEARS: std::ops::Range<u16> = 1800..2100;

/// What the values of a column are, each different one counted once.
#[derive(Default)]
pub(in crate::discover) struct Tally {
    seen: HashSet<u64, BuildHasherDefault<Passing>>,
    /// Values that were there.
    pub(in crate::discover) values: u32,
    /// NULLs.
    pub(in crate::discover) nulls: u32,
    /// Different values that were read.
    pub(in crate::discover) distinct: u32,
    kinds: [u32; Kind::ALL.len()],
    schemes: Box<[u32]>,
    /// Kinds that stand inside of texts, each counted once a text.
    inside: [u32; Kind::ALL.len()],
    /// Texts that were searched for them.
    pub(in crate::discover) searched: u32,
    /// Values of a few words.
    pub(in crate::discover) wordy: u32,
    /// Sums over those, see `Words`.
    pub(in crate::discover) shares: [f32; 4],
    /// Values of two words and more.
    pub(in crate::discover) several: u32,
    pub(in crate::discover) capitals: u32,
    pub(in crate::discover) places: u32,
    pub(in crate::discover) listed: u32,
    pub(in crate::discover) first: [f32; 4],
    pub(in crate::discover) last: [f32; 4],
    /// Running texts.
    pub(in crate::discover) prose: u32,
    /// Bytes in all.
    pub(in crate::discover) bytes: u64,
    pub(in crate::discover) longest: u32,
    pub(in crate::discover) shortest: u32,
    /// Days by year.
    years: BTreeMap<u16, u32>,
    /// Values of traits: `female`, `AB+`.
    pub(in crate::discover) traits: u32,
    shapes: BTreeMap<String, u32>,
    /// Values with digits, at least seven of them.
    pub(in crate::discover) numeric: u32,
    /// Values with a blank in them.
    pub(in crate::discover) blanks: u32,
    /// Values with a digit, and values with a letter.
    pub(in crate::discover) digited: u32,
    pub(in crate::discover) lettered: u32,
    /// Names of countries.
    pub(in crate::discover) countries: u32,
    /// Values in a script without capital letters, and values of capital letters alone.
    pub(in crate::discover) caseless: u32,
    pub(in crate::discover) shouted: u32,
    /// Few words with a house number.
    pub(in crate::discover) numbered: u32,
    /// Addresses that are as likely versions: four small numbers.
    pub(in crate::discover) versions: u32,
}

/// Hashes that are hashes already.
#[derive(Default)]
pub(in crate::discover) struct Passing(u64);

impl Hasher for Passing {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Tally {
    pub(in crate::discover) fn new() -> Self {
        Self {
            schemes: vec![0; Schemes::COUNT].into(),
            shortest: u32::MAX,
            ..Self::default()
        }
    }

    /// Counts a NULL.
    pub(in crate::discover) fn null(&mut self) {
        self.nulls += 1;
    }

    /// Counts a value.
    pub(in crate::discover) fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        self.values += 1;
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        if self.seen.len() >= DISTINCT_MAX || !self.seen.insert(hasher.finish()) {
            return;
        }
        self.distinct += 1;
        let length = value.chars().count() as u32;
        self.bytes += value.len() as u64;
        self.longest = self.longest.max(length);
        self.shortest = self.shortest.min(length);
        self.blanks += u32::from(value.contains(' '));
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        self.numeric += u32::from(digits >= 7);
        self.digited += u32::from(value.contains(char::is_numeric));
        self.lettered += u32::from(value.contains(char::is_alphabetic));
        if self.distinct <= SHAPED_MAX {
            self.shape(value);
        }
        let reading = detect::read(value);
        self.count(value, &reading);
    }

    fn count(&mut self, value: &str, reading: &Reading) {
        for kind in reading.kinds.iter() {
            self.kinds[kind as usize] += 1;
        }
        for scheme in reading.schemes.iter() {
            self.schemes[scheme] += 1;
        }
        if let Some(year) = reading.year.filter(|year| YEARS.contains(year)) {
            *self.years.entry(year).or_default() += 1;
        }
        self.traits += u32::from(is_trait(value));
        self.numbered += u32::from(reading.words.numbered);
        self.versions += u32::from(reading.kinds.has(Kind::Ip) && is_version(value));
        let words = &reading.words;
        self.prose += u32::from(words.prose);
        if words.count > 0 && !words.prose {
            self.wordy += 1;
            let add = |sums: &mut [f32; 4], shares: [f32; 4]| {
                sums.iter_mut()
                    .zip(shares)
                    .for_each(|(sum, share)| *sum += share);
            };
            add(&mut self.shares, words.shares);
            add(&mut self.first, words.first);
            add(&mut self.last, words.last);
            self.several += u32::from(words.count > 1);
            self.capitals += u32::from(words.capitals);
            self.places += u32::from(words.place);
            self.countries += u32::from(words.country);
            self.caseless += u32::from(words.caseless);
            self.shouted += u32::from(!value.contains(char::is_lowercase));
            self.listed += u32::from(words.listed > 0);
        }
        let text = words.prose
            || reading.kinds.is_empty() && value.len() > 12 && value.contains([' ', '@', ':']);
        if text && self.searched < SEARCHES_MAX as u32 {
            self.searched += 1;
            let end = value.floor_char_boundary(SEARCHED_MAX);
            let mut once = [false; Kind::ALL.len()];
            for found in detect::within(&value[..end]) {
                once[found.kind as usize] = true;
            }
            let pairs = self.inside.iter_mut().zip(once);
            pairs.for_each(|(count, once)| *count += u32::from(once));
        }
    }

    /// How many different values are of a kind.
    pub(in crate::discover) fn kind(&self, kind: Kind) -> u32 {
        self.kinds[kind as usize]
    }

    /// The share of different values that are of a kind.
    pub(in crate::discover) fn rate(&self, kind: Kind) -> f32 {
        self.kind(kind) as f32 / self.distinct.max(1) as f32
    }

    /// Texts in which a kind stands.
    pub(in crate::discover) fn inside(&self, kind: Kind) -> u32 {
        self.inside[kind as usize]
    }

    /// Texts in which something stands that leads to a person.
    pub(in crate::discover) fn entities(&self) -> u32 {
        let telling = Kind::ALL.into_iter().filter(|kind| {
            kind.tells() || matches!(kind, Kind::LocalPhone | Kind::NationalId | Kind::Street)
        });
        telling.map(|kind| self.inside(kind)).max().unwrap_or(0)
    }

    /// The national number that most values could be, and how many.
    pub(in crate::discover) fn scheme(&self) -> Option<(usize, u32)> {
        let schemes = self.schemes.iter().copied().enumerate();
        schemes
            .filter(|(_, count)| *count > 0)
            .max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at)))
    }

    /// The years of days: how many days, and those at shares of them (thousandths).
    pub(in crate::discover) fn years(&self) -> (u32, impl Fn(u32) -> u16 + '_) {
        let total: u32 = self.years.values().sum();
        let at = move |per_mille: u32| {
            let wanted = u64::from(total) * u64::from(per_mille) / 1_000;
            let mut sum = 0;
            let found = self.years.iter().find(|(_, count)| {
                sum += u64::from(**count);
                sum > wanted
            });
            found
                .or(self.years.iter().next_back())
                .map_or(0, |(year, _)| *year)
        };
        (total, at)
    }

    /// The mean number of bytes.
    pub(in crate::discover) fn mean_bytes(&self) -> f32 {
        self.bytes as f32 / self.distinct.max(1) as f32
    }

    fn shape(&mut self, value: &str) {
        let shape = shape(value);
        if self.shapes.len() < SHAPES_MAX || self.shapes.contains_key(&shape) {
            *self.shapes.entry(shape).or_default() += 1;
        }
    }

    /// Shapes that many values have, the commonest first.
    pub(in crate::discover) fn shapes(&self, most: usize) -> Vec<String> {
        let mut shapes: Vec<(&String, &u32)> = self
            .shapes
            .iter()
            .filter(|(_, count)| **count >= super::SMALLEST_CELL)
            .collect();
        shapes.sort_by_key(|(shape, count)| (std::cmp::Reverse(**count), (*shape).clone()));
        let shapes = shapes.into_iter().take(most);
        shapes.map(|(shape, _)| shape.clone()).collect()
    }
}

/// A value as its classes of characters: `Aaaaa`, `aaaa99@aaa.aa`; what is eight or longer is eight
/// and a plus, and nothing is told of what stands behind forty.
pub(in crate::discover) fn shape(value: &str) -> String {
    const RUN_MAX: usize = 8;
    const SHAPE_MAX: usize = 40;
    let mut shape = String::new();
    let mut run = ('\0', 0);
    for letter in value.chars() {
        let class = match letter {
            c if c.is_numeric() => '9',
            c if c.is_uppercase() => 'A',
            c if c.is_alphabetic() => 'a',
            c if c.is_whitespace() => ' ',
            c if c.is_ascii_punctuation() => c,
            _ => '?',
        };
        run = if class == run.0 {
            (class, run.1 + 1)
        } else {
            (class, 1)
        };
        match run.1 {
            ..=RUN_MAX => shape.push(class),
            9 => shape.push('+'),
            _ => {}
        }
        if shape.len() >= SHAPE_MAX {
            shape.push('…');
            break;
        }
    }
    shape
}

/// Four numbers below a hundred, the first below thirty: an address is so once in a hundred times.
fn is_version(value: &str) -> bool {
    let mut parts = value.split('.').map(str::parse::<u8>);
    let first = parts.next();
    matches!(first, Some(Ok(..30))) && parts.all(|part| matches!(part, Ok(..100)))
}

/// Words for what a person is, in the languages that are usual in databases.
fn is_trait(value: &str) -> bool {
    #[rustfmt::skip]
    const TRAITS: &[&str] = &[
        "male", "female", "non-binary", "nonbinary", "non_binary", "diverse", "männlich", "weiblich", "divers", "homme", "femme", "masculin", "féminin", "masculino",
        "femenino", "feminino", "mężczyzna", "kobieta", "muž", "žena", "мужской", "женский", "erkek", "kadın", "男", "女", "transgender", "genderqueer", "agender", "intersex",
        "a+", "a-", "b+", "b-", "ab+", "ab-", "o+", "o-", "0+", "0-", "single", "married", "divorced", "widowed", "ledig", "verheiratet", "geschieden", "verwitwet", "separated",
        "catholic", "protestant", "orthodox", "muslim", "jewish", "hindu", "buddhist", "atheist", "evangelisch", "katholisch", "islam", "christian", "sikh", "agnostic",
        "heterosexual", "homosexual", "bisexual", "gay", "lesbian", "caucasian", "hispanic", "asian", "african american", "black", "white", "pacific islander", "native american",
        "diabetes", "hypertension", "asthma", "depression", "epilepsy", "hiv positive", "hiv negative", "type 2 diabetes", "migraine", "arthritis", "copd",
    ];
    if value.len() > 24 {
        return false;
    }
    let lower = value.to_lowercase();
    TRAITS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_classes_and_no_letters() {
        assert_eq!(shape("Maria Gómez"), "Aaaaa Aaaaa");
        assert_eq!(shape("anna99@web.de"), "aaaa99@aaa.aa");
        assert_eq!(shape("Konstantinopel"), "Aaaaaaaaa+");
        assert_eq!(shape("1234567890123"), "99999999+");
        assert!(shape(&"ab1".repeat(100)).chars().count() <= 42);
    }

    #[test]
    fn a_value_that_is_there_often_counts_once() {
        let mut tally = Tally::new();
        for _ in 0..1000 {
            tally.add("unknown");
        }
        tally.add("maria@corp.example");
        assert_eq!(
            (tally.values, tally.distinct, tally.kind(Kind::Email)),
            (1001, 2, 1)
        );
    }
}
