//! How far two interpreters of the same units agree, before their classes are taken for the truth.

use super::{Disagreement, ErrorMatrix};
use crate::labels::{Class, ClassCode};
use serde::{Deserialize, Serialize};

/// What two interpreters made of the same units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InterpreterAgreement {
    /// Units that both gave a class.
    pub both: u64,
    /// Those of them that both gave the same.
    pub agreed: u64,
    /// The share of them, 0 to 1; `None` where both gave none a class.
    pub share: Option<f64>,
    /// Beside its warning ([`super::Measure::Kappa`]).
    pub kappa: Option<f64>,
    /// The first interpreter's classes down, the second's across.
    pub matrix: ErrorMatrix,
    /// Units that they gave different classes, in their order: to be looked at together.
    pub differ: Vec<usize>,
    /// Units that one alone gave a class.
    pub by_one: Vec<usize>,
    /// Units with a class that is none of those.
    pub unknown: Vec<usize>,
}

impl InterpreterAgreement {
    /// Of each class that one of both gave, how far they agree on it: twice the units that both gave it, of those that one or
    /// the other gave it (specific agreement; Cicchetti & Feinstein 1990, 10.1016/0895-4356(90)90159-m), with how many units
    /// one or the other gave it.
    pub fn of_classes(&self) -> Vec<(Class, f64, u64)> {
        let n = self.matrix.classes.len();
        let of = |i: usize| {
            let both = self.matrix.count(i, i);
            let first: u64 = (0..n).map(|j| self.matrix.count(i, j)).sum();
            let second: u64 = (0..n).map(|j| self.matrix.count(j, i)).sum();
            let given = first + second;
            let share = (given > 0).then(|| (2 * both) as f64 / given as f64)?;
            Some((self.matrix.classes[i].clone(), share, given - both))
        };
        (0..n).filter_map(of).collect()
    }
}

/// Compares the classes that two interpreters gave the same units, in the same order; `None` where one gave none.
pub fn interpreter_agreement(classes: &[Class], given: &[[Option<ClassCode>; 2]]) -> InterpreterAgreement {
    let mut matrix = ErrorMatrix::new(classes);
    let (mut differ, mut by_one, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, given) in given.iter().enumerate() {
        match given.map(|code| code.filter(|code| *code != 0)) {
            [Some(first), Some(second)] => {
                if !matrix.add(first, second) {
                    unknown.push(unit);
                } else if first != second {
                    differ.push(unit);
                }
            }
            [None, None] => {}
            _ => by_one.push(unit),
        }
    }
    let both = matrix.total();
    let agreed = both - differ.len() as u64;
    InterpreterAgreement {
        both,
        agreed,
        share: (both > 0).then(|| agreed as f64 / both as f64),
        kappa: Disagreement::of(&matrix.shares(), classes.len()).and_then(|found| found.kappa),
        matrix,
        differ,
        by_one,
        unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<Class> {
        vec![Class::new(1, "yes", [0; 3]), Class::new(2, "no", [0; 3])]
    }

    #[test]
    fn a_table_reckoned_by_hand() {
        // Both say yes to 20 and no to 15; the first alone says yes to 5, the second alone to 10.
        // Chance: 25/50 x 30/50 + 25/50 x 20/50 = 0.5, so kappa is (0.7 - 0.5) / 0.5.
        let given: Vec<_> = [(20, 1, 1), (5, 1, 2), (10, 2, 1), (15, 2, 2)]
            .iter()
            .flat_map(|(n, first, second)| std::iter::repeat_n([Some(*first), Some(*second)], *n))
            .collect();
        let found = interpreter_agreement(&classes(), &given);
        assert_eq!((found.both, found.agreed, found.share), (50, 35, Some(0.7)));
        assert!((found.kappa.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(found.differ, (20..35).collect::<Vec<_>>());
        assert_eq!(found.matrix.count(0, 1), 5);
        // Yes: 40 of 25 + 30. No: 30 of 25 + 20.
        let of: Vec<_> =
            found.of_classes().into_iter().map(|(class, share, units)| (class.code, share, units)).collect();
        assert_eq!(of, [(1, 40.0 / 55.0, 35), (2, 30.0 / 45.0, 30)]);
    }

    #[test]
    fn units_of_one_interpreter_and_unknown_classes_are_told() {
        let given =
            [[Some(1), None], [None, None], [Some(1), Some(9)], [Some(0), Some(2)], [Some(2), Some(2)]];
        let found = interpreter_agreement(&classes(), &given);
        assert_eq!((found.both, found.agreed, found.kappa), (1, 1, None));
        assert_eq!((found.by_one, found.unknown), (vec![0, 3], vec![2]));
        let none = interpreter_agreement(&classes(), &[]);
        assert_eq!((none.share, none.kappa), (None, None));
    }
}
