//! What is seen while rows stream through: hashes of what was replaced, of whole values and of their
//! parts, and how often a replacement was the value itself.

use std::collections::BTreeMap;

use rules::mask::Transformer;
use rules::schema::Name;

use super::form::{DIGITS_MAX, Form, Hashing, WORDS_MAX};
use super::known::{Filtered, Known};
use super::redacted;
use super::report::{Unlooked, Why};
use crate::key::MaskKey;

/// Values that are looked for in the bytes of the copy's files.
const SAMPLES_MAX: usize = 20_000;
/// Longer ones are known by their beginning.
const SAMPLE_BYTES_MAX: usize = 64;

/// A column whose values are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The table.
    pub table: Name,
    /// The column.
    pub column: String,
    /// What replaces its values; beside `redact`, which is judged by itself, what else does.
    pub with: Transformer,
    /// Whether `redact` replaces any of them: words that it keeps may be the whole value of others.
    pub redacts: bool,
    /// Whether it replaces all that is not NULL in the copy.
    pub redacted: bool,
    /// Whether some rows keep theirs: what others had may be one of these.
    pub kept: bool,
    /// Whether values are put where there was NULL, so that their number tells nothing.
    pub put: bool,
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

/// As it is in a column of which some rows are redacted, or kept.
fn chance_in(watched: &Watched, with: Transformer) -> Chance {
    match chance(with) {
        Chance::None if watched.redacts || watched.kept => Chance::Listed,
        chance => chance,
    }
}

/// What one column's stream held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// Values that are not NULL.
    pub(super) values: u64,
    /// Those whose replacement was NULL.
    pub(super) nulled: u64,
    /// Those whose replacement was the value itself.
    pub(super) unchanged: u64,
    /// Words, numbers and signs in what `redact` gave that nothing accounts for.
    pub(super) strangers: u64,
    /// Those that are looked for nowhere, and why.
    pub(super) common: u64,
    pub(super) short: u64,
}

impl Seen {
    fn add(&mut self, with: Transformer, original: &[u8], replacement: Option<&[u8]>) {
        self.values += 1;
        self.nulled += u64::from(replacement.is_none());
        self.unchanged += u64::from(replacement == Some(original) && !stays(with, original));
    }

    /// Notes whether a value can be looked for.
    fn note(&mut self, chance: Chance, known: bool, value: &[u8]) {
        match chance {
            Chance::Usual => self.common += 1,
            // What is nothing but signs tells nothing.
            _ => self.short += u64::from(!known && value.iter().any(u8::is_ascii_alphanumeric)),
        }
    }

    fn absorb(&mut self, other: &Self) {
        self.values += other.values;
        self.nulled += other.nulled;
        self.unchanged += other.unchanged;
        self.strangers += other.strangers;
        self.common += other.common;
        self.short += other.short;
    }
}

/// Whether a value stays by what its transformer promises, and tells nothing: what is empty, and of
/// measures what has none.
fn stays(with: Transformer, value: &[u8]) -> bool {
    use Transformer as T;
    /// `POINT EMPTY` of PostGIS: two coordinates that are no numbers, as EWKB ends.
    const NO_POINT: [&[u8]; 2] = [
        b"000000000000F87F000000000000F87F",
        b"7FF80000000000007FF8000000000000",
    ];
    let has_digit = || value.iter().any(u8::is_ascii_digit);
    match with {
        _ if value.is_empty() => true,
        T::Int | T::Noise => !value.iter().any(|byte| matches!(byte, b'1'..=b'9')),
        T::DateShift => !has_digit(),
        T::Geo => !has_digit() || NO_POINT.iter().any(|empty| value.ends_with(empty)),
        _ => false,
    }
}

/// A column, and what was seen of it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) watched: Watched,
    pub(super) seen: Seen,
    /// Elements, fields and leaves of its values, by what replaces them.
    pub(super) parts: BTreeMap<Transformer, Seen>,
}

/// Sees each replaced value; every worker has its own, and they are put together at the end.
#[derive(Clone)]
pub struct Collector {
    hashing: Hashing,
    columns: Vec<Column>,
    /// Values that must not turn up.
    gone: Known,
    /// Values that must not, unless they are replacements too.
    listed: Known,
    /// Replacements.
    replaced: Known,
    /// Words and numbers of redacted texts, each by its column.
    placed: Known,
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
    kept: Vec<(u64, Sample)>,
}

/// A value that is looked for in files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sample {
    /// Its beginning.
    pub(super) bytes: Vec<u8>,
    /// Whether it counts only where it is no part of a longer word or number.
    pub(super) alone: bool,
}

impl Collector {
    /// Begins to watch columns.
    pub fn new(key: &MaskKey, columns: Vec<Watched>) -> Self {
        let subkey = key.derive("verify", "");
        let columns = columns.into_iter().map(|watched| Column {
            watched,
            seen: Seen::default(),
            parts: BTreeMap::new(),
        });
        Self {
            hashing: Hashing::new(&subkey),
            columns: columns.collect(),
            gone: Known::default(),
            listed: Known::default(),
            replaced: Known::default(),
            placed: Known::default(),
            words_max: 1,
            numbers: [0; DIGITS_MAX + 1],
            samples: Samples::default(),
        }
    }

