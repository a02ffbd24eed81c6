//! Detectors: what a value is, and what stands inside of a text.
//!
//! Pure and offline; a value is judged by itself, without its column's name. Discovery uses them,
//! and the transformer `redact` the lists of names. A check digit proves little for one value and much for a
//! column, so callers count.

mod date;
mod digits;
mod entities;
mod kind;
mod lexicon;
mod national;
mod net;
mod phone;
mod profile;
mod secret;
mod words;

pub use entities::{Found, within};
pub use kind::{Kind, Kinds};
pub use national::Schemes;
pub use words::Words;

use digits::Digits;
use profile::Profile;

/// What lists have a word as; one word may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    /// A given name.
    pub(crate) given: bool,
    /// A family name.
    pub(crate) family: bool,
    /// A town, a country, or what only streets are called.
    pub(crate) place: bool,
}

impl Listed {
    /// Whether it names anybody or anything.
    pub(crate) fn is_name(self) -> bool {
        self.given || self.family || self.place
    }
}

/// Looks a word up, whatever its marks and case.
pub(crate) fn listed(word: &str) -> Listed {
    let folded = lexicon::Folded::of(word);
    let flags = lexicon::lexicon().flags(folded.as_bytes());
    let has = |flag: u16| flags & flag != 0;
    Listed {
        given: has(lexicon::GIVEN),
        family: has(lexicon::FAMILY),
        place: has(lexicon::PLACE | lexicon::COUNTRY | lexicon::STREET),
    }
}

/// What a value says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// What the whole value is; often several things, and often none.
    pub kinds: Kinds,
    /// Whose national number it could be.
    pub schemes: Schemes,
    /// The year, where it is a day or a moment.
    pub year: Option<u16>,
    /// What its words say.
    pub words: Words,
}

/// Reads a value's text form; blanks around it do not count.
pub fn read(text: &str) -> Reading {
    let text = text.trim();
    let mut reading = Reading::default();
    if text.is_empty() {
        return reading;
    }
    let profile = Profile::of(text);
    if profile.digits() > 0 {
        numbers(text, &profile, &mut reading);
    }
    addresses(text, &profile, &mut reading.kinds);
    if profile.bytes >= 13 {
        secrets(text, &profile, &mut reading.kinds);
    }
    let letters = profile.letters() + profile.wide();
    let worded = letters * 2 >= profile.bytes || letters >= 3 && profile.blanks() > 0;
    if worded && (reading.kinds.is_empty() || reading.kinds.has(Kind::NationalId)) {
        reading.words = words::read(text, &profile);
        named(text, &profile, &mut reading);
    }
    reading
}

/// Starts what the detectors need, so that the first value is not slower than the others.
pub fn warm_up() {
    lexicon::lexicon();
}

fn numbers(text: &str, profile: &Profile, reading: &mut Reading) {
    let kinds = &mut reading.kinds;
    let digits = profile.digits();
    let separators = profile.dashes() + profile.slashes() + profile.dots();
    if digits >= 4
        && digits + separators >= 6
        && let Some(day) = date::day(text)
    {
        kinds.add(if day.timed { Kind::Moment } else { Kind::Date });
        reading.year = Some(day.year);
        return;
    }
    let plain = profile.letters() == 0 && profile.wide() == 0;
    if (4..=24).contains(&digits) {
        reading.schemes = national::schemes(text);
        if !reading.schemes.is_empty() {
            kinds.add(Kind::NationalId);
        }
        if profile.letters() >= 2 && digits::is_iban(text) {
            kinds.add(Kind::Iban);
        }
        if digits >= 9 && profile.letters() <= 1 && digits::is_isbn(text) {
            kinds.add(Kind::Isbn);
        }
    } else if digits > 24 && digits::is_iban(text) {
        kinds.add(Kind::Iban);
    }
    if plain && (12..=19).contains(&digits) {
        let card = Digits::of(text, b" -").is_some_and(|found| digits::is_card(found.as_slice()));
        if card {
            kinds.add(Kind::Card);
        }
    }
    if (7..=20).contains(&digits) && profile.letters() <= 6 && profile.commas() == 0 {
        if phone::is_international(text) {
            kinds.add(Kind::Phone);
        } else if phone::is_local(text) {
            kinds.add(Kind::LocalPhone);
        } else if digits == profile.bytes && digits >= 11 {
            let bare = Digits::of(text, b"").is_some_and(|found| phone::is_bare(found.as_slice()));
            if bare {
                kinds.add(Kind::LocalPhone);
            }
        }
    }
    if plain && digits + profile.dots() + profile.dashes().min(1) == profile.bytes {
        let number = text.parse::<f64>().is_ok();
        if number {
            kinds.add(Kind::Number);
        }
    }
    if is_postcode(text) {
        kinds.add(Kind::Postcode);
    }
}

