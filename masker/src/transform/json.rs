//! Documents: each leaf by its path, everything else as it was.
//!
//! Numbers stay the tokens that they were, never through a float; `json` keeps its blanks, the order
//! of its keys and keys that occur twice.

use std::sync::Arc;

use rules::mask::Mask;
use seeder::value::Type;

use super::choice::{Done, Part, part};
use super::{Column, Made, Transform, Unfit, Unmaskable, unfit};
use crate::key::Draw;

/// Deeper documents are refused: nobody reads them.
const DEPTH_MAX: usize = 200;

const TORN: Unmaskable = Unmaskable {
    reason: "is no JSON",
};

#[derive(Debug)]
struct Json {
    /// Paths as `a.b[].c`, with what becomes of the leaves there; `*` is any key.
    leaves: Vec<(Vec<String>, Part)>,
}

pub(super) fn make(mask: &Mask, column: &Column<'_>) -> Made {
    if !matches!(column.data_type.base(), Type::Json { .. }) {
        return Err(unfit(mask.with, column, "it is for json and jsonb"));
    }
    let text = Type::Text {
        max: None,
        padded: false,
        caseless: false,
    };
    let mut leaves = Vec::new();
    for (path, rule) in &mask.options.parts {
        let steps = steps(path).ok_or_else(|| Unfit {
            message: format!("{path:?} is no path"),
            hint: "it is written a.b[].c; * is any key, ** everything below".to_owned(),
        })?;
        leaves.push((steps, part(rule, &text, column)?));
    }
    // What says more comes first.
    leaves.sort_by_key(|(steps, _)| {
        let vague = steps.iter().filter(|step| step.contains('*')).count();
        (steps.last().is_some_and(|step| step == "**"), vague)
    });
    Ok(Arc::new(Json { leaves }))
}

fn steps(path: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    for key in path.split('.') {
        let (name, arrays) = key.find("[]").map_or((key, ""), |at| key.split_at(at));
        if !name.is_empty() {
            steps.push(name.to_owned());
        }
        if !arrays.replace("[]", "").is_empty() || (name.is_empty() && arrays.is_empty()) {
            return None;
        }
        steps.extend((0..arrays.len() / 2).map(|_| "[]".to_owned()));
    }
    Some(steps)
}

impl Transform for Json {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = std::str::from_utf8(value).map_err(|_| super::NO_TEXT)?;
        let mut reading = Reading {
            json: self,
            text,
            at: 0,
            path: Vec::new(),
            draw,
            leaf: 0,
        };
        reading.value(out)?;
        reading.blanks(out);
        (reading.at == text.len()).then_some(()).ok_or(TORN)
    }
}

struct Reading<'a> {
    json: &'a Json,
    text: &'a str,
    at: usize,
    path: Vec<String>,
    draw: &'a Draw,
    leaf: u32,
}

impl Reading<'_> {
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
            return Err(Unmaskable {
                reason: "is nested deeper than can be followed",
            });
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
                let from = self.at;
                let key = self.string()?;
                out.extend_from_slice(&self.text.as_bytes()[from..self.at]);
                self.blanks(out);
                self.expect(b':', out)?;
                self.path.push(key);
            } else {
                self.path.push("[]".to_owned());
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

    fn leaf(&mut self, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let from = self.at;
        let quoted = self.peek() == Some(b'"');
        let content = if quoted {
            self.string()?
        } else {
            let rest = &self.text[self.at..];
            let word = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
            let end = rest.find(|letter| !word(letter)).unwrap_or(rest.len());
            (end > 0).then_some(()).ok_or(TORN)?;
            self.at += end;
            rest[..end].to_owned()
        };
        if content == "null" && !quoted {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        let part = self
            .json
            .leaves
            .iter()
            .find(|(steps, _)| matches(steps, &self.path));
        let (_, part) = part.ok_or(Unmaskable {
            reason: "has a path that no rule decides about",
        })?;
        let raw = &self.text.as_bytes()[from..self.at];
        if let Part::Keep = part {
            out.extend_from_slice(raw);
            return Ok(());
        }
        let mut masked = Vec::new();
        let draw = self.draw.again(self.leaf);
        self.leaf += 1;
        match part.apply(content.as_bytes(), &draw, &mut masked)? {
            Done::Null => out.extend_from_slice(b"null"),
            Done::Text => {
                let masked = String::from_utf8(masked).map_err(|_| super::NO_TEXT)?;
                let number = !quoted && masked.parse::<serde_json::Number>().is_ok();
                match number {
                    true => out.extend_from_slice(masked.as_bytes()),
                    false => out
                        .extend_from_slice(serde_json::Value::from(masked).to_string().as_bytes()),
                }
            }
        }
        Ok(())
    }

    /// A string's content; what it was written as lies behind.
    fn string(&mut self) -> Result<String, Unmaskable> {
        let rest = &self.text.as_bytes()[self.at..];
        (rest.first() == Some(&b'"')).then_some(()).ok_or(TORN)?;
        let mut end = 1;
        loop {
            match rest.get(end).ok_or(TORN)? {
                b'\\' => end += 2,
                b'"' => break,
                _ => end += 1,
            }
        }
        let raw = &self.text[self.at..=self.at + end];
        self.at += end + 1;
        serde_json::from_str(raw).map_err(|_| TORN)
    }
}

fn matches(steps: &[String], path: &[String]) -> bool {
    match (steps, path) {
        ([], []) => true,
        ([last], [_, ..]) if last == "**" => true,
        ([step, steps @ ..], [key, path @ ..]) => {
            let same = step == key || (step == "*" && key != "[]");
            same && matches(steps, path)
        }
        _ => false,
    }
}
