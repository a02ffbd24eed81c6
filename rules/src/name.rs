//! The names that people give: environments, branches, users.
//!
//! A name becomes a file name, a part of a host name and a part of a database name, so one narrow
//! alphabet serves all three and no name can climb out of a directory.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name in bytes: a DNS label holds 63 (RFC 1035 §2.3.4), of which `environment--branch`
/// shares one.
pub const NAME_BYTES_MAX: usize = 40;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name has no characters.
    #[error("a name cannot be empty")]
    Empty,
    /// The name is longer than [`NAME_BYTES_MAX`].
    #[error("name {name:?} has {length} characters, at most {NAME_BYTES_MAX} are allowed")]
    TooLong {
        /// The first bytes of the name.
        name: String,
        /// Its length in bytes.
        length: usize,
    },
    /// The name holds a character outside `a-z 0-9 -`, or begins or ends with `-`, or holds `--`.
    #[error(
        "name {name:?} may hold only lower-case letters, digits and single dashes inside \
         (a-z, 0-9, -)"
    )]
    Alphabet {
        /// The name as it was given.
        name: String,
    },
}

fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > NAME_BYTES_MAX {
        let shown = name.chars().take(NAME_BYTES_MAX).collect();
        return Err(NameError::TooLong {
            name: shown,
            length: name.len(),
        });
    }
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.bytes().all(legal)
        || name.starts_with('-')
        || name.ends_with('-')
        || name.contains("--")
    {
        return Err(NameError::Alphabet {
            name: name.to_owned(),
        });
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name! {
    /// The name of one environment, for example `qa` or `test-7`.
    EnvironmentName
}
name! {
    /// The name of a branch within an environment, for example `login-fix`.
    BranchName
}

/// The name of a user: what clients send as `user`, 1 to 63 bytes without control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserName {
    type Error = NameError;
    fn try_from(name: String) -> Result<Self, NameError> {
        match name.len() {
            0 => Err(NameError::Empty),
            1..=63 if !name.chars().any(char::is_control) => Ok(Self(name)),
            1..=63 => Err(NameError::Alphabet { name }),
            length => Err(NameError::TooLong {
                name: name.chars().take(63).collect(),
                length,
            }),
        }
    }
}

impl FromStr for UserName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::try_from(text.to_owned())
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> String {
        name.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The key of an `[environments.*]` table: one name, or a prefix that ends in `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvironmentPattern {
    /// Exactly this environment.
    One(EnvironmentName),
    /// Every name that begins with this prefix and goes on, `test-` for `test-*`.
    Prefix(String),
}

impl EnvironmentPattern {
    /// Whether `name` is an environment of this table.
    pub fn matches(&self, name: &EnvironmentName) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Prefix(prefix) => {
                name.as_str().len() > prefix.len() && name.as_str().starts_with(prefix.as_str())
            }
        }
    }
}

impl FromStr for EnvironmentPattern {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some(prefix) = text.strip_suffix('*') else {
            return text.parse().map(Self::One);
        };
        // A prefix must be the beginning of a legal name: complete it with a letter and look.
        check(&format!("{prefix}x")).map_err(|_| NameError::Alphabet {
            name: text.to_owned(),
        })?;
        Ok(Self::Prefix(prefix.to_owned()))
    }
}

impl fmt::Display for EnvironmentPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => name.fmt(f),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_a_directory_are_refused() {
        for bad in [
            "", ".", "..", "a/b", "a.b", "A", "-a", "a-", "a--b", "a b", "ä", "a\0", "*",
        ] {
            assert!(
                bad.parse::<EnvironmentName>().is_err(),
                "{bad:?} was accepted"
            );
            assert!(bad.parse::<BranchName>().is_err(), "{bad:?} was accepted");
        }
        assert!("x".repeat(NAME_BYTES_MAX).parse::<BranchName>().is_ok());
        assert!(
            "x".repeat(NAME_BYTES_MAX + 1)
                .parse::<BranchName>()
                .is_err()
        );
    }

    #[test]
    fn a_prefix_matches_longer_names_only() {
        let pattern: EnvironmentPattern = "test-*".parse().expect("a pattern");
        assert!(pattern.matches(&"test-7".parse().expect("a name")));
        assert!(!pattern.matches(&"test".parse().expect("a name")));
        assert!(!pattern.matches(&"contest-7".parse().expect("a name")));
        assert_eq!(pattern.to_string(), "test-*");
    }

    #[test]
    fn a_star_is_allowed_only_at_the_end() {
        for bad in ["*-test", "te*st", "test-**", "--*", "Test-*"] {
            assert!(
                bad.parse::<EnvironmentPattern>().is_err(),
                "{bad:?} was accepted"
            );
        }
        assert!("*".parse::<EnvironmentPattern>().is_ok());
    }
}
