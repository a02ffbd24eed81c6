//! The key that every replaced value follows from, and the keys of domains.

use std::fmt;
use std::ops::Deref;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key at least.
pub const KEY_BYTES_MIN: usize = 32;

/// No key is longer than this file's worth of bytes.
pub const KEY_BYTES_MAX: usize = 4_096;

/// Different bytes that a key has at least: 32 random ones have fewer than 16 with a probability of
/// 2⁻⁴⁸.
const DIFFERENT_MIN: usize = 16;

/// Permissions of a file that let anybody but its owner read or replace it.
const OTHERS: u32 = 0o066;

/// HKDF's salt (RFC 5869 §3.1): fixed, so that keys of other uses of the same bytes differ.
const SALT: &[u8] = b"standin/mask/v1";

/// Why bytes are no key; never repeats them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short or too long.
    #[error("the masking key has {0} bytes; at least {KEY_BYTES_MIN} are needed")]
    Length(usize),
    /// A repeated byte, a short repeated pattern, or few different bytes.
    #[error("the masking key repeats itself and is no key")]
    Repeats,
    /// A text that is neither hexadecimal nor base64 of random bytes.
    #[error("the masking key is a text that people can guess, not random bytes")]
    Words,
    /// The file that it is in is open to others than its owner.
    #[error("can be read by others than its owner, or replaced (mode {0:04o})")]
    Open(u32),
}

/// Refuses a key file by its permissions: nobody but the owner may read or replace it.
///
/// For whoever reads the file: `mode` is `st_mode`, of which only the permissions count.
///
/// # Errors
/// `KeyError::Open` with the permissions.
pub fn check_mode(mode: u32) -> Result<(), KeyError> {
    match mode & OTHERS {
        0 => Ok(()),
        _ => Err(KeyError::Open(mode & 0o7777)),
    }
}

/// The masking key. Its bytes are wiped when it is dropped, and printing it shows its id only.
pub struct MaskKey {
    bytes: Zeroizing<Vec<u8>>,
}

impl MaskKey {
    /// Takes the content of a key file: 32 random bytes or more, in hexadecimal (as `standin mask key
    /// new` writes them), in base64, or raw. A text is never taken for raw bytes.
    ///
    /// # Errors
    /// When it is too short or too long, or when somebody could guess it.
    pub fn read(content: &[u8]) -> Result<Self, KeyError> {
        let bytes = decode(content)?;
        if !(KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&bytes.len()) {
            return Err(KeyError::Length(bytes.len()));
        }
        let period = |n: usize| bytes.chunks(n).all(|chunk| bytes.starts_with(chunk));
        let mut met = [false; 256];
        bytes.iter().for_each(|byte| met[usize::from(*byte)] = true);
        let different = met.iter().filter(|met| **met).count();
        if (1..=8).any(period) || different < DIFFERENT_MIN {
            return Err(KeyError::Repeats);
        }
        Ok(Self { bytes })
    }

    /// What names the key in manifests and errors: 16 hexadecimal digits that tell nothing of it.
    pub fn id(&self) -> String {
        let id = self.derive("key-id", "");
        id[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The subkey of a purpose within a domain.
    pub fn derive(&self, purpose: &str, domain: &str) -> Subkey {
        let mut info = Vec::new();
        for part in [purpose, domain] {
            // Lengths go first, so that no two pairs have the same bytes.
            info.extend((part.len() as u64).to_be_bytes());
            info.extend(part.as_bytes());
        }
        let mut key = Zeroizing::new([0; 32]);
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), &self.bytes);
        // 32 bytes are far below the 255 blocks that HKDF gives.
        hkdf.expand(&info, key.as_mut_slice())
            .expect("HKDF gives 32 bytes");
        Subkey(key)
    }
}

/// 32 bytes that follow from a key; wiped when dropped, and never printed.
#[derive(Clone)]
pub struct Subkey(Zeroizing<[u8; 32]>);

impl Deref for Subkey {
    type Target = [u8; 32];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for Subkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subkey")
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskKey({})", self.id())
    }
}

/// The bytes of a key file. Text is hexadecimal or base64 and nothing else, so that a passphrase of
/// 32 letters is no key.
fn decode(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = content.trim_ascii();
    let is_text = text
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if !is_text {
        // Blanks at the ends of raw bytes are part of them.
        return Ok(Zeroizing::new(content.to_vec()));
    }
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    if text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit) {
        let pairs = text.chunks_exact(2);
        let bytes = pairs.filter_map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
        return Ok(Zeroizing::new(bytes.collect()));
    }
    // 43 random letters of base64 are all of one case with a probability of 2⁻³¹; words mostly are.
    let mixed = text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    let decoded = STANDARD
        .decode(text)
        .or_else(|_| STANDARD_NO_PAD.decode(text));
    match decoded {
        Ok(bytes) if mixed => Ok(Zeroizing::new(bytes)),
        _ => Err(KeyError::Words),
    }
}

/// A keyed function of a domain: what a value is replaced with is drawn from it.
#[derive(Clone)]
pub struct Draws {
    keyed: Hmac<Sha256>,
}

impl Draws {
    /// The draws of a domain.
    pub fn new(key: &MaskKey, domain: &str) -> Self {
        let subkey = key.derive("prf", domain);
        let keyed = Hmac::new_from_slice(subkey.as_slice());
        Self {
            keyed: keyed.expect("HMAC takes a key of any length"),
        }
    }

    /// What follows from a basis: the type's tag and the canonical form of a value, of a row's key
    /// or of a subject.
    pub fn of(&self, kind: u8, basis: &[u8]) -> Draw {
        let mut mac = self.keyed.clone();
        mac.update(&[kind]);
        mac.update(basis);
        Draw(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Draws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draws")
    }
}

/// 256 bits that follow from a key and a basis, and as many more as a transformer needs.
#[derive(Clone)]
pub struct Draw([u8; 32]);

impl Draw {
    /// 128 bits; each part is independent of the others.
    pub fn bits(&self, part: u32) -> u128 {
        let at = |from: usize| {
            let bytes: [u8; 16] = self.0[from..from + 16].try_into().expect("16 of 32 bytes");
            u128::from_be_bytes(bytes)
        };
        match part {
            0 => at(0),
            1 => at(16),
            _ => {
                let mac = Hmac::<Sha256>::new_from_slice(&self.0);
                let mut mac = mac.expect("HMAC takes a key of any length");
                mac.update(&part.to_be_bytes());
                let bytes: [u8; 32] = mac.finalize().into_bytes().into();
                u128::from_be_bytes(bytes[..16].try_into().expect("16 of 32 bytes"))
            }
        }
    }

    /// Another draw of the same basis, for a replacement that a CHECK refused.
    #[must_use]
    pub fn again(&self, attempt: u32) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let mut mac = mac.expect("HMAC takes a key of any length");
        mac.update(b"again");
        mac.update(&attempt.to_be_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    /// A number below `end`, which is not 0; the bias is below 2⁻⁶⁴.
    pub fn below(&self, end: u64, part: u32) -> u64 {
        let bits = self.bits(part);
        // The upper half of bits × end, of which only the upper 64 bits are wanted.
        let (high, low) = (bits >> 64, bits & u128::from(u64::MAX));
        let end = u128::from(end);
        ((high * end + ((low * end) >> 64)) >> 64) as u64
    }

    /// One of a list that is not empty, each as likely as the other.
    pub fn choose<'l, T>(&self, list: &'l [T], part: u32) -> &'l T {
        &list[self.below(list.len() as u64, part) as usize]
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draw")
    }
}

#[cfg(test)]
mod tests;
