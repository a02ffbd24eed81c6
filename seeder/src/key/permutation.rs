//! A keyed bijection of [0, size): unique values without a set, any row alone, in constant memory.

use super::{Key, splitmix};

/// Rounds of the network; four are enough for no visible pattern (Luby and Rackoff), two are spare.
const ROUNDS: usize = 6;

/// A keyed permutation of the integers below a size.
///
/// A Feistel network over Z_a × Z_b with a·b ≥ size that adds instead of xoring, and walks its cycle
/// until it is back below the size (Black and Rogaway, "Ciphers with arbitrary finite domains").
/// a·b exceeds the size by less than 2·√size, so that a walk of more than one step is rare.
#[derive(Debug, Clone)]
pub struct Permutation {
    size: u64,
    a: u64,
    b: u64,
    keys: [u64; ROUNDS],
}

impl Permutation {
    /// The permutation of `size` integers under a key; `size` must not be 0.
    pub fn new(key: Key, size: u64) -> Self {
        debug_assert!(size > 0, "nothing to permute");
        let a = (size.isqrt()).max(1);
        let b = size.div_ceil(a);
        let mut keys = [0; ROUNDS];
        for (round, slot) in keys.iter_mut().enumerate() {
            *slot = key.draw(round as u64, 0, u32::MAX).bits() as u64;
        }
        Self { size, a, b, keys }
    }

    /// How many integers it permutes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where `index` goes; `index` must be below the size.
    #[inline]
    pub fn apply(&self, index: u64) -> u64 {
        debug_assert!(index < self.size, "outside the permutation");
        let mut at = index;
        loop {
            let (mut left, mut right) = (at / self.b, at % self.b);
            for pair in self.keys.chunks_exact(2) {
                left = add(left, reduce(splitmix(right ^ pair[0]), self.a), self.a);
                right = add(right, reduce(splitmix(left ^ pair[1]), self.b), self.b);
            }
            at = left * self.b + right;
            if at < self.size {
                return at;
            }
        }
    }

    /// What goes to `image`; `image` must be below the size.
    pub fn invert(&self, image: u64) -> u64 {
        debug_assert!(image < self.size, "outside the permutation");
        let mut at = image;
        loop {
            let (mut left, mut right) = (at / self.b, at % self.b);
            for pair in self.keys.chunks_exact(2).rev() {
                let step = reduce(splitmix(left ^ pair[1]), self.b);
                right = add(right, self.b - step, self.b);
                let step = reduce(splitmix(right ^ pair[0]), self.a);
                left = add(left, self.a - step, self.a);
            }
            at = left * self.b + right;
            if at < self.size {
                return at;
            }
        }
    }
}

#[inline]
fn reduce(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// The sum modulo `bound`; both terms are at most `bound`, which is far below 2⁶³.
#[inline]
fn add(left: u64, right: u64, bound: u64) -> u64 {
    let sum = left + right;
    if sum >= bound { sum - bound } else { sum }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_integer_is_hit_once() {
        for size in (1..300).chain([1_000, 4_096, 99_991]) {
            let permutation = Permutation::new(Key::derive(3, &["p"]), size);
            let mut seen = vec![false; size as usize];
            for index in 0..size {
                let image = permutation.apply(index);
                assert!(!std::mem::replace(&mut seen[image as usize], true));
            }
        }
    }

    proptest! {
        #[test]
        fn inverting_undoes_applying(size in 1_u64..1 << 62, index: u64, seed: u64) {
            let permutation = Permutation::new(Key::derive(seed, &["p"]), size);
            let index = index % size;
            let image = permutation.apply(index);
            prop_assert!(image < size);
            prop_assert_eq!(permutation.invert(image), index);
        }
    }
}
