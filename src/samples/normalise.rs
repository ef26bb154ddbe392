//! Normalisation by percentiles a band, from the training part alone (Pelletier et al. 2019, 10.3390/rs11050523).

use super::{SampleError, SampleSet};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Values that percentiles are taken of at most: 256 MB of memory, and the percentiles of so many stand still.
const MOST: usize = 1 << 26;

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
    /// From the samples `train` of `set`; NaN values are left out. Percentiles are interpolated linearly between values; of
    /// more values than [`MOST`], samples evenly apart are taken. A band with one value only is shifted to 0 and not scaled.
    ///
    /// # Errors
    /// [`SampleError::Room`] where samples lie in a file that cannot be read.
    pub fn fit(set: &SampleSet, train: &[usize]) -> Result<Self, SampleError> {
        let bands = set.bands.len();
        let every = (train.len() * set.values.width()).div_ceil(MOST).max(1);
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); bands];
        for i in train.iter().step_by(every) {
            for date in set.series(*i)?.chunks_exact(bands) {
                let there = values.iter_mut().zip(date).filter(|(_, value)| value.is_finite());
                there.for_each(|(all, value)| all.push(*value));
            }
        }
        let limits = values.into_par_iter().map(|mut values| {
            match (percentile(&mut values, 0.02), percentile(&mut values, 0.98)) {
                (Some(low), Some(high)) if high > low => (low, high),
                // One more than a value this large may be the same number again.
                (Some(low), _) => (low, low + low.abs().max(1.0)),
                _ => (0.0, 1.0),
            }
        });
        let (low, high) = limits.collect::<Vec<_>>().into_iter().unzip();
        Ok(Self { low, high })
    }

    /// Normalises series in place; `values` is any number of `time x band`. Gaps must be filled before.
    pub fn apply(&self, values: &mut [f32]) {
        /// Dates at a time: so many values are whole vectors, of any number of bands.
        const DATES: usize = 16;
        let some = self.low.len().max(1) * DATES;
        let repeated = |of: &mut dyn Iterator<Item = f32>| -> Vec<f32> {
            let once: Vec<f32> = of.collect();
            once.into_iter().cycle().take(some).collect()
        };
        let low = repeated(&mut self.low.iter().copied());
        let range = repeated(&mut self.low.iter().zip(&self.high).map(|(low, high)| high - low));
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for dates in values.chunks_mut(some) {
                    for ((value, low), range) in dates.iter_mut().zip(&low).zip(&range) {
                        *value = (*value - low) / range;
                    }
                }
            },
        );
    }
}

/// The value below which a `share` of the values lies, between the two nearest ones.
fn percentile(values: &mut [f32], share: f64) -> Option<f32> {
    let place = values.len().checked_sub(1)? as f64 * share;
    let (_, below, rest) = values.select_nth_unstable_by(place.floor() as usize, f32::total_cmp);
    let below = *below;
    let above = rest.iter().copied().min_by(f32::total_cmp).unwrap_or(below);
    Some((f64::from(below) + (f64::from(above) - f64::from(below)) * place.fract()) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    /// Samples of two bands and two dates.
    fn set(values: Vec<f32>) -> SampleSet {
        let n = values.len() / 4;
        SampleSet {
            bands: vec!["B04".into(), "B08".into()],
            features: vec![],
            dates: vec![NaiveDate::MIN, NaiveDate::MAX],
            values: crate::samples::Rows::of(4, values),
            classes: vec![1; n],
            annotations: vec![1; n],
            places: vec![(0, 0); n],
            locations: Vec::new(),
        }
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.percentile(range(1, 8), [2, 98]) and of [3, 1, 2]
        assert!((percentile(&mut [3., 1., 2., 7., 5., 6., 4.], 0.02).unwrap() - 1.12).abs() < 1e-6);
        assert!((percentile(&mut [3., 1., 2., 7., 5., 6., 4.], 0.98).unwrap() - 6.88).abs() < 1e-6);
        assert!((percentile(&mut [3., 1., 2.], 0.98).unwrap() - 2.96).abs() < 1e-6);
        assert_eq!(percentile(&mut [], 0.5), None);
    }

    #[test]
    fn only_the_training_part_is_looked_at_each_band_over_all_dates() {
        // Sample 0 has B04 = 0 and 100, B08 = 1000 and 2000; sample 1 is far off and held out.
        let set = set(vec![0., 1000., 100., 2000., 9e6, 9e6, 9e6, 9e6]);
        let normalisation = Normalisation::fit(&set, &[0]).unwrap();
        assert_eq!(normalisation.low, [2.0, 1020.0]);
        assert_eq!(normalisation.high, [98.0, 1980.0]);
        let mut values = vec![2.0, 1980.0, 98.0, 1020.0, 194.0, 1500.0];
        normalisation.apply(&mut values);
        assert_eq!(values, [0.0, 1.0, 1.0, 0.0, 2.0, 0.5]);
    }

    #[test]
    fn gaps_a_constant_band_and_no_sample_at_all_give_finite_numbers() {
        let nan = f32::NAN;
        let fitted = Normalisation::fit(&set(vec![nan, 7., 5., 7., 6., 7., nan, 7.]), &[0, 1]).unwrap();
        assert!(fitted.low[0] >= 5.0 && fitted.high[0] <= 6.0);
        assert_eq!((fitted.low[1], fitted.high[1]), (7.0, 14.0));
        let fitted = Normalisation::fit(&set(vec![nan, 3e9, nan, 3e9]), &[0]).unwrap();
        assert_eq!((fitted.low[0], fitted.high[0]), (0.0, 1.0));
        assert!(fitted.high[1] > fitted.low[1]);
        let fitted = Normalisation::fit(&set(vec![]), &[]).unwrap();
        assert_eq!((fitted.low, fitted.high), (vec![0.0; 2], vec![1.0; 2]));
    }

    proptest! {
        #[test]
        fn two_percent_of_the_values_lie_below_0_and_two_above_1(
            values in prop::collection::vec(-1e4..1e4f32, 400..800)
        ) {
            let set = set(values[..values.len() / 4 * 4].to_vec());
            let all: Vec<usize> = (0..set.len()).collect();
            let mut values = set.values.in_memory().unwrap().to_vec();
            Normalisation::fit(&set, &all).unwrap().apply(&mut values);
            for band in 0..2 {
                let one: Vec<f32> = values.iter().skip(band).step_by(2).copied().collect();
                let share = |inside: &dyn Fn(f32) -> bool| {
                    one.iter().filter(|v| inside(**v)).count() as f64 / one.len() as f64
                };
                prop_assert!((share(&|v| v < 0.0) - 0.02).abs() < 0.01);
                prop_assert!((share(&|v| v > 1.0) - 0.02).abs() < 0.01);
            }
        }
    }
}
