//! Keyed bijections of the integers below a size.

use std::fmt;

use aes::Aes128;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockEncrypt, KeyInit};
use sha2::{Digest, Sha256};

/// Up to this size a bijection is a table: a Feistel network on so small a space is weak (Bellare,
/// Hoang, Tessaro, "Message-Recovery Attacks on Feistel-Based Format Preserving Encryption", 2016).
const TABLE_MAX: u128 = 1 << 20;

/// Rounds of the network, as FF1 has (NIST SP 800-38G).
const ROUNDS: u8 = 10;

/// A keyed bijection of the integers below its size.
#[derive(Clone)]
pub struct Permutation {
    size: u128,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Table(Vec<u32>),
    Network {
        cipher: Box<Aes128>,
        /// Tells forms and domains apart.
        tweak: [u8; 7],
        /// Bits of the left and the right half.
        left: u32,
        right: u32,
    },
}

impl Permutation {
    /// The bijection of a key and a form.
    ///
    /// # Panics
    /// Unless `size` is 1 to 2¹²⁶: of another one it would be no bijection.
    pub fn new(subkey: &[u8; 32], form: &str, size: u128) -> Self {
        assert!((1..=1 << 126).contains(&size), "no size of a bijection");
        let mut hash = Sha256::new();
        hash.update(subkey);
        hash.update(size.to_be_bytes());
        hash.update(form);
        let digest = hash.finalize();
        let cipher = Aes128::new(GenericArray::from_slice(&digest[..16]));
        let kind = if size <= TABLE_MAX {
            Kind::Table(table(&cipher, size as u32))
        } else {
            let bits = 128 - (size - 1).leading_zeros();
            Kind::Network {
                cipher: Box::new(cipher),
                tweak: digest[16..23].try_into().expect("7 of 32 bytes"),
                left: bits / 2,
                right: bits - bits / 2,
            }
        };
        Self { size, kind }
    }

    /// Bytes that it holds in memory, beside itself.
    pub fn bytes(&self) -> usize {
        match &self.kind {
            Kind::Table(table) => table.len() * size_of::<u32>(),
            Kind::Network { .. } => 0,
        }
    }

    /// How many integers there are.
    pub fn size(&self) -> u128 {
        self.size
    }

