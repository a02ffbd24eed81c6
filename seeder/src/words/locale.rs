//! Locales ready for use: names with their ASCII form, nothing twice.

use std::sync::LazyLock;

use super::geo::{Country, country_of};
use super::locales::{Names, Place, SOURCES, Source};

/// A name and what an address or user name makes of it.
#[derive(Debug)]
pub struct Name {
    /// As its bearer writes it.
    pub text: &'static str,
    /// In lower-case ASCII letters alone; unique within its list.
    pub ascii: String,
    /// A hash of the ASCII form, the same in every locale.
    pub(crate) hash: u64,
}

/// A locale.
#[derive(Debug)]
pub struct Locale {
    /// Position among the locales.
    pub index: usize,
    /// BCP 47 tag: `de-DE`.
    pub tag: &'static str,
    /// The country.
    pub country: &'static Country,
    /// The country's calling code (ITU-T E.164), without a plus.
    pub calling_code: &'static str,
    /// Share among people of the default mixture.
    pub weight: u32,
    /// Given names.
    pub given: Vec<Name>,
    /// Family names.
    pub family: Vec<Name>,
    /// Streets.
    pub streets: &'static [&'static str],
    /// Cities.
    pub places: &'static [Place],
    /// Forms of address.
    pub titles: &'static [&'static str],
    /// What a company is called after its name.
    pub company_forms: &'static [&'static str],
    /// Reserved mail domains that no other locale uses.
    pub domains: &'static [&'static str],
    /// What a full name looks like: `{g}` given, `{f}` family.
    pub full_name: &'static str,
    /// Street and house number: `{s}` street, `{n}` number.
    pub street_line: &'static str,
}

impl Locale {
    /// The language's ISO 639-1 code.
    pub fn language(&self) -> &'static str {
        self.tag.split('-').next().unwrap_or(self.tag)
    }
}

/// Every locale; positions never change, new ones are added at the end.
pub fn locales() -> &'static [Locale] {
    static LOCALES: LazyLock<Vec<Locale>> = LazyLock::new(|| {
        let sources = SOURCES.iter().enumerate();
        sources
            .map(|(index, source)| build(index, source))
            .collect()
    });
    &LOCALES
}

/// The locale with this tag, in any case, `_` as good as `-`.
pub fn locale(tag: &str) -> Option<&'static Locale> {
    let tag = tag.replace('_', "-");
    locales()
        .iter()
        .find(|locale| locale.tag.eq_ignore_ascii_case(&tag))
}

fn build(index: usize, source: &'static Source) -> Locale {
    let german = source.tag.starts_with("de");
    Locale {
        index,
        tag: source.tag,
        country: country_of(source.country).expect("every locale's country is in the list"),
        calling_code: source.calling_code,
        weight: source.weight,
        given: names(&source.given, german),
        family: names(&source.family, german),
        streets: source.streets,
        places: source.places,
        titles: source.titles,
        company_forms: source.company_forms,
        domains: source.domains,
        full_name: source.full_name,
        street_line: source.street_line,
    }
}

/// In order of the source; the first of several names with one ASCII form stays.
fn names(source: &Names, german: bool) -> Vec<Name> {
    let mut seen = std::collections::BTreeSet::new();
    let mut names = Vec::new();
    let mut keep = |text: &'static str, ascii: String| {
        if !ascii.is_empty() && seen.insert(ascii.clone()) {
            let hash = hash(&ascii);
            names.push(Name { text, ascii, hash });
        }
    };
    match source {
        Names::Plain(lists) => {
            for text in lists.iter().copied().flatten().copied() {
                // A name of the crate's lists with a mark that no keyboard makes is a slip of theirs.
                if !text.contains('\u{302}') {
                    keep(text, ascii(text, german));
                }
            }
        }
        Names::Read(pairs) => {
            for &(text, reading) in *pairs {
                keep(text, reading.to_owned());
            }
        }
    }
    names
}

/// Lower-case ASCII letters of a name: `Müller` is `mueller` for a German and `muller` elsewhere.
fn ascii(text: &str, german: bool) -> String {
    let mut spelled = String::new();
    for letter in text.chars() {
        match letter {
            'ä' | 'Ä' if german => spelled.push_str("ae"),
            'ö' | 'Ö' if german => spelled.push_str("oe"),
            'ü' | 'Ü' if german => spelled.push_str("ue"),
            other => spelled.push(other),
        }
    }
    let plain = deunicode::deunicode(&spelled);
    plain
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo).
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locale_has_enough_of_everything() {
        for locale in locales() {
            assert!(locale.given.len() >= 40, "{}: given names", locale.tag);
            assert!(locale.family.len() >= 40, "{}: family names", locale.tag);
            assert!(locale.places.len() >= 6, "{}: places", locale.tag);
            assert!(locale.streets.len() >= 10, "{}: streets", locale.tag);
        }
    }

    #[test]
    fn no_two_locales_share_a_mail_domain() {
        let mut domains: Vec<_> = locales().iter().flat_map(|l| l.domains).collect();
        let all = domains.len();
        domains.sort();
        domains.dedup();
        assert_eq!(domains.len(), all);
    }

    #[test]
    fn umlauts_are_spelled_as_their_country_does() {
        assert_eq!(ascii("Müller-Groß", true), "muellergross");
        assert_eq!(ascii("Gül", false), "gul");
        assert_eq!(ascii("O'Hara", false), "ohara");
        assert_eq!(ascii("文辉", false), "wenhui");
    }
}
