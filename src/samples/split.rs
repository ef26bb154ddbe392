//! Splitting samples so that no annotation is in two parts.

use super::SampleSet;
use crate::labels::{AnnotationId, ClassCode};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Indices of samples to learn from, to hold out, and to keep for assessment. No annotation is in two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Split {
    /// Indices to learn from.
    pub train: Vec<usize>,
    /// Indices held out: they choose when training stops, so they cannot tell how good the model is.
    pub held_out: Vec<usize>,
    /// Indices kept for assessment: they neither train nor choose anything.
    pub kept: Vec<usize>,
}

/// Sets about `share` of each class's annotations apart from training, drawn from `seed`: half of them are kept for
/// assessment, half are held out for early stopping (an odd one is kept). Of a class with
///
/// - one or two annotations all train: there is nothing to spare;
/// - three, one is kept and two train;
/// - four or more, at least one is kept, at least one held out, and at least half (rounded down) train.
///
/// A share of 0 or less sets nothing apart.
///
/// Annotations count, not their samples: pixels of one polygon are too alike to tell anything new of each other, so a
/// split that parted them would flatter. Each class draws from a stream of its own, so that annotations added to one class
/// leave the draw of the others as it was; the order of samples and annotations does not matter.
pub fn split_by_annotation(set: &SampleSet, share: f64, seed: u64) -> Split {
    let mut annotations_of: BTreeMap<ClassCode, BTreeSet<AnnotationId>> = BTreeMap::new();
    for (class, annotation) in set.classes.iter().zip(&set.annotations) {
        annotations_of.entry(*class).or_default().insert(*annotation);
    }
    let (mut kept, mut held_out) = (HashSet::new(), HashSet::new());
    for (class, annotations) in annotations_of {
        let n = annotations.len();
        if n < 3 || share.is_nan() || share <= 0.0 {
            continue;
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(u64::from(class));
        let mut drawn: Vec<(u64, AnnotationId)> =
            annotations.into_iter().map(|annotation| (random.next_u64(), annotation)).collect();
        drawn.sort_unstable();
        let least = if n == 3 { 1 } else { 2 };
        let apart = ((n as f64 * share).round() as usize).clamp(least, n - (n / 2).max(2));
        let mut drawn = drawn.into_iter().map(|(_, annotation)| annotation);
        kept.extend(drawn.by_ref().take(apart.div_ceil(2)));
        held_out.extend(drawn.take(apart / 2));
    }
    let mut split = Split::default();
    for (i, annotation) in set.annotations.iter().enumerate() {
        let part = if kept.contains(annotation) {
            &mut split.kept
        } else if held_out.contains(annotation) {
            &mut split.held_out
        } else {
            &mut split.train
        };
        part.push(i);
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Samples of (class, annotation) without values.
    fn set(samples: &[(ClassCode, AnnotationId)]) -> SampleSet {
        SampleSet {
            bands: vec![],
            features: vec![],
            dates: vec![],
            values: crate::samples::Rows::new(0),
            classes: samples.iter().map(|s| s.0).collect(),
            annotations: samples.iter().map(|s| s.1).collect(),
            places: vec![(0, 0); samples.len()],
            locations: Vec::new(),
        }
    }

    fn annotations_in(set: &SampleSet, indices: &[usize], class: ClassCode) -> BTreeSet<AnnotationId> {
        indices.iter().filter(|i| set.classes[**i] == class).map(|i| set.annotations[*i]).collect()
    }

    #[test]
    fn a_quarter_of_each_class_is_set_apart_however_many_samples_an_annotation_has() {
        let samples: Vec<_> =
            (0..800u64).map(|i| (1 + (i % 2) as u8, i % 32)).chain((0..5000).map(|_| (1, 0))).collect();
        let set = set(&samples);
        let split = split_by_annotation(&set, 0.25, 7);
        for class in [1, 2] {
            assert_eq!(annotations_in(&set, &split.kept, class).len(), 2);
            assert_eq!(annotations_in(&set, &split.held_out, class).len(), 2);
            assert_eq!(annotations_in(&set, &split.train, class).len(), 12);
        }
    }

    #[test]
    fn the_fewer_annotations_a_class_has_the_more_of_them_train() {
        let parts = |n: u64, share: f64| {
            let set = set(&(0..n).map(|i| (1, i)).collect::<Vec<_>>());
            let Split { train, held_out, kept } = split_by_annotation(&set, share, 1);
            (train.len(), held_out.len(), kept.len())
        };
        let few: Vec<_> = (1..=9).map(|n| parts(n, 0.25)).collect();
        let expected = [
            (1, 0, 0),
            (2, 0, 0),
            (2, 0, 1),
            (2, 1, 1),
            (3, 1, 1),
            (4, 1, 1),
            (5, 1, 1),
            (6, 1, 1),
            (7, 1, 1),
        ];
        assert_eq!(few, expected);
        assert_eq!((parts(4, 1.0), parts(5, 9.0), parts(40, 1.0)), ((2, 1, 1), (2, 1, 2), (20, 10, 10)));
    }

    #[test]
    fn another_seed_gives_another_split_and_the_same_seed_the_same() {
        let samples: Vec<_> = (0..100u64).map(|i| (1, i)).collect();
        let set = set(&samples);
        assert_eq!(split_by_annotation(&set, 0.3, 5), split_by_annotation(&set, 0.3, 5));
        assert_ne!(split_by_annotation(&set, 0.3, 5), split_by_annotation(&set, 0.3, 6));
    }

    #[test]
    fn annotations_of_a_new_class_leave_the_draw_of_the_others() {
        let old: Vec<_> = (0..20u64).map(|i| (3, i)).collect();
        let mut new = vec![(1, 50), (1, 51), (1, 52)];
        new.extend(&old);
        let (old, new) = (set(&old), set(&new));
        let held_out = |set: &SampleSet| annotations_in(set, &split_by_annotation(set, 0.25, 1).held_out, 3);
        assert_eq!(held_out(&old), held_out(&new));
    }

    #[test]
    fn a_share_of_nothing_sets_nothing_apart() {
        let set = set(&(0..20).map(|i| (1, i)).collect::<Vec<_>>());
        for share in [0.0, -1.0, f64::NAN] {
            assert_eq!(split_by_annotation(&set, share, 1).train.len(), 20);
        }
    }

    proptest! {
        #[test]
        fn no_annotation_is_in_two_parts_and_every_sample_in_one(
            samples in prop::collection::vec((0..40u64).prop_map(|a| ((1 + a % 5) as ClassCode, a)), 0..200),
            share in 0.0..1.0f64,
            seed in any::<u64>(),
        ) {
            let set = set(&samples);
            let split = split_by_annotation(&set, share, seed);
            let mut all: Vec<_> = [&split.train, &split.held_out, &split.kept].into_iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..set.len()).collect::<Vec<_>>());
            let side = |indices: &[usize]| indices.iter().map(|i| set.annotations[*i]).collect::<HashSet<_>>();
            prop_assert!(side(&split.train).is_disjoint(&side(&split.held_out)));
            prop_assert!(side(&split.train).is_disjoint(&side(&split.kept)));
            prop_assert!(side(&split.held_out).is_disjoint(&side(&split.kept)));
            for class in 1..=5 {
                let count = |part: &[usize]| annotations_in(&set, part, class).len();
                let apart = count(&split.held_out) + count(&split.kept);
                prop_assert!(count(&split.train) >= (count(&split.train) + apart) / 2);
                prop_assert!(apart == 0 || count(&split.train) >= 2);
            }
        }
    }
}
