//! Whole numbers from a least to a most, by weights.

use rules::seed::Distribution;

use super::Weighted;
use crate::key::Draw;

/// Exponent of numbers that fall as a power: `k`-th least in proportion to `k^-EXPONENT`. Sizes whose
/// ranks follow Zipf's law fall with an exponent between 1.5 and 2 (Newman, "Power laws, Pareto
/// distributions and Zipf's law").
const EXPONENT: f64 = 1.5;

/// Numbers that have a weight of their own; beyond them, neighbours share one.
const SINGLE_MAX: u64 = 512;

/// Neighbours that share a weight are so many parts of their distance from the least.
const PARTS: u64 = 64;

/// The weight of the most frequent.
const WEIGHT: f64 = 1_000_000.0;

/// How often each of some numbers is.
#[derive(Debug, Clone)]
pub struct Counts {
    ranges: Vec<(u64, u64)>,
    weights: Vec<u32>,
    choice: Weighted,
}

impl Counts {
    /// Ranges of numbers, both ends among them, with their weights; within one each is as likely as
    /// the other. `None` unless one weight is above 0 and all fit 32 bits in sum.
    pub fn weighted(ranges: Vec<(u64, u64)>, weights: Vec<u32>) -> Option<Self> {
        debug_assert!(ranges.iter().all(|(low, high)| low <= high), "a range ends");
        Some(Self {
            choice: Weighted::new(&weights)?,
            ranges,
            weights,
        })
    }

    /// Numbers of `min..=max`, spread as a distribution says.
    pub fn between(min: u64, max: u64, distribution: Distribution) -> Self {
        let max = max.max(min);
        let span = max - min;
        if distribution == Distribution::Uniform || span == 0 {
            let one = Self::weighted(vec![(min, max)], vec![1]);
            return one.expect("one weight is above 0");
        }
        let mut ranges = Vec::new();
        let mut densities = Vec::new();
        let mut low = 0;
        while low <= span {
            let wide = if low < SINGLE_MAX { 0 } else { low / PARTS };
            let high = (low + wide).min(span);
            let middle = (low as f64 + high as f64) / 2.0;
            let width = (high - low + 1) as f64;
            densities.push(density(middle, span as f64, distribution) * width);
            ranges.push((min + low, min + high));
            low = high + 1;
        }
        let most = densities.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let weights = densities.iter().map(|own| (own / most * WEIGHT) as u32);
        let found = Self::weighted(ranges, weights.collect());
        found.expect("the greatest weight is above 0, and there are few ranges")
    }

    /// The numbers from `min` up that are `mean_per_mille` thousandths on average, or a little more;
    /// the greatest follows.
    pub fn about(min: u64, mean_per_mille: u64, distribution: Distribution) -> Self {
        /// Spans are doubled so often at most.
        const DOUBLED_MAX: u32 = 40;
        let enough = |span: u64| {
            let mean = Self::between(min, min + span, distribution).mean();
            mean * 1_000.0 >= mean_per_mille as f64
        };
        let doubled = (0..DOUBLED_MAX).map(|step| 1_u64 << step);
        let mut high = doubled.into_iter().find(|span| enough(*span)).unwrap_or(0);
        let mut low = high / 2;
        while low < high {
            let middle = low.midpoint(high);
            match enough(middle) {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        Self::between(min, min + high, distribution)
    }

    /// A number.
    #[inline]
    pub fn pick(&self, draw: Draw) -> u64 {
        let (low, high) = self.ranges[self.choice.pick(draw)];
        match high - low {
            0 => low,
            span => low + draw.next().below(span + 1),
        }
    }

    /// The numbers on average.
    pub fn mean(&self) -> f64 {
        let sum: f64 = self.weights.iter().map(|&weight| f64::from(weight)).sum();
        let parts = self.ranges.iter().zip(&self.weights);
        let terms = parts.map(|(&(low, high), &weight)| {
            (low as f64 + high as f64) / 2.0 * f64::from(weight) / sum
        });
        terms.sum()
    }

    /// The least and the greatest of those with a weight.
    pub fn ends(&self) -> (u64, u64) {
        let parts = self.ranges.iter().zip(&self.weights);
        let used = parts
            .filter(|(_, weight)| **weight > 0)
            .map(|(range, _)| *range);
        used.fold((u64::MAX, 0), |(least, most), (low, high)| {
            (least.min(low), most.max(high))
        })
    }

    /// Every range with its weight.
    pub fn shares(&self) -> impl Iterator<Item = ((u64, u64), u32)> + '_ {
        self.ranges
            .iter()
            .copied()
            .zip(self.weights.iter().copied())
    }
}

/// How often a distance from the least is, in proportion to others.
fn density(distance: f64, span: f64, distribution: Distribution) -> f64 {
    match distribution {
        Distribution::Uniform => 1.0,
        Distribution::Zipf => libm::pow(distance + 1.0, -EXPONENT),
        // The bounds are three deviations from the middle.
        Distribution::Normal => {
            let deviations = (distance - span / 2.0) / (span / 6.0);
            libm::exp(-deviations * deviations / 2.0)
        }
        // The median at a sixth of the span; the bounds cut the tail off.
        Distribution::LogNormal => {
            let deviations = libm::log((distance + 0.5) / (span / 6.0 + 0.5)) / 0.8;
            libm::exp(-deviations * deviations / 2.0) / (distance + 0.5)
        }
    }
}