    /// What an integer below the size becomes.
    pub fn of(&self, value: u128) -> u128 {
        debug_assert!(value < self.size, "outside the integers");
        match &self.kind {
            Kind::Table(table) => u128::from(table[value as usize]),
            Kind::Network {
                cipher,
                tweak,
                left,
                right,
            } => {
                let mut value = value;
                // The network's own space is less than four times the size, so a walk is short.
                loop {
                    value = network(cipher, tweak, (*left, *right), value);
                    if value < self.size {
                        return value;
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Permutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permutation({})", self.size)
    }
}

/// Alternating Feistel rounds: each half in turn is mixed with a function of the other.
fn network(cipher: &Aes128, tweak: &[u8; 7], (left, right): (u32, u32), value: u128) -> u128 {
    let masks = (mask(left), mask(right));
    let (mut one, mut other) = ((value >> right) as u64 & masks.0, value as u64 & masks.1);
    for round in 0..ROUNDS {
        let from = if round % 2 == 0 { other } else { one };
        let mut block = [0; 16];
        block[0] = round;
        block[1..8].copy_from_slice(tweak);
        block[8..].copy_from_slice(&from.to_be_bytes());
        let mut block = GenericArray::from(block);
        cipher.encrypt_block(&mut block);
        let mixed = u64::from_be_bytes(block[..8].try_into().expect("8 of 16 bytes"));
        if round % 2 == 0 {
            one ^= mixed & masks.0;
        } else {
            other ^= mixed & masks.1;
        }
    }
    u128::from(one) << right | u128::from(other)
}

fn mask(bits: u32) -> u64 {
    match bits {
        64.. => u64::MAX,
        bits => (1 << bits) - 1,
    }
}

/// A shuffled table (Fisher and Yates), drawn from the cipher in counter mode.
fn table(cipher: &Aes128, size: u32) -> Vec<u32> {
    let mut table: Vec<u32> = (0..size).collect();
    for last in (1..size).rev() {
        let mut block = GenericArray::from(u128::from(last).to_be_bytes());
        cipher.encrypt_block(&mut block);
        let bits = u64::from_be_bytes(block[..8].try_into().expect("8 of 16 bytes"));
        // The upper half of bits × (last + 1): the bias is below 2⁻⁴⁴.
        let with = (u128::from(bits) * u128::from(last + 1)) >> 64;
        table.swap(last as usize, with as usize);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_spaces_are_met_whole_and_once() {
        for size in [1, 2, 3, 10, 1_000, 16_384, 1 << 20] {
            let permutation = Permutation::new(&[1; 32], "x", size);
            let mut met = vec![false; size as usize];
            for value in 0..size {
                let to = permutation.of(value) as usize;
                assert!(!met[to], "{size}: {value}");
                met[to] = true;
            }
        }
    }

    #[test]
    fn large_spaces_stay_within_their_size_and_meet_nothing_twice() {
        for size in [
            (1 << 20) + 1,
            3_000_000,
            1 << 30,
            (1 << 62) + 12_345,
            1 << 122,
            1 << 126,
        ] {
            let permutation = Permutation::new(&[2; 32], "x", size);
            let mut met: Vec<u128> = (0..100_000).map(|value| permutation.of(value)).collect();
            assert!(met.iter().all(|value| *value < size), "{size}");
            met.sort_unstable();
            met.dedup();
            assert_eq!(met.len(), 100_000, "{size}");
        }
    }

    /// In the space of the keys of `integer`; the bench `mask-values` does the same with ten million.
    #[test]
    fn a_million_keys_of_an_integer_have_no_duplicate() {
        let permutation = Permutation::new(&[3; 32], "int", 1 << 30);
        let mut met = vec![0_u64; 1 << 24];
        for value in 0..1_000_000 {
            let to = permutation.of(value) as usize;
            let (word, bit) = (to / 64, 1 << (to % 64));
            assert_eq!(met[word] & bit, 0, "{value}");
            met[word] |= bit;
        }
    }

    /// Neighbours do not stay such, and every part of the space is met as often as the others.
    #[test]
    fn results_are_spread_over_the_space() {
        for size in [1 << 20, (1 << 20) + 1, (1 << 40) + 7] {
            let permutation = Permutation::new(&[4; 32], "x", size);
            let mut counts = [0_u32; 100];
            let mut close = 0;
            for value in 0..100_000 {
                let (one, next) = (permutation.of(value), permutation.of(value + 1));
                counts[(one * 100 / size) as usize] += 1;
                close += u32::from(one.abs_diff(next) < size / 1_000);
            }
            let squares = counts
                .iter()
                .map(|n| (f64::from(*n) - 1_000.0).powi(2) / 1_000.0);
            let chi: f64 = squares.sum();
            assert!(chi < 99.0 + 6.0 * 198.0_f64.sqrt(), "{size}: χ² {chi}");
            // 200 are expected, with a deviation of 14.
            assert!((100..300).contains(&close), "{size}: {close} neighbours");
        }
    }

    /// Computed apart, with AES of another library; changed values here change every copy.
    #[test]
    fn bijections_are_the_same_everywhere() {
        let of = |size: u128| Permutation::new(&[5; 32], "x", size).of(7);
        let found: Vec<u128> = [10, 1 << 20, (1 << 20) + 1, 1 << 52, 1 << 122]
            .map(of)
            .into();
        assert_eq!(
            found,
            [
                2,
                1_019_528,
                128_592,
                2_158_131_415_100_023,
                1_590_305_802_747_197_100_675_502_642_305_030_884
            ]
        );
    }

    #[test]
    #[should_panic(expected = "no size of a bijection")]
    fn a_space_that_is_too_large_is_none() {
        Permutation::new(&[1; 32], "x", (1 << 126) + 1);
    }

    #[test]
    fn small_spaces_are_shuffled_by_their_key_and_form() {
        let of = |key: u8, form: &str| -> Vec<u128> {
            let permutation = Permutation::new(&[key; 32], form, 10_000);
            (0..10_000).map(|value| permutation.of(value)).collect()
        };
        // A shuffle leaves one in its place on average, and shares one with another: ten are chance
        // once in ten million.
        let same = |one: &[u128], other: &[u128]| {
            let pairs = one.iter().zip(other);
            pairs.filter(|(one, other)| one == other).count()
        };
        let one = of(1, "a");
        let still: Vec<u128> = (0..10_000).collect();
        for other in [still, of(2, "a"), of(1, "b")] {
            assert!(same(&one, &other) < 10);
        }
    }

    #[test]
    fn another_key_or_form_is_another_bijection() {
        let of = |key: u8, form: &str| {
            let permutation = Permutation::new(&[key; 32], form, 1 << 40);
            (0..1_000)
                .map(|value| permutation.of(value))
                .collect::<Vec<_>>()
        };
        let one = of(1, "a");
        assert_eq!(one, of(1, "a"));
        for other in [of(2, "a"), of(1, "b")] {
            let same = one.iter().zip(&other).filter(|(one, other)| one == other);
            assert_eq!(same.count(), 0);
        }
    }
}