fn addresses(text: &str, profile: &Profile, kinds: &mut Kinds) {
    if profile.ats() > 0 && net::is_email(text) {
        kinds.add(Kind::Email);
        return;
    }
    if profile.slashes() >= 2 && profile.colons() > 0 && net::is_url(text) {
        kinds.add(Kind::Url);
        return;
    }
    let hexed = profile.colons() >= 2 || profile.dashes() >= 4 || profile.dots() >= 2;
    if hexed && profile.blanks() == 0 {
        if net::is_ip(text) {
            kinds.add(Kind::Ip);
        } else if net::is_mac(text) {
            kinds.add(Kind::Mac);
        } else if net::is_uuid(text) {
            kinds.add(Kind::Uuid);
        }
    }
}

fn secrets(text: &str, profile: &Profile, kinds: &mut Kinds) {
    if secret::is_secret(text) {
        kinds.add(Kind::Secret);
    } else if profile.blanks() > 0 {
        // Neither hashes nor tokens have blanks in them.
    } else if secret::is_password_hash(text) {
        kinds.add(Kind::PasswordHash);
    } else if secret::is_digest(text) {
        kinds.add(Kind::Digest);
    } else if kinds.is_empty() && secret::is_opaque(text) {
        kinds.add(Kind::Opaque);
    }
}

/// What words and digits together are.
fn named(text: &str, profile: &Profile, reading: &mut Reading) {
    let words = &reading.words;
    let kinds = &mut reading.kinds;
    if !words.prose {
        match words::street(text, words) {
            Some(true) => kinds.add(Kind::Address),
            Some(false) => kinds.add(Kind::Street),
            None => {}
        }
    }
    if words.legal && words.count <= 6 && profile.digits() <= 2 {
        kinds.add(Kind::Company);
    }
    if words.prose && kinds.is_empty() {
        kinds.add(Kind::Prose);
    }
    if profile.blanks() == 0 && profile.wide() == 0 && words::is_username(text) {
        kinds.add(Kind::Username);
    }
}

/// Forms that only postal codes have: of the United Kingdom, Canada, the Netherlands, Poland,
/// Portugal, Brazil, Japan.
fn is_postcode(text: &str) -> bool {
    const FORMS: [&str; 12] = [
        "A9 9AA",
        "A99 9AA",
        "AA9 9AA",
        "AA99 9AA",
        "A9A 9AA",
        "AA9A 9AA",
        "A9A 9A9",
        "9999 AA",
        "99-999",
        "9999-999",
        "99999-999",
        "999-9999",
    ];
    let fits = |form: &&'static str| {
        form.len() == text.len()
            && form
                .bytes()
                .zip(text.bytes())
                .all(|(form, byte)| match form {
                    b'A' => byte.is_ascii_uppercase(),
                    b'9' => byte.is_ascii_digit(),
                    other => byte == other,
                })
    };
    (6..=9).contains(&text.len()) && FORMS.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        read(text).kinds.iter().collect()
    }

    #[test]
    fn values_are_what_they_look_like() {
        for (text, expected) in [
            ("maria@corp.example", Kind::Email),
            ("+49 171 1234567", Kind::Phone),
            ("4111111111111111", Kind::Card),
            ("DE89370400440532013000", Kind::Iban),
            ("44051401359", Kind::NationalId),
            ("10.1.2.3", Kind::Ip),
            ("08:00:2b:01:02:03", Kind::Mac),
            ("1984-02-29", Kind::Date),
            ("SW1A 1AA", Kind::Postcode),
            ("12 Main Street", Kind::Street),
            ("12 Main Street, Springfield, IL 62704", Kind::Address),
            ("Acme Trading Ltd.", Kind::Company),
            ("jsmith42", Kind::Username),
            (
                "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
                Kind::PasswordHash,
            ),
            ("The colour differs a little from the picture.", Kind::Prose),
        ] {
            assert!(kinds(text).contains(&expected), "{text}: {:?}", kinds(text));
        }
    }

    proptest::proptest! {
        /// Whatever stands in a cell, reading it ends, and entities lie in order within it.
        #[test]
        fn any_text_can_be_read(text in "(\\PC|[0-9 .@:/-]){0,120}", name in "([A-Z][a-z]{1,6}-){0,90}") {
            for text in [text.as_str(), name.as_str()] {
                read(text);
                let mut end = 0;
                for found in within(text) {
                    proptest::prop_assert!(found.range.start >= end && found.range.start < found.range.end);
                    proptest::prop_assert!(text.get(found.range.clone()).is_some());
                    end = found.range.end;
                }
            }
        }
    }

    #[test]
    fn nothing_is_read_into_codes() {
        for text in [
            "INV-2024-000123",
            "in_progress",
            "",
            "   ",
            "v1.2.3",
            "XL",
            "blue-chair",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }
}
