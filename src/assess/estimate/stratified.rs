//! Means and ratios over a stratified random sample, with their variances.
//!
//! Stehman 2014 (10.1080/01431161.2014.930207): every figure of a map is the mean of an indicator (equations 3 and 25) or the
//! ratio of two (equations 27 and 28). Both are written here as a value and what each unit adds to it (the linearised
//! variable of Särndal et al. 1992, section 5.5), so that sums and differences of figures, which share their units, have
//! their variances too.

use super::super::estimated::{Estimated, Variance};
use super::Correction;
use crate::labels::ClassCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Below this a variance of shares is rounding.
const NOTHING: f64 = 1e-24;

/// A stratum of the map that the sample was drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// Its code; that of the class where strata are the map's classes.
    pub code: ClassCode,
    pub name: String,
    /// All of its pixels on the map.
    pub pixels: u64,
}

/// The units of a stratum, by kind.
struct Part {
    code: ClassCode,
    name: String,
    /// Its share of the pixels of all strata that have units.
    weight: f64,
    /// Units.
    n: f64,
    /// What of the variance is left once so many of its pixels were looked at.
    unseen: f64,
    /// (kind, units).
    kinds: Vec<(usize, f64)>,
}

/// A sample: units of the same kind `T` (mapped and reference class, say) are counted together.
pub(in crate::assess) struct Stratified<T> {
    kinds: Vec<T>,
    parts: Vec<Part>,
    /// Pixels of the strata that have units.
    pub pixels: u64,
    /// Strata of some pixels that have no unit: nothing is known of them.
    pub without_units: Vec<Stratum>,
}

/// A figure and what a unit of each kind adds to it.
#[derive(Debug, Clone)]
pub(in crate::assess) struct Linear {
    pub value: f64,
    adds: Vec<f64>,
}

impl Linear {
    /// The sum of figures, each times its factor.
    pub fn sum(terms: &[(f64, &Linear)]) -> Option<Self> {
        let kinds = terms.first()?.1.adds.len();
        let mut sum = Self { value: 0.0, adds: vec![0.0; kinds] };
        for (factor, term) in terms {
            sum.value += factor * term.value;
            sum.adds.iter_mut().zip(&term.adds).for_each(|(sum, add)| *sum += factor * add);
        }
        Some(sum)
    }

    pub fn minus(&self, other: &Linear) -> Self {
        let adds = self.adds.iter().zip(&other.adds).map(|(a, b)| a - b).collect();
        Self { value: self.value - other.value, adds }
    }

    /// The product of two figures.
    pub fn times(&self, other: &Linear) -> Self {
        let both = self.adds.iter().zip(&other.adds);
        Self {
            value: self.value * other.value,
            adds: both.map(|(a, b)| a * other.value + b * self.value).collect(),
        }
    }
}

impl<T: Copy + Ord> Stratified<T> {
    /// Counts units, each with the code of its stratum, which must be one of `strata`.
    pub fn new(
        strata: &[Stratum],
        correction: Correction,
        units: impl Iterator<Item = (ClassCode, T)>,
    ) -> Self {
        let mut counts: BTreeMap<ClassCode, BTreeMap<T, u64>> = BTreeMap::new();
        for (stratum, kind) in units {
            *counts.entry(stratum).or_default().entry(kind).or_default() += 1;
        }
        let mut kinds: Vec<T> = counts.values().flat_map(|kinds| kinds.keys().copied()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let (with, without): (Vec<&Stratum>, Vec<&Stratum>) =
            strata.iter().filter(|s| s.pixels > 0).partition(|s| counts.contains_key(&s.code));
        let pixels: u64 = with.iter().map(|s| s.pixels).sum();
        let part = |stratum: &Stratum| {
            let own = &counts[&stratum.code];
            let n = own.values().sum::<u64>() as f64;
            let unseen = match correction {
                Correction::Finite => (1.0 - n / stratum.pixels as f64).max(0.0),
                Correction::None => 1.0,
            };
            let kinds = own
                .iter()
                .filter_map(|(kind, count)| Some((kinds.binary_search(kind).ok()?, *count as f64)))
                .collect();
            let weight = stratum.pixels as f64 / pixels as f64;
            Part { code: stratum.code, name: stratum.name.clone(), weight, n, unseen, kinds }
        };
        let parts = with.into_iter().map(part).collect();
        Self { parts, pixels, without_units: without.into_iter().cloned().collect(), kinds }
    }

    /// The mean of `y` over all pixels (equation 3).
    pub fn mean(&self, y: impl Fn(T) -> f64) -> Linear {
        let adds: Vec<f64> = self.kinds.iter().map(|kind| y(*kind)).collect();
        let of = |part: &Part| {
            part.weight * part.kinds.iter().map(|(kind, n)| n * adds[*kind]).sum::<f64>() / part.n
        };
        Linear { value: self.parts.iter().map(of).sum(), adds }
    }

    /// The ratio of the means of `y` and `x` (equation 27); `None` where that of `x` is 0.
    pub fn ratio(&self, y: impl Fn(T) -> f64, x: impl Fn(T) -> f64) -> Option<Linear> {
        let (y, x) = (self.mean(y), self.mean(x));
        if x.value <= 0.0 {
            return None;
        }
        let value = y.value / x.value;
        let adds = y.adds.iter().zip(&x.adds).map(|(own, of)| (own - value * of) / x.value).collect();
        Some(Linear { value, adds })
    }

    /// The variance of a figure (equations 25 and 28), of the strata that `matters` tells may have a part in it.
    pub fn variance(&self, figure: &Linear, matters: impl Fn(ClassCode) -> bool) -> Variance {
        let (mut variance, mut all_seen) = (0.0, true);
        for part in self.parts.iter().filter(|part| part.unseen > 0.0 && matters(part.code)) {
            all_seen = false;
            if part.n < 2.0 {
                return Variance::Unknown(format!(
                    "stratum {} has a single unit, which tells nothing of its spread: label at least two in each stratum",
                    part.name
                ));
            }
            let mean = part.kinds.iter().map(|(kind, n)| n * figure.adds[*kind]).sum::<f64>() / part.n;
            let squares: f64 =
                part.kinds.iter().map(|(kind, n)| n * (figure.adds[*kind] - mean).powi(2)).sum();
            variance += part.weight.powi(2) * part.unseen * squares / (part.n - 1.0) / part.n;
        }
        match (all_seen, variance > NOTHING) {
            (true, _) => Variance::Census,
            (_, true) => Variance::Known(variance),
            (_, false) => Variance::NoSpread,
        }
    }

    /// A figure with its interval, within what it can be; `why` there is none where it is `None`.
    pub fn estimated(
        &self,
        figure: Option<&Linear>,
        within: [f64; 2],
        matters: impl Fn(ClassCode) -> bool,
        why: impl FnOnce() -> String,
    ) -> Estimated {
        if self.parts.is_empty() {
            return Estimated::none("no unit can be used");
        }
        figure.map_or_else(
            || Estimated::none(why()),
            |figure| Estimated::of(figure.value, self.variance(figure, matters), within),
        )
    }
}
