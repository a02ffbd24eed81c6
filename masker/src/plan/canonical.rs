//! The form in which equal values have equal bytes, whatever the type's spelling.

use std::borrow::Cow;

use seeder::value::Type;

/// The form in which equal values have equal bytes, whatever the type's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canonical {
    /// The text as it is.
    Text,
    /// Without blanks at the end: `character(n)`.
    Padded,
    /// Lower case: `citext` and collations that do not tell case apart.
    Folded,
    /// The shortest decimal: `1`, `1.0` and `1.000` are one value.
    Number,
}

impl Canonical {
    /// The form of a type's values.
    pub fn of(data_type: &Type) -> Self {
        match data_type.base() {
            Type::Text { padded: true, .. } => Self::Padded,
            Type::Text { caseless: true, .. } => Self::Folded,
            Type::Int { .. } | Type::Decimal { .. } => Self::Number,
            _ => Self::Text,
        }
    }

    /// What distinguishes the types whose values are never equal.
    pub fn tag(self) -> u8 {
        match self {
            Self::Text | Self::Padded | Self::Folded => b't',
            Self::Number => b'n',
        }
    }

    /// A value's text in this form.
    pub fn form(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Text => Cow::Borrowed(text),
            Self::Padded => {
                let blanks = text.iter().rev().take_while(|byte| **byte == b' ').count();
                Cow::Borrowed(&text[..text.len() - blanks])
            }
            Self::Folded => match std::str::from_utf8(text) {
                // Letter by letter: what a letter becomes must not depend on those around it.
                Ok(text) => {
                    let folded: String = text.chars().flat_map(char::to_lowercase).collect();
                    Cow::Owned(folded.into_bytes())
                }
                Err(_) => Cow::Owned(text.to_ascii_lowercase()),
            },
            Self::Number => Cow::Borrowed(shortest(text)),
        }
    }
}

/// A decimal without zeros at the end of its fraction; zero has one form.
fn shortest(text: &[u8]) -> &[u8] {
    let Some(point) = memchr::memchr(b'.', text) else {
        return if text == b"-0" { b"0" } else { text };
    };
    let (whole, fraction) = text.split_at(point);
    if !fraction[1..].iter().all(u8::is_ascii_digit) {
        // With an exponent: a float's, which is no number that is compared by its digits.
        return text;
    }
    let zeros = fraction.iter().rev().take_while(|byte| **byte == b'0');
    let kept = text.len() - zeros.count();
    let kept = if kept == point + 1 { point } else { kept };
    match &text[..kept] {
        b"-0" => b"0",
        _ if kept == point => whole,
        short => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_canonical_form() {
        let check = |form: Canonical, text: &str, expected: &str| {
            let found = form.form(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), expected, "{text:?}");
        };
        for (text, expected) in [
            ("1", "1"),
            ("1.0", "1"),
            ("1.000", "1"),
            ("10", "10"),
            ("100.00", "100"),
            ("1.50", "1.5"),
            ("0.000", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("-0.50", "-0.5"),
            ("-7.0", "-7"),
            ("NaN", "NaN"),
            ("Infinity", "Infinity"),
            ("1.50e+20", "1.50e+20"),
        ] {
            check(Canonical::Number, text, expected);
        }
        check(Canonical::Padded, "ab   ", "ab");
        check(Canonical::Padded, " a b ", " a b");
        check(Canonical::Padded, "   ", "");
        check(Canonical::Folded, "ÉCOLE Σ ΑΣ", "école σ ασ");
        check(Canonical::Text, "Ab ", "Ab ");
        let broken = Canonical::Folded.form(b"A\xff");
        assert_eq!(&*broken, b"a\xff");
    }
}
