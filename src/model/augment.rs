//! Changes to the series of a batch that meet the seed problem: a model learned from one clear year breaks on the next one,
//! with other clouds, other haze, mosaics that drift from one another. All drawn from the seed, the epoch and the sample, so
//! that results do not depend on the threads.

use super::TrainOptions;
use crate::cube::index::IndexKnowledge;
use crate::samples::{Normalisation, SampleSet};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// How bright a cloud is, in normalised units: the 98th percentile of a band is 1.
const CLOUD: [f32; 2] = [1.0, 1.8];
/// What is left of the light under a shadow.
const SHADOW: [f32; 2] = [0.3, 0.8];

/// Augmentation of normalised series.
pub(super) struct Augment<'a> {
    options: &'a TrainOptions,
    normalisation: &'a Normalisation,
    /// Whether a band is an index, which clouds lower and light leaves alone.
    index: Vec<bool>,
    days: Vec<f64>,
}

impl<'a> Augment<'a> {
    /// `None` where nothing is asked for. `days` count on from one date to the next.
    pub fn new(
        options: &'a TrainOptions,
        normalisation: &'a Normalisation,
        index: Vec<bool>,
        days: Vec<f64>,
    ) -> Option<Self> {
        let TrainOptions { drop_dates, clouds, shadows, gain, offset, .. } = *options;
        let any = [drop_dates, clouds, shadows, gain, offset].iter().any(|share| *share > 0.0);
        any.then_some(Self { options, normalisation, index, days })
    }

    /// Changes one series, `time x band`, and marks dates that it drops where `missing` is there.
    pub fn apply(
        &self,
        series: &mut [f32],
        missing: Option<&mut [bool]>,
        (seed, epoch, sample): (u64, usize, usize),
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xa06e_17a1);
        rng.set_stream(((epoch as u64) << 32) | (sample as u64 & 0xffff_ffff));
        let TrainOptions { drop_dates, clouds, shadows, gain, offset, .. } = *self.options;
        let bands = self.index.len();
        for date in series.chunks_exact_mut(bands) {
            if clouds > 0.0 && rng.random_bool(clouds) {
                self.cloud(date, &mut rng);
            } else if shadows > 0.0 && rng.random_bool(shadows) {
                let left = between(SHADOW, &mut rng);
                self.scale(date, left);
            }
            if gain > 0.0 {
                let z: f32 = StandardNormal.sample(&mut rng);
                self.scale(date, (1.0 + gain as f32 * z).max(0.1));
            }
            if offset > 0.0 {
                for value in date.iter_mut() {
                    let z: f32 = StandardNormal.sample(&mut rng);
                    *value += offset as f32 * z;
                }
            }
        }
        if drop_dates > 0.0 {
            self.drop(series, missing, drop_dates, &mut rng);
        }
    }

    /// Blends a date towards a cloud: bright in reflectance, low in an index.
    fn cloud(&self, date: &mut [f32], rng: &mut ChaCha8Rng) {
        let thick = between([0.15, 1.0], rng);
        let bright = between(CLOUD, rng);
        for (value, index) in date.iter_mut().zip(&self.index) {
            let tint = between([-0.1, 0.1], rng);
            let cloud = if *index { tint } else { bright + tint };
            *value += thick * (cloud - *value);
        }
    }

    /// Multiplies the light of a date, in the units of the input.
    fn scale(&self, date: &mut [f32], by: f32) {
        let limits = self.normalisation.low.iter().zip(&self.normalisation.high);
        for ((value, index), (low, high)) in date.iter_mut().zip(&self.index).zip(limits) {
            if !index {
                let range = high - low;
                *value = ((*value * range + low) * by - low) / range;
            }
        }
    }

    /// Drops dates and fills them again between their neighbours, by date; at least one stays.
    fn drop(&self, series: &mut [f32], missing: Option<&mut [bool]>, share: f64, rng: &mut ChaCha8Rng) {
        let times = self.days.len();
        let bands = self.index.len();
        let mut kept: Vec<bool> = (0..times).map(|_| !rng.random_bool(share)).collect();
        if kept.iter().all(|kept| !kept) {
            kept[rng.next_u32() as usize % times] = true;
        }
        let stay: Vec<usize> = (0..times).filter(|t| kept[*t]).collect();
        for t in (0..times).filter(|t| !kept[*t]) {
            let next = stay.partition_point(|s| *s < t);
            let (before, after) = match (next.checked_sub(1), stay.get(next)) {
                (Some(before), Some(after)) => (stay[before], *after),
                (Some(before), None) => (stay[before], stay[before]),
                (None, Some(after)) => (*after, *after),
                (None, None) => continue,
            };
            let span = self.days[after] - self.days[before];
            let share = if span > 0.0 { ((self.days[t] - self.days[before]) / span) as f32 } else { 0.0 };
            for b in 0..bands {
                let (from, to) = (series[before * bands + b], series[after * bands + b]);
                series[t * bands + b] = from + share * (to - from);
            }
        }
        if let Some(missing) = missing {
            missing.iter_mut().zip(&kept).for_each(|(missing, kept)| *missing |= !kept);
        }
    }
}

