//! What is seen while rows stream through: hashes of what was replaced, and how often a replacement
//! was the value itself.

use rules::mask::Transformer;
use rules::schema::Name;

use super::form::{DIGITS_MAX, Form, Hashing, WORDS_MAX};
use super::known::{Filtered, Known};
use crate::key::MaskKey;

/// Values that are looked for in the bytes of the copy's files.
const SAMPLES_MAX: usize = 20_000;

/// A column whose values are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The table.
    pub table: Name,
    /// The column.
    pub column: String,
    /// What replaces its values.
    pub with: Transformer,
}

/// How a column's replaced values may turn up in the copy by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chance {
    /// Never: whatever turns up has leaked.
    None,
    /// A list that both have values of: what no replacement is has leaked.
    Listed,
    /// Everywhere, as single words and small numbers do: only their own row is looked at.
    Usual,
}

fn chance(with: Transformer) -> Chance {
    use Transformer as T;
    match with {
        T::Email
        | T::Username
        | T::Token
        | T::Secret
        | T::Password
        | T::Url
        | T::Host
        | T::Template
        | T::Uuid
        | T::Mac
        | T::Lorem
        | T::Static
        | T::Null => Chance::None,
        T::Name
        | T::Address
        | T::Street
        | T::Phone
        | T::Code
        | T::Digits
        | T::NationalId
        | T::Ip
        | T::Card
        | T::Iban
        | T::Redact
        | T::Json
        | T::Hstore
        | T::Array
        | T::Fields => Chance::Listed,
        T::Int
        | T::FirstName
        | T::LastName
        | T::Company
        | T::City
        | T::Region
        | T::Postcode
        | T::Country
        | T::DateShift
        | T::DateTrunc
        | T::Bucket
        | T::Noise
        | T::Geo
        | T::Label
        | T::Shuffle
        | T::Range
        | T::Derive => Chance::Usual,
    }
}

/// What one column's stream held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// Values that are not NULL.
    pub(super) values: u64,
    /// Those whose replacement was the value itself.
    pub(super) unchanged: u64,
}

/// Sees each replaced value; every worker has its own, and they are put together at the end.
#[derive(Clone)]
pub struct Collector {
    hashing: Hashing,
    columns: Vec<(Watched, Chance, Seen)>,
    /// Values that must not turn up.
    gone: Known,
    /// Values that must not, unless they are replacements too.
    listed: Known,
    /// Replacements.
    replaced: Known,
    words_max: usize,
    /// Numbers among the values that must not turn up, by their digits.
    numbers: [u64; DIGITS_MAX + 1],
    samples: Samples,
}

/// Values to look for in files: those with the smallest hashes, which are a fair choice and the same
/// for any number of workers.
#[derive(Clone, Default)]
struct Samples {
    limit: Option<u64>,
    kept: Vec<(u64, Vec<u8>)>,
}

impl Collector {
    /// Begins to watch columns.
    pub fn new(key: &MaskKey, columns: Vec<Watched>) -> Self {
        let subkey = key.derive("verify", "");
        let columns = columns.into_iter().map(|column| {
            let chance = chance(column.with);
            (column, chance, Seen::default())
        });
        Self {
            hashing: Hashing::new(&subkey),
            columns: columns.collect(),
            gone: Known::default(),
            listed: Known::default(),
            replaced: Known::default(),
            words_max: 1,
            numbers: [0; DIGITS_MAX + 1],
            samples: Samples::default(),
        }
    }

