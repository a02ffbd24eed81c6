//! Distributions over keyed draws: integer tables where integers do, `libm` where curves are needed,
//! so that every machine draws the same.

mod counts;
mod fan_out;
mod normal;
mod seasonal;
mod weighted;
mod zipf;

pub use counts::Counts;
pub use fan_out::{Family, FanOut};
pub(crate) use normal::quantile;
pub use normal::{LogNormal, Normal};
pub use seasonal::Seasonal;
pub use weighted::Weighted;
pub use zipf::Zipf;

use crate::key::Draw;

/// A distribution of numbers that a configuration names.
#[derive(Debug, Clone)]
pub enum Distribution {
    /// From the first up to the second, each as likely as the other.
    Uniform(f64, f64),
    /// A bell.
    Normal(Normal),
    /// Many small numbers, few great ones.
    LogNormal(LogNormal),
    /// Ranks from 1 on.
    Zipf(Zipf),
}

impl Distribution {
    /// A number of it.
    pub fn pick(&self, draw: Draw) -> f64 {
        match self {
            Self::Uniform(low, high) => low + (high - low) * draw.fraction(),
            Self::Normal(normal) => normal.pick(draw),
            Self::LogNormal(log_normal) => log_normal.pick(draw),
            Self::Zipf(zipf) => zipf.pick(draw) as f64,
        }
    }
}

/// An integer of `low..=high`, each as likely as the other.
pub fn uniform(draw: Draw, low: i64, high: i64) -> i64 {
    let span = high.wrapping_sub(low) as u64;
    if span == u64::MAX {
        return draw.bits() as i64;
    }
    low.wrapping_add(draw.below(span + 1) as i64)
}

#[cfg(test)]
mod tests;
