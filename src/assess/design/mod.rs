//! Designing a stratified random reference sample from a map, and drawing it.
//!
//! Size after Olofsson et al. 2014 (10.1016/j.rse.2014.02.015), equation 13, which is Cochran 1977, equation 5.25; allocation
//! after their section 5.1.1. The design is a document: with the same map and seed anyone draws the same pixels.

mod allocate;
mod draw;

pub use allocate::{allocate, expected_error, sample_size};
pub use draw::{Drawing, Drawn};

use super::estimate::{Population, Stratum};
use crate::labels::ClassCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How units are shared out among strata.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Allocation {
    /// The same number in each: user's accuracies alike.
    Equal,
    /// By area: good for overall accuracy, poor for rare classes.
    Proportional,
    /// At least so many in each, the rest by area: what Olofsson et al. 2014 advise, with 50 to 100.
    Rare { minimum: u64 },
    /// By area times expected spread (Neyman 1934; Cochran 1977, equation 5.26): the least variance of overall accuracy.
    Neyman,
}

/// What is wanted of a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DesignSpec {
    /// Units in all; [`sample_size`] tells how many a standard error takes.
    pub size: u64,
    pub allocation: Allocation,
    /// The user's accuracy expected of each stratum, by its code; [`DesignSpec::EXPECTED`] for others.
    #[serde(default)]
    pub expected: BTreeMap<ClassCode, f64>,
}

impl DesignSpec {
    /// The user's accuracy that is expected where nothing is known of a class.
    pub const EXPECTED: f64 = 0.8;

    /// The user's accuracy expected of a stratum.
    pub fn expected_of(&self, code: ClassCode) -> f64 {
        self.expected.get(&code).copied().filter(|u| (0.0..=1.0).contains(u)).unwrap_or(Self::EXPECTED)
    }
}

impl Default for DesignSpec {
    fn default() -> Self {
        Self { size: 500, allocation: Allocation::Rare { minimum: 50 }, expected: BTreeMap::new() }
    }
}

/// What a stratum gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocated {
    #[serde(flatten)]
    pub stratum: Stratum,
    /// Its share of the map.
    pub share: f64,
    /// The user's accuracy expected of it.
    pub expected_users_accuracy: f64,
    /// Units drawn from it.
    pub units: u64,
    /// Pixels that a unit stands for: one by the chance to be drawn.
    pub weight: f64,
}

/// A pixel of the sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DesignUnit {
    /// From 1, in the order in which they are to be labelled, which tells nothing of their strata.
    pub number: u32,
    pub col: u32,
    pub row: u32,
    pub stratum: ClassCode,
    /// Pixels that it stands for.
    pub weight: f64,
}

/// A design with its sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleDesign {
    /// Of this document.
    pub version: u32,
    /// The map that it was drawn from.
    pub map: String,
    /// The run that made the map, where it is known: another run is another map.
    pub run: Option<String>,
    /// Hectares of a pixel.
    pub pixel_ha: f64,
    pub seed: u64,
    pub spec: DesignSpec,
    pub strata: Vec<Allocated>,
    pub units: Vec<DesignUnit>,
    /// What a reader must know, a sentence each.
    pub notes: Vec<String>,
}

impl SampleDesign {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Puts a design together from what was allocated and drawn.
    pub fn new(
        (map, run): (String, Option<String>),
        pixel_ha: f64,
        seed: u64,
        spec: DesignSpec,
        strata: Vec<Allocated>,
        drawn: Vec<Drawn>,
    ) -> Self {
        let weight = |code| strata.iter().find(|s| s.stratum.code == code).map_or(0.0, |s| s.weight);
        let unit = |(number, drawn): (u32, Drawn)| {
            let Drawn { col, row, stratum } = drawn;
            DesignUnit { number, col, row, stratum, weight: weight(stratum) }
        };
        let notes = allocate::notes(&strata, &spec);
        let units = (1..).zip(drawn).map(unit).collect();
        Self { version: Self::VERSION, map, run, pixel_ha, seed, spec, strata, units, notes }
    }

    /// What estimates need of it.
    pub fn population(&self) -> Population {
        let strata = self.strata.iter().map(|s| s.stratum.clone()).collect();
        Population { strata, pixel_ha: self.pixel_ha, correction: super::Correction::Finite }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_design_is_a_document_that_comes_back_as_it_was() {
        let stratum = |code, pixels| Stratum { code, name: format!("class {code}"), pixels };
        let spec = DesignSpec { size: 10, allocation: Allocation::Equal, expected: [(1, 0.7)].into() };
        let strata = allocate(&[stratum(1, 600), stratum(2, 400)], &spec).unwrap();
        let drawn = vec![Drawn { col: 3, row: 4, stratum: 2 }, Drawn { col: 1, row: 0, stratum: 1 }];
        let map = ("corridor/tempcnn".to_string(), Some("run-7".to_string()));
        let design = SampleDesign::new(map, 0.01, 9, spec, strata, drawn);
        let weights: Vec<f64> = design.units.iter().map(|u| u.weight).collect();
        assert_eq!((weights, design.units[1].number), (vec![80.0, 120.0], 2));
        let text = serde_json::to_string(&design).unwrap();
        assert_eq!(serde_json::from_str::<SampleDesign>(&text).unwrap(), design);
        assert!(text.contains(r#""run":"run-7""#) && text.contains(r#""seed":9"#), "{text}");
        assert_eq!(design.population().strata[1].pixels, 400);
    }
}