    /// Sees a value of the column at this place of the list, and what replaces it; `None` is NULL.
    ///
    /// `with` is what replaced it, where a rule has several.
    pub fn see(
        &mut self,
        (column, with): (usize, Option<Transformer>),
        original: &[u8],
        replacement: Option<&[u8]>,
    ) {
        let Column { watched, seen, .. } = &mut self.columns[column];
        let with = with.unwrap_or(watched.with);
        seen.add(with, original, replacement);
        let chance = chance_in(watched, with);
        let known = self.know((with, chance), original, replacement);
        self.columns[column].seen.note(chance, known, original);
    }

    /// Sees a value that stays where others of its column are replaced: what others had may be it.
    pub fn see_kept(&mut self, column: usize, value: &[u8]) {
        if self.columns[column].watched.kept {
            self.replaces(value);
        }
    }

    /// Sees a text and what `redact` made of it, which is judged by itself; words that stay may be
    /// the whole text.
    pub fn see_redacted(&mut self, column: usize, original: &[u8], redacted: &[u8]) {
        let Column { watched, seen, .. } = &mut self.columns[column];
        seen.values += 1;
        seen.strangers += redacted::strangers(redacted);
        if watched.kept {
            return;
        }
        let (hashing, placed) = (&self.hashing, &mut self.placed);
        let mut strange = false;
        redacted::each_stranger(original, &mut |word| {
            strange = true;
            placed.insert(hashing.placed(column, word));
        });
        for address in addresses(original) {
            let (words_max, listed) = (&mut self.words_max, &mut self.listed);
            self.hashing.of_value(address, &mut |form: Form| {
                *words_max = (*words_max).max(form.words);
                listed.insert(form.hash);
            });
        }
        // Texts of a word or two are the labels and states of other columns, too.
        let blanks = original.split(u8::is_ascii_whitespace);
        let words = blanks.filter(|word| !word.is_empty()).count();
        match strange && words > 2 {
            true => {
                let redact = (Transformer::Redact, Chance::Listed);
                self.know(redact, original, Some(redacted));
            }
            false => self.replaces(redacted),
        }
    }

    /// Sees a part of a value of such a column, what replaces it, and by what.
    pub fn see_part(
        &mut self,
        column: usize,
        with: Transformer,
        (original, replacement): (&[u8], Option<&[u8]>),
    ) {
        let Column { watched, parts, .. } = &mut self.columns[column];
        let seen = parts.entry(with).or_default();
        seen.add(with, original, replacement);
        // A word by itself, as states, labels and keys are, stands in other columns and in names too.
        let word = !original
            .iter()
            .any(|byte| byte.is_ascii_digit() || *byte == b'@' || byte.is_ascii_whitespace());
        if word {
            seen.short += u64::from(!original.is_empty());
            return;
        }
        let chance = chance_in(watched, with);
        let known = self.know((with, chance), original, replacement);
        if let Some(seen) = self.columns[column].parts.get_mut(&with) {
            seen.note(chance, known, original);
        }
    }

    /// Notes what may turn up.
    fn replaces(&mut self, replacement: &[u8]) {
        let replaced = &mut self.replaced;
        self.hashing.within(replacement, WORDS_MAX, &mut |form| {
            replaced.insert(form.hash);
        });
    }

    /// Notes what must not turn up, and what may; whether it can be looked for.
    fn know(
        &mut self,
        (with, chance): (Transformer, Chance),
        original: &[u8],
        replacement: Option<&[u8]>,
    ) -> bool {
        if chance == Chance::Usual {
            return false;
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
            self.replaces(replacement);
        }
        if let Some(hash) = first {
            self.samples.see(hash, (with, chance), original);
        }
        first.is_some()
    }

    /// Puts in what another worker saw of the same columns.
    pub fn absorb(&mut self, other: &Self) {
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.seen.absorb(&other.seen);
            for (with, seen) in &other.parts {
                column.parts.entry(*with).or_default().absorb(seen);
            }
        }
        self.gone.absorb(&other.gone);
        self.listed.absorb(&other.listed);
        self.replaced.absorb(&other.replaced);
        self.placed.absorb(&other.placed);
        self.words_max = self.words_max.max(other.words_max);
        for (number, others) in self.numbers.iter_mut().zip(&other.numbers) {
            *number += others;
        }
        for (hash, sample) in &other.samples.kept {
            self.samples.keep(*hash, sample.clone());
        }
    }

    /// What must not be in the copy.
    pub(super) fn finish(mut self) -> Collected {
        self.listed.remove(&mut self.replaced);
        self.gone.absorb(&self.listed);
        let gone = self.gone.filtered();
        // Of lists some are replacements too.
        let samples = self.samples.kept.into_iter();
        let samples = samples.filter(|(hash, _)| gone.contains(*hash));
        Collected {
            hashing: self.hashing,
            columns: self.columns,
            samples: samples.map(|(_, sample)| sample).collect(),
            gone,
            placed: self.placed.filtered(),
            words_max: self.words_max,
            numbers: self.numbers,
        }
    }
}

