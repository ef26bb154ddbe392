//! Normalisation by percentiles a band, from the training part alone (Pelletier et al. 2019).

use super::SampleSet;
use serde::{Deserialize, Serialize};

/// The 2nd and 98th percentile of each band over all dates of the training samples; a value becomes
/// `(value - low) / (high - low)`, not clipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// 2nd percentile a band.
    pub low: Vec<f32>,
    /// 98th percentile a band; never equal to `low`.
    pub high: Vec<f32>,
}

impl Normalisation {
    /// From the samples `train` of `set`; NaN values are left out.
    pub fn fit(_set: &SampleSet, _train: &[usize]) -> Self {
        todo!()
    }

    /// Normalises series in place; `values` is any number of `time x band`. Gaps must be filled before.
    pub fn apply(&self, _values: &mut [f32]) {
        todo!()
    }
}
