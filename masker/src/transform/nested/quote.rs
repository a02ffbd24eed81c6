//! Parts in quotes, as the output functions of arrays, composites and ranges write them (PostgreSQL
//! documentation, "Arrays", "Composite Types" and "Range Types": input and output).

use crate::transform::Unmaskable;

/// A value that its type would not have written so.
pub(super) const TORN: Unmaskable = Unmaskable::new("has not the text form of its type");

/// Whose parts they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// A quote within is `\"`; a text NULL is in quotes.
    Array,
    /// A quote within is `""`.
    Fields,
    /// A quote within is `""`; brackets are in quotes.
    Range,
}

impl Quoting {
    /// Bytes that end a part which is not in quotes.
    fn ends(self) -> &'static [u8] {
        match self {
            Self::Array => b",}",
            Self::Fields => b",",
            Self::Range => b",])",
        }
    }

    /// Bytes for which a part is put in quotes, beside blanks.
    fn special(self) -> &'static [u8] {
        match self {
            Self::Array => b"\"\\{},",
            Self::Fields => b"\"\\(),",
            Self::Range => b"\"\\()[],",
        }
    }

    /// Reads one part from a place on, without its quotes and escapes; answers where it ended.
    pub(super) fn read(
        self,
        text: &[u8],
        mut at: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Unmaskable> {
        let mut quoted = false;
        while at < text.len() {
            match text[at] {
                b'"' if quoted && self != Self::Array && text.get(at + 1) == Some(&b'"') => {
                    out.push(b'"');
                    at += 1;
                }
                b'"' => quoted = !quoted,
                b'\\' => {
                    at += 1;
                    out.push(*text.get(at).ok_or(TORN)?);
                }
                byte if !quoted && self.ends().contains(&byte) => return Ok(at),
                byte => out.push(byte),
            }
            at += 1;
        }
        if quoted { Err(TORN) } else { Ok(at) }
    }

    /// Writes one part, in quotes where its type's output function puts it there.
    pub(super) fn write(self, part: &[u8], out: &mut Vec<u8>) {
        let blank = |byte: u8| matches!(byte, b' ' | b'\t'..=b'\r');
        let special = |byte: &u8| blank(*byte) || self.special().contains(byte);
        let quoted = part.is_empty()
            || part.iter().any(special)
            || self == Self::Array && part.eq_ignore_ascii_case(b"NULL");
        if !quoted {
            out.extend_from_slice(part);
            return;
        }
        out.push(b'"');
        for byte in part {
            match (byte, self) {
                (b'"', Self::Fields | Self::Range) => out.push(b'"'),
                (b'"' | b'\\', _) => out.push(b'\\'),
                _ => {}
            }
            out.push(*byte);
        }
        out.push(b'"');
    }
}
