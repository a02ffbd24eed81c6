//! Settings on which the guard's own footing depends.

use super::name::Folded;
use crate::guard::Rule;
use crate::guard::lexer::{Kind, Token};

/// A setting that the guard looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `default_transaction_read_only`
    DefaultReadOnly,
    /// `transaction_read_only`
    ReadOnly,
    /// `standard_conforming_strings`
    ConformingStrings,
    /// `client_encoding`
    Encoding,
    /// `role`
    Role,
    /// `session_authorization`
    SessionAuthorization,
    /// `local_preload_libraries` and `session_preload_libraries`: code that a session begins by loading.
    Libraries,
}

impl Setting {
    /// The setting of that name; names of settings ignore ASCII case.
    pub fn of(name: &[u8]) -> Option<Self> {
        const NAMES: [(&[u8], Setting); 8] = [
            (b"default_transaction_read_only", Setting::DefaultReadOnly),
            (b"transaction_read_only", Setting::ReadOnly),
            (b"standard_conforming_strings", Setting::ConformingStrings),
            (b"client_encoding", Setting::Encoding),
            (b"role", Setting::Role),
            (b"session_authorization", Setting::SessionAuthorization),
            (b"local_preload_libraries", Setting::Libraries),
            (b"session_preload_libraries", Setting::Libraries),
        ];
        let is = |(known, _): &&(&[u8], Self)| known.eq_ignore_ascii_case(name);
        NAMES.iter().find(is).map(|(_, setting)| *setting)
    }

    /// The rule that a value breaks; `None` as the value is one that cannot be read off the text.
    pub fn breaks(self, value: Option<&[u8]>) -> Option<Rule> {
        let fits = value.is_some_and(|value| match self {
            Self::DefaultReadOnly | Self::ReadOnly | Self::ConformingStrings => means_on(value),
            Self::Encoding => is_safe_encoding(value),
            Self::Role => value == b"none",
            Self::SessionAuthorization => false,
            Self::Libraries => value.is_empty(),
        });
        (!fits).then_some(match self {
            Self::DefaultReadOnly | Self::ReadOnly => Rule::TxReadWrite,
            Self::ConformingStrings | Self::Encoding => Rule::GucLex,
            Self::Role | Self::SessionAuthorization => Rule::RoleSet,
            Self::Libraries => Rule::Host,
        })
    }
}

/// The value that a token of a SET or `set_config` surely is.
pub(super) fn value(token: Token, text: &[u8]) -> Option<Folded> {
    match token.kind {
        Kind::Word => Folded::identifier(token, text),
        Kind::Number => Folded::exact(text),
        Kind::Literal | Kind::Quoted => {
            let inner = text.get(1..text.len() - 1)?;
            // A doubled quote stands for one: no value that the guard accepts has any.
            let quote = text[0];
            (!inner.contains(&quote)).then(|| Folded::exact(inner))?
        }
        _ => None,
    }
}

/// The name of a setting in a SET, RESET or `set_config`.
pub(super) fn named(token: Token, text: &[u8]) -> Option<Setting> {
    Folded::setting(token, text).and_then(|name| Setting::of(name.as_bytes()))
}

/// PostgreSQL's `parse_bool`: unique prefixes of the words in any case, and 1.
fn means_on(value: &[u8]) -> bool {
    let prefix = |word: &[u8], least: usize| {
        (least..=word.len()).contains(&value.len())
            && word[..value.len()].eq_ignore_ascii_case(value)
    };
    value == b"1" || prefix(b"true", 1) || prefix(b"yes", 1) || prefix(b"on", 2)
}

/// Whether every ASCII byte of text in that encoding is that character: in the others the second
/// byte of a letter may be a backslash or a quote (PostgreSQL: "Supported Character Sets", those
/// that no server may use). The name is compared as PostgreSQL does, by letters and digits.
pub fn is_safe_encoding(name: &[u8]) -> bool {
    const UNSAFE: [&str; 19] = [
        "sjis",
        "mskanji",
        "shiftjis",
        "win932",
        "windows932",
        "shiftjis2004",
        "big5",
        "win950",
        "windows950",
        "gbk",
        "win936",
        "windows936",
        "uhc",
        "win949",
        "windows949",
        "gb18030",
        "johab",
        "shiftjisx0213",
        "ms932",
    ];
    let letters = || name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let is = |unsafe_name: &&str| {
        letters()
            .map(u8::to_ascii_lowercase)
            .eq(unsafe_name.bytes())
    };
    !UNSAFE.iter().any(is)
}
