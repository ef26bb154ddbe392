//! Accuracy and area from a stratified random reference sample.
//!
//! Stehman 2014 (10.1080/01431161.2014.930207) estimates them whatever the strata are. Where strata are the map's classes
//! that is Olofsson et al. 2014 (10.1016/j.rse.2014.02.015, equations 1 to 11), apart from the finite population correction,
//! which the latter leave out ([`Correction`]).

pub(super) mod figures;
mod left_out;
#[cfg(test)]
mod simulated;
pub(super) mod stratified;
#[cfg(test)]
mod tests;

pub use left_out::LeftOut;
pub use stratified::Stratum;

use super::disagreement::Disagreement;
use super::estimated::Estimated;
use super::matrix::ErrorMatrix;
use crate::labels::{Class, ClassCode};
use figures::{Figures, NO_CLASS};
use serde::{Deserialize, Serialize};
use stratified::Stratified;

/// Whether variances take into account that pixels already looked at hold no more chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Yes, times 1 - n/N in each stratum (Stehman 2014, equations 25 and 28).
    #[default]
    Finite,
    /// No (Olofsson et al. 2014, equations 5 to 7 and 10).
    None,
}

/// What the sample was drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Population {
    pub strata: Vec<Stratum>,
    /// Hectares of a pixel.
    pub pixel_ha: f64,
    #[serde(default)]
    pub correction: Correction,
}

/// A reference unit: a pixel of the sample, with what the map and the interpreter say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceUnit {
    /// The stratum that it was drawn from.
    pub stratum: ClassCode,
    /// The map's code, 0 and 255 for none; `None` off the map.
    pub mapped: Option<ClassCode>,
    /// The interpreter's class; `None` where skipped or not labelled.
    pub reference: Option<ClassCode>,
}

/// A class of a map, as a reference sample tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassEstimate {
    pub code: ClassCode,
    pub name: String,
    /// Reference units of the class.
    pub units: u64,
    /// Units mapped as the class.
    pub mapped_units: u64,
    pub users_accuracy: Estimated,
    pub producers_accuracy: Estimated,
    pub f1: Estimated,
    /// Share of the land assessed that is the class.
    pub share: Estimated,
    /// The same in hectares.
    pub area_ha: Estimated,
    /// Hectares mapped as the class: counted where strata are the map's classes, estimated from the sample elsewhere.
    pub mapped_ha: f64,
}

/// A map, as a reference sample tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapEstimate {
    /// How it was obtained, in a sentence.
    pub obtained: String,
    pub overall_accuracy: Estimated,
    pub macro_f1: Estimated,
    /// Mean F1 weighted by the classes' shares of the land.
    pub weighted_f1: Estimated,
    pub disagreement: Option<Disagreement>,
    pub classes: Vec<ClassEstimate>,
    /// Units counted.
    pub matrix: ErrorMatrix,
    /// The matrix as shares of the land, reference class down and mapped class across (Olofsson et al. 2014, equation 4).
    pub area_shares: Vec<f64>,
    /// Hectares of the strata that have units.
    pub assessed_ha: f64,
    pub left_out: LeftOut,
    /// What a reader must know, a sentence each.
    pub notes: Vec<String>,
}

/// Estimates a map's accuracy, and the area of each class. Units that cannot be used are counted and told, and so is what
/// cannot be estimated.
pub fn estimate(population: &Population, classes: &[Class], units: &[ReferenceUnit]) -> MapEstimate {
    let mut left_out = LeftOut::default();
    let mut used = Vec::with_capacity(units.len());
    let mut strata_are_classes = true;
    for unit in units {
        let Some(reference) = left_out.reference(&population.strata, classes, unit.stratum, unit.reference)
        else {
            continue;
        };
        strata_are_classes &= unit.mapped == Some(unit.stratum);
        used.push((unit.stratum, (left_out.mapped(classes, unit.mapped), reference)));
    }
    let sample = Stratified::new(&population.strata, population.correction, used.iter().copied());
    let inside = |(mapped, reference): (u8, u8)| (mapped != NO_CLASS).then_some((mapped, reference));
    let figures = Figures::of(&sample, classes.len(), inside);

    let mut matrix = ErrorMatrix::new(classes);
    for (_, (mapped, reference)) in &used {
        if let (Some(mapped), Some(reference)) =
            (classes.get(usize::from(*mapped)), classes.get(usize::from(*reference)))
        {
            matrix.add(reference.code, mapped.code);
        }
    }
    let n = classes.len();
    let all_ha = sample.pixels as f64 * population.pixel_ha;
    let all = |_| true;
    let share = [0.0, 1.0];
    let nothing = || "no unit has both a class on the map and a reference class".to_string();
    // Units off the map say nothing of how much there is of a class on it.
    let some = matrix.total() > 0;
    let mut per_class = Vec::with_capacity(n);
    for (i, (class, figures)) in classes.iter().zip(&figures.classes).enumerate() {
        let name = &class.name;
        // Where strata are the map's classes, no other stratum can hold what is mapped as this one.
        let own = |stratum| !strata_are_classes || stratum == class.code;
        let mapped_none = || format!("no unit is mapped as {name}");
        let area = sample.estimated(some.then_some(&figures.share), share, all, nothing);
        per_class.push(ClassEstimate {
            code: class.code,
            name: name.clone(),
            units: (0..n).map(|mapped| matrix.count(i, mapped)).sum(),
            mapped_units: (0..n).map(|reference| matrix.count(reference, i)).sum(),
            users_accuracy: sample.estimated(figures.users.as_ref(), share, own, mapped_none),
            producers_accuracy: sample.estimated(figures.producers.as_ref(), share, all, || {
                format!("no unit is {name} by its reference")
            }),
            f1: sample
                .estimated(figures.f1.as_ref(), share, all, || format!("no unit is {name}, nor mapped so")),
            area_ha: area.times(all_ha),
            share: area,
            mapped_ha: figures.mapped.value * all_ha,
        });
    }
    let area_shares: Vec<f64> = (0..n * n)
        .map(|cell| {
            sample.mean(|kind| f64::from(u8::from(kind == ((cell % n) as u8, (cell / n) as u8)))).value
        })
        .collect();
    let mut notes = left_out.sentences();
    notes.extend(sample.without_units.iter().map(|stratum| {
        let of_map: u64 = population.strata.iter().map(|s| s.pixels).sum();
        format!(
            "Stratum {} ({:.1} % of the pixels) has no unit that can be used: the figures are for the rest.",
            stratum.name,
            stratum.pixels as f64 * 100.0 / of_map as f64
        )
    }));
    MapEstimate {
        obtained: obtained(&matrix, strata_are_classes),
        overall_accuracy: sample.estimated(figures.overall.as_ref(), share, all, nothing),
        macro_f1: sample.estimated(figures.macro_f1.as_ref(), share, all, nothing),
        weighted_f1: sample.estimated(figures.weighted_f1.as_ref(), share, all, nothing),
        disagreement: Disagreement::of(&area_shares, n),
        classes: per_class,
        matrix,
        area_shares,
        assessed_ha: all_ha,
        left_out,
        notes,
    }
}

fn obtained(matrix: &ErrorMatrix, strata_are_classes: bool) -> String {
    let (strata, source) = if strata_are_classes {
        ("the map's classes", "Olofsson et al. 2014")
    } else {
        ("not the map's classes", "Stehman 2014")
    };
    format!(
        "{} unit{} of a stratified random sample whose strata are {strata}, weighted by the strata's areas ({source}); it \
         measures the map as far as the interpreters are right",
        matrix.total(),
        if matrix.total() == 1 { "" } else { "s" }
    )
}
