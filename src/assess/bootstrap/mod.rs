//! Intervals by drawing whole annotations anew.
//!
//! Pixels of an annotation are alike: drawing pixels would make an interval that is far too narrow. So clusters are drawn,
//! with replacement (Davison & Hinkley 1997, Bootstrap Methods and their Application, section 3.8). Each cluster's counts are
//! made once and then only added up. The intervals say how far other annotations of the same making would have moved the
//! figures; they do not turn annotations into a random sample of the land.

mod scores;

pub use scores::{AssessmentIntervals, ClassIntervals, assessment_intervals};
pub(super) use scores::{OF_ALL, scores};

use super::estimated::Estimated;
use super::matrix::ErrorMatrix;
use super::normal::{Z95, normal_below, normal_quantile};
use crate::labels::ClassCode;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of the replicates, the least share that must have a figure for it to have an interval.
const DEFINED: f64 = 0.9;

/// How intervals are read from replicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Their 2.5 and 97.5 percentiles.
    #[default]
    Percentile,
    /// Percentiles moved for bias and skew (BCa: Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 14.3), with
    /// influences from leaving clusters out one by one. For figures near 0 or 1, from some twenty clusters on.
    Corrected,
}

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootstrapSpec {
    pub replicates: usize,
    pub seed: u64,
    /// Whether as many clusters of each class (that of most of their samples) are drawn as there are; otherwise their numbers
    /// vary too.
    pub by_class: bool,
    pub interval: Interval,
}

impl Default for BootstrapSpec {
    fn default() -> Self {
        Self { replicates: 2000, seed: 1, by_class: false, interval: Interval::Percentile }
    }
}

/// Counts that come in clusters: cells of an error matrix, by annotation.
#[derive(Debug, Clone, Default)]
pub struct Clusters {
    cells: usize,
    /// Those of a class together.
    all: Vec<Cluster>,
}

/// Samples of a cluster by class, and by cell.
type Tally = (BTreeMap<ClassCode, u64>, BTreeMap<usize, u64>);

#[derive(Debug, Clone, Default)]
struct Cluster {
    /// The class of most of its samples.
    class: ClassCode,
    /// All of its classes.
    classes: Vec<ClassCode>,
    /// (cell, count).
    counts: Vec<(usize, u64)>,
}

impl Clusters {
    /// From samples, each with its cluster, its class and a cell below `cells`; other cells are not counted.
    pub fn new(cells: usize, samples: impl Iterator<Item = (u64, ClassCode, usize)>) -> Self {
        let mut clusters: BTreeMap<u64, Tally> = BTreeMap::new();
        for (cluster, class, cell) in samples.filter(|(.., cell)| *cell < cells) {
            let (classes, counts) = clusters.entry(cluster).or_default();
            *classes.entry(class).or_default() += 1;
            *counts.entry(cell).or_default() += 1;
        }
        let cluster = |(classes, counts): Tally| Cluster {
            class: classes.iter().rev().max_by_key(|(_, count)| **count).map_or(0, |(class, _)| *class),
            classes: classes.into_keys().collect(),
            counts: counts.into_iter().collect(),
        };
        let mut all: Vec<Cluster> = clusters.into_values().map(cluster).collect();
        all.sort_by_key(|cluster| cluster.class);
        Self { cells, all }
    }

