//! Children laid out parent by parent: how many each has, and the way back from a child to its parent.
//!
//! How many children a parent has depends on the parent alone, so that more parents add children at
//! the end and change none before. Sums are kept for every so many parents; the rest is counted again,
//! forward from the child that was asked for last where that is nearer.

use std::cell::Cell;

use super::Counts;
use crate::key::{Key, Stream};

/// Sums that are kept, at most: half a megabyte whatever the number of parents.
const SUMS_MAX: u64 = 1 << 16;

/// Parents between two sums, at least: counting through them costs as much as finding the sum.
const STEP_MIN: u64 = 32;

/// How far ahead of the last one a child is counted to before its sum is looked up, in parents.
const AHEAD_MAX: u64 = 64;

/// How many children each parent has.
#[derive(Debug, Clone)]
pub struct FanOut {
    stream: Stream,
    counts: Counts,
    parents: u64,
    /// Parents between two sums.
    step: u64,
    /// Children of all parents before every `step`-th.
    sums: Vec<u64>,
    total: u64,
}

/// A parent with its children: from, and to before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Family {
    /// The parent.
    pub parent: u64,
    /// Its first child.
    pub first: u64,
    /// The first child of the next parent.
    pub end: u64,
}

impl FanOut {
    /// Counts the children of so many parents; `None` for more children than a row number holds.
    pub fn new(key: &Key, parents: u64, counts: Counts) -> Option<Self> {
        let step = parents.div_ceil(SUMS_MAX).max(STEP_MIN);
        let mut fan_out = Self {
            stream: key.stream(),
            counts,
            parents,
            step,
            sums: Vec::new(),
            total: 0,
        };
        for parent in 0..parents {
            if parent % step == 0 {
                fan_out.sums.push(fan_out.total);
            }
            fan_out.total = fan_out.total.checked_add(fan_out.count(parent))?;
        }
        (fan_out.total < crate::engine::SCENARIO_ROWS).then_some(fan_out)
    }

    /// The numbers of children.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// All children.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many children a parent has.
    #[inline]
    pub fn count(&self, parent: u64) -> u64 {
        self.counts.pick(self.stream.draw(parent))
    }

    /// The first child of a parent; of one behind the last, the number of children.
    pub fn first(&self, parent: u64, last: &Cell<Family>) -> u64 {
        if parent >= self.parents {
            return self.total;
        }
        let known = last.get();
        let near = known.parent <= parent && parent - known.parent <= AHEAD_MAX.min(self.step);
        let mut at = match near && known.end > known.first {
            true => known,
            false => self.start(parent / self.step),
        };
        while at.parent < parent {
            at = self.next(at);
        }
        at.first
    }

    /// The parent of a child, which must be below the total.
    #[inline]
    pub fn family(&self, child: u64, last: &Cell<Family>) -> Family {
        debug_assert!(child < self.total, "outside the children");
        let known = last.get();
        if (known.first..known.end).contains(&child) {
            return known;
        }
        let found = self.search(child, known);
        last.set(found);
        found
    }

    fn search(&self, child: u64, known: Family) -> Family {
        let mut at = known;
        if known.end > known.first && child >= known.end {
            for _ in 0..AHEAD_MAX {
                at = self.next(at);
                if child < at.end {
                    return at;
                }
            }
        }
        let sum = self.sums.partition_point(|sum| *sum <= child) - 1;
        at = self.start(sum as u64);
        while child >= at.end {
            at = self.next(at);
        }
        at
    }

    /// The parent whose sum is kept at a position.
    fn start(&self, sum: u64) -> Family {
        let parent = sum * self.step;
        let first = self.sums[sum as usize];
        Family {
            parent,
            first,
            end: first + self.count(parent),
        }
    }

