//! Imbalance: how many samples of a class or an annotation train, and how much each counts.

use super::{ClassWeights, TrainOptions};
use crate::labels::{AnnotationId, Class, ClassCode};
use crate::samples::SampleSet;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Of the samples `train`, those that stay under the caps, drawn from the seed: first so many of each annotation, then so
/// many of each class. In order.
pub(super) fn capped(set: &SampleSet, train: &[usize], options: &TrainOptions) -> Vec<usize> {
    let TrainOptions { cap_per_class, cap_per_annotation, seed, .. } = *options;
    let of_annotation = draw(train, cap_per_annotation, seed ^ 0xca9a, |i| (set.annotations[i], 0));
    draw(&of_annotation, cap_per_class, seed ^ 0xca9c, |i| (0, set.classes[i]))
}

fn draw(
    samples: &[usize],
    cap: usize,
    seed: u64,
    group: impl Fn(usize) -> (AnnotationId, ClassCode),
) -> Vec<usize> {
    if cap == 0 {
        return samples.to_vec();
    }
    let mut groups: BTreeMap<(AnnotationId, ClassCode), Vec<usize>> = BTreeMap::new();
    samples.iter().for_each(|i| groups.entry(group(*i)).or_default().push(*i));
    let mut kept = Vec::new();
    for ((annotation, class), mut group) in groups {
        if group.len() > cap {
            // A stream a group: what is drawn of one does not depend on the others.
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(annotation ^ (u64::from(class) << 56));
            group.shuffle(&mut rng);
            group.truncate(cap);
        }
        kept.extend(group);
    }
    kept.sort_unstable();
    kept
}

/// How much a sample of each class counts; 1 on average over the samples.
pub(super) fn weights(kind: ClassWeights, counts: &[usize]) -> Vec<f32> {
    let power = match kind {
        ClassWeights::None => return vec![1.0; counts.len()],
        ClassWeights::Softened => 0.5,
        ClassWeights::Balanced => 1.0,
    };
    let raw: Vec<f64> = counts.iter().map(|n| (1.0 / (*n).max(1) as f64).powf(power)).collect();
    let all: usize = counts.iter().sum();
    let mean = raw.iter().zip(counts).map(|(w, n)| w * *n as f64).sum::<f64>() / all.max(1) as f64;
    raw.iter().map(|w| (w / mean) as f32).collect()
}

/// What was done about it, in sentences.
pub(super) fn notes(
    options: &TrainOptions,
    classes: &[Class],
    weights: &[f32],
    before: usize,
    after: usize,
) -> Vec<String> {
    let mut notes = Vec::new();
    if after < before {
        let caps = [(options.cap_per_class, "class"), (options.cap_per_annotation, "annotation")];
        let caps: Vec<String> = caps
            .iter()
            .filter(|(cap, _)| *cap > 0)
            .map(|(cap, what)| format!("{cap} samples a {what}"))
            .collect();
        notes.push(format!("at most {}: {after} of {before} samples train", caps.join(" and ")));
    }
    if options.class_weights != ClassWeights::None {
        let of: Vec<String> =
            classes.iter().zip(weights).map(|(c, w)| format!("{} {w:.2}", c.name)).collect();
        notes.push(format!("samples count by the rarity of their class: {}", of.join(", ")));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> SampleSet {
        // Class 1: two annotations of 30 and 10; class 2: one of 5.
        let of = |i: u64| {
            if i < 30 {
                (1, 1)
            } else if i < 40 {
                (1, 2)
            } else {
                (2, 3)
            }
        };
        SampleSet {
            bands: vec![],
            features: vec![],
            dates: vec![],
            values: crate::samples::Rows::new(0),
            classes: (0..45).map(|i| of(i).0).collect(),
            annotations: (0..45).map(|i| of(i).1).collect(),
            places: vec![],
            locations: vec![],
        }
    }

    fn options(cap_per_class: usize, cap_per_annotation: usize) -> TrainOptions {
        TrainOptions { cap_per_class, cap_per_annotation, ..TrainOptions::default() }
    }

    #[test]
    fn caps_keep_so_many_of_each_and_the_same_ones_each_time() {
        let set = set();
        let all: Vec<usize> = (0..45).collect();
        assert_eq!(capped(&set, &all, &options(0, 0)), all);
        let few = capped(&set, &all, &options(12, 8));
        let of = |class: u8| few.iter().filter(|i| set.classes[**i] == class).count();
        assert_eq!((of(1), of(2)), (12, 5));
        for annotation in 1..=3 {
            assert!((1..=8).contains(&few.iter().filter(|i| set.annotations[**i] == annotation).count()));
        }
        assert_eq!(few, capped(&set, &all, &options(12, 8)));
        assert_ne!(few, capped(&set, &all, &TrainOptions { seed: 99, ..options(12, 8) }));
    }

    #[test]
    fn weights_are_one_on_average_and_balanced_ones_make_classes_even() {
        let counts = [90, 9, 1];
        for kind in [ClassWeights::None, ClassWeights::Softened, ClassWeights::Balanced] {
            let weights = weights(kind, &counts);
            let mean: f32 = weights.iter().zip(&counts).map(|(w, n)| w * *n as f32).sum::<f32>() / 100.0;
            assert!((mean - 1.0).abs() < 1e-5, "{kind:?}");
        }
        let even = weights(ClassWeights::Balanced, &counts);
        assert!((even[0] * 90.0 - even[2]).abs() < 1e-4);
    }
}
