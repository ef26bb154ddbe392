//! The normal distribution: what intervals and tests need of it.

use std::f64::consts::{PI, SQRT_2};

/// Standard errors either side of a figure that make its 95 % interval.
pub const Z95: f64 = 1.959_963_984_540_054;

/// The share of a standard normal distribution that lies below `z`.
pub fn normal_below(z: f64) -> f64 {
    upper(-z / SQRT_2) / 2.0
}

/// The value below which this share of a standard normal distribution lies; infinite at 0 and 1.
pub fn normal_quantile(share: f64) -> f64 {
    if share <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (-39.0, 39.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if normal_below(middle) < share { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The chance of a chi-squared value of one degree of freedom of at least `x`.
pub fn chi_squared_above(x: f64) -> f64 {
    upper((x.max(0.0) / 2.0).sqrt())
}

/// The complementary error function: its series for small values, its continued fraction for others
/// (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14).
fn upper(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - upper(-x);
    }
    let bell = (-x * x).exp() / PI.sqrt();
    if x < 2.5 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 * bell * sum;
    }
    let fraction = (1..=60).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    bell / fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_quantiles_are_those_of_the_tables() {
        // Abramowitz & Stegun 1964, table 26.1.
        for (z, below) in [(0.0, 0.5), (1.0, 0.841_344_746_068_5), (-2.0, 0.022_750_131_948_2)] {
            assert!((normal_below(z) - below).abs() < 1e-12, "{z}: {}", normal_below(z));
        }
        assert!((normal_below(-5.0) / 2.866_515_718_8e-7 - 1.0).abs() < 1e-9);
        assert!((normal_quantile(0.975) - Z95).abs() < 1e-12);
        assert!((normal_quantile(0.05) + 1.644_853_626_951_5).abs() < 1e-11);
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!((chi_squared_above(3.841_458_820_694_1) - 0.05).abs() < 1e-12);
        assert_eq!(chi_squared_above(0.0), 1.0);
    }

    #[test]
    fn the_two_formulas_meet() {
        assert!((upper(2.5 - 1e-9) - upper(2.5 + 1e-9)).abs() < 1e-10);
    }
}
