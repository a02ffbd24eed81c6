//! Values that are all different, by rank.

use std::fmt;
use std::sync::Arc;

use crate::key::{Key, Permutation, splitmix};
use crate::value::Value;

/// More ranks than anybody has rows, and within what a permutation takes.
const SIZE_MAX: u64 = 1 << 62;

/// An injection of the integers below a size into values.
#[derive(Clone)]
pub struct Distinct {
    size: u64,
    block: u64,
    unrank: Arc<dyn Fn(u64) -> Value + Send + Sync>,
}

impl fmt::Debug for Distinct {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Distinct")
            .field("size", &self.size)
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}

impl Distinct {
    /// Values by rank; `size` must not be 0.
    pub fn new(size: u64, unrank: impl Fn(u64) -> Value + Send + Sync + 'static) -> Self {
        let size = size.clamp(1, SIZE_MAX);
        Self {
            size,
            block: size,
            unrank: Arc::new(unrank),
        }
    }

    /// The same with the most believable values below `block`, the next best below twice that, and so
    /// on: `Ranked` uses up one block before the next.
    #[must_use]
    pub fn in_blocks(self, block: u64) -> Self {
        Self {
            block: block.clamp(1, self.size),
            ..self
        }
    }

    /// How many values there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The value of a rank, which must be below the size.
    pub fn unrank(&self, rank: u64) -> Value {
        debug_assert!(rank < self.size, "outside the values");
        (self.unrank)(rank)
    }

    /// The values in a keyed order.
    pub fn under(&self, key: &Key) -> Ranked {
        let rest = self.size % self.block;
        let whole = Permutation::new(key.part("block"), self.block);
        let rest = (rest > 0).then(|| Permutation::new(key.part("rest"), rest));
        Ranked {
            distinct: self.clone(),
            whole,
            rest,
        }
    }

    /// The same ranks with another value for each.
    #[must_use]
    pub(crate) fn map(self, map: impl Fn(Value) -> Value + Send + Sync + 'static) -> Self {
        let unrank = self.unrank;
        Self {
            unrank: Arc::new(move |rank| map(unrank(rank))),
            ..self
        }
    }
}

/// Distinct values in a keyed order that more rows never change.
#[derive(Debug, Clone)]
pub struct Ranked {
    distinct: Distinct,
    whole: Permutation,
    rest: Option<Permutation>,
}

impl Ranked {
    /// How many values there are.
    pub fn size(&self) -> u64 {
        self.distinct.size
    }

    /// The rank of an index; `None` past the last.
    pub fn rank(&self, index: u64) -> Option<u64> {
        if index >= self.distinct.size {
            return None;
        }
        let size = self.distinct.block;
        let (block, within) = (index / size, index % size);
        let first = block * size;
        if self.distinct.size - first < size {
            let rest = self.rest.as_ref()?;
            return Some(first + rest.apply(within));
        }
        // Every block begins elsewhere in the permutation.
        let start = if block == 0 {
            0
        } else {
            splitmix(block) % size
        };
        Some(first + self.whole.apply((within + start) % size))
    }

    /// The value of an index; `None` past the last.
    pub fn value(&self, index: u64) -> Option<Value> {
        Some(self.distinct.unrank(self.rank(index)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_is_reached_once_whatever_the_blocks() {
        for (size, block) in [(1, 1), (100, 100), (100, 7), (97, 10), (50, 1)] {
            let distinct = Distinct::new(size, |rank| Value::Int(rank as i64)).in_blocks(block);
            let ranked = distinct.under(&Key::derive(1, &["x"]));
            let mut ranks: Vec<_> = (0..size).map(|i| ranked.rank(i).expect("within")).collect();
            let first: Vec<_> = ranks[..block as usize].to_vec();
            assert!(
                first.iter().all(|&rank| rank < block),
                "the best come first"
            );
            ranks.sort_unstable();
            assert_eq!(ranks, (0..size).collect::<Vec<_>>());
            assert_eq!(ranked.value(size), None);
        }
    }
}
