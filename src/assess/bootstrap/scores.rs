//! Intervals of the scores of an error matrix.

use super::{BootstrapSpec, Clusters, bootstrap};
use crate::assess::{Disagreement, ErrorMatrix, Estimated};
use crate::labels::{Class, ClassCode};
use serde::{Deserialize, Serialize};

/// A class's scores with their intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassIntervals {
    pub code: ClassCode,
    pub name: String,
    /// Annotations of the class.
    pub annotations: usize,
    pub users_accuracy: Estimated,
    pub producers_accuracy: Estimated,
    pub f1: Estimated,
}

/// The scores of an error matrix with their intervals over annotations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssessmentIntervals {
    pub overall_accuracy: Estimated,
    pub macro_f1: Estimated,
    pub weighted_f1: Estimated,
    pub quantity_disagreement: Estimated,
    pub allocation_disagreement: Estimated,
    pub classes: Vec<ClassIntervals>,
    /// What a reader must know, a sentence each.
    pub notes: Vec<String>,
}

/// Scores before those of the classes.
pub(in crate::assess) const OF_ALL: usize = 5;

/// Intervals of all scores of an error matrix, over its annotations: samples with their annotation, reference class and
/// mapped class. A class of one annotation has no interval, and neither has macro F1, which counts it as much as the others.
pub fn assessment_intervals(
    classes: &[Class],
    samples: impl Iterator<Item = (u64, ClassCode, ClassCode)>,
    spec: &BootstrapSpec,
) -> AssessmentIntervals {
    let clusters = Clusters::of_matrix(&ErrorMatrix::new(classes), samples);
    let found = bootstrap(&clusters, spec, |counts| scores(counts, classes.len()));
    let once = |why: String| {
        move |found: &Estimated| match found.value {
            Some(value) => Estimated::alone(value, why.clone()),
            None => found.clone(),
        }
    };
    let single: Vec<&Class> = classes.iter().filter(|c| clusters.of_class(c.code) == 1).collect();
    let mut notes = Vec::new();
    let mut macro_f1 = found[1].clone();
    if !single.is_empty() {
        let names: Vec<&str> = single.iter().map(|c| c.name.as_str()).collect();
        let names = names.join(", ");
        macro_f1 = once(format!("one annotation of {names}: nothing tells how others would have differed"))(
            &macro_f1,
        );
        notes.push(format!(
            "Of {names} there is one annotation each: the intervals of the whole say nothing of how others of them would \
             have differed."
        ));
    }
    let of_class = |(class, found): (&Class, &[Estimated])| {
        let annotations = clusters.of_class(class.code);
        let few = || {
            let how_many = if annotations == 0 { "no annotation" } else { "one annotation" };
            once(format!("{how_many} of {}: nothing tells how others would have differed", class.name))
        };
        let own = |i: usize| if annotations < 2 { few()(&found[i]) } else { found[i].clone() };
        ClassIntervals {
            code: class.code,
            name: class.name.clone(),
            annotations,
            users_accuracy: own(0),
            producers_accuracy: own(1),
            f1: own(2),
        }
    };
    AssessmentIntervals {
        overall_accuracy: found[0].clone(),
        macro_f1,
        weighted_f1: found[2].clone(),
        quantity_disagreement: found[3].clone(),
        allocation_disagreement: found[4].clone(),
        classes: classes.iter().zip(found[OF_ALL..].chunks_exact(3)).map(of_class).collect(),
        notes,
    }
}

