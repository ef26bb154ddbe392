//! What reading a reference sample leaves out or changes: counted, and told.

use std::collections::BTreeMap;

/// What is off in a file, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Features without a point: none at all, or a line or an area.
    pub no_point: u64,
    /// Points that do not lie on the Earth.
    pub off_the_earth: u64,
    /// Rows whose number, or answer of the same interpreter, was there before.
    pub duplicates: u64,
    /// Values that are no class of the legend, each with how often it is there.
    pub unknown_classes: BTreeMap<String, u64>,
    /// Units whose stratum the design does not have.
    pub unknown_strata: u64,
    /// Units of the design that the file has no more.
    pub missing_units: u64,
    /// Answers that are damaged.
    pub damaged_answers: u64,
    /// Answers to numbers that the sample does not have.
    pub no_such_number: u64,
    /// Answers whose place is not that of the unit with their number.
    pub elsewhere: u64,
    /// Anything else, a sentence each.
    pub notes: Vec<String>,
}

impl Told {
    /// Takes in what is off in another file too.
    pub fn add(&mut self, other: Self) {
        self.no_point += other.no_point;
        self.off_the_earth += other.off_the_earth;
        self.duplicates += other.duplicates;
        other
            .unknown_classes
            .into_iter()
            .for_each(|(name, n)| *self.unknown_classes.entry(name).or_default() += n);
        self.unknown_strata += other.unknown_strata;
        self.missing_units += other.missing_units;
        self.damaged_answers += other.damaged_answers;
        self.no_such_number += other.no_such_number;
        self.elsewhere += other.elsewhere;
        self.notes.extend(other.notes);
    }

    /// What was left out or changed, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let counted = [
            (self.no_point, "has no point: left out", "have no point: left out"),
            (self.off_the_earth, "lies nowhere on the Earth: left out", "lie nowhere on the Earth: left out"),
            (self.duplicates, "is there twice: the first counts", "are there twice: the first count"),
            (
                self.unknown_strata,
                "is of a stratum that the design does not have",
                "are of strata that the design does not have",
            ),
            (
                self.missing_units,
                "of the design is gone from the file",
                "of the design are gone from the file",
            ),
            (self.damaged_answers, "has a damaged answer: left out", "have a damaged answer: left out"),
            (
                self.no_such_number,
                "has a number that the sample does not have: left out",
                "have numbers that the sample does not have: left out",
            ),
            (
                self.elsewhere,
                "lies elsewhere than the unit of its number: left out",
                "lie elsewhere than the units of their numbers: left out",
            ),
        ];
        let sentence = |(count, one, many): (u64, &str, &str)| match count {
            0 => None,
            1 => Some(format!("1 unit {one}.")),
            count => Some(format!("{count} units {many}.")),
        };
        let mut all: Vec<String> = counted.into_iter().filter_map(sentence).collect();
        const NAMED: usize = 8;
        if !self.unknown_classes.is_empty() {
            let units: u64 = self.unknown_classes.values().sum();
            let mut names: Vec<String> =
                self.unknown_classes.keys().take(NAMED).map(|n| format!("“{n}”")).collect();
            if self.unknown_classes.len() > NAMED {
                names.push("…".into());
            }
            all.push(format!("{units} answers give what is no class of the legend: {}.", names.join(", ")));
        }
        all.extend(self.notes.iter().cloned());
        all
    }
}
