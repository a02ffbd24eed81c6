//! One cell of COPY's text format (PostgreSQL documentation, "COPY", "Text Format").

use std::borrow::Cow;

use crate::plan::Canonical;

/// NULL as COPY writes it.
pub(super) const NULL: &[u8] = b"\\N";

/// Undoes the escapes; a cell without any stays where it is.
pub(super) fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', raw) else {
        return Cow::Borrowed(raw);
    };
    let mut out = Vec::with_capacity(raw.len());
    out.extend_from_slice(&raw[..first]);
    let mut rest = raw[first..].iter();
    while let Some(&byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        // The server escapes these and the backslash itself, and no others.
        out.push(match rest.next() {
            Some(b'b') => 8,
            Some(b't') => b'\t',
            Some(b'n') => b'\n',
            Some(b'v') => 11,
            Some(b'f') => 12,
            Some(b'r') => b'\r',
            Some(&other) => other,
            None => b'\\',
        });
    }
    Cow::Owned(out)
}

fn is_special(byte: u8) -> bool {
    byte == b'\\' || (8..=13).contains(&byte)
}

/// Appends a cell's text with escapes.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        let letter = match byte {
            8 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            11 => b'v',
            12 => b'f',
            b'\r' => b'r',
            b'\\' => b'\\',
            plain => {
                out.push(plain);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
}

/// Puts escapes into what was appended from `start` on.
pub(super) fn escape_from(start: usize, out: &mut Vec<u8>) {
    // Without a branch, so that many bytes are looked at in one step.
    let special = out[start..]
        .iter()
        .fold(false, |any, &byte| any | is_special(byte));
    if special {
        let text = out.split_off(start);
        escape(&text, out);
    }
}

/// The form in which equal values have equal bytes.
pub(super) fn canonical(form: Canonical, text: &[u8]) -> Cow<'_, [u8]> {
    match form {
        Canonical::Text => Cow::Borrowed(text),
        Canonical::Padded => {
            let blanks = text.iter().rev().take_while(|byte| **byte == b' ').count();
            Cow::Borrowed(&text[..text.len() - blanks])
        }
        Canonical::Folded => match std::str::from_utf8(text) {
            // Letter by letter: what a letter becomes must not depend on those around it.
            Ok(text) => {
                let folded: String = text.chars().flat_map(char::to_lowercase).collect();
                Cow::Owned(folded.into_bytes())
            }
            Err(_) => Cow::Owned(text.to_ascii_lowercase()),
        },
        Canonical::Number => Cow::Borrowed(shortest(text)),
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
    fn escapes_are_those_of_copy() {
        let check = |text: &[u8], raw: &[u8]| {
            let mut out = b"x".to_vec();
            escape(text, &mut out);
            assert_eq!(&out[1..], raw, "{text:?}");
            assert_eq!(&*unescaped(raw), text, "{raw:?}");
            let mut out = [b"\n\\", text].concat();
            escape_from(2, &mut out);
            assert_eq!(out, [b"\n\\", raw].concat(), "{text:?}");
        };
        check(b"", b"");
        check(b"plain \xc3\xa9", b"plain \xc3\xa9");
        check(b"\x08\t\n\x0b\x0c\r\\", b"\\b\\t\\n\\v\\f\\r\\\\");
        check(b"\\N", b"\\\\N");
        check(b"\\.", b"\\\\.");
        check(b"\x01\x7f", b"\x01\x7f");
    }

    #[test]
    fn equal_values_have_one_canonical_form() {
        let check = |form, text: &str, expected: &str| {
            let found = canonical(form, text.as_bytes());
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
        let broken = canonical(Canonical::Folded, b"A\xff");
        assert_eq!(&*broken, b"a\xff");
    }
}
