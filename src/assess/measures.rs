//! What each score says, and what it does not: a sentence for whoever reads it.

use serde::{Deserialize, Serialize};

/// A score that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    OverallAccuracy,
    UsersAccuracy,
    ProducersAccuracy,
    F1,
    MacroF1,
    WeightedF1,
    QuantityDisagreement,
    AllocationDisagreement,
    Kappa,
    Area,
    McNemar,
    Agreement,
}

impl Measure {
    /// All, in the order of a report.
    pub const ALL: [Self; 12] = [
        Self::OverallAccuracy,
        Self::UsersAccuracy,
        Self::ProducersAccuracy,
        Self::F1,
        Self::MacroF1,
        Self::WeightedF1,
        Self::QuantityDisagreement,
        Self::AllocationDisagreement,
        Self::Kappa,
        Self::Area,
        Self::McNemar,
        Self::Agreement,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OverallAccuracy => "overall accuracy",
            Self::UsersAccuracy => "user's accuracy",
            Self::ProducersAccuracy => "producer's accuracy",
            Self::F1 => "F1",
            Self::MacroF1 => "macro F1",
            Self::WeightedF1 => "weighted F1",
            Self::QuantityDisagreement => "quantity disagreement",
            Self::AllocationDisagreement => "allocation disagreement",
            Self::Kappa => "kappa",
            Self::Area => "area",
            Self::McNemar => "McNemar's test",
            Self::Agreement => "agreement of interpreters",
        }
    }

    /// What it says and what it does not, in one sentence.
    pub fn measures(self) -> &'static str {
        match self {
            Self::OverallAccuracy => {
                "The share of what was assessed that has its right class; large classes decide it, and it says nothing of \
                 which class is wrong or where."
            }
            Self::UsersAccuracy => {
                "Of what the map calls the class, the share that is it; it says nothing of what the map missed."
            }
            Self::ProducersAccuracy => {
                "Of what is the class, the share that the map calls so; it says nothing of what the map calls so wrongly."
            }
            Self::F1 => {
                "The harmonic mean of user's and producer's accuracy of a class; it hides which of the two is low."
            }
            Self::MacroF1 => {
                "The mean F1 of the classes that have reference samples, each counting alike; it does not say how much of \
                 the land is right."
            }
            Self::WeightedF1 => {
                "The mean F1 of the classes, each by its part of the reference samples; with samples that were not drawn at \
                 random it follows the habits of whoever labelled, not the land."
            }
            Self::QuantityDisagreement => {
                "The part of the error that comes of too much or too little of the classes (Pontius & Millones 2011); it \
                 says nothing of where they lie."
            }
            Self::AllocationDisagreement => {
                "The part of the error that comes of classes in wrong places though in right amounts (Pontius & Millones \
                 2011); it does not say how far off they lie."
            }
            Self::Kappa => {
                "Agreement beyond what two random maps of these amounts would have: given only because others ask for it, \
                 since that chance is no baseline for a map, its scales of good and poor have no ground, and it says \
                 nothing that the other figures do not say better (Pontius & Millones 2011; Foody 2020)."
            }
            Self::Area => {
                "The area of the class on the ground, estimated from the reference sample and not counted on the map; its \
                 interval covers chance in the sample, not mistakes of the interpreters."
            }
            Self::McNemar => {
                "The chance of so uneven a count of units on which only one of two maps is right, were both equally good; \
                 a small one does not say that the difference is large, and a large one does not say that there is none."
            }
            Self::Agreement => {
                "The share of units that two interpreters gave the same class; both can be wrong together."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_score_has_one_sentence_and_kappa_its_warning() {
        let names: std::collections::BTreeSet<_> = Measure::ALL.map(Measure::name).into();
        assert_eq!(names.len(), Measure::ALL.len());
        for measure in Measure::ALL {
            let sentence = measure.measures();
            assert!(sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
            assert_eq!(sentence.matches(". ").count(), 0, "{sentence}");
        }
        assert!(Measure::Kappa.measures().contains("Foody 2020"));
    }
}
