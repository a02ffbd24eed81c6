//! Choices with integer weights, in constant time (Vose, "A linear algorithm for generating random
//! numbers with a given distribution").

use crate::key::Draw;

/// A choice among `n` things with integer weights; exact, no floating point.
#[derive(Debug, Clone)]
pub struct Weighted {
    /// Per column: below which height it is the column's own thing, and whose it is above.
    columns: Vec<(u64, u32)>,
    /// The height of every column: the sum of the weights.
    height: u64,
}

impl Weighted {
    /// The choice with these weights; `None` unless one of them is above 0 and all fit 32 bits in sum.
    pub fn new(weights: &[u32]) -> Option<Self> {
        let height: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let count = u32::try_from(weights.len()).ok()?;
        if height == 0 || height > u64::from(u32::MAX) {
            return None;
        }
        let mut rest: Vec<u64> = weights
            .iter()
            .map(|&weight| u64::from(weight) * u64::from(count))
            .collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..count).partition(|&at| rest[at as usize] < height);
        let mut columns: Vec<(u64, u32)> = (0..count).map(|at| (height, at)).collect();
        while let (Some(&under), Some(&over)) = (small.last(), large.last()) {
            small.pop();
            columns[under as usize] = (rest[under as usize], over);
            rest[over as usize] -= height - rest[under as usize];
            if rest[over as usize] < height {
                large.pop();
                small.push(over);
            }
        }
        Some(Self { columns, height })
    }

    /// The weight of each thing, in proportion to the others.
    pub fn shares(&self) -> Vec<u32> {
        let mut shares = vec![0_u64; self.columns.len()];
        for (at, (own, other)) in self.columns.iter().enumerate() {
            shares[at] += own;
            shares[*other as usize] += self.height - own;
        }
        // Every column is as high as the sum of the weights.
        let count = self.columns.len() as u64;
        shares
            .into_iter()
            .map(|share| (share / count) as u32)
            .collect()
    }

    /// Weights that fall like 1/1, 1/2, 1/3 …: few things often, every one sometimes.
    ///
    /// `None` for no things at all.
    pub fn falling(count: usize) -> Option<Self> {
        let weights: Vec<u32> = (1..=count)
            .map(|rank| (100_000 / u32::try_from(rank).unwrap_or(u32::MAX)).max(1))
            .collect();
        Self::new(&weights)
    }

    /// Chooses: a position in the list of weights.
    #[inline]
    pub fn pick(&self, draw: Draw) -> usize {
        let column = draw.below(self.columns.len() as u64) as usize;
        // The low half of the bits, which `below` leaves alone.
        let height = ((u128::from(draw.bits() as u64) * u128::from(self.height)) >> 64) as u64;
        let (own, other) = self.columns[column];
        if height < own { column } else { other as usize }
    }
}
