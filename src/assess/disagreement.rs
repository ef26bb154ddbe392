//! Quantity and allocation disagreement, and kappa.
//!
//! Pontius & Millones 2011, Death to Kappa (10.1080/01431161.2011.552923): error is the sum of both disagreements, which
//! say what to mend, where kappa says nothing more. Foody 2020 (10.1016/j.rse.2019.111630) tells why kappa is no measure of a
//! map's accuracy; it is here for comparison with older reports, beside its warning ([`super::Measure::Kappa`]).

use super::ErrorMatrix;
use serde::{Deserialize, Serialize};

/// The parts of the error, shares from 0 to 1, and kappa.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// By amounts of classes (equation 3).
    pub quantity: f64,
    /// By places of classes (equation 5).
    pub allocation: f64,
    /// Cohen's kappa (Cohen 1960, 10.1177/001316446002000104); `None` where chance alone agrees on everything.
    pub kappa: Option<f64>,
}

impl Disagreement {
    /// From shares or counts, row by row: reference down, mapped across. `None` where there is nothing.
    pub fn of(cells: &[f64], classes: usize) -> Option<Self> {
        let total: f64 = cells.iter().sum();
        if total.is_nan() || total <= 0.0 || cells.len() != classes * classes {
            return None;
        }
        let share = |reference: usize, mapped: usize| cells[reference * classes + mapped] / total;
        let (mut quantity, mut allocation, mut agreed, mut by_chance) = (0.0, 0.0, 0.0, 0.0);
        for class in 0..classes {
            let reference: f64 = (0..classes).map(|mapped| share(class, mapped)).sum();
            let mapped: f64 = (0..classes).map(|reference| share(reference, class)).sum();
            let both = share(class, class);
            quantity += (reference - mapped).abs() / 2.0;
            allocation += (reference - both).min(mapped - both);
            agreed += both;
            by_chance += reference * mapped;
        }
        let kappa = (by_chance < 1.0).then(|| (agreed - by_chance) / (1.0 - by_chance));
        Some(Self { quantity, allocation, kappa })
    }
}

impl ErrorMatrix {
    /// Each count as a share of all of them, in the order of the counts; empty where nothing was counted.
    pub fn shares(&self) -> Vec<f64> {
        let total = self.total();
        if total == 0 {
            return Vec::new();
        }
        self.counts.iter().map(|count| *count as f64 / total as f64).collect()
    }

    /// Quantity and allocation disagreement of the samples counted; `None` where there is none.
    pub fn disagreement(&self) -> Option<Disagreement> {
        Disagreement::of(&self.shares(), self.classes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Class;
    use proptest::prelude::*;

    fn matrix(n: u8, counts: &[u64]) -> ErrorMatrix {
        let classes = (1..=n).map(|code| Class::new(code, format!("class {code}"), [0; 3])).collect();
        ErrorMatrix { classes, counts: counts.to_vec() }
    }

    #[test]
    fn congaltons_published_matrix_has_his_published_kappa() {
        // Congalton 1991, table 1, whose KHAT is 65 %; turning it leaves kappa as it is.
        let counts = [65, 4, 22, 24, 6, 81, 5, 8, 0, 11, 85, 19, 4, 7, 3, 90];
        let kappa = matrix(4, &counts).disagreement().unwrap().kappa.unwrap();
        assert!((kappa - 0.65).abs() < 0.005, "{kappa}");
    }

    #[test]
    fn disagreements_reckoned_by_hand() {
        // Of ten, six are forest and four water; the map has eight forests and two waters, seven right.
        // Amounts: (|6 - 8| + |4 - 2|) / 2 = 2 of ten. Places: forest misses 1/2 of 1 x 2, water the other half.
        let found = matrix(2, &[5, 1, 3, 1]).disagreement().unwrap();
        assert!((found.quantity - 0.2).abs() < 1e-12 && (found.allocation - 0.2).abs() < 1e-12);
        // Chance: 0.6 x 0.8 + 0.4 x 0.2 = 0.56; (0.6 - 0.56) / 0.44.
        assert!((found.kappa.unwrap() - 1.0 / 11.0).abs() < 1e-12);
        let shares = matrix(2, &[5, 1, 3, 1]).shares();
        assert_eq!(shares, [0.5, 0.1, 0.3, 0.1]);
    }

    #[test]
    fn nothing_gives_nothing_and_one_class_for_all_gives_no_kappa() {
        assert_eq!(matrix(2, &[0; 4]).disagreement(), None);
        assert_eq!(matrix(0, &[]).disagreement(), None);
        let one = matrix(2, &[9, 0, 0, 0]).disagreement().unwrap();
        assert_eq!(one, Disagreement { quantity: 0.0, allocation: 0.0, kappa: None });
    }

    proptest! {
        #[test]
        fn both_disagreements_are_the_error(counts in prop::collection::vec(0..50u64, 16)) {
            let matrix = matrix(4, &counts);
            let Some(found) = matrix.disagreement() else { return Ok(()) };
            let error = 1.0 - matrix.assessment("random").overall_accuracy.unwrap();
            prop_assert!((found.quantity + found.allocation - error).abs() < 1e-12);
            prop_assert!(found.quantity >= 0.0 && found.allocation >= -1e-12);
        }
    }
}
