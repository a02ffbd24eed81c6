//! Cells of a COPY stream (PostgreSQL documentation, "COPY", section "Text Format"): `\N` for NULL,
//! backslash escapes in everything else.

use super::text::write_text;
use super::{Type, Value};

/// COPY text in the making.
#[derive(Debug)]
pub struct CopyText<'a> {
    out: &'a mut Vec<u8>,
    /// Where a text comes about before it is escaped.
    scratch: String,
}

impl<'a> CopyText<'a> {
    /// Text that is added to a buffer.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            scratch: String::new(),
        }
    }

    /// Adds a cell.
    pub fn value(&mut self, value: &Value, data_type: &Type) {
        write_copy(value, data_type, self.out);
    }

    /// Adds a cell that is NULL.
    pub fn null(&mut self) {
        self.out.extend_from_slice(b"\\N");
    }

    /// Adds a cell of a character type, written into an empty buffer first.
    pub fn text(&mut self, write: impl FnOnce(&mut String)) {
        self.scratch.clear();
        write(&mut self.scratch);
        escape(self.scratch.as_bytes(), self.out);
    }

    /// Ends a cell that another one follows.
    pub fn end_cell(&mut self) {
        self.out.push(b'\t');
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        self.out.push(b'\n');
    }
}

/// Writes a cell of a COPY stream in text format.
pub fn write_copy(value: &Value, data_type: &Type, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"\\N"),
        Value::Text(text) => escape(text.as_bytes(), out),
        // These never hold a backslash, tabulator or line end.
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Float(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Uuid(_) => write_text(value, data_type, out),
        other => {
            let mut text = Vec::new();
            write_text(other, data_type, &mut text);
            escape(&text, out);
        }
    }
}

/// The letter behind the backslash of a byte that COPY reads as syntax.
#[inline]
fn letter(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        b'\t' => Some(b't'),
        _ => None,
    }
}

/// Copies runs of plain bytes whole; UTF-8 has no byte of a multibyte character below 0x80.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    // No way out before the end, so that sixteen bytes are looked at as one.
    let plain = !text.iter().fold(false, |found, byte| {
        found | matches!(byte, b'\\' | b'\n' | b'\r' | b'\t')
    });
    if plain {
        return out.extend_from_slice(text);
    }
    let mut begun = 0;
    for (at, byte) in text.iter().enumerate() {
        if let Some(letter) = letter(*byte) {
            out.extend_from_slice(&text[begun..at]);
            out.extend_from_slice(&[b'\\', letter]);
            begun = at + 1;
        }
    }
    out.extend_from_slice(&text[begun..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_copy_stream_reads_as_syntax_is_escaped() {
        let plain = Type::Text {
            max: None,
            padded: false,
            caseless: false,
        };
        let text = "a\tb\\c\nd\re";
        let mut out = Vec::new();
        write_copy(&Value::Text(text.to_owned()), &plain, &mut out);
        CopyText::new(&mut out).text(|out| out.push_str(text));
        assert_eq!(out, b"a\\tb\\\\c\\nd\\rea\\tb\\\\c\\nd\\re");
        out.clear();
        let long = "ä".repeat(40);
        CopyText::new(&mut out).text(|out| out.push_str(&long));
        assert_eq!(out, long.as_bytes());
    }
}
