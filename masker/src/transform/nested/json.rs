//! `json`: each leaf by its path, everything else as it was.
//!
//! Numbers stay the tokens that they were, never through a float; `json` keeps its blanks, the order
//! of its keys and keys that occur twice.

use std::borrow::Cow;
use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use super::part::{Done, Part};
use super::path::{Paths, Step};
use crate::key::Draw;
use crate::leak::leaks;
use crate::transform::{Column, Made, Parted, Parts, Unfit, Unmaskable, text_of};

/// Deeper documents are refused: nobody reads them.
const DEPTH_MAX: usize = 200;

const TORN: Unmaskable = Unmaskable::new("is no JSON");

#[derive(Debug)]
struct Json {
    paths: Paths,
}

/// The transformer of documents.
pub(in crate::transform) fn json(mask: &Mask, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Json { .. }) {
        return Err(Unfit::of_type(
            Transformer::Json,
            column,
            "json is for json and jsonb",
        ));
    }
    let paths = Paths::new(mask, column)?;
    Ok(Arc::new(Json { paths }))
}

impl Parted for Json {
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        let mut reading = Reading {
            paths: &self.paths,
            text: text_of(value)?,
            at: 0,
            path: Vec::new(),
            draw,
            leaf: 0,
            masked: Vec::new(),
            each,
        };
        reading.value(out)?;
        reading.blanks(out);
        (reading.at == reading.text.len()).then_some(()).ok_or(TORN)
    }
}

struct Reading<'a> {
    paths: &'a Paths,
    text: &'a str,
    at: usize,
    path: Vec<Step<'a>>,
    draw: &'a Draw,
    /// Leaves and keys that were replaced.
    leaf: u32,
    masked: Vec<u8>,
    each: Parts<'a>,
}

