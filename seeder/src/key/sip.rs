//! SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF") of
//! messages of two words: a draw is one, so nothing of it may depend on a length.

/// What ends a message of 16 bytes: its length in the highest byte.
const END: u64 = 16 << 56;

/// The hash of two words, as `SipHasher24` gives it for their little-endian bytes.
#[inline]
pub(super) fn words(key: [u64; 2], message: [u64; 2]) -> u128 {
    let mut state = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d ^ 0xee,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    for word in [message[0], message[1], END] {
        state[3] ^= word;
        rounds::<2>(&mut state);
        state[0] ^= word;
    }
    state[2] ^= 0xee;
    rounds::<4>(&mut state);
    let low = state[0] ^ state[1] ^ state[2] ^ state[3];
    state[1] ^= 0xdd;
    rounds::<4>(&mut state);
    let high = state[0] ^ state[1] ^ state[2] ^ state[3];
    u128::from(high) << 64 | u128::from(low)
}

#[inline(always)]
fn rounds<const COUNT: usize>(state: &mut [u64; 4]) {
    let [mut a, mut b, mut c, mut d] = *state;
    for _ in 0..COUNT {
        a = a.wrapping_add(b);
        b = b.rotate_left(13) ^ a;
        a = a.rotate_left(32);
        c = c.wrapping_add(d);
        d = d.rotate_left(16) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(21) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
    }
    *state = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher;

    use proptest::prelude::*;
    use siphasher::sip128::{Hasher128, SipHasher24};

    use super::*;

    proptest! {
        #[test]
        fn two_words_hash_as_their_bytes_do(key: [u64; 2], message: [u64; 2]) {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&message[0].to_le_bytes());
            bytes[8..].copy_from_slice(&message[1].to_le_bytes());
            let mut hasher = SipHasher24::new_with_keys(key[0], key[1]);
            hasher.write(&bytes);
            prop_assert_eq!(words(key, message), u128::from(hasher.finish128()));
        }
    }
}
