//! Ranks with frequencies that fall as a power of the rank.

use crate::key::Draw;

/// Ranks 1..=n, rank k in proportion to k^-exponent, by rejection and inversion in constant memory
/// (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions").
#[derive(Debug, Clone)]
pub struct Zipf {
    count: u64,
    exponent: f64,
    area_first: f64,
    area_last: f64,
    shortcut: f64,
}

/// Draws for one rank, at most: more than 10 have never been needed for a usual exponent.
const TRIES: usize = 64;

impl Zipf {
    /// Ranks up to `count`; `None` without a rank or with an exponent that is not above 0.
    pub fn new(count: u64, exponent: f64) -> Option<Self> {
        if count == 0 || !exponent.is_finite() || exponent <= 0.0 {
            return None;
        }
        let mut zipf = Self {
            count,
            exponent,
            area_first: 0.0,
            area_last: 0.0,
            shortcut: 0.0,
        };
        zipf.area_first = zipf.area(1.5) - 1.0;
        zipf.area_last = zipf.area(count as f64 + 0.5);
        zipf.shortcut = 2.0 - zipf.at_area(zipf.area(2.5) - zipf.weight(2.0));
        Some(zipf)
    }

    /// A rank from 1 on.
    pub fn pick(&self, draw: Draw) -> u64 {
        let mut draw = draw;
        for _ in 0..TRIES {
            let area = self.area_last + draw.fraction() * (self.area_first - self.area_last);
            let x = self.at_area(area);
            let rank = ((x + 0.5) as u64).clamp(1, self.count);
            let k = rank as f64;
            if k - x <= self.shortcut || area >= self.area(k + 0.5) - self.weight(k) {
                return rank;
            }
            draw = draw.next();
        }
        1
    }

    /// The weight of a rank: x^-exponent.
    fn weight(&self, x: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(x))
    }

    /// The integral of the weight: (x^(1-e) - 1)/(1-e), whose limit for e = 1 is the logarithm.
    fn area(&self, x: f64) -> f64 {
        let log = libm::log(x);
        let power = (1.0 - self.exponent) * log;
        if power.abs() < 1e-12 {
            return log;
        }
        libm::expm1(power) / power * log
    }

    /// The inverse of `area`.
    fn at_area(&self, area: f64) -> f64 {
        let power = (area * (1.0 - self.exponent)).max(-1.0);
        if power.abs() < 1e-12 {
            return libm::exp(area);
        }
        libm::exp(libm::log1p(power) / power * area)
    }
}
