//! Pinned word lists: what generators choose from, always in the same order.
//!
//! Nothing here is read from the machine that it runs on. A changed list changes seeded databases,
//! hence `fingerprint`, which is part of every cache key.

pub mod geo;
mod locale;
mod locales;
pub mod prose;
pub mod technical;
pub mod trade;

use std::sync::LazyLock;

use fake::locales::{Data, EN};
use sha2::{Digest, Sha256};

pub use locale::{Locale, Name, locale, locales};
pub use locales::Place;

/// Words of filler text.
pub const LOREM: &[&str] = EN::LOREM_WORD;
/// First words of job titles: `Senior`.
pub const SENIORITIES: &[&str] = EN::JOB_SENIORITY;
/// Second words of job titles: `Marketing`.
pub const JOB_FIELDS: &[&str] = EN::JOB_FIELD;
/// Last words of job titles: `Engineer`.
pub const POSITIONS: &[&str] = EN::JOB_POSITION;
/// Industries.
pub const INDUSTRIES: &[&str] = EN::COMPANY_INDUSTRY;
/// Professions.
pub const PROFESSIONS: &[&str] = EN::COMPANY_PROFESSION;
/// Verbs of slogans.
pub const SLOGAN_VERBS: &[&str] = EN::COMPANY_BS_VERBS;
/// Adjectives of slogans.
pub const SLOGAN_ADJECTIVES: &[&str] = EN::COMPANY_BS_ADJ;
/// Nouns of slogans.
pub const SLOGAN_NOUNS: &[&str] = EN::COMPANY_BS_NOUNS;

/// SHA-256 over every list in use, in hexadecimal.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
        let mut hash = Sha256::new();
        shared_lists(&mut hash);
        locale_lists(&mut hash);
        let digest = hash.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    });
    &FINGERPRINT
}

/// Adds a list: its length, then each word with its length, so that no two lists hash alike.
fn add<'a>(hash: &mut Sha256, words: impl ExactSizeIterator<Item = &'a str>) {
    hash.update((words.len() as u64).to_be_bytes());
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word);
    }
}

#[rustfmt::skip]
fn shared_lists(hash: &mut Sha256) {
    use technical as t;
    use trade as d;
    let plain: &[&[&str]] = &[
        LOREM, SENIORITIES, JOB_FIELDS, POSITIONS, INDUSTRIES, PROFESSIONS, SLOGAN_VERBS,
        SLOGAN_ADJECTIVES, SLOGAN_NOUNS, prose::NOUNS, prose::QUALITIES, prose::VERBS,
        prose::REMARKS, prose::SUBJECTS, d::ADJECTIVES, d::MATERIALS, d::PRODUCTS, d::CATEGORIES,
        d::BRANDS, d::VENTURES, d::DEPARTMENTS, d::CODE_NAMES, d::SIZES, d::UNITS, t::USER_AGENTS,
        t::ORDER_STATES, t::ACCOUNT_STATES, t::PAYMENT_STATES, t::TASK_STATES,
        t::PUBLISHING_STATES, t::JOB_STATES, t::PRIORITIES, t::ROLES, t::PLANS, t::PAYMENT_METHODS,
        t::SHIPPING_METHODS, t::GENDERS, t::ENVIRONMENTS, t::LOG_LEVELS, t::HTTP_METHODS,
        t::ACTIONS, t::PLATFORMS, t::CHANNELS, t::ADDRESS_KINDS, t::KINDS, t::PERIODS,
        t::PERMISSIONS, t::SCOPES, t::FOLDERS, t::MACHINES, t::WEEKDAYS, t::MARITAL_STATES,
        t::BLOOD_GROUPS, t::VISIBILITIES,
    ];
    for list in plain {
        add(hash, list.iter().copied());
    }
    for pairs in [d::COLOURS, t::MEDIA_TYPES] {
        add(hash, pairs.iter().map(|pair| pair.0));
        add(hash, pairs.iter().map(|pair| pair.1));
    }
    for country in geo::COUNTRIES {
        add(hash, [country.code, country.code3, country.currency, country.name].into_iter());
    }
    for currency in geo::CURRENCIES {
        hash.update([currency.digits]);
        add(hash, [currency.code, currency.name, currency.symbol].into_iter());
    }
    for language in geo::LANGUAGES {
        add(hash, [language.code, language.name, language.native].into_iter());
    }
}

fn locale_lists(hash: &mut Sha256) {
    for locale in locales() {
        let forms = [
            locale.tag,
            locale.country.code,
            locale.calling_code,
            locale.full_name,
            locale.street_line,
        ];
        add(hash, forms.into_iter());
        hash.update(locale.weight.to_be_bytes());
        for names in [&locale.given, &locale.family] {
            add(hash, names.iter().map(|name| name.text));
            add(hash, names.iter().map(|name| name.ascii.as_str()));
        }
        for list in [
            locale.streets,
            locale.titles,
            locale.company_forms,
            locale.domains,
        ] {
            add(hash, list.iter().copied());
        }
        for place in locale.places {
            let texts = [
                place.city,
                place.region,
                place.region_code,
                place.postcode,
                place.time_zone,
                place.phone,
            ];
            add(hash, texts.into_iter());
            hash.update(place.latitude.to_be_bytes());
            hash.update(place.longitude.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A changed list changes seeded databases: state the new value here and in CHANGELOG.
    #[test]
    fn the_lists_are_the_pinned_ones() {
        assert_eq!(fingerprint(), PINNED);
    }
    const PINNED: &str = "12e7578bbc02d2466fd56fadb0e65bde6299b55f9edb8ed9ddb6909c9d00d192";
}