    fn next(&self, at: Family) -> Family {
        Family {
            parent: at.parent + 1,
            first: at.end,
            end: at.end + self.count(at.parent + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rules::seed::Distribution;

    use super::*;

    fn fan_out(parents: u64, counts: Counts) -> FanOut {
        FanOut::new(&Key::derive(7, &["fan-out"]), parents, counts).expect("few children")
    }

    #[test]
    fn every_child_in_any_order_finds_the_parent_that_counts_it() {
        let counts = Counts::between(0, 9, Distribution::Zipf);
        let fan_out = fan_out(1_000, counts);
        let parents = (0..1_000).flat_map(|p| (0..fan_out.count(p)).map(move |place| (p, place)));
        let parents: Vec<(u64, u64)> = parents.collect();
        assert_eq!(parents.len() as u64, fan_out.total());
        let last = Cell::default();
        let order = crate::key::Permutation::new(Key::derive(1, &["o"]), fan_out.total());
        for index in (0..fan_out.total()).chain((0..fan_out.total()).map(|i| order.apply(i))) {
            let family = fan_out.family(index, &last);
            let place = index - family.first;
            assert_eq!((family.parent, place), parents[index as usize]);
            assert_eq!(fan_out.first(family.parent, &last), family.first);
            assert_eq!(fan_out.first(family.parent, &Cell::default()), family.first);
        }
        assert_eq!(fan_out.first(1_000, &last), fan_out.total());
    }

    #[test]
    fn more_parents_change_no_child_before() {
        let counts = || Counts::between(0, 40, Distribution::Zipf);
        let (few, many) = (fan_out(5_000, counts()), fan_out(80_000, counts()));
        assert_ne!(few.total(), many.total());
        for child in 0..few.total() {
            let of = |fan: &FanOut| fan.family(child, &Cell::default());
            assert_eq!(of(&few), of(&many));
        }
    }

    #[test]
    fn sums_are_bounded_and_far_children_are_found() {
        let many = fan_out(3_000_000, Counts::between(0, 3, Distribution::Uniform));
        assert!(many.sums.len() as u64 <= SUMS_MAX);
        let last = many.family(many.total() - 1, &Cell::default());
        assert_eq!(last.end, many.total());
        // The next chunk begins where another left off.
        let (first, second) = (Cell::default(), Cell::default());
        for child in (0..many.total()).step_by(8_192) {
            many.family(child.saturating_sub(1), &first);
            assert_eq!(many.family(child, &first), {
                second.set(Family::default());
                many.family(child, &second)
            });
        }
    }

    /// χ² of the counts against their weights.
    #[test]
    fn counts_are_as_often_as_they_are_declared() {
        for distribution in [
            Distribution::Uniform,
            Distribution::Zipf,
            Distribution::Normal,
            Distribution::LogNormal,
        ] {
            let counts = Counts::between(2, 12, distribution);
            let fan_out = fan_out(100_000, counts.clone());
            let mut seen = [0_u64; 11];
            for parent in 0..100_000 {
                seen[fan_out.count(parent) as usize - 2] += 1;
            }
            let sum: f64 = counts.shares().map(|(_, weight)| f64::from(weight)).sum();
            let mut declared = [0.0; 11];
            for ((low, high), weight) in counts.shares() {
                for number in low..=high {
                    declared[number as usize - 2] +=
                        f64::from(weight) / sum / (high - low + 1) as f64;
                }
            }
            let terms = seen.iter().zip(declared).map(|(&seen, share)| {
                let expected = share * 100_000.0;
                (seen as f64 - expected).powi(2) / expected
            });
            let chi: f64 = terms.sum();
            assert!(chi < 29.6, "{distribution:?}: χ² {chi} of 10, p < 0.001");
            let mean = fan_out.total() as f64 / 100_000.0;
            assert!(
                (mean / counts.mean() - 1.0).abs() < 0.02,
                "{distribution:?}"
            );
        }
    }

    #[test]
    fn an_average_is_met_whatever_the_shape() {
        for (min, mean) in [(0, 500), (0, 3_000), (1, 3_000), (0, 250_000), (4, 4_000)] {
            for distribution in [Distribution::Zipf, Distribution::Uniform] {
                let found = Counts::about(min, mean, distribution).mean() * 1_000.0;
                assert!(found >= mean as f64, "{min} {mean}: {found}");
                let room = 1_000.0 * if mean < 10_000 { 0.5 } else { 3.0 };
                assert!(found <= mean as f64 + room, "{min} {mean}: {found}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_wide_span_keeps_its_ends_and_shape(min in 0_u64..1_000, span in 1_u64..1 << 32) {
            let counts = Counts::between(min, min + span, Distribution::Zipf);
            let mut next = min;
            for ((low, high), _) in counts.shares() {
                prop_assert_eq!(low, next);
                next = high + 1;
            }
            prop_assert_eq!(next, min + span + 1);
            prop_assert!(counts.shares().count() < 3_000);
            prop_assert_eq!(counts.ends().0, min);
        }
    }
}
