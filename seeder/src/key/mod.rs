//! Keyed randomness: every draw is a function of a seed, a name and a row, so that neither threads
//! nor order nor the machine can change a value.
//!
//! SipHash-2-4 with 128 bits of output under keys that HKDF-SHA-256 (RFC 5869) derives from the seed
//! and the names. Not a secret: masking keys are never used here. No clock, no environment, no
//! platform floating point.

mod permutation;
mod sip;

use std::hash::Hasher;

use hkdf::Hkdf;
use sha2::Sha256;
use siphasher::sip128::{Hasher128, SipHasher24};

pub use permutation::Permutation;

/// The key of everything that one name decides, a column's for example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// Derives the key of a name: its parts in order, `["public", "orders", "status"]` for a column.
    ///
    /// Lengths are part of what is derived from, so no two lists of parts share a key.
    pub fn derive(seed: u64, parts: &[&str]) -> Self {
        let mut info = Vec::new();
        for part in parts {
            info.extend_from_slice(&(part.len() as u64).to_be_bytes());
            info.extend_from_slice(part.as_bytes());
        }
        let mut key = [0; 16];
        Hkdf::<Sha256>::new(Some(b"standin seed"), &seed.to_be_bytes())
            .expand(&info, &mut key)
            .expect("16 bytes are within what HKDF gives");
        Self(key)
    }

    /// The key of a part of what this key decides.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(name.as_bytes());
        Self(u128::from(hasher.finish128()).to_be_bytes())
    }

    /// Cheaper draws, of one number each.
    pub fn stream(&self) -> Stream {
        let bits = self.draw(0, 0, 0).bits();
        Stream((bits >> 64) as u64, bits as u64)
    }

    /// The draw of a row: `attempt` counts the tries to satisfy a constraint, `part` the draws that
    /// one cell needs.
    #[inline]
    pub fn draw(&self, row: u64, attempt: u32, part: u32) -> Draw {
        let halves = [&self.0[..8], &self.0[8..]]
            .map(|half| u64::from_le_bytes(half.try_into().expect("eight bytes")));
        let parts = u64::from(attempt) | u64::from(part) << 32;
        Draw(sip::words(halves, [row, parts]))
    }
}

/// Draws that are made at a tenth of the cost of a key's, for what is counted through again and again:
/// even, and no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream(u64, u64);

impl Stream {
    /// The draw of a number.
    #[inline]
    pub fn draw(&self, number: u64) -> Draw {
        let high = splitmix(splitmix(number ^ self.0) ^ self.1);
        Draw(u128::from(high) << 64 | u128::from(splitmix(high ^ self.0)))
    }
}

/// 128 uniform bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw(u128);

impl Draw {
    /// The bits.
    pub fn bits(self) -> u128 {
        self.0
    }

    /// An integer below `bound`, which must not be 0; the bias is below `bound` × 2⁻¹²⁸ × 2⁶⁴.
    #[inline]
    pub fn below(self, bound: u64) -> u64 {
        debug_assert!(bound > 0, "nothing is below 0");
        (((self.0 >> 64) * u128::from(bound)) >> 64) as u64
    }

    /// A fraction in [0, 1) with 53 bits, exact on every machine.
    #[inline]
    pub fn fraction(self) -> f64 {
        ((self.0 >> 75) as u64) as f64 / (1_u64 << 53) as f64
    }

    /// Whether an event of `per_million` in 1,000,000 happens.
    #[inline]
    pub fn chance(self, per_million: u32) -> bool {
        self.below(1_000_000) < u64::from(per_million)
    }

    /// Another draw from the same bits, for `n` draws that need no independence of a kind that a
    /// test could see: a splitmix64 step over each half.
    #[must_use]
    #[inline]
    pub fn next(self) -> Self {
        let high = splitmix((self.0 >> 64) as u64);
        let low = splitmix(self.0 as u64 ^ high);
        Self(u128::from(high) << 64 | u128::from(low))
    }
}

/// The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
#[inline]
pub(crate) fn splitmix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_where_its_parts_end() {
        assert_ne!(Key::derive(1, &["ab", "c"]), Key::derive(1, &["a", "bc"]));
        assert_ne!(Key::derive(1, &["ab"]), Key::derive(2, &["ab"]));
    }

    /// A changed value here changes every seeded database: only together with the fingerprint.
    #[test]
    fn draws_are_the_same_everywhere() {
        let draw = Key::derive(42, &["public", "users", "email"]).draw(7, 0, 0);
        assert_eq!(draw.bits(), GOLDEN);
    }
    const GOLDEN: u128 = 328_428_455_204_170_552_364_963_157_595_007_578_259;

    #[test]
    fn draws_below_a_bound_are_uniform() {
        let key = Key::derive(1, &["x"]);
        let mut counts = [0_u32; 10];
        for row in 0..100_000 {
            counts[key.draw(row, 0, 0).below(10) as usize] += 1;
        }
        let chi: f64 = counts
            .iter()
            .map(|&n| (f64::from(n) - 10_000.0).powi(2) / 10_000.0)
            .sum();
        assert!(chi < 27.9, "chi² {chi} of 9 degrees of freedom, p < 0.001");
    }
}