    /// Of an error matrix of these classes: samples with their annotation, reference class and mapped class. Samples of other
    /// classes are not counted.
    pub fn of_matrix(
        matrix: &ErrorMatrix,
        samples: impl Iterator<Item = (u64, ClassCode, ClassCode)>,
    ) -> Self {
        let n = matrix.classes.len();
        let place = |code| matrix.classes.iter().position(|c| c.code == code);
        Self::new(
            n * n,
            samples.filter_map(|(annotation, reference, mapped)| {
                Some((annotation, reference, place(reference)? * n + place(mapped)?))
            }),
        )
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many have samples of a class.
    pub fn of_class(&self, class: ClassCode) -> usize {
        self.all.iter().filter(|cluster| cluster.classes.contains(&class)).count()
    }

    /// The counts of all.
    pub fn sum(&self) -> Vec<u64> {
        let mut sum = vec![0; self.cells];
        self.all.iter().for_each(|cluster| add(&mut sum, &cluster.counts));
        sum
    }

    /// Where the clusters of each draw begin and end: those of a class stand together.
    fn strata(&self, by_class: bool) -> Vec<std::ops::Range<usize>> {
        if !by_class {
            return std::iter::once(0..self.all.len()).collect();
        }
        let mut strata: Vec<std::ops::Range<usize>> = Vec::new();
        for (i, cluster) in self.all.iter().enumerate() {
            match strata.last_mut() {
                Some(last) if self.all[last.start].class == cluster.class => last.end = i + 1,
                _ => strata.push(i..i + 1),
            }
        }
        strata
    }
}

fn add(sum: &mut [u64], counts: &[(usize, u64)]) {
    counts.iter().for_each(|(cell, count)| sum[*cell] += count);
}

/// Intervals of figures of the summed counts: `figures` gives the same number of them each time, `None` where there is none.
/// The same seed gives the same intervals.
pub fn bootstrap(
    clusters: &Clusters,
    spec: &BootstrapSpec,
    figures: impl Fn(&[u64]) -> Vec<Option<f64>>,
) -> Vec<Estimated> {
    let whole = figures(&clusters.sum());
    let alone = |why: &str| {
        let figure = |value: &Option<f64>| match value {
            Some(value) => Estimated::alone(*value, why),
            None => Estimated::none("nothing was counted that tells it"),
        };
        whole.iter().map(figure).collect()
    };
    if clusters.len() < 2 {
        return alone("fewer than two annotations: nothing tells how others would have differed");
    }
    let strata = clusters.strata(spec.by_class);
    if strata.iter().all(|s| s.len() < 2) {
        return alone(
            "one annotation of each class: nothing tells how others of the class would have differed",
        );
    }
    let mut random = ChaCha8Rng::seed_from_u64(spec.seed);
    let mut replicates: Vec<Vec<f64>> = vec![Vec::with_capacity(spec.replicates); whole.len()];
    let mut sum = vec![0; clusters.cells];
    for _ in 0..spec.replicates {
        sum.fill(0);
        for stratum in &strata {
            for _ in 0..stratum.len() {
                add(&mut sum, &clusters.all[random.random_range(stratum.clone())].counts);
            }
        }
        for (all, figure) in replicates.iter_mut().zip(figures(&sum)) {
            all.extend(figure.filter(|f| f.is_finite()));
        }
    }
    let skews = match spec.interval {
        Interval::Percentile => vec![0.0; whole.len()],
        Interval::Corrected => skews(clusters, &strata, &figures, whole.len()),
    };
    let read = |((value, mut replicates), skew): ((Option<f64>, Vec<f64>), f64)| {
        let Some(value) = value else { return Estimated::none("nothing was counted that tells it") };
        if (replicates.len() as f64) < DEFINED * spec.replicates.max(1) as f64 {
            return Estimated::alone(value, "too few annotations tell it: many draws had none of them");
        }
        replicates.sort_unstable_by(f64::total_cmp);
        let n = replicates.len() as f64;
        let mean = replicates.iter().sum::<f64>() / n;
        let se = (replicates.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
        if se < 1e-12 {
            return Estimated::alone(
                value,
                "the annotations are all alike in it, so that drawing them anew shows no spread",
            );
        }
        let ends = match spec.interval {
            Interval::Percentile => [0.025, 0.975],
            Interval::Corrected => corrected(&replicates, value, skew),
        };
        let interval = ends.map(|share| quantile(&replicates, share));
        Estimated { value: Some(value), se: Some(se), interval: Some(interval), why: None }
    };
    whole.into_iter().zip(replicates).zip(skews).map(read).collect()
}

/// The shares of the replicates between which the corrected interval lies (Efron & Tibshirani 1993, equations 14.10
/// and 14.14).
fn corrected(sorted: &[f64], value: f64, skew: f64) -> [f64; 2] {
    let n = sorted.len() as f64;
    let below = sorted.iter().filter(|r| **r < value).count() as f64;
    let level = sorted.iter().filter(|r| **r == value).count() as f64;
    // Not beyond what so many replicates can tell.
    let share = ((below + level / 2.0) / n).clamp(0.5 / n, 1.0 - 0.5 / n);
    let bias = normal_quantile(share);
    [-Z95, Z95].map(|z| normal_below(bias + (bias + z) / (1.0 - skew * (bias + z)).max(1e-6)))
}

/// The acceleration of each figure, from leaving out clusters one by one, each stratum by itself
/// (Efron & Tibshirani 1993, equation 14.15; in strata Davison & Hinkley 1997, section 5.3).
fn skews(
    clusters: &Clusters,
    strata: &[std::ops::Range<usize>],
    figures: &impl Fn(&[u64]) -> Vec<Option<f64>>,
    count: usize,
) -> Vec<f64> {
    let whole = clusters.sum();
    let (mut squares, mut cubes) = (vec![0.0; count], vec![0.0; count]);
    for stratum in strata.iter().filter(|s| s.len() > 1) {
        let n = stratum.len() as f64;
        let without: Vec<Vec<Option<f64>>> = stratum
            .clone()
            .map(|i| {
                let mut sum = whole.clone();
                clusters.all[i].counts.iter().for_each(|(cell, counted)| sum[*cell] -= counted);
                figures(&sum)
            })
            .collect();
        for (figure, (squares, cubes)) in squares.iter_mut().zip(&mut cubes).enumerate() {
            let values: Vec<f64> = without.iter().filter_map(|w| *w.get(figure)?).collect();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            for value in values {
                let influence = (n - 1.0) * (mean - value) / n;
                *squares += influence.powi(2);
                *cubes += influence.powi(3);
            }
        }
    }
    let skew =
        |(cubes, squares): (f64, f64)| if squares > 1e-24 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 };
    cubes.into_iter().zip(squares).map(skew).collect()
}

/// The value below which a share of sorted values lies, between the two nearest (Hyndman & Fan 1996, definition 7).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    sorted[low] + (sorted[(low + 1).min(last)] - sorted[low]) * part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::chance;

