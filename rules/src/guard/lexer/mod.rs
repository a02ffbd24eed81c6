//! A security lexer for PostgreSQL SQL: cuts bytes into tokens where PostgreSQL 13 to 18 would.
//!
//! It needs no grammar, takes linear time and allocates nothing. It holds for the settings that
//! guarded sessions have: `standard_conforming_strings = on` and an encoding in which every ASCII
//! byte is that character. Source of the rules: PostgreSQL's `src/backend/parser/scan.l`.

mod quote;
mod token;

pub use self::token::{Kind, Token};

use self::token::{CLASSES, Class};

/// Cuts SQL into tokens, from the front.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    sql: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer at the front of `sql`.
    pub fn new(sql: &'a [u8]) -> Self {
        Self { sql, at: 0 }
    }

    /// The bytes of a token of this lexer.
    pub fn text(&self, token: Token) -> &'a [u8] {
        &self.sql[token.start..token.end]
    }

    /// The next token; [`Kind::End`] at the end and ever after.
    pub fn advance(&mut self) -> Token {
        let start = match self.skip_blank() {
            Ok(()) => self.at,
            Err(start) => return self.broken(start),
        };
        let Some(&first) = self.sql.get(start) else {
            return self.token(Kind::End, start);
        };
        match CLASSES[first as usize] {
            Class::Letter => self.word(start),
            Class::Digit => self.number(start),
            Class::Operator => self.operator(start),
            Class::Other => self.other(start, first),
            // `skip_blank` leaves none.
            Class::Blank => self.single(Kind::Other, start),
        }
    }

    fn other(&mut self, start: usize, first: u8) -> Token {
        match first {
            b'\'' => self.string(start, start, false),
            b'"' => self.quoted(start, start, Kind::Quoted),
            b'$' => self.dollar(start),
            b'(' => self.single(Kind::Open, start),
            b')' => self.single(Kind::Close, start),
            b'[' => self.single(Kind::OpenList, start),
            b']' => self.single(Kind::CloseList, start),
            b',' => self.single(Kind::Comma, start),
            b';' => self.single(Kind::Semicolon, start),
            b'.' if self.is_digit(start + 1) => self.number(start),
            b'.' => self.single(Kind::Dot, start),
            _ => self.single(Kind::Other, start),
        }
    }

    fn single(&mut self, kind: Kind, start: usize) -> Token {
        self.at = start + 1;
        self.token(kind, start)
    }

    fn token(&self, kind: Kind, start: usize) -> Token {
        Token {
            kind,
            start,
            end: self.at,
        }
    }

    /// What never ends takes the rest: PostgreSQL refuses the whole message.
    fn broken(&mut self, start: usize) -> Token {
        self.at = self.sql.len();
        self.token(Kind::Broken, start)
    }

    fn peek(&self, at: usize) -> Option<u8> {
        self.sql.get(at).copied()
    }

    fn is_digit(&self, at: usize) -> bool {
        self.peek(at).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// Skips white space and comments; an unended comment is its start.
    fn skip_blank(&mut self) -> Result<(), usize> {
        loop {
            match self.sql.get(self.at..) {
                Some([b'-', b'-', ..]) => self.skip_line(),
                Some([b'/', b'*', ..]) => {
                    let start = self.at;
                    self.at = self.comment_end(start).ok_or(start)?;
                }
                Some([byte, ..]) if CLASSES[*byte as usize] == Class::Blank => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    /// A comment behind `--` ends before a line feed or a carriage return.
    fn skip_line(&mut self) {
        let rest = &self.sql[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.at += length.unwrap_or(rest.len());
    }

    /// Comments in slashes nest.
    fn comment_end(&self, start: usize) -> Option<usize> {
        let (mut at, mut depth) = (start, 0usize);
        loop {
            match self.sql.get(at..)? {
                [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
                [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
                [_, ..] => at += 1,
                [] => return None,
            }
            if depth == 0 {
                return Some(at);
            }
        }
    }

    /// An identifier, a keyword, or a string that begins with a letter.
    fn word(&mut self, start: usize) -> Token {
        match self.sql[start..] {
            [b'e' | b'E', b'\'', ..] => return self.string(start, start + 1, true),
            [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
                return self.string(start, start + 1, false);
            }
            [b'u' | b'U', b'&', b'\'', ..] => return self.string(start, start + 2, false),
            [b'u' | b'U', b'&', b'"', ..] => {
                return self.quoted(start, start + 2, Kind::UnicodeQuoted);
            }
            _ => {}
        }
        self.at = self.name_end(start);
        self.token(Kind::Word, start)
    }

    fn name_end(&self, start: usize) -> usize {
        let continues = |byte: &u8| {
            matches!(CLASSES[*byte as usize], Class::Letter | Class::Digit) || *byte == b'$'
        };
        let rest = &self.sql[start..];
        start
            + rest
                .iter()
                .position(|byte| !continues(byte))
                .unwrap_or(rest.len())
    }

    /// Ends where letters begin, so that no keyword hides behind a number: up to PostgreSQL 14
    /// `1FROM t` is `1 FROM t`.
    fn number(&mut self, start: usize) -> Token {
        let digits = |mut at: usize| {
            while self.is_digit(at) {
                at += 1;
            }
            at
        };
        let mut at = digits(start);
        if self.peek(at) == Some(b'.') {
            at = digits(at + 1);
        }
        if matches!(self.peek(at), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek(at + 1), Some(b'+' | b'-')));
            if self.is_digit(at + 1 + sign) {
                at = digits(at + 1 + sign);
            }
        }
        self.at = at;
        self.token(Kind::Number, start)
    }

    /// An operator ends where a comment begins, even without a blank between.
    fn operator(&mut self, start: usize) -> Token {
        let mut at = start + 1;
        while let Some(byte) = self.peek(at) {
            let comment = matches!(self.sql[at..], [b'-', b'-', ..] | [b'/', b'*', ..]);
            if comment || CLASSES[byte as usize] != Class::Operator {
                break;
            }
            at += 1;
        }
        self.at = at;
        self.token(Kind::Operator, start)
    }
}
