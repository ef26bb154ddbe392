//! The error matrix and what is read from it (Congalton 1991, 10.1016/0034-4257(91)90048-B).

use crate::labels::{Class, ClassCode};
use serde::{Deserialize, Serialize};

/// Counts of (reference class, mapped class).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorMatrix {
    /// Classes, in order of rows and columns.
    pub classes: Vec<Class>,
    /// Row by row: reference class down, mapped class across.
    pub counts: Vec<u64>,
}

impl ErrorMatrix {
    /// No counts yet.
    pub fn new(classes: &[Class]) -> Self {
        Self { classes: classes.to_vec(), counts: vec![0; classes.len() * classes.len()] }
    }

    /// Counts one sample; gives false (and counts nothing) where a code is not of these classes.
    pub fn add(&mut self, reference: ClassCode, mapped: ClassCode) -> bool {
        let place = |code| self.classes.iter().position(|c| c.code == code);
        let (Some(row), Some(column)) = (place(reference), place(mapped)) else { return false };
        let Some(count) = self.counts.get_mut(row * self.classes.len() + column) else { return false };
        *count += 1;
        true
    }

    /// Samples of the `reference`-th class that were mapped as the `mapped`-th; 0 outside of the matrix.
    pub fn count(&self, reference: usize, mapped: usize) -> u64 {
        let n = self.classes.len();
        let inside = reference < n && mapped < n;
        if inside { self.counts.get(reference * n + mapped).copied().unwrap_or(0) } else { 0 }
    }

    /// All samples.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The scores.
    pub fn assessment(&self, obtained: impl Into<String>) -> Assessment {
        let n = self.classes.len();
        let classes: Vec<ClassScore> = (0..n)
            .map(|i| {
                let correct = self.count(i, i);
                let support: u64 = (0..n).map(|mapped| self.count(i, mapped)).sum();
                let mapped: u64 = (0..n).map(|reference| self.count(reference, i)).sum();
                ClassScore {
                    name: self.classes[i].name.clone(),
                    users_accuracy: share(correct, mapped),
                    producers_accuracy: share(correct, support),
                    f1: share(2 * correct, support + mapped),
                    support,
                }
            })
            .collect();
        let scored = || classes.iter().filter(|c| c.support > 0).filter_map(|c| Some((c.f1?, c.support)));
        let macro_f1 = mean(scored().map(|(f1, _)| (f1, 1.0)));
        let weighted_f1 = mean(scored().map(|(f1, support)| (f1, support as f64)));
        let correct = (0..n).map(|i| self.count(i, i)).sum();
        Assessment {
            overall_accuracy: share(correct, self.total()),
            macro_f1,
            weighted_f1,
            obtained: obtained.into(),
            classes,
            matrix: self.clone(),
        }
    }
}

/// One class's scores, shares from 0 to 1; `None` where nothing was mapped or referenced so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    pub name: String,
    /// Of what was mapped as the class, the share that is it (precision).
    pub users_accuracy: Option<f64>,
    /// Of what is the class, the share that was mapped as it (recall).
    pub producers_accuracy: Option<f64>,
    /// Their harmonic mean; 0 where the class was only mapped or only referenced, `None` where neither.
    pub f1: Option<f64>,
    /// Reference samples of the class.
    pub support: u64,
}