impl Collected {
    /// Columns, and parts of their values, that were seen and are looked for nowhere.
    pub(super) fn unlooked(&self) -> impl Iterator<Item = Unlooked> {
        self.columns.iter().flat_map(|column| {
            let Watched {
                table,
                column: name,
                redacts,
                kept,
                ..
            } = &column.watched;
            let place = format!("{table}.{name}");
            let parts = column.parts.values();
            let parts = parts.map(|seen| (format!("parts of {place}"), seen));
            let texts = (*redacts && *kept).then(|| (place.clone(), Why::Kept));
            let all = [(place.clone(), &column.seen)].into_iter().chain(parts);
            let seen = all.flat_map(|(place, seen)| {
                let whys = [(seen.common, Why::Common), (seen.short, Why::Short)];
                let whys = whys.into_iter().filter(|(count, _)| *count > 0);
                whys.map(move |(_, why)| (place.clone(), why))
            });
            let found = seen.chain(texts);
            let found = found.map(|(place, why)| Unlooked { place, why });
            found.collect::<Vec<_>>()
        })
    }

    /// The place in the list of a column of which every text is redacted.
    pub(super) fn redacted(&self, table: &Name, column: &str) -> Option<usize> {
        let of_column = |Column { watched, .. }: &Column| {
            watched.redacted && watched.column == column && watched.table == *table
        };
        self.columns.iter().position(of_column)
    }
}

impl Samples {
    fn see(&mut self, hash: u64, (with, chance): (Transformer, Chance), value: &[u8]) {
        use Transformer as T;
        // Their beginning may stay, and each part is seen by itself.
        let parted = matches!(with, T::Json | T::Hstore | T::Array | T::Fields | T::Redact);
        let alone = chance == Chance::Listed;
        let cut = value.len() > SAMPLE_BYTES_MAX;
        if (alone && (parted || cut)) || !is_told_in_files(value) {
            return;
        }
        let bytes = value[..value.len().min(SAMPLE_BYTES_MAX)].to_vec();
        self.keep(hash, Sample { bytes, alone });
    }

    fn keep(&mut self, hash: u64, sample: Sample) {
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        self.kept.push((hash, sample));
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

/// Whether a value is told from what is in any file by chance: shorter ones and plain numbers are not.
fn is_told_in_files(value: &[u8]) -> bool {
    const BYTES_MIN: usize = 10;
    /// Digits of a number at least, where nothing stands between them; and where something does.
    const DIGITS: [usize; 2] = [15, 10];
    let letters = value
        .iter()
        .any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let signs = value.iter().any(|byte| !byte.is_ascii_digit());
    value.len() >= BYTES_MIN && (letters || digits >= DIGITS[usize::from(signs)])
}

/// Addresses of people in a text.
fn addresses(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let belongs =
        |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"@._+-".contains(byte);
    text.split(move |byte| !belongs(byte)).filter(|word| {
        let mut ends = word.splitn(2, |byte| *byte == b'@');
        let (name, host) = (ends.next(), ends.next());
        name.is_some_and(|name| !name.is_empty()) && host.is_some_and(|host| host.contains(&b'.'))
    })
}

/// What was seen, ready to be looked for.
pub(super) struct Collected {
    pub(super) hashing: Hashing,
    pub(super) columns: Vec<Column>,
    pub(super) gone: Filtered,
    /// Words and numbers of redacted texts, each by its column's place in the list.
    pub(super) placed: Filtered,
    pub(super) words_max: usize,
    pub(super) numbers: [u64; DIGITS_MAX + 1],
    /// Values to look for in files.
    pub(super) samples: Vec<Sample>,
}

impl Collected {
    /// A text that is told to people and logs, without words that are values of production: names of
    /// objects may be.
    pub(super) fn told(&self, text: &str) -> String {
        /// What stands for such a word.
        const HIDDEN: &str = "(hidden)";
        let stands = |text: &str| {
            let mut hit = false;
            let words_max = self.words_max;
            self.hashing
                .within(text.as_bytes(), words_max, &mut |form| {
                    hit |= self.gone.contains(form.hash);
                });
            hit
        };
        // A full stop is of an address, or between a schema and a name.
        let holds = |text: &str| stands(text) || stands(&text.replace('.', " "));
        if !holds(text) {
            return text.to_owned();
        }
        let words = text.split(' ').map(|word| match holds(word) {
            true => HIDDEN,
            false => word,
        });
        let told = words.collect::<Vec<_>>().join(" ");
        // One of several words is no word.
        match holds(&told) {
            true => HIDDEN.to_owned(),
            false => told,
        }
    }
}

#[cfg(test)]
mod tests;
