//! National numbers: of persons and taxpayers, each by the rule of its country.
//!
//! A single check digit accepts every tenth number, so one value proves nothing; a column in which
//! nearly all values keep to one country's rule does.

mod letters;
mod rules;

use super::digits::Digits;

use rules as r;

/// A country's number.
struct Scheme {
    /// Country and the number's own name.
    name: &'static str,
    /// How the masker's `national-id` writes it: `9` for a digit, `A` for a letter.
    pattern: &'static str,
    /// How many digits it has.
    length: usize,
    /// Whether digits of that length are one.
    accepts: fn(&[u8]) -> bool,
}

const fn scheme(
    name: &'static str,
    pattern: &'static str,
    length: usize,
    accepts: fn(&[u8]) -> bool,
) -> Scheme {
    Scheme {
        name,
        pattern,
        length,
        accepts,
    }
}

/// Numbers of digits alone.
#[rustfmt::skip]
const DIGITS: &[Scheme] = &[
    scheme("CA SIN", "999999999", 9, r::canada),
    scheme("NL BSN", "999999999", 9, r::netherlands),
    scheme("PT NIF", "999999999", 9, r::portugal),
    scheme("AU TFN", "999999999", 9, r::australia),
    scheme("GR AFM", "999999999", 9, r::greece_tax),
    scheme("PL NIP", "9999999999", 10, r::poland_tax),
    scheme("GB NHS", "9999999999", 10, r::britain_health),
    scheme("CZ/SK RC", "9999999999", 10, r::czechia),
    scheme("SE PNR", "9999999999", 10, r::sweden),
    scheme("DK CPR", "9999999999", 10, r::denmark),
    scheme("BG EGN", "9999999999", 10, r::bulgaria),
    scheme("AT SVNR", "9999999999", 10, r::austria),
    scheme("UA RNTRC", "9999999999", 10, r::ukraine),
    scheme("IR NC", "9999999999", 10, r::iran),
    scheme("BR CPF", "99999999999", 11, r::brazil),
    scheme("DE IdNr", "99999999999", 11, r::germany),
    scheme("PL PESEL", "99999999999", 11, r::poland),
    scheme("NO FNR", "99999999999", 11, r::norway),
    scheme("EE/LT PC", "99999999999", 11, r::baltic),
    scheme("LV PK", "99999999999", 11, r::latvia),
    scheme("TR TCKN", "99999999999", 11, r::turkey),
    scheme("BE NN", "99999999999", 11, r::belgium),
    scheme("HR OIB", "99999999999", 11, r::croatia),
    scheme("GR AMKA", "99999999999", 11, r::greece),
    scheme("AR CUIT", "99999999999", 11, r::argentina),
    scheme("RU SNILS", "99999999999", 11, r::russia_pension),
    scheme("IT PIVA", "99999999999", 11, r::italy_tax),
    scheme("IN Aadhaar", "999999999999", 12, r::india),
    scheme("SE PNR 12", "999999999999", 12, r::sweden_long),
    scheme("RU INN", "999999999999", 12, r::russia_tax),
    scheme("JP My Number", "999999999999", 12, r::japan),
    scheme("RO CNP", "9999999999999", 13, r::romania),
    scheme("ZA ID", "9999999999999", 13, r::south_africa),
    scheme("TH ID", "9999999999999", 13, r::thailand),
    scheme("KR RRN", "9999999999999", 13, r::korea),
    scheme("CH AHV", "9999999999999", 13, r::switzerland),
    scheme("JMBG", "9999999999999", 13, r::yugoslavia),
    scheme("BR CNPJ", "99999999999999", 14, r::brazil_company),
    scheme("FR NIR", "999999999999999", 15, r::france),
    scheme("CN RID", "999999999999999999", 18, r::china),
];

/// A scheme, its form (`9` a digit, `A` a letter) and what must hold for a number of that form.
type Lettered = (&'static str, &'static str, fn(&[u8]) -> bool);

/// Numbers with letters in them, or known by their separators.
#[rustfmt::skip]
const LETTERS: &[Lettered] = &[
    ("US SSN", "999-99-9999", letters::united_states),
    ("GB NINO", "AA999999A", letters::britain),
    ("ES DNI", "99999999A", letters::spain),
    ("IT CF", "AAAAAA99A99A999A", letters::italy),
    ("IE PPS", "9999999AA", letters::ireland),
    ("FI HETU", "999999-999A", letters::finland),
    ("MX CURP", "AAAA999999AAAAAA99", letters::mexico),
    ("CL RUT", "99999999-9", letters::chile),
    ("IN PAN", "AAAAA9999A", letters::india_tax),
    ("SG NRIC", "A9999999A", letters::singapore),
    ("TW ID", "A999999999", letters::taiwan),
    ("CN RID X", "99999999999999999A", letters::china),
];

