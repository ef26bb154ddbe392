//! The values of one band at one date, in few numbers.

use super::quantile;
use serde::{Deserialize, Serialize};

/// Quantiles that are kept of a distribution.
pub const POINTS: usize = 64;
/// Bins of a histogram.
pub const BINS: usize = 64;

/// The values of one band at one date, in the unit of the band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Pixels with an observation.
    pub seen: u64,
    /// The least value.
    pub min: f32,
    /// 5 of 100 values lie below.
    pub p5: f32,
    /// A quarter lies below.
    pub p25: f32,
    /// Half lies below.
    pub median: f32,
    /// A quarter lies above.
    pub p75: f32,
    /// 5 of 100 values lie above.
    pub p95: f32,
    /// The greatest value.
    pub max: f32,
    /// Their mean.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
    /// The values at the shares (i + 1/2) / 64. A value in a thousand that is far off moves none of them.
    pub quantiles: Vec<f32>,
}

impl Distribution {
    /// That of these values, which are sorted; `None` where there are none. What is no number is passed over.
    pub fn of(values: &mut Vec<f32>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f32::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let count = values.len() as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        let squares = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>();
        let at = |share: f64| quantile(values, share);
        let point = |i: usize| at((i as f64 + 0.5) / POINTS as f64);
        Some(Self {
            seen: values.len() as u64,
            min,
            p5: at(0.05),
            p25: at(0.25),
            median: at(0.5),
            p75: at(0.75),
            p95: at(0.95),
            max,
            mean: mean as f32,
            deviation: (squares / count).sqrt() as f32,
            quantiles: (0..POINTS).map(point).collect(),
        })
    }

    /// Between the quarters: what half of the values span.
    pub fn quartile_range(&self) -> f32 {
        self.p75 - self.p25
    }

    /// Whether it can be one: of a file that was not damaged.
    pub(super) fn is_sound(&self) -> bool {
        let summary = [self.min, self.p5, self.p25, self.median, self.p75, self.p95, self.max];
        self.seen > 0
            && self.quantiles.len() == POINTS
            && self.quantiles.is_sorted()
            && summary.is_sorted()
            && self
                .quantiles
                .iter()
                .chain(&summary)
                .chain([&self.mean, &self.deviation])
                .all(|v| v.is_finite())
    }

    /// Shares of the values in even bins from `low` to `high`, which make 1 together: what lies beyond the ends is counted in
    /// the first and the last one. Between two quantiles values are taken to be spread evenly.
    pub fn histogram(&self, (low, high): (f32, f32), bins: usize) -> Vec<f32> {
        let mut shares = vec![0.0; bins];
        if bins == 0 {
            return shares;
        }
        let width = ((high - low) / bins as f32).max(f32::MIN_POSITIVE);
        let place = |value: f32| (((value - low) / width).clamp(0.0, bins as f32)).min(bins as f32);
        let bin = |at: f32| (at as usize).min(bins - 1);
        let mut add = |from: f32, to: f32, share: f32| {
            let (from, to) = (place(from), place(to));
            if to - from < 1e-6 {
                shares[bin(from)] += share;
                return;
            }
            let first = bin(from);
            for (at, bin_share) in shares[first..=bin(to)].iter_mut().enumerate() {
                let start = (first + at) as f32;
                let inside = to.min(start + 1.0) - from.max(start);
                *bin_share += share * inside.max(0.0) / (to - from);
            }
        };
        let each = 1.0 / POINTS as f32;
        let (Some(first), Some(last)) = (self.quantiles.first(), self.quantiles.last()) else {
            return shares;
        };
        add(self.min.min(*first), *first, each / 2.0);
        self.quantiles.windows(2).for_each(|pair| add(pair[0], pair[1], each));
        add(*last, self.max.max(*last), each / 2.0);
        shares
    }
}

/// How far the values of one distribution must be moved, at the mean, to become those of the other (Wasserstein-1: the
/// area between the quantile functions, Vallender 1974, "Calculation of the Wasserstein distance between probability
/// distributions on the line"), in the unit of the values. A metric on the quantiles that are kept.
pub fn wasserstein(a: &Distribution, b: &Distribution) -> f32 {
    let pairs = a.quantiles.iter().zip(&b.quantiles);
    let sum: f32 = pairs.map(|(a, b)| (a - b).abs()).sum();
    sum / a.quantiles.len().min(b.quantiles.len()).max(1) as f32
}

/// The mean of both quartile ranges, but no less than one stored step or 2 % of the values: a lake as even as a mirror
/// does not lie infinitely far from another one.
pub fn pooled_spread(a: &Distribution, b: &Distribution, step: f32) -> f32 {
    let pooled = (a.quartile_range() + b.quartile_range()) / 2.0;
    let least = 0.02 * a.median.abs().max(b.median.abs());
    pooled.max(step).max(least).max(f32::MIN_POSITIVE)
}

/// [`wasserstein`] in units of [`pooled_spread`]: what is alike has 0, what is moved by as much as half of its values
/// span has 1.
pub fn distance(a: &Distribution, b: &Distribution, step: f32) -> f32 {
    wasserstein(a, b) / pooled_spread(a, b, step)
}
