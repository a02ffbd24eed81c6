//! Characters replaced by others of their class, one for one whatever the pattern.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aes::Aes128;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::key::Subkey;
use crate::permute::Permutation;

/// Values of a pattern with more are replaced character by character in rounds.
const WHOLE_MAX: u128 = 1 << 100;

/// Rounds over the characters of a long value, as FF1 has (NIST SP 800-38G).
const ROUNDS: u8 = 10;

/// Bytes of tables that are kept: small patterns are tables, and a column may have many patterns.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// Patterns that are kept.
const KEPT_MAX: usize = 10_000;

/// Replaces characters by others of their class.
///
/// The pattern, which stays, decides which bijection is taken; so the whole is a bijection of the
/// texts of all patterns.
#[derive(Debug)]
pub(super) struct Classes {
    subkey: Subkey,
    /// Whether letters are replaced too.
    letters: bool,
    kept_bytes_max: usize,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    patterns: HashMap<Vec<u8>, Arc<Permutation>>,
    bytes: usize,
}

/// A character that is replaced.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    /// The class's first character, which names the class.
    first: u8,
    /// Which of the class it is.
    rank: u8,
}

impl Place {
    fn count(self) -> u8 {
        if self.first == b'0' { 10 } else { 26 }
    }
}

impl Classes {
    pub(super) fn new(subkey: Subkey, letters: bool) -> Self {
        Self {
            subkey,
            letters,
            kept_bytes_max: KEPT_BYTES_MAX,
            kept: RwLock::default(),
        }
    }

    /// Appends a text with its characters replaced.
    pub(super) fn replace(&self, text: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(text);
        let mut places: Vec<Place> = Vec::with_capacity(text.len().min(64));
        let mut size: u128 = 1;
        for (at, byte) in text.iter().enumerate() {
            let first = match byte {
                b'0'..=b'9' => b'0',
                b'a'..=b'z' if self.letters => b'a',
                b'A'..=b'Z' if self.letters => b'A',
                _ => continue,
            };
            let rank = byte - first;
            let place = Place { at, first, rank };
            size = size.saturating_mul(u128::from(place.count()));
            places.push(place);
        }
        match size {
            1 => return,
            2..=WHOLE_MAX => self.whole(&mut places, size),
            _ => self.rounds(&mut places),
        }
        for place in places {
            out[begin + place.at] = place.first + place.rank;
        }
    }

    /// As one number, by a bijection of the pattern.
    fn whole(&self, places: &mut [Place], size: u128) {
        let rank = places.iter().fold(0, |rank, place| {
            rank * u128::from(place.count()) + u128::from(place.rank)
        });
        let mut replaced = self.bijection(places, size).of(rank);
        for place in places.iter_mut().rev() {
            let count = u128::from(place.count());
            place.rank = (replaced % count) as u8;
            replaced /= count;
        }
    }

    fn bijection(&self, places: &[Place], size: u128) -> Arc<Permutation> {
        let pattern: Vec<u8> = places.iter().map(|place| place.first).collect();
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.patterns.get(&pattern) {
            return Arc::clone(found);
        }
        drop(kept);
        let form = String::from_utf8_lossy(&pattern);
        let made = Arc::new(Permutation::new(&self.subkey, &form, size));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        // What is thrown away is made again when it is needed: the same, a little later.
        if kept.bytes + made.bytes() > self.kept_bytes_max || kept.patterns.len() >= KEPT_MAX {
            *kept = Kept::default();
        }
        kept.bytes += made.bytes();
        kept.patterns.insert(pattern, Arc::clone(&made));
        made
    }

    /// A Feistel network over two halves of the characters: each half in turn is moved, character by
    /// character within its class, by a function of the other.
    fn rounds(&self, places: &mut [Place]) {
        let middle = places.len() / 2;
        for round in 0..ROUNDS {
            let (left, right) = places.split_at_mut(middle);
            let (from, moved) = match round % 2 {
                0 => (right, left),
                _ => (left, right),
            };
            let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.subkey.as_slice())
                .expect("HMAC takes a key of any length");
            mac.update(&[round]);
            // Both patterns, so that no two forms share a function.
            moved.iter().for_each(|place| mac.update(&[place.first]));
            mac.update(&[0]);
            from.iter()
                .for_each(|place| mac.update(&[place.first + place.rank]));
            let seed: [u8; 32] = mac.finalize().into_bytes().into();
            shift(moved, &seed);
        }
    }
}

/// Moves each character by a draw below the size of its class.
fn shift(places: &mut [Place], seed: &[u8; 32]) {
    let cipher = Aes128::new(GenericArray::from_slice(&seed[..16]));
    for (number, chunk) in places.chunks_mut(2).enumerate() {
        let mut block = GenericArray::from((number as u128).to_be_bytes());
        cipher.encrypt_block(&mut block);
        for (place, bytes) in chunk.iter_mut().zip(block.chunks_exact(8)) {
            let bits = u64::from_be_bytes(bytes.try_into().expect("8 bytes"));
            let count = place.count();
            // The upper half of bits × count: the bias is below 2⁻⁵⁹.
            let by = (u128::from(bits) * u128::from(count)) >> 64;
            place.rank = (place.rank + by as u8) % count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::MaskKey;

    /// Tables of many patterns do not fill the memory: they are thrown away, and made again alike.
    #[test]
    fn many_patterns_are_masked_alike_again() {
        let bytes: Vec<u8> = (0..32).collect();
        let key = MaskKey::read(&bytes).expect("a key");
        let mut classes = Classes::new(key.derive("perm", "t.c"), true);
        classes.kept_bytes_max = 100_000;
        let class = |n: usize, place: u32| [b'7', b'k', b'Q'][n / 3_usize.pow(place) % 3];
        let patterns = (0..27).map(|n| (0..3).map(|place| class(n, place)).collect());
        let patterns: Vec<Vec<u8>> = patterns.collect();
        let replaced = || -> Vec<Vec<u8>> {
            let replace = |text: &Vec<u8>| {
                let mut out = Vec::new();
                classes.replace(text, &mut out);
                let kept = classes.kept.read().expect("nobody panicked");
                assert!(kept.bytes <= 100_000 && !kept.patterns.is_empty());
                out
            };
            patterns.iter().map(replace).collect()
        };
        assert_eq!(replaced(), replaced());
    }
}