/// A map's scores, and how they were obtained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Share of all samples whose mapped class is the reference class.
    pub overall_accuracy: Option<f64>,
    /// Mean F1 over the classes that have reference samples.
    pub macro_f1: Option<f64>,
    /// Mean F1 weighted by support.
    pub weighted_f1: Option<f64>,
    /// The split or design, in a sentence, with what it does not measure.
    pub obtained: String,
    pub classes: Vec<ClassScore>,
    pub matrix: ErrorMatrix,
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Mean of (value, weight).
fn mean(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weights) =
        values.fold((0.0, 0.0), |(sum, all), (value, weight)| (sum + value * weight, all + weight));
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn classes(names: &[&str]) -> Vec<Class> {
        (1..).zip(names).map(|(code, name)| Class::new(code, *name, [0; 3])).collect()
    }

    fn matrix(names: &[&str], counts: &[u64]) -> ErrorMatrix {
        ErrorMatrix { classes: classes(names), counts: counts.to_vec() }
    }

    fn percent(share: Option<f64>) -> i64 {
        (share.unwrap() * 100.0).round() as i64
    }

    #[test]
    fn congaltons_published_matrix_gives_his_published_accuracies() {
        // Congalton 1991, table 1, which has the map down and the reference across: turned here.
        let published = [[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]];
        let turned: Vec<u64> =
            (0..4).flat_map(|reference| published.map(|mapped| mapped[reference])).collect();
        let matrix = matrix(&["deciduous", "conifer", "agriculture", "shrub"], &turned);
        assert_eq!(matrix.total(), 434);
        let scores = matrix.assessment("by hand");
        assert_eq!(scores.overall_accuracy, Some(321.0 / 434.0));
        let producers = scores.classes.iter().map(|c| percent(c.producers_accuracy));
        assert_eq!(producers.collect::<Vec<_>>(), [87, 79, 74, 64]);
        let users = scores.classes.iter().map(|c| percent(c.users_accuracy));
        assert_eq!(users.collect::<Vec<_>>(), [57, 81, 74, 87]);
    }

    #[test]
    fn f1_figures_agree_with_those_reckoned_by_hand() {
        // Three of four forests right, the other mapped as water; both waters right.
        let scores = matrix(&["forest", "water"], &[3, 1, 0, 2]).assessment("by hand");
        let f1: Vec<f64> = scores.classes.iter().map(|c| c.f1.unwrap()).collect();
        assert!((f1[0] - 6.0 / 7.0).abs() < 1e-12 && (f1[1] - 4.0 / 5.0).abs() < 1e-12);
        assert!((scores.macro_f1.unwrap() - 29.0 / 35.0).abs() < 1e-12);
        assert!((scores.weighted_f1.unwrap() - (4.0 * 6.0 / 7.0 + 2.0 * 0.8) / 6.0).abs() < 1e-12);
        assert_eq!(scores.classes[0].support, 4);
    }

    #[test]
    fn a_class_without_reference_lowers_overall_accuracy_but_is_not_in_the_mean_f1() {
        let scores =
            matrix(&["forest", "water", "urban"], &[3, 1, 0, 0, 0, 0, 0, 0, 0]).assessment("by hand");
        let [forest, water, urban] = &scores.classes[..] else { panic!() };
        assert_eq!(scores.overall_accuracy, Some(0.75));
        assert_eq!((water.producers_accuracy, water.users_accuracy, water.f1), (None, Some(0.0), Some(0.0)));
        assert_eq!((urban.producers_accuracy, urban.users_accuracy, urban.f1), (None, None, None));
        assert_eq!(scores.macro_f1, forest.f1);
    }

    #[test]
    fn a_class_that_was_never_mapped_counts_as_zero_in_the_mean_f1() {
        let scores = matrix(&["forest", "water"], &[4, 0, 4, 0]).assessment("by hand");
        assert_eq!(scores.classes[1].users_accuracy, None);
        assert_eq!(scores.classes[1].f1, Some(0.0));
        assert!((scores.macro_f1.unwrap() - (8.0 / 12.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_counted_gives_no_figures_and_unknown_codes_count_nothing() {
        let mut matrix = ErrorMatrix::new(&classes(&["forest", "water"]));
        assert!(!matrix.add(1, 9));
        assert!(!matrix.add(0, 1));
        let scores = matrix.assessment("nothing yet");
        assert_eq!((scores.overall_accuracy, scores.macro_f1, scores.weighted_f1), (None, None, None));
        assert!(matrix.add(2, 1));
        assert_eq!((matrix.count(1, 0), matrix.count(0, 1), matrix.count(7, 7)), (1, 0, 0));
        let none = ErrorMatrix::new(&[]).assessment("no classes");
        assert_eq!(none.overall_accuracy, None);
        assert!(serde_json::to_string(&scores).unwrap().contains(r#""overall_accuracy":null"#));
    }

    proptest! {
        #[test]
        fn weighted_recall_is_overall_accuracy_and_all_shares_lie_between_0_and_1(
            counts in prop::collection::vec(0..50u64, 9)
        ) {
            let scores = matrix(&["a", "b", "c"], &counts).assessment("random");
            let total: u64 = counts.iter().sum();
            let recalled: f64 =
                scores.classes.iter().map(|c| c.producers_accuracy.unwrap_or(0.0) * c.support as f64).sum();
            if let Some(overall) = scores.overall_accuracy {
                prop_assert!((overall - recalled / total as f64).abs() < 1e-12);
            }
            let shares = scores.classes.iter().flat_map(|c| [c.users_accuracy, c.producers_accuracy, c.f1]);
            let means = [scores.overall_accuracy, scores.macro_f1, scores.weighted_f1];
            for share in shares.chain(means).flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}
