//! Distributions over keyed draws: integer tables where integers do, `libm` where curves are needed,
//! so that every machine draws the same.

mod normal;
mod seasonal;
mod weighted;
mod zipf;

pub use normal::{LogNormal, Normal};
pub use seasonal::Seasonal;
pub use weighted::Weighted;
pub use zipf::Zipf;

use crate::key::Draw;

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
