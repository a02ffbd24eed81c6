//! Who stands behind which index.

use std::sync::LazyLock;

use crate::key::{Draw, Key, Permutation, splitmix};
use crate::words::geo::Country;
use crate::words::{Locale, locale, locales};

use super::Person;

/// A tag that no locale has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no locale \"{tag}\"")]
pub struct UnknownLocale {
    /// What was asked for.
    pub tag: String,
}

/// Which locales people are of, and in what shares.
#[derive(Debug, Clone)]
pub struct Locales {
    /// Locale and the sum of the weights up to it.
    bounds: Vec<(&'static Locale, u64)>,
}

impl Default for Locales {
    /// Every locale, a third of the people American.
    fn default() -> Self {
        Self::of(locales().iter().map(|locale| (locale, locale.weight)))
    }
}

impl Locales {
    /// The locales with these tags in these shares; none at all means the default mixture.
    pub fn weighted(shares: &[(&str, u32)]) -> Result<Self, UnknownLocale> {
        let mut chosen = Vec::new();
        for &(tag, weight) in shares {
            let unknown = || UnknownLocale {
                tag: tag.to_owned(),
            };
            chosen.push((locale(tag).ok_or_else(unknown)?, weight));
        }
        let chosen = Self::of(chosen.into_iter());
        Ok(if chosen.bounds.is_empty() {
            Self::default()
        } else {
            chosen
        })
    }

    fn of(shares: impl Iterator<Item = (&'static Locale, u32)>) -> Self {
        let mut sum = 0;
        let bounds = shares
            .filter(|share| share.1 > 0)
            .map(|(locale, weight)| {
                sum += u64::from(weight);
                (locale, sum)
            })
            .collect();
        Self { bounds }
    }

    /// These locales in these shares; `None` where none has a share.
    pub(crate) fn of_shares(shares: impl Iterator<Item = (&'static Locale, u64)>) -> Option<Self> {
        let mut sum = 0;
        let bounds: Vec<(&'static Locale, u64)> = shares
            .map(|(locale, weight)| {
                sum += weight;
                (locale, sum)
            })
            .collect();
        (sum > 0).then_some(Self { bounds })
    }

    /// Every locale with its share.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (&'static Locale, u64)> + '_ {
        let before = std::iter::once(0).chain(self.bounds.iter().map(|(_, bound)| *bound));
        let bounds = self.bounds.iter().zip(before);
        bounds.map(|((locale, bound), before)| (*locale, bound - before))
    }

    fn choose(&self, bits: u64) -> &'static Locale {
        let (last, sum) = self.bounds[self.bounds.len() - 1];
        let at = ((u128::from(bits) * u128::from(sum)) >> 64) as u64;
        let chosen = self.bounds.iter().find(|(_, bound)| at < *bound);
        chosen.map_or(last, |(locale, _)| locale)
    }
}

/// The people of one key.
///
/// The locale of an index is drawn. Within it, each block of as many indexes as there are pairs of
/// names is a keyed permutation of the pairs, and the block's number tells namesakes apart: so a
/// pair and a number are a bijection of the index, and depend on nothing else.
#[derive(Debug, Clone)]
pub struct People {
    key: Key,
    mixture: Locales,
    pairs: Vec<Permutation>,
}

impl People {
    /// The people of a key.
    pub fn new(key: &Key, mixture: Locales) -> Self {
        let key = key.part("people");
        let pairs = locales().iter().map(|locale| {
            let size = locale.given.len() as u64 * locale.family.len() as u64;
            Permutation::new(key.part(locale.tag), size)
        });
        Self {
            pairs: pairs.collect(),
            mixture,
            key,
        }
    }

    /// The person of an index.
    pub fn person(&self, index: u64) -> Person {
        let draw = self.key.draw(index, 0, 0).bits();
        let locale = self.mixture.choose((draw >> 64) as u64);
        let pairs = &self.pairs[locale.index];
        let block = index / pairs.size();
        // Each block begins elsewhere in the permutation, so that names do not recur in a rhythm.
        let start = splitmix(block) % pairs.size();
        let pair = pairs.apply((index % pairs.size() + start) % pairs.size());
        let families = locale.family.len() as u64;
        Person {
            locale,
            index,
            given: (pair / families) as u32,
            family: (pair % families) as u32,
            namesakes: block,
            bits: draw as u64,
        }
    }
}

impl Person {
    /// The same person where they live in another country: place, language and telephone are of it, by
    /// the same rolls. `None` for a country whose places are not known.
    pub(crate) fn living_in(&self, country: &Country) -> Option<Self> {
        let mut own = locales().iter().filter(|locale| locale.country == country);
        if self.locale.country == country {
            return Some(*self);
        }
        let count = own.clone().count() as u64;
        let at = self.bits.checked_rem(count)?;
        let locale = own.nth(at as usize)?;
        Some(Self {
            locale,
            given: self.given % locale.given.len() as u32,
            family: self.family % locale.family.len() as u32,
            ..*self
        })
    }

    /// A person of nobody's row: of a draw alone, hence unique to nothing.
    pub(crate) fn drawn(draw: Draw, row: u64) -> Self {
        static MIXTURE: LazyLock<Locales> = LazyLock::new(Locales::default);
        let bits = draw.bits();
        let locale = MIXTURE.choose((bits >> 64) as u64);
        let names = splitmix(bits as u64);
        let choose = |bits: u64, count: usize| ((u128::from(bits) * count as u128) >> 64) as u32;
        Self {
            locale,
            index: row,
            given: choose(names, locale.given.len()),
            family: choose(splitmix(names), locale.family.len()),
            namesakes: names % 100,
            bits: bits as u64,
        }
    }
}
