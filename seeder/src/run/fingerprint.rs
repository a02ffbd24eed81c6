//! What every value depends on beside seed, schema and rules.

use sha2::{Digest, Sha256};

use crate::{natural, words};

/// Version of the engine: raised with any change of planning, choosing of parents or solving that
/// changes a value. Such a change is named in CHANGELOG.
const ENGINE_VERSION: u32 = 3;

/// The engine's fingerprint in hexadecimal: another one means other bytes for the same seed.
pub fn fingerprint() -> String {
    let mut hash = Sha256::new();
    hash.update(ENGINE_VERSION.to_be_bytes());
    hash.update(natural::VERSION.to_be_bytes());
    hash.update(words::fingerprint().as_bytes());
    let digest = hash.finalize();
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