impl<'a> Reading<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self, out: &mut Vec<u8>) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            out.push(byte);
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        (self.peek() == Some(byte)).then_some(()).ok_or(TORN)?;
        out.push(byte);
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if self.path.len() > DEPTH_MAX {
            return Err(Unmaskable::new("is nested deeper than can be followed"));
        }
        self.blanks(out);
        match self.peek().ok_or(TORN)? {
            b'{' => self.members(b'}', out),
            b'[' => self.members(b']', out),
            _ => self.leaf(out),
        }
    }

    /// An object's or an array's members.
    fn members(&mut self, close: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let object = close == b'}';
        self.expect(if object { b'{' } else { b'[' }, out)?;
        self.blanks(out);
        if self.peek() == Some(close) {
            return self.expect(close, out);
        }
        loop {
            self.blanks(out);
            if object {
                self.key(out)?;
                self.blanks(out);
                self.expect(b':', out)?;
            } else {
                self.path.push(Step::Element);
                self.paths.covers(&self.path)?;
            }
            self.value(out)?;
            self.path.pop();
            self.blanks(out);
            if self.peek() == Some(close) {
                return self.expect(close, out);
            }
            self.expect(b',', out)?;
        }
    }

    /// A key, which may be an original itself where no rule names it.
    fn key(&mut self, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let (raw, key) = self.string()?;
        self.path.push(Step::Key(key.clone()));
        self.paths.covers(&self.path)?;
        match self.paths.key(&self.path) {
            None | Some(Part::Keep | Part::Null) => out.extend_from_slice(raw.as_bytes()),
            Some(_) if leaks("mask.key") => out.extend_from_slice(raw.as_bytes()),
            Some(part) => {
                self.masked.clear();
                let draw = (self.draw, self.leaf);
                part.apply(key.as_bytes(), draw, &mut self.masked, self.each)?;
                self.leaf += 1;
                write_string(text_of(&self.masked)?, out);
            }
        }
        Ok(())
    }

    fn leaf(&mut self, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let quoted = self.peek() == Some(b'"');
        let (raw, content) = if quoted {
            self.string()?
        } else {
            let rest = &self.text[self.at..];
            let word = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
            let end = rest.find(|letter| !word(letter)).unwrap_or(rest.len());
            (end > 0).then_some(()).ok_or(TORN)?;
            self.at += end;
            (&rest[..end], Cow::Borrowed(&rest[..end]))
        };
        // NULL stays, whose path is covered: a key was looked at before.
        if raw == "null" {
            out.extend_from_slice(raw.as_bytes());
            return Ok(());
        }
        let part = self.paths.value(&self.path)?;
        let bool_label = matches!(part, Part::Mask(masked) if masked.with == Transformer::Label);
        if bool_label {
            return self.truth(raw, part, out);
        }
        if let Part::Keep = part {
            out.extend_from_slice(raw.as_bytes());
            return Ok(());
        }
        self.masked.clear();
        let draw = (self.draw, self.leaf);
        self.leaf += 1;
        match part.apply(content.as_bytes(), draw, &mut self.masked, self.each)? {
            Done::Null => out.extend_from_slice(b"null"),
            Done::Text => {
                let masked = text_of(&self.masked)?;
                match !quoted && is_number(masked) {
                    true => out.extend_from_slice(masked.as_bytes()),
                    false => write_string(masked, out),
                }
            }
        }
        Ok(())
    }

    /// True or false, which types of the server write in another way.
    fn truth(&mut self, raw: &str, part: &Part, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let truth: &[u8] = match raw {
            "true" => b"t",
            "false" => b"f",
            _ => {
                return Err(Unmaskable::new(
                    "is neither true nor false, as a label in JSON is",
                ));
            }
        };
        self.masked.clear();
        let draw = (self.draw, self.leaf);
        self.leaf += 1;
        part.apply(truth, draw, &mut self.masked, self.each)?;
        out.extend_from_slice(match self.masked.as_slice() {
            b"t" => b"true",
            _ => b"false",
        });
        Ok(())
    }

    /// A string as it is written, and its content.
    fn string(&mut self) -> Result<(&'a str, Cow<'a, str>), Unmaskable> {
        let rest = &self.text.as_bytes()[self.at..];
        (rest.first() == Some(&b'"')).then_some(()).ok_or(TORN)?;
        let mut end = 1;
        let mut escaped = false;
        loop {
            let next = memchr::memchr2(b'"', b'\\', &rest[end.min(rest.len())..]).ok_or(TORN)?;
            end += next;
            if rest[end] == b'"' {
                break;
            }
            escaped = true;
            end += 2;
        }
        let raw = &self.text[self.at..=self.at + end];
        self.at += end + 1;
        let inner = &raw[1..raw.len() - 1];
        let content = match escaped {
            true => Cow::Owned(unescaped(inner)?),
            false => Cow::Borrowed(inner),
        };
        Ok((raw, content))
    }
}

/// A string's content. Half of a surrogate pair, which `json` stores, is no character and becomes the
/// replacement character.
fn unescaped(text: &str) -> Result<String, Unmaskable> {
    let mut units: Vec<u16> = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let mut pair = [0; 2];
        let unit = match letter {
            '\\' => match letters.next().ok_or(TORN)? {
                'b' => 8,
                'f' => 12,
                'n' => 10,
                'r' => 13,
                't' => 9,
                'u' => {
                    let digits: String = letters.by_ref().take(4).collect();
                    let hex = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                    hex.then_some(()).ok_or(TORN)?;
                    u16::from_str_radix(&digits, 16).map_err(|_| TORN)?
                }
                plain @ ('"' | '\\' | '/') => plain as u16,
                _ => return Err(TORN),
            },
            plain => {
                units.extend_from_slice(plain.encode_utf16(&mut pair));
                continue;
            }
        };
        units.push(unit);
    }
    Ok(String::from_utf16_lossy(&units))
}

/// Whether a text is a number of JSON (RFC 8259 §6).
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

/// Appends a string of JSON.
fn write_string(text: &str, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[
                    DIGITS[usize::from(byte >> 4)],
                    DIGITS[usize::from(byte & 15)],
                ]);
            }
            plain => out.push(plain),
        }
    }
    out.push(b'"');
}
