//! Hashes of values that must not turn up, in bounded memory.

/// Hashes that are kept: 8 bytes each, and half as much again for the filter before them.
const HASHES_MAX: usize = 1_000_000;

/// A set of hashes. Once there are more than it may keep, it keeps those below a limit that is
/// halved as often as need be: the same share of every set, so that sets can be compared.
#[derive(Debug, Clone)]
pub(super) struct Known {
    hashes: Vec<u64>,
    /// How many at the front are sorted and different.
    sorted: usize,
    /// Hashes above it are not kept.
    limit: u64,
    most: usize,
}

impl Default for Known {
    fn default() -> Self {
        Self::bounded(HASHES_MAX)
    }
}

impl Known {
    pub(super) fn bounded(most: usize) -> Self {
        Self {
            hashes: Vec::new(),
            sorted: 0,
            limit: u64::MAX,
            most,
        }
    }

    pub(super) fn insert(&mut self, hash: u64) {
        if hash > self.limit {
            return;
        }
        self.hashes.push(hash);
        if self.hashes.len() >= self.sorted + self.most / 4 {
            self.settle();
        }
    }

    /// Adds everything of another set.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.limit = self.limit.min(other.limit);
        for hash in &other.hashes {
            self.insert(*hash);
        }
        self.settle();
    }

    /// Takes out everything of another set; neither then says anything above either limit.
    pub(super) fn remove(&mut self, other: &mut Self) {
        self.limit = self.limit.min(other.limit);
        self.settle();
        other.settle();
        let others = &other.hashes;
        self.hashes
            .retain(|hash| others.binary_search(hash).is_err());
        self.sorted = self.hashes.len();
    }

    fn settle(&mut self) {
        let limit = self.limit;
        self.hashes.retain(|hash| *hash <= limit);
        self.hashes.sort_unstable();
        self.hashes.dedup();
        while self.hashes.len() > self.most {
            self.limit /= 2;
            let keep = self.hashes.partition_point(|hash| *hash <= self.limit);
            self.hashes.truncate(keep);
        }
        self.sorted = self.hashes.len();
    }

    /// Ready to be asked.
    pub(super) fn filtered(mut self) -> Filtered {
        self.settle();
        // 16 bits for each: one of some hundred strangers passes, and is looked up in vain.
        let bits = (self.hashes.len() * 16).next_power_of_two().max(1_024);
        let mut filter = vec![0_u64; bits / 64];
        let mask = bits as u64 - 1;
        for hash in &self.hashes {
            for bit in bits_of(*hash, mask) {
                filter[(bit / 64) as usize] |= 1 << (bit % 64);
            }
        }
        Filtered {
            known: self,
            filter,
            mask,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The share of all values that is kept, in thousandths.
    pub(super) fn share_per_mille(&self) -> u64 {
        (((u128::from(self.limit) + 1) * 1_000) >> 64) as u64
    }
}

fn bits_of(hash: u64, mask: u64) -> [u64; 2] {
    // The lower bits choose; the upper ones are those that the limit cuts.
    [
        hash & mask,
        (hash.rotate_right(29).wrapping_mul(0x9e37_79b9_7f4a_7c15)) & mask,
    ]
}

/// A set behind a filter that answers most questions with one look into memory.
#[derive(Debug)]
pub(super) struct Filtered {
    known: Known,
    filter: Vec<u64>,
    mask: u64,
}

impl Filtered {
    pub(super) fn contains(&self, hash: u64) -> bool {
        let set = |bit: u64| self.filter[(bit / 64) as usize] >> (bit % 64) & 1 == 1;
        let [one, other] = bits_of(hash, self.mask);
        set(one) && set(other) && self.known.hashes.binary_search(&hash).is_ok()
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn share_per_mille(&self) -> u64 {
        self.known.share_per_mille()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that are spread as those of values are.
    fn spread(number: u64) -> u64 {
        number
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(17)
            .wrapping_mul(0xd6e8_feb8_6659_fd93)
    }

    #[test]
    fn what_is_in_is_found_and_nothing_else() {
        let mut known = Known::default();
        (0..10_000).for_each(|number| known.insert(spread(number)));
        let known = known.filtered();
        assert!((0..10_000).all(|number| known.contains(spread(number))));
        assert!(!(10_000..50_000).any(|number| known.contains(spread(number))));
        assert_eq!(known.share_per_mille(), 1_000);
    }

    #[test]
    fn beyond_its_bound_a_set_keeps_the_same_share_as_another() {
        let (mut one, mut other) = (Known::bounded(1_000), Known::bounded(1_000));
        for number in 0..20_000 {
            one.insert(spread(number));
            other.insert(spread(number + 10_000));
        }
        one.settle();
        assert!(one.len() <= 1_000 && one.len() > 200, "{}", one.len());
        assert!(
            (20..=63).contains(&one.share_per_mille()),
            "{}",
            one.share_per_mille()
        );
        one.remove(&mut other);
        // Half of them are gone; of those that are left none is the other's.
        assert!(one.len() > 100, "{}", one.len());
        let left = one.filtered();
        assert!(!(10_000..30_000).any(|number| left.contains(spread(number))));
    }
}
