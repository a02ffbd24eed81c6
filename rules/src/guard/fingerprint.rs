//! Names a statement in the audit log without its values.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::lexer::{Kind, Lexer};

/// The same for statements that differ in values, case and white space only; it holds none of their
/// text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of one message of SQL.
    pub fn of(sql: &[u8]) -> Self {
        let mut hasher = SipHasher13::new();
        let mut lexer = Lexer::new(sql);
        loop {
            let token = lexer.advance();
            match token.kind {
                Kind::End => return Self(hasher.finish()),
                Kind::Literal | Kind::String | Kind::Number | Kind::Parameter | Kind::Broken => {
                    hasher.write_u8(b'?');
                }
                Kind::Word => {
                    for byte in lexer.text(token) {
                        hasher.write_u8(byte.to_ascii_lowercase());
                    }
                }
                _ => hasher.write(lexer.text(token)),
            }
            hasher.write_u8(b' ');
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
