//! Bell curves, and their exponentials.

use crate::key::Draw;

/// A normal distribution.
#[derive(Debug, Clone, Copy)]
pub struct Normal {
    /// Its middle.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

impl Normal {
    /// A number of it.
    pub fn pick(&self, draw: Draw) -> f64 {
        self.mean + self.deviation * quantile(draw.fraction())
    }
}

/// A log-normal distribution: many small numbers, few great ones.
#[derive(Debug, Clone, Copy)]
pub struct LogNormal {
    /// Half of the numbers are below it.
    pub median: f64,
    /// Standard deviation of the logarithm: 0.5 is narrow, 1 is wide.
    pub spread: f64,
}

impl LogNormal {
    /// A number of it, above 0.
    pub fn pick(&self, draw: Draw) -> f64 {
        self.median * libm::exp(self.spread * quantile(draw.fraction()))
    }
}

/// The inverse of the standard normal distribution, by Acklam's rational approximation with a
/// relative error below 1.2 × 10⁻⁹.
pub(crate) fn quantile(fraction: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    const TAIL: f64 = 0.024_25;
    // Half of the least step of a fraction: no end of the curve is infinite.
    let p = fraction.clamp(5e-17, 1.0 - 1.2e-16);
    let poly = |coefficients: &[f64], x: f64| {
        coefficients
            .iter()
            .fold(0.0, |sum, coefficient| sum * x + coefficient)
    };
    if (TAIL..=1.0 - TAIL).contains(&p) {
        let q = p - 0.5;
        let r = q * q;
        return poly(&A, r) * q / (poly(&B, r) * r + 1.0);
    }
    let (tail, sign) = if p < TAIL { (p, 1.0) } else { (1.0 - p, -1.0) };
    let q = libm::sqrt(-2.0 * libm::log(tail));
    sign * poly(&C, q) / (poly(&D, q) * q + 1.0)
}
