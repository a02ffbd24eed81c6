//! One cell of COPY's text format (PostgreSQL documentation, "COPY", "Text Format").

use std::borrow::Cow;

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
}
