//! Tokens, and the classes of bytes that begin them.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword without quotes.
    Word,
    /// `"..."`
    Quoted,
    /// `U&"..."`, whose name is known only after its escapes are read.
    UnicodeQuoted,
    /// `'...'` in one piece, without a prefix.
    Literal,
    /// Any other string: `E''`, `B''`, `X''`, `N''`, `U&''`, `$$ $$`, or one that is continued.
    String,
    /// A number.
    Number,
    /// `$1`
    Parameter,
    /// A run of operator characters.
    Operator,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenList,
    /// `]`
    CloseList,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `;`
    Semicolon,
    /// Any other byte.
    Other,
    /// A string, identifier or comment that never ends.
    Broken,
    /// The end.
    End,
}

/// A place in the SQL and what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

impl Token {
    /// Whether a statement ends here.
    pub fn ends_statement(self) -> bool {
        matches!(self.kind, Kind::Semicolon | Kind::End | Kind::Broken)
    }

    /// Whether it may be the name of something.
    pub fn is_name(self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted | Kind::UnicodeQuoted)
    }
}

/// What a byte begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Blank,
    Letter,
    Digit,
    Operator,
    Other,
}

pub(super) static CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class(byte as u8);
        byte += 1;
    }
    classes
}

const fn class(byte: u8) -> Class {
    match byte {
        // The vertical tab is white space from PostgreSQL 16 on, and an error before.
        b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => Class::Blank,
        b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..=0xff => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'+' | b'-' | b'*'
        | b'/' | b'%' | b'<' | b'>' | b'=' => Class::Operator,
        _ => Class::Other,
    }
}
