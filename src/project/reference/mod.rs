//! Reference samples: places drawn at random, and what interpreters say is there, for assessment and never for training.
//!
//! Each is a file `reference/<name>.geojson` of the project: RFC 7946 points at the pixels' centres, so that any program shows
//! it, with the design as a foreign member, so that anyone can draw the same pixels again.

mod design;
mod export;
mod population;
mod read;
mod rows;
mod saver;
#[cfg(test)]
mod tests;
mod told;
mod write;

pub use design::{DesignFrom, Plan, Size, Wanted, design_sample, plan};
pub use export::{ReferenceFormat, export_reference};
pub use population::{MapCounts, Sampled};
pub use read::{read_points, read_reference};
pub use rows::{GivenAnswer, read_answers};
pub use saver::ReferenceSaver;
pub use told::Told;
pub use write::{reference_text, write_reference};

use super::{ProjectFolder, file_name};
use crate::assess::{InterpreterAgreement, SampleDesign, interpreter_agreement};
use crate::labels::{Class, ClassCode, Confidence};
use std::path::PathBuf;

impl ProjectFolder {
    /// Folder of the reference samples.
    pub fn references_path(&self) -> PathBuf {
        self.path().join("reference")
    }

    /// The file of the reference sample of this name.
    pub fn reference_path(&self, name: &str) -> PathBuf {
        self.references_path().join(format!("{}.geojson", file_name(name)))
    }

    /// Names of the reference samples, in order; it asks the disk.
    pub fn references(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.references_path()).into_iter().flatten().flatten();
        let name = |entry: std::fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_suffix(".geojson").filter(|name| !name.starts_with('.')).map(str::to_owned)
        };
        let mut names: Vec<String> = entries.filter_map(name).collect();
        names.sort();
        names
    }
}

/// The interpreter under whose name those who differed settle what a unit is.
pub const AGREED: &str = "agreed";

/// What can go wrong with a reference sample. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A file cannot be read or holds no sample.
    #[error("cannot read the reference sample {path}: {why}")]
    Read { path: PathBuf, why: String },
    /// No sample can be drawn.
    #[error("cannot draw a reference sample from {map}: {why}")]
    Design { map: PathBuf, why: String },
    /// A newer Ritmo wrote it.
    #[error(
        "{path} was written by a newer Ritmo (format {found}, this one reads up to {version}). Update Ritmo; the file was left as it is",
        version = ReferenceSample::VERSION
    )]
    Newer { path: PathBuf, found: u64 },
    /// A file cannot be written.
    #[error(
        "cannot save the reference sample {path}: {why}. Free some space or mend the folder's rights; what was saved before is whole"
    )]
    Write { path: PathBuf, why: String },
    /// A vector file or a map.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
}

/// A reference sample.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceSample {
    /// Its name: that of its file.
    pub name: String,
    /// The site that it was drawn on; `None` where it was made elsewhere.
    pub site: Option<String>,
    /// How it was drawn; `None` where it was made elsewhere.
    pub design: Option<SampleDesign>,
    /// Its units, in the order in which they are labelled.
    pub units: Vec<PlacedUnit>,
}

/// A pixel of a reference sample, with its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedUnit {
    /// Unique in the sample.
    pub number: u32,
    /// Longitude and latitude of its middle (WGS 84).
    pub lonlat: [f64; 2],
    /// The stratum that it was drawn from.
    pub stratum: Option<ClassCode>,
    /// At most one of each interpreter.
    pub answers: Vec<Answer>,
}

/// What an interpreter says of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who says it; [`AGREED`] where those who differed settled it.
    pub interpreter: String,
    /// The class; `None` where the unit was skipped.
    pub class: Option<ClassCode>,
    /// How sure.
    pub confidence: Confidence,
    /// When, RFC 3339.
    pub at: Option<String>,
    /// What one thought.
    pub note: Option<String>,
}

/// What the answers to a unit come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has answered.
    Unanswered,
    /// It was skipped, and nobody gave it a class.
    Skipped,
    /// All who gave it a class gave it this one, or agreed on it.
    Class(ClassCode),
    /// It was given different classes, and nobody has settled that.
    Disputed,
}

impl PlacedUnit {
    /// What the answers come to. An answer of [`AGREED`] settles it, skipping included.
    pub fn standing(&self) -> Standing {
        if let Some(settled) = self.answer_of(AGREED) {
            return settled.class.map_or(Standing::Skipped, Standing::Class);
        }
        let mut given = self.answers.iter().filter_map(|answer| answer.class);
        match given.next() {
            Some(first) if given.all(|class| class == first) => Standing::Class(first),
            Some(_) => Standing::Disputed,
            None if self.answers.is_empty() => Standing::Unanswered,
            None => Standing::Skipped,
        }
    }

    /// The answer of an interpreter.
    pub fn answer_of(&self, interpreter: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.interpreter == interpreter)
    }

    /// Takes in an answer, in the place of the one that its interpreter gave before.
    pub fn answer(&mut self, answer: Answer) {
        match self.answers.iter_mut().find(|a| a.interpreter == answer.interpreter) {
            Some(before) => *before = answer,
            None => self.answers.push(answer),
        }
    }
}

impl ReferenceSample {
    /// The version of the file that is written.
    pub const VERSION: u64 = 1;

    /// The reference class of a unit: what its interpreters agree on; `None` while it has none, or two of them differ and
    /// nobody has settled that.
    pub fn class_of(unit: &PlacedUnit) -> Option<ClassCode> {
        match unit.standing() {
            Standing::Class(class) => Some(class),
            _ => None,
        }
    }

    /// The interpreters, in the order in which they come first; [`AGREED`] is none of them.
    pub fn interpreters(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for answer in self.units.iter().flat_map(|unit| &unit.answers) {
            if answer.interpreter != AGREED && !found.contains(&answer.interpreter.as_str()) {
                found.push(&answer.interpreter);
            }
        }
        found
    }

    /// How many units have an answer of an interpreter.
    pub fn answered_by(&self, interpreter: &str) -> usize {
        self.units.iter().filter(|unit| unit.answer_of(interpreter).is_some()).count()
    }

    /// How far two interpreters agree; places in the lists of units are those of [`Self::units`].
    pub fn agreement(&self, classes: &[Class], [first, second]: [&str; 2]) -> InterpreterAgreement {
        let class = |unit: &PlacedUnit, who: &str| unit.answer_of(who).and_then(|answer| answer.class);
        let given: Vec<_> = self.units.iter().map(|u| [class(u, first), class(u, second)]).collect();
        interpreter_agreement(classes, &given)
    }

    /// Units whose answers differ and that nobody has settled, by their place.
    pub fn disputed(&self) -> Vec<usize> {
        let is_disputed = |(_, unit): &(usize, &PlacedUnit)| unit.standing() == Standing::Disputed;
        self.units.iter().enumerate().filter(is_disputed).map(|(i, _)| i).collect()
    }
}
