//! Names as PostgreSQL folds them.

use crate::guard::lexer::{Kind, Token};

/// Longer names are none that the guard knows.
const NAME_BYTES_MAX: usize = 63;

/// A name in lower case on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folded {
    bytes: [u8; NAME_BYTES_MAX],
    length: usize,
}

impl Folded {
    /// What an identifier names: folded without quotes, as it stands within. `None` where the guard
    /// knows no such name anyway.
    pub(super) fn identifier(token: Token, text: &[u8]) -> Option<Self> {
        match token.kind {
            Kind::Word => Self::lower(text),
            Kind::Quoted => Self::exact(text.get(1..text.len() - 1)?),
            _ => None,
        }
    }

    /// What an identifier, string or word of a SET names: settings ignore case even within quotes.
    pub(super) fn setting(token: Token, text: &[u8]) -> Option<Self> {
        let name = match token.kind {
            Kind::Quoted | Kind::Literal => text.get(1..text.len() - 1)?,
            Kind::Word => text,
            _ => return None,
        };
        Self::lower(name)
    }

    pub(super) fn exact(name: &[u8]) -> Option<Self> {
        let mut bytes = [0; NAME_BYTES_MAX];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self {
            bytes,
            length: name.len(),
        })
    }

    /// Lower case, and the dotted capital I of Turkish for an `i`: in a database of a single-byte
    /// encoding PostgreSQL folds identifiers by locale (`downcase_identifier`), and there it is one.
    fn lower(name: &[u8]) -> Option<Self> {
        let mut folded = Self::exact(name)?;
        folded.bytes.make_ascii_lowercase();
        if name.is_ascii() {
            return Some(folded);
        }
        let mut length = 0;
        let mut rest = name;
        while let Some(&byte) = rest.first() {
            let (letter, step) = match rest {
                [0xc4, 0xb0, ..] => (b'i', 2),
                [0xdd, ..] => (b'i', 1),
                _ => (byte.to_ascii_lowercase(), 1),
            };
            folded.bytes[length] = letter;
            length += 1;
            rest = &rest[step..];
        }
        folded.length = length;
        Some(folded)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
