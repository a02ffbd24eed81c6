//! Texts that mean nothing: tokens, secrets, user names and e-mails that stay apart.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::People;
use seeder::value::Type;

use super::{Column, Made, Transform, Unfit, Unmaskable, unfit};
use crate::key::Draw;

/// Base 32 without letters that are taken for digits (Crockford), in lower case, so that values that
/// differ do so whatever the collation.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a token that is as long as it likes: 130 bits.
const LETTERS_MAX: usize = 26;

/// Where mail of copies goes: nowhere (RFC 2606).
const DOMAIN: &str = "@example.com";

#[derive(Debug)]
enum Form {
    /// The token alone.
    Token,
    /// As long as the value was.
    SameLength,
    /// Before and behind the token.
    Around(String, String),
    /// A person's name before the token.
    Named(Arc<People>, &'static str),
}

#[derive(Debug)]
struct Token {
    form: Form,
    /// Letters of the token.
    letters: usize,
    /// Characters of the whole.
    max: usize,
    hex: bool,
}

/// Letters that keep this many rows apart: two of them share a token with a probability of 2⁻⁴⁰ at
/// most.
fn letters_for(rows: u64) -> usize {
    let bits = 2 * (64 - rows.max(1_000).leading_zeros() as usize) + 39;
    bits.div_ceil(5).min(LETTERS_MAX)
}

pub(super) fn make(mask: &Mask, column: &Column<'_>) -> Made {
    let (max, hex) = match column.data_type.base() {
        Type::Text { max, .. } => (max.map_or(usize::MAX, |max| max as usize), false),
        Type::Bytes => (usize::MAX, true),
        _ => {
            return Err(unfit(
                mask.with,
                column,
                "take a transformer for this type, or null",
            ));
        }
    };
    let form = match mask.with {
        Transformer::Token => Form::Token,
        Transformer::Secret => Form::SameLength,
        Transformer::Username => Form::Named(Arc::clone(column.people), ""),
        Transformer::Email => Form::Named(Arc::clone(column.people), DOMAIN),
        Transformer::Url => Form::Around("https://example.com/".to_owned(), String::new()),
        Transformer::Host => Form::Around(String::new(), ".example.com".to_owned()),
        _ => {
            let text = mask.options.text.clone().unwrap_or_default();
            let (before, behind) = text.split_once("{token}").unwrap_or((&text, ""));
            if column.unique && !text.contains("{token}") {
                return Err(Unfit {
                    message: "a unique key depends on it, and the text has no {token}".to_owned(),
                    hint: "write text = \"user-{token}\"".to_owned(),
                });
            }
            Form::Around(before.to_owned(), behind.to_owned())
        }
    };
    let around = match &form {
        Form::Token | Form::SameLength => 0,
        Form::Around(before, behind) => before.chars().count() + behind.chars().count(),
        Form::Named(_, domain) => domain.len(),
    };
    let needed = if column.unique {
        letters_for(column.rows)
    } else {
        8
    };
    let room = max.saturating_sub(around);
    if room < needed.min(if column.unique { needed } else { 1 }) {
        return Err(Unfit {
            message: format!(
                "{} needs {} characters to keep about {} rows apart, and the type has room for {max}",
                mask.with.name(),
                around + needed,
                column.rows
            ),
            hint: "take code, which keeps the length and is one for one".to_owned(),
        });
    }
    let letters = match form {
        Form::Token => room.min(LETTERS_MAX),
        _ => needed.min(room),
    };
    if matches!(form, Form::SameLength) && column.unique {
        return Err(Unfit {
            message:
                "a secret is as long as the value was, which may be too short for a unique key"
                    .to_owned(),
            hint: "take token".to_owned(),
        });
    }
    Ok(Arc::new(Token {
        form,
        letters,
        max,
        hex,
    }))
}

impl Transform for Token {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if value.is_empty() {
            return Ok(());
        }
        if self.hex {
            // A value of `bytea` is written in hexadecimal.
            out.extend_from_slice(b"\\x");
            let bytes = value.len().saturating_sub(2) / 2;
            let wanted = if matches!(self.form, Form::SameLength) {
                bytes
            } else {
                16
            };
            for part in 0..wanted {
                let byte = (draw.bits(2 + part as u32 / 16) >> (part % 16 * 8)) as u8;
                out.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
            return Ok(());
        }
        match &self.form {
            Form::Token => letters(draw, self.letters, out),
            Form::SameLength => {
                let text = std::str::from_utf8(value).map_err(|_| super::NO_TEXT)?;
                letters(draw, text.chars().count().min(self.max), out);
            }
            Form::Around(before, behind) => {
                out.extend_from_slice(before.as_bytes());
                letters(draw, self.letters, out);
                out.extend_from_slice(behind.as_bytes());
            }
            Form::Named(people, domain) => {
                let person = people.person(draw.below(1 << 40, 0));
                let mut name = String::new();
                person.write_username(usize::MAX, &mut name);
                // The readable part gives way first.
                let room = self.max.saturating_sub(self.letters + domain.len());
                let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                let name: &str = &name[..name.len().min(room.saturating_sub(1)).min(24)];
                if !name.is_empty() {
                    out.extend_from_slice(name.as_bytes());
                    out.push(b'.');
                }
                letters(draw, self.letters, out);
                out.extend_from_slice(domain.as_bytes());
            }
        }
        Ok(())
    }
}

/// Letters of a draw, 24 from each 128 bits.
fn letters(draw: &Draw, count: usize, out: &mut Vec<u8>) {
    const EACH: usize = 24;
    let mut bits = 0;
    for position in 0..count {
        if position % EACH == 0 {
            bits = draw.bits(2 + (position / EACH) as u32);
        }
        out.push(LETTERS[(bits & 31) as usize]);
        bits >>= 5;
    }
}