fn between([low, high]: [f32; 2], rng: &mut ChaCha8Rng) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// What is done, for people; `None` where nothing is asked for.
pub(super) fn words(options: &TrainOptions) -> Option<String> {
    let TrainOptions { drop_dates, clouds, shadows, gain, offset, .. } = *options;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let parts = [
        (drop_dates, format!("{} of the dates dropped and filled again", percent(drop_dates))),
        (clouds, format!("a cloud on {}", percent(clouds))),
        (shadows, format!("a shadow on {}", percent(shadows))),
        (gain, format!("a gain of {} a date", percent(gain))),
        (offset, format!("an offset of {} of a band's range a date", percent(offset))),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(share, _)| *share > 0.0).map(|(_, words)| words).collect();
    (!parts.is_empty()).then(|| format!("augmented at random: {}", parts.join(", ")))
}

/// Indices that tables have and the catalogue has not.
const OTHER_INDICES: [&str; 5] = ["GNDVI", "KNDVI", "LSWI", "NDBI", "NDRE"];

/// Whether each band of the samples is an index: computed, or one by its name.
pub(super) fn indices(set: &SampleSet) -> Vec<bool> {
    let computed = |b: usize| set.features.get(b).is_some_and(|f| f.expression.is_some());
    let known = |name: &str| {
        IndexKnowledge::named(name).is_some() || OTHER_INDICES.iter().any(|n| n.eq_ignore_ascii_case(name))
    };
    set.bands.iter().enumerate().map(|(b, name)| computed(b) || known(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> TrainOptions {
        TrainOptions {
            drop_dates: 0.0,
            clouds: 0.0,
            shadows: 0.0,
            gain: 0.0,
            offset: 0.0,
            ..TrainOptions::default()
        }
    }

    fn changed(options: &TrainOptions, key: (u64, usize, usize)) -> (Vec<f32>, Vec<bool>) {
        let normalisation = Normalisation { low: vec![200.0, 0.1], high: vec![3200.0, 0.9] };
        let days = (0..30).map(|t| f64::from(t) * 16.0).collect();
        let mut series: Vec<f32> = (0..30).flat_map(|t| [t as f32 / 30.0, 0.5]).collect();
        let mut missing = vec![false; 30];
        if let Some(augment) = Augment::new(options, &normalisation, vec![false, true], days) {
            augment.apply(&mut series, Some(&mut missing), key);
        }
        (series, missing)
    }

    #[test]
    fn nothing_is_changed_unless_asked_and_the_same_key_gives_the_same() {
        let (plain, missing) = changed(&options(), (1, 1, 1));
        assert_eq!(plain[2], 1.0 / 30.0);
        assert!(missing.iter().all(|m| !m));
        let all =
            TrainOptions { drop_dates: 0.2, clouds: 0.2, shadows: 0.2, gain: 0.1, offset: 0.05, ..options() };
        assert_eq!(changed(&all, (1, 2, 3)), changed(&all, (1, 2, 3)));
        for other in [(2, 2, 3), (1, 3, 3), (1, 2, 4)] {
            assert_ne!(changed(&all, (1, 2, 3)), changed(&all, other));
        }
    }

    #[test]
    fn a_straight_line_stays_straight_where_dates_are_dropped_and_they_are_marked() {
        let (series, missing) = changed(&TrainOptions { drop_dates: 0.4, ..options() }, (5, 1, 1));
        let dropped = missing.iter().filter(|m| **m).count();
        assert!((5..20).contains(&dropped), "{dropped}");
        let inside = |t: usize| missing[..t].iter().any(|m| !m) && missing[t + 1..].iter().any(|m| !m);
        for t in (1..29).filter(|t| inside(*t)) {
            assert!((series[2 * t] - t as f32 / 30.0).abs() < 1e-5, "date {t}");
        }
        assert!(
            !changed(&TrainOptions { drop_dates: 1.0, ..options() }, (5, 1, 1)).1.iter().all(|m| *m),
            "one stays"
        );
    }

    #[test]
    fn clouds_brighten_bands_and_lower_indices_and_shadows_darken_bands_alone() {
        let (clouds, _) = changed(&TrainOptions { clouds: 1.0, ..options() }, (1, 1, 1));
        for (t, date) in clouds.chunks(2).enumerate() {
            assert!(date[0] > t as f32 / 30.0 - 0.1 && date[1] < 0.5, "{date:?}");
        }
        let (shadows, _) = changed(&TrainOptions { shadows: 1.0, ..options() }, (1, 1, 1));
        for (t, date) in shadows.chunks(2).enumerate() {
            assert!(date[0] < t as f32 / 30.0 && date[1] == 0.5, "{date:?}");
        }
    }
}