/// Overall accuracy, macro and weighted F1, quantity and allocation disagreement; then user's accuracy, producer's accuracy
/// and F1 of each class. As [`ErrorMatrix::assessment`] has them, without names: it is called for each draw.
pub(in crate::assess) fn scores(counts: &[u64], n: usize) -> Vec<Option<f64>> {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let mut of_classes = Vec::with_capacity(OF_ALL + 3 * n);
    let (mut sum, mut classes, mut weighted, mut all, mut right) = (0.0, 0.0, 0.0, 0, 0);
    for class in 0..n {
        let support: u64 = counts[class * n..(class + 1) * n].iter().sum();
        let mapped: u64 = counts.iter().skip(class).step_by(n).sum();
        let both = counts[class * n + class];
        let f1 = share(2 * both, support + mapped);
        if let Some(f1) = f1.filter(|_| support > 0) {
            sum += f1;
            classes += 1.0;
            weighted += f1 * support as f64;
        }
        all += support;
        right += both;
        of_classes.extend([share(both, mapped), share(both, support), f1]);
    }
    let shares: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
    let disagreement = Disagreement::of(&shares, n);
    let mut scores = vec![
        share(right, all),
        (classes > 0.0).then(|| sum / classes),
        (all > 0).then(|| weighted / all as f64),
        disagreement.map(|d| d.quantity),
        disagreement.map(|d| d.allocation),
    ];
    scores.extend(of_classes);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn classes() -> Vec<Class> {
        ["forest", "water", "urban"]
            .into_iter()
            .zip(1..)
            .map(|(name, code)| Class::new(code, name, [0; 3]))
            .collect()
    }

    proptest! {
        #[test]
        fn scores_are_those_of_the_assessment(counts in prop::collection::vec(0..20u64, 9)) {
            let matrix = ErrorMatrix { classes: classes(), counts: counts.clone() };
            let assessed = matrix.assessment("random");
            let found = scores(&counts, 3);
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            prop_assert!(near(found[0], assessed.overall_accuracy));
            prop_assert!(near(found[1], assessed.macro_f1) && near(found[2], assessed.weighted_f1));
            for (class, found) in assessed.classes.iter().zip(found[OF_ALL..].chunks_exact(3)) {
                prop_assert!(near(found[0], class.users_accuracy) && near(found[1], class.producers_accuracy));
                prop_assert!(near(found[2], class.f1));
            }
        }
    }

    #[test]
    fn a_class_of_one_annotation_has_no_interval_and_says_why() {
        // Ten annotations of forest of which three are wrong, ten of water of which two are, one of urban.
        let samples = (0..21u64).flat_map(|i| {
            let reference = 1 + (i / 10) as u8;
            let mapped = if [0, 1, 2].contains(&i) {
                2
            } else if [10, 11].contains(&i) {
                3
            } else {
                reference
            };
            (0..4).map(move |_| (i, reference, mapped))
        });
        let found = assessment_intervals(&classes(), samples, &BootstrapSpec::default());
        assert_eq!(found.overall_accuracy.value, Some(16.0 / 21.0));
        assert!(found.overall_accuracy.interval.is_some() && found.weighted_f1.interval.is_some());
        assert!(found.macro_f1.interval.is_none() && found.macro_f1.why.as_ref().unwrap().contains("urban"));
        let [forest, water, urban] = &found.classes[..] else { panic!() };
        assert!(forest.producers_accuracy.interval.is_some() && water.f1.interval.is_some());
        assert_eq!((urban.annotations, urban.producers_accuracy.value), (1, Some(1.0)));
        assert!(
            urban.f1.interval.is_none() && urban.f1.why.as_ref().unwrap().contains("one annotation of urban")
        );
        assert_eq!(found.notes.len(), 1);
    }

    #[test]
    fn all_predictions_one_class_gives_figures() {
        let samples = (0..20u64).map(|i| (i, 1 + (i % 2) as u8, 1));
        let found = assessment_intervals(&classes()[..2], samples, &BootstrapSpec::default());
        assert_eq!(found.overall_accuracy.value, Some(0.5));
        let water = &found.classes[1];
        assert_eq!((water.users_accuracy.value, water.producers_accuracy.value), (None, Some(0.0)));
        assert!(water.users_accuracy.why.is_some() && water.producers_accuracy.why.is_some());
    }
}