    /// Sees a value of the column at this place of the list, and what replaces it; `None` is NULL.
    pub fn see(&mut self, column: usize, original: &[u8], replacement: Option<&[u8]>) {
        let (_, chance, seen) = &mut self.columns[column];
        let chance = *chance;
        seen.values += 1;
        // What is empty stays so, and tells nothing.
        if replacement == Some(original) && !original.is_empty() {
            seen.unchanged += 1;
        }
        if chance == Chance::Usual {
            return;
        }
        let set = match chance {
            Chance::None => &mut self.gone,
            _ => &mut self.listed,
        };
        let mut first = None;
        let (words_max, numbers) = (&mut self.words_max, &mut self.numbers);
        self.hashing.of_value(original, &mut |form: Form| {
            *words_max = (*words_max).max(form.words);
            numbers[form.digits] += u64::from(form.digits > 0);
            first.get_or_insert(form.hash);
            set.insert(form.hash);
        });
        if let Some(replacement) = replacement {
            let replaced = &mut self.replaced;
            self.hashing.within(replacement, WORDS_MAX, &mut |form| {
                replaced.insert(form.hash);
            });
        }
        if let (Chance::None, Some(hash)) = (chance, first) {
            self.samples.see(hash, original);
        }
    }

    /// Puts in what another worker saw of the same columns.
    pub fn absorb(&mut self, other: &Self) {
        for ((_, _, seen), (_, _, others)) in self.columns.iter_mut().zip(&other.columns) {
            seen.values += others.values;
            seen.unchanged += others.unchanged;
        }
        self.gone.absorb(&other.gone);
        self.listed.absorb(&other.listed);
        self.replaced.absorb(&other.replaced);
        self.words_max = self.words_max.max(other.words_max);
        for (number, others) in self.numbers.iter_mut().zip(&other.numbers) {
            *number += others;
        }
        for (hash, value) in &other.samples.kept {
            self.samples.see(*hash, value);
        }
    }

    /// What must not be in the copy.
    pub(super) fn finish(mut self) -> Collected {
        self.listed.remove(&mut self.replaced);
        self.gone.absorb(&self.listed);
        let columns = self.columns.into_iter();
        Collected {
            hashing: self.hashing,
            columns: columns.map(|(column, _, seen)| (column, seen)).collect(),
            gone: self.gone.filtered(),
            words_max: self.words_max,
            numbers: self.numbers,
            samples: self
                .samples
                .kept
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        }
    }
}

impl Samples {
    fn see(&mut self, hash: u64, value: &[u8]) {
        /// Longer values are known by their beginning.
        const BYTES_MAX: usize = 64;
        /// Shorter ones, and numbers, turn up in any file by chance.
        const BYTES_MIN: usize = 10;
        let letters = value.iter().any(u8::is_ascii_alphabetic);
        if self.limit.is_some_and(|limit| hash >= limit) || value.len() < BYTES_MIN || !letters {
            return;
        }
        self.kept
            .push((hash, value[..value.len().min(BYTES_MAX)].to_vec()));
        if self.kept.len() >= 2 * SAMPLES_MAX {
            self.kept.sort_unstable();
            self.kept.dedup();
            self.kept.truncate(SAMPLES_MAX);
            if self.kept.len() == SAMPLES_MAX {
                self.limit = self.kept.last().map(|(hash, _)| *hash);
            }
        }
    }
}

/// What was seen, ready to be looked for.
pub(super) struct Collected {
    pub(super) hashing: Hashing,
    pub(super) columns: Vec<(Watched, Seen)>,
    pub(super) gone: Filtered,
    pub(super) words_max: usize,
    pub(super) numbers: [u64; DIGITS_MAX + 1],
    /// Values to look for in files.
    pub(super) samples: Vec<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else a column with an empty text in it would never be proved.
    #[test]
    fn an_empty_value_that_stays_is_no_leak() {
        let bytes: Vec<u8> = (0..32).collect();
        let key = MaskKey::read(&bytes).expect("a key");
        let watched = Watched {
            table: Name::new("public", "t"),
            column: "c".to_owned(),
            with: Transformer::Email,
        };
        let mut collector = Collector::new(&key, vec![watched]);
        collector.see(0, b"", Some(b""));
        collector.see(0, b"maria@corp.invalid", Some(b"x@example.com"));
        assert_eq!(collector.columns[0].2.unchanged, 0);
        collector.see(0, b"maria@corp.invalid", Some(b"maria@corp.invalid"));
        let seen = collector.columns[0].2;
        assert_eq!((seen.values, seen.unchanged), (3, 1));
    }
}