/// Which countries' numbers a value could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Schemes(u64);

impl Schemes {
    /// How many there are.
    pub const COUNT: usize = DIGITS.len() + LETTERS.len();

    /// Whether it is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Positions of the schemes that accept the value.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(move |at| self.0 & (1 << at) != 0)
    }

    /// What the scheme at a position is called: `PL PESEL`.
    pub fn name(at: usize) -> &'static str {
        match DIGITS.get(at) {
            Some(scheme) => scheme.name,
            None => LETTERS.get(at - DIGITS.len()).map_or("", |scheme| scheme.0),
        }
    }

    /// How the scheme's numbers are written: `9` for a digit, `A` for a letter.
    pub fn pattern(at: usize) -> &'static str {
        match DIGITS.get(at) {
            Some(scheme) => scheme.pattern,
            None => LETTERS.get(at - DIGITS.len()).map_or("", |scheme| scheme.1),
        }
    }

    /// Whether the scheme's rule is more than a pattern: a check digit or character.
    pub fn has_checksum(at: usize) -> bool {
        !matches!(Self::name(at), "US SSN" | "GB NINO" | "IN PAN" | "DK CPR")
    }
}

/// Longest text of a number, separators included.
const BYTES_MAX: usize = 26;

/// The schemes that accept a text.
pub(super) fn schemes(text: &str) -> Schemes {
    let mut found = Schemes::default();
    if !(8..=BYTES_MAX).contains(&text.len()) || !text.is_ascii() {
        return found;
    }
    if let Some(digits) = Digits::of(text, b" -./") {
        let digits = digits.as_slice();
        let repeats = digits.iter().all(|digit| *digit == digits[0]);
        for (at, scheme) in DIGITS.iter().enumerate() {
            if scheme.length == digits.len() && !repeats && (scheme.accepts)(digits) {
                found.0 |= 1 << at;
            }
        }
    }
    for (at, (_, _, accepts)) in LETTERS.iter().enumerate() {
        if accepts(text.as_bytes()) {
            found.0 |= 1 << (DIGITS.len() + at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that the countries' authorities or encyclopaedias give as examples.
    const EXAMPLES: &[(&str, &str)] = &[
        ("046 454 286", "CA SIN"),
        ("111222333", "NL BSN"),
        ("123456782", "AU TFN"),
        ("943 476 5919", "GB NHS"),
        ("811228-9874", "SE PNR"),
        ("44051401359", "PL PESEL"),
        ("37605030299", "EE/LT PC"),
        ("10000000146", "TR TCKN"),
        ("85.07.30-033.28", "BE NN"),
        ("111.444.777-35", "BR CPF"),
        ("11.222.333/0001-81", "BR CNPJ"),
        ("86095742719", "DE IdNr"),
        ("69435151530", "HR OIB"),
        ("112-233-445 95", "RU SNILS"),
        ("8001015009087", "ZA ID"),
        ("756.9217.0769.85", "CH AHV"),
        ("11010519491231002X", "CN RID X"),
        ("2 55 08 14 168 025 38", "FR NIR"),
        ("12345678Z", "ES DNI"),
        ("RSSMRA85T10A562S", "IT CF"),
        ("131052-308T", "FI HETU"),
        ("219-09-9999", "US SSN"),
        ("AB123456C", "GB NINO"),
        ("12.345.678-5", "CL RUT"),
        ("A123456789", "TW ID"),
        ("S1234567D", "SG NRIC"),
    ];

    #[test]
    fn published_examples_are_accepted_and_a_changed_digit_is_not() {
        for (text, name) in EXAMPLES {
            let named = |text: &str| schemes(text).iter().any(|at| Schemes::name(at) == *name);
            if text.len() >= 9 {
                assert!(named(text), "{text} is a {name}");
            }
            let at = (0..Schemes::COUNT).find(|at| Schemes::name(*at) == *name);
            if !at.is_some_and(Schemes::has_checksum) {
                continue;
            }
            // Any one digit wrong, and the check finds it.
            let place = text.rfind(|c: char| c.is_ascii_digit()).expect("a digit");
            let digit = text.as_bytes()[place] - b'0';
            let wrong = (digit + 1) % 10;
            let changed = format!("{}{wrong}{}", &text[..place], &text[place + 1..]);
            assert!(!named(&changed), "{changed} is no {name}");
        }
    }

    #[test]
    fn a_set_has_room_for_every_scheme() {
        const { assert!(Schemes::COUNT <= 64) };
        assert!(schemes("111111111").is_empty());
        assert!(schemes("").is_empty());
    }
}
