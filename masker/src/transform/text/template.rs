//! `template`: text with placeholders in braces: `user-{token}@{company}`.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::{People, Person};
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::apart::{push_letters, room};
use crate::transform::person::{people, person};
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Digits of `{number}`.
const DIGITS: u32 = 6;

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Token,
    Number,
    FirstName,
    LastName,
    Username,
    City,
}

const PLACEHOLDERS: [(&str, Piece); 6] = [
    ("token", Piece::Token),
    ("number", Piece::Number),
    ("first-name", Piece::FirstName),
    ("last-name", Piece::LastName),
    ("username", Piece::Username),
    ("city", Piece::City),
];

#[derive(Debug)]
struct Template {
    pieces: Vec<Piece>,
    people: Arc<People>,
    /// Letters of a token.
    letters: usize,
    /// Characters that names of persons and places have room for.
    spare: usize,
}

/// The transformer of texts.
pub(in crate::transform) fn template(mask: &Mask, column: &Column<'_>) -> Made {
    let with = Transformer::Template;
    let Type::Text { max, .. } = column.data_type.base() else {
        return Err(Unfit::of_type(with, column, "template is for text"));
    };
    let pieces = pieces(mask.options.text.as_deref().unwrap_or_default())?;
    let fixed: usize = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Number => DIGITS as usize,
            _ => 0,
        })
        .sum();
    let tokens = pieces
        .iter()
        .filter(|piece| matches!(piece, Piece::Token))
        .count();
    if column.unique && tokens == 0 {
        return Err(Unfit::new(
            "a unique key depends on it, and the text has no {token}",
            "write text = \"user-{token}\"",
        ));
    }
    let max = max.map_or(usize::MAX, |max| max as usize);
    let (letters, spare) = match tokens {
        0 if fixed > max => {
            let message =
                format!("the text has {fixed} characters, and the type has room for {max}");
            return Err(Unfit::new(message, "write a shorter text"));
        }
        0 => (0, max - fixed),
        // One token keeps values apart; the others are as long.
        tokens => {
            let one = room(with, column, fixed, max)?;
            let all = one.count + one.spare;
            let each = one.count.min(all / tokens);
            if each < one.least {
                let message = format!(
                    "{tokens} tokens of {} letters do not fit the type",
                    one.least
                );
                return Err(Unfit::new(message, "write the text with one {token}"));
            }
            (each, all - each * tokens)
        }
    };
    Ok(Arc::new(Template {
        pieces,
        people: people(mask, column)?,
        letters,
        spare,
    }))
}

/// A brace that is doubled is one.
fn pieces(text: &str) -> Result<Vec<Piece>, Unfit> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            plain.push_str(brace);
            rest = behind;
            continue;
        }
        let known: Vec<&str> = PLACEHOLDERS.iter().map(|(name, _)| *name).collect();
        let hint = format!("there are {{{}}}; {{{{ is a brace", known.join("}, {"));
        let (name, behind) = match (brace, rest.split_once('}')) {
            ("{", Some(found)) => found,
            _ => {
                return Err(Unfit::new(
                    format!("{text:?} has a brace that stands alone"),
                    hint,
                ));
            }
        };
        let found = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
        let Some((_, piece)) = found else {
            return Err(Unfit::new(format!("{{{name}}} is no placeholder"), hint));
        };
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(piece.clone());
        rest = behind;
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    Ok(pieces)
}

impl Transform for Template {
    fn mask(&self, _: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let person = person(&self.people, draw);
        let mut spare = self.spare;
        let mut tokens = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Token => {
                    // A token has two parts at most.
                    push_letters(draw, 2 + 2 * tokens, self.letters, out);
                    tokens += 1;
                }
                Piece::Number => {
                    let number = draw.below(10_u64.pow(DIGITS), 1);
                    out.extend_from_slice(format!("{number:06}").as_bytes());
                }
                name => {
                    let name = text_of_person(name, &person);
                    let end = name
                        .char_indices()
                        .nth(spare)
                        .map_or(name.len(), |(at, _)| at);
                    spare -= name[..end].chars().count();
                    out.extend_from_slice(&name.as_bytes()[..end]);
                }
            }
        }
        Ok(())
    }
}

fn text_of_person(piece: &Piece, person: &Person) -> String {
    match piece {
        Piece::FirstName => person.given().text.to_owned(),
        Piece::LastName => person.family().text.to_owned(),
        Piece::City => person.place().city.to_owned(),
        _ => person.username(),
    }
}
