//! Names of directories in the pool.

use std::fmt;

use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Letters without look-alikes, so that an id can be read out.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const LETTERS: usize = 12;

macro_rules! id {
    ($(#[$doc:meta])* $type:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Draws a new id; 60 random bits, so two never meet in one pool.
            pub fn draw() -> Self {
                let mut rng = rand::rng();
                let letters = (0..LETTERS).map(|_| ALPHABET[rng.random_range(0..32)] as char);
                Self(std::iter::once($prefix).chain(letters).collect())
            }

            /// The id as text: also the directory's name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                let legal = text.len() == LETTERS + 1
                    && text.starts_with($prefix)
                    && text.bytes().skip(1).all(|byte| ALPHABET.contains(&byte));
                if legal { Ok(Self(text)) } else { Err(format!("{text:?} is no id")) }
            }
        }

        impl From<$type> for String {
            fn from(id: $type) -> String {
                id.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A branch's directory: `branches/b…`.
    BranchId, 'b'
}
id! {
    /// A snapshot's directory: `snapshots/s…`.
    SnapshotId, 's'
}