    /// The share of the first of two cells.
    fn first(counts: &[u64]) -> Vec<Option<f64>> {
        let all = counts[0] + counts[1];
        vec![(all > 0).then(|| counts[0] as f64 / all as f64)]
    }

    /// `n` clusters of `size` samples, which are all in the first cell or all in the second.
    fn clusters(n: u64, size: u64, share: f64, seed: u64) -> Clusters {
        let cell = |i: u64| usize::from(chance(&[seed, i]) > share);
        Clusters::new(2, (0..n).flat_map(|i| (0..size).map(move |_| (i, 1, cell(i)))))
    }

    #[test]
    fn an_interval_is_as_wide_as_clusters_are_few_however_many_pixels_they_have() {
        let spec = BootstrapSpec::default();
        let width = |size| {
            let found = bootstrap(&clusters(50, size, 0.7, 3), &spec, first).remove(0);
            let [low, high] = found.interval.unwrap();
            assert!(low < found.value.unwrap() && found.value.unwrap() < high);
            high - low
        };
        assert_eq!(width(1), width(100));
        // Binomial: 2 x 1.96 x sqrt(0.7 x 0.3 / 50) = 0.25.
        assert!((0.20..0.30).contains(&width(1)), "{}", width(1));
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_a_near_one() {
        let with = |seed, interval| {
            let spec = BootstrapSpec { seed, interval, ..BootstrapSpec::default() };
            bootstrap(&clusters(60, 3, 0.8, 1), &spec, first).remove(0)
        };
        assert_eq!(with(4, Interval::Percentile), with(4, Interval::Percentile));
        assert_ne!(with(4, Interval::Percentile), with(5, Interval::Percentile));
        let [low, high] = with(4, Interval::Corrected).interval.unwrap();
        let [plain_low, plain_high] = with(4, Interval::Percentile).interval.unwrap();
        assert!((low - plain_low).abs() < 0.05 && (high - plain_high).abs() < 0.05);
    }

    #[test]
    fn both_intervals_cover_the_truth_about_as_often_as_they_say() {
        for interval in [Interval::Percentile, Interval::Corrected] {
            let spec = BootstrapSpec { replicates: 300, interval, ..BootstrapSpec::default() };
            let covers = |seed: u64| {
                let [low, high] =
                    bootstrap(&clusters(60, 2, 0.8, 100 + seed), &spec, first)[0].interval.unwrap();
                usize::from(low <= 0.8 && 0.8 <= high)
            };
            let covered: usize = (0..200).map(covers).sum();
            assert!((176..=199).contains(&covered), "{interval:?}: {covered} of 200");
        }
    }

    #[test]
    fn efrons_skew_moves_the_ends_as_his_formula_says() {
        // Without bias and skew the ends stay; a skew of 0.05 moves both up:
        // 1.96 / (1 - 0.05 x 1.96) = 2.173 and -1.96 / (1 + 0.05 x 1.96) = -1.785.
        let sorted: Vec<f64> = (0..1001).map(f64::from).collect();
        let [low, high] = corrected(&sorted, 500.0, 0.0);
        assert!((low - 0.025).abs() < 1e-9 && (high - 0.975).abs() < 1e-9);
        let [low, high] = corrected(&sorted, 500.0, 0.05);
        assert!((low - normal_below(-1.78504)).abs() < 1e-5 && (high - normal_below(2.17291)).abs() < 1e-5);
        assert_eq!(
            (quantile(&sorted, 0.25), quantile(&[2.0], 0.9), quantile(&[1.0, 2.0], 0.25)),
            (250.0, 2.0, 1.25)
        );
    }

    #[test]
    fn draws_by_class_keep_the_number_of_each() {
        // Ten annotations right of one class, ten wrong of another: by class nothing varies.
        let samples = (0..20).map(|i| (i, 1 + (i / 10) as u8, (i / 10) as usize));
        let clusters = Clusters::new(2, samples);
        assert_eq!((clusters.len(), clusters.of_class(2), clusters.sum()), (20, 10, vec![10, 10]));
        let spec = BootstrapSpec { by_class: true, ..BootstrapSpec::default() };
        let found = bootstrap(&clusters, &spec, first).remove(0);
        assert!(found.interval.is_none() && found.why.unwrap().contains("alike"));
        assert!(bootstrap(&clusters, &BootstrapSpec::default(), first)[0].interval.is_some());
        // A cluster of two classes is one, and counts for both.
        let mixed = Clusters::new(2, [(1, 5, 0), (1, 5, 0), (1, 6, 1), (2, 6, 1)].into_iter());
        assert_eq!((mixed.len(), mixed.of_class(5), mixed.of_class(6)), (2, 1, 2));
        assert_eq!(mixed.strata(true), [0..1, 1..2]);
    }

    #[test]
    fn too_few_clusters_give_a_value_and_a_reason() {
        let one = bootstrap(&clusters(1, 9, 1.1, 1), &BootstrapSpec::default(), first).remove(0);
        assert_eq!((one.value, one.interval), (Some(1.0), None));
        assert!(one.why.unwrap().contains("two annotations"));
        let none =
            bootstrap(&Clusters::new(2, std::iter::empty()), &BootstrapSpec::default(), first).remove(0);
        assert!(none.value.is_none() && none.why.is_some());
        // A figure that rests on one of thirty annotations is missing in a third of the draws.
        let rare = |counts: &[u64]| vec![(counts[1] > 0).then(|| counts[0] as f64 / counts[1] as f64)];
        let samples = (0..30).map(|i| (i, 1, usize::from(i == 7)));
        let found = bootstrap(&Clusters::new(2, samples), &BootstrapSpec::default(), rare).remove(0);
        assert!(found.interval.is_none() && found.why.unwrap().contains("many draws"));
    }
}
