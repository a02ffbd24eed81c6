//! Strings and quoted identifiers.

use super::{Kind, Lexer, Token};

impl Lexer<'_> {
    /// A string whose opening quote is at `open`; it may go on behind a line break, in the same mode.
    pub(super) fn string(&mut self, start: usize, open: usize, escapes: bool) -> Token {
        let mut open = open;
        let mut plain = open == start;
        loop {
            let Some(end) = self.string_end(open + 1, escapes) else {
                return self.broken(start);
            };
            self.at = end;
            match self.continuation(end) {
                Some(next) => (open, plain) = (next, false),
                None if plain => return self.token(Kind::Literal, start),
                None => return self.token(Kind::String, start),
            }
        }
    }

    /// Behind the closing quote; a doubled one is part of the string.
    fn string_end(&self, from: usize, escapes: bool) -> Option<usize> {
        let mut at = from;
        loop {
            match self.sql.get(at..)? {
                [b'\'', b'\'', ..] => at += 2,
                [b'\'', ..] => return Some(at + 1),
                [b'\\', _, ..] if escapes => at += 2,
                [_, ..] => at += 1,
                [] => return None,
            }
        }
    }

    /// The quote that continues a string which ended at `end`: white space and `--` comments with a
    /// line break in them may stand between. Comments in slashes may not.
    fn continuation(&self, end: usize) -> Option<usize> {
        let (mut at, mut broken) = (end, false);
        loop {
            match self.sql.get(at..)? {
                [b'\n' | b'\r', ..] => (at, broken) = (at + 1, true),
                [b' ' | b'\t' | 0x0b | 0x0c, ..] => at += 1,
                [b'-', b'-', rest @ ..] => {
                    let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
                    at += 2 + length;
                }
                [b'\'', ..] if broken => return Some(at),
                _ => return None,
            }
        }
    }

    /// A quoted identifier whose opening quote is at `open`.
    pub(super) fn quoted(&mut self, start: usize, open: usize, kind: Kind) -> Token {
        let mut at = open + 1;
        loop {
            match self.sql.get(at..) {
                Some([b'"', b'"', ..]) => at += 2,
                Some([b'"', ..]) => break,
                Some([_, ..]) => at += 1,
                _ => return self.broken(start),
            }
        }
        self.at = at + 1;
        self.token(kind, start)
    }

    /// A parameter, a string in dollars, or a lone dollar.
    pub(super) fn dollar(&mut self, start: usize) -> Token {
        if self.is_digit(start + 1) {
            self.at = start + 1;
            while self.is_digit(self.at) {
                self.at += 1;
            }
            return self.token(Kind::Parameter, start);
        }
        let Some(open) = self.dollar_tag(start) else {
            return self.single(Kind::Other, start);
        };
        let tag = &self.sql[start..open];
        let mut at = open;
        // A dollar that begins no closing tag may begin the next one, so the search goes on behind
        // it and not behind the whole tag.
        loop {
            let Some(step) = self.sql[at..].iter().position(|byte| *byte == b'$') else {
                return self.broken(start);
            };
            at += step;
            if self.sql[at..].starts_with(tag) {
                self.at = at + tag.len();
                return self.token(Kind::String, start);
            }
            at += 1;
        }
    }

    /// Behind the tag `$...$` that begins at `start`.
    fn dollar_tag(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        loop {
            match self.peek(at)? {
                b'$' => return Some(at + 1),
                b'0'..=b'9' if at == start + 1 => return None,
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | 0x80..=0xff => at += 1,
                _ => return None,
            }
        }
    }
}
