//! Splitting samples so that no annotation is on both sides.

use super::SampleSet;
use crate::labels::{AnnotationId, ClassCode};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Indices of samples to learn from and to hold out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Split {
    /// Indices to learn from.
    pub train: Vec<usize>,
    /// Indices held out.
    pub held_out: Vec<usize>,
}

/// Holds out about `share` of each class's annotations (at least one where the class has two or more; a class with one
/// annotation is learned from and not held out), drawn from `seed`. A share of 0 or less holds nothing out.
///
/// Annotations count, not their samples: pixels of one polygon are too alike to tell anything new of each other, so a
/// split that parted them would flatter. Each class draws from a stream of its own, so that annotations added to one class
/// leave the draw of the others as it was; the order of samples and annotations does not matter.
pub fn split_by_annotation(set: &SampleSet, share: f64, seed: u64) -> Split {
    let mut annotations_of: BTreeMap<ClassCode, BTreeSet<AnnotationId>> = BTreeMap::new();
    for (class, annotation) in set.classes.iter().zip(&set.annotations) {
        annotations_of.entry(*class).or_default().insert(*annotation);
    }
    let mut held_out = HashSet::new();
    for (class, annotations) in annotations_of {
        let n = annotations.len();
        if n < 2 || share.is_nan() || share <= 0.0 {
            continue;
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(u64::from(class));
        let mut drawn: Vec<(u64, AnnotationId)> =
            annotations.into_iter().map(|annotation| (random.next_u64(), annotation)).collect();
        drawn.sort_unstable();
        let count = ((n as f64 * share).round() as usize).clamp(1, n - 1);
        held_out.extend(drawn.into_iter().take(count).map(|(_, annotation)| annotation));
    }
    let (held_out, train) =
        (0..set.len()).partition(|i| set.annotations.get(*i).is_some_and(|a| held_out.contains(a)));
    Split { train, held_out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Samples of (class, annotation) without values.
    fn set(samples: &[(ClassCode, AnnotationId)]) -> SampleSet {
        SampleSet {
            bands: vec![],
            dates: vec![],
            values: vec![],
            classes: samples.iter().map(|s| s.0).collect(),
            annotations: samples.iter().map(|s| s.1).collect(),
            places: vec![(0, 0); samples.len()],
        }
    }

    fn annotations_in(set: &SampleSet, indices: &[usize], class: ClassCode) -> BTreeSet<AnnotationId> {
        indices.iter().filter(|i| set.classes[**i] == class).map(|i| set.annotations[*i]).collect()
    }

    #[test]
    fn a_quarter_of_each_class_is_held_out_however_many_samples_an_annotation_has() {
        let samples: Vec<_> =
            (0..800u64).map(|i| (1 + (i % 2) as u8, i % 16)).chain((0..5000).map(|_| (1, 0))).collect();
        let set = set(&samples);
        let split = split_by_annotation(&set, 0.25, 7);
        for class in [1, 2] {
            assert_eq!(annotations_in(&set, &split.held_out, class).len(), 2);
            assert_eq!(annotations_in(&set, &split.train, class).len(), 6);
        }
    }

    #[test]
    fn a_class_with_one_annotation_is_learned_from() {
        let set = set(&[(1, 1), (1, 1), (2, 2), (2, 3)]);
        let split = split_by_annotation(&set, 0.9, 1);
        assert!(split.train.contains(&0) && split.train.contains(&1));
        assert_eq!(annotations_in(&set, &split.held_out, 2).len(), 1);
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
    fn a_share_of_nothing_holds_nothing_out_and_of_all_leaves_one() {
        let set = set(&[(1, 1), (1, 2), (1, 3)]);
        assert_eq!(split_by_annotation(&set, 0.0, 1).held_out.len(), 0);
        assert_eq!(split_by_annotation(&set, f64::NAN, 1).held_out.len(), 0);
        assert_eq!(split_by_annotation(&set, 5.0, 1).train.len(), 1);
    }

    proptest! {
        #[test]
        fn no_annotation_is_on_both_sides_and_every_sample_on_one(
            samples in prop::collection::vec((0..40u64).prop_map(|a| ((1 + a % 5) as ClassCode, a)), 0..200),
            share in 0.0..1.0f64,
            seed in any::<u64>(),
        ) {
            let set = set(&samples);
            let split = split_by_annotation(&set, share, seed);
            let mut all: Vec<_> = split.train.iter().chain(&split.held_out).copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..set.len()).collect::<Vec<_>>());
            let side = |indices: &[usize]| indices.iter().map(|i| set.annotations[*i]).collect::<HashSet<_>>();
            prop_assert!(side(&split.train).is_disjoint(&side(&split.held_out)));
            for class in 1..=5 {
                prop_assert!(
                    annotations_in(&set, &split.held_out, class).is_empty()
                        || !annotations_in(&set, &split.train, class).is_empty()
                );
            }
        }
    }
}
