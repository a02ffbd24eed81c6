//! χ² and Kolmogorov–Smirnov tests against what each distribution declares.

use super::*;
use crate::key::Key;

const DRAWS: u64 = 100_000;

fn draws() -> impl Iterator<Item = Draw> {
    let key = Key::derive(11, &["distribution"]);
    (0..DRAWS).map(move |row| key.draw(row, 0, 0))
}

/// χ² of observed counts against expected shares.
fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let total: u64 = counts.iter().sum();
    let terms = counts.iter().zip(shares).map(|(&count, share)| {
        let expected = share * total as f64;
        (count as f64 - expected).powi(2) / expected
    });
    terms.sum()
}

/// The greatest distance between a sample and its distribution, times √n.
fn distance(mut sample: Vec<f64>, cumulative: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let count = sample.len() as f64;
    let gaps = sample.iter().enumerate().map(|(rank, &x)| {
        let expected = cumulative(x);
        let (below, above) = (rank as f64 / count, (rank + 1) as f64 / count);
        (expected - below).abs().max((above - expected).abs())
    });
    gaps.fold(0.0, f64::max) * count.sqrt()
}

#[test]
fn weights_are_kept_exactly() {
    let weights = [50, 1, 30, 0, 19];
    let choice = Weighted::new(&weights).expect("weights");
    let mut counts = [0; 5];
    for draw in draws() {
        counts[choice.pick(draw)] += 1;
    }
    assert_eq!(counts[3], 0, "no weight, no choice");
    let observed = [counts[0], counts[1], counts[2], counts[4]];
    let chi = chi_square(&observed, &[0.50, 0.01, 0.30, 0.19]);
    assert!(chi < 16.3, "χ² {chi} of 3 degrees of freedom, p < 0.001");
    assert!(Weighted::new(&[0, 0]).is_none() && Weighted::new(&[]).is_none());
}

#[test]
fn ranks_fall_as_their_exponent_says() {
    for exponent in [0.5, 1.0, 1.1, 2.0] {
        let zipf = Zipf::new(20, exponent).expect("ranks");
        let mut counts = [0; 20];
        for draw in draws() {
            counts[zipf.pick(draw) as usize - 1] += 1;
        }
        let weights: Vec<f64> = (1..=20).map(|k| f64::from(k).powf(-exponent)).collect();
        let sum: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
        let chi = chi_square(&counts, &shares);
        assert!(
            chi < 43.8,
            "exponent {exponent}: χ² {chi} of 19 degrees of freedom"
        );
    }
    let vast = Zipf::new(1 << 50, 1.1).expect("ranks");
    assert!(draws().all(|draw| (1..=1 << 50).contains(&vast.pick(draw))));
    assert!(Zipf::new(0, 1.0).is_none() && Zipf::new(5, f64::NAN).is_none());
}

#[test]
fn bells_have_their_mean_and_shape() {
    let normal = Normal {
        mean: 10.0,
        deviation: 2.0,
    };
    let sample: Vec<f64> = draws().map(|draw| normal.pick(draw)).collect();
    let cumulative = |x: f64| 0.5 * libm::erfc(-(x - 10.0) / 2.0 / 2_f64.sqrt());
    let gap = distance(sample, cumulative);
    assert!(gap < 1.95, "distance {gap}, p < 0.001");
}

#[test]
fn half_of_a_log_normal_is_below_its_median() {
    let prices = LogNormal {
        median: 25.0,
        spread: 0.8,
    };
    let sample: Vec<f64> = draws().map(|draw| prices.pick(draw)).collect();
    let cumulative = |x: f64| 0.5 * libm::erfc(-(x / 25.0).ln() / 0.8 / 2_f64.sqrt());
    let gap = distance(sample, cumulative);
    assert!(gap < 1.95, "distance {gap}, p < 0.001");
}

#[test]
fn moments_grow_and_keep_to_working_hours() {
    const DAY: i64 = 86_400_000_000;
    let seasonal = Seasonal {
        start: 0,
        end: 1_000 * DAY,
    };
    let (mut late, mut night, mut weekend) = (0, 0, 0);
    for draw in draws() {
        let moment = seasonal.pick(draw);
        assert!((seasonal.start..=seasonal.end).contains(&moment));
        late += u64::from(moment > 500 * DAY);
        night += u64::from(moment.rem_euclid(DAY) < DAY / 4);
        weekend += u64::from((moment.div_euclid(DAY) + 3).rem_euclid(7) >= 5);
    }
    // Of the density 1 + 2x, the second half holds 5/8.
    let late = late as f64 / DRAWS as f64;
    assert!((late - 0.625).abs() < 0.01, "{late} in the later half");
    let night = night as f64 / DRAWS as f64;
    assert!((night - 36.0 / 800.0).abs() < 0.01, "{night} at night");
    let weekend = weekend as f64 / DRAWS as f64;
    assert!((weekend - 0.15).abs() < 0.01, "{weekend} at weekends");
    let point = Seasonal { start: 5, end: 5 };
    assert!(draws().take(10).all(|draw| point.pick(draw) == 5));
}

#[test]
fn every_integer_of_a_range_is_as_likely() {
    let mut counts = [0; 7];
    for draw in draws() {
        counts[(uniform(draw, -3, 3) + 3) as usize] += 1;
    }
    let chi = chi_square(&counts, &[1.0 / 7.0; 7]);
    assert!(chi < 22.5, "χ² {chi} of 6 degrees of freedom, p < 0.001");
    assert!(draws().take(10).all(|draw| uniform(draw, 4, 4) == 4));
}
