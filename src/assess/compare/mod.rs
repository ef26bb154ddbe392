//! Two maps on the same reference units.
//!
//! Figures of both share their units, so that the variance of a difference is that of the units' differences, not the sum of
//! two variances (Foody 2004, 10.14358/PERS.70.5.627; Stehman 2014, equations 25 and 28, of the difference). Units of a
//! random sample are weighted by their strata ([`compare`]); of units that come in clusters, such as pixels of annotations,
//! whole clusters are drawn anew ([`compare_in_clusters`]). Each is made for all units, and apart for edges and interiors.

mod answer;
mod clusters;
mod edges;
mod mcnemar;
#[cfg(test)]
mod tests;

pub use answer::{answer, on_one_alone, points};
pub use clusters::compare_in_clusters;
pub use edges::is_edge;
pub use mcnemar::{McNemar, mcnemar};

use super::bootstrap::BootstrapSpec;
use super::estimate::figures::{ClassFigures, Figures, NO_CLASS};
use super::estimate::stratified::{Linear, Stratified};
use super::estimate::{LeftOut, Population};
use super::estimated::Estimated;
use super::matrix::ErrorMatrix;
use crate::labels::{Class, ClassCode};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A reference unit with what two maps say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairedUnit {
    /// The stratum that it was drawn from; of no meaning in clusters.
    pub stratum: ClassCode,
    /// Units of one number are alike (an annotation, say); `None` where it stands by itself.
    pub cluster: Option<u64>,
    /// The codes of both maps, in the legend's codes; 0 and 255 for none, `None` off the map.
    pub mapped: [Option<ClassCode>; 2],
    /// `None` where it was not labelled.
    pub reference: Option<ClassCode>,
    /// Whether it lies within a pixel of another class on either map, or of a field's boundary.
    pub edge: bool,
}

/// Which units a comparison is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Places {
    All,
    Edges,
    Interiors,
}

impl Places {
    /// In the order of a report.
    pub const ALL: [Self; 3] = [Self::All, Self::Edges, Self::Interiors];

    fn hold(self, edge: bool) -> bool {
        match self {
            Self::All => true,
            Self::Edges => edge,
            Self::Interiors => !edge,
        }
    }
}

/// A figure of both maps, and the first less the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    pub maps: [Estimated; 2],
    pub difference: Estimated,
}

/// Which map a figure speaks for: the first or the second where the interval of the difference leaves out 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Winner {
    First,
    Second,
    Undecided,
}

impl Paired {
    /// Which map it speaks for.
    pub fn winner(&self) -> Winner {
        match self.difference.side() {
            Some(Ordering::Greater) => Winner::First,
            Some(Ordering::Less) => Winner::Second,
            _ => Winner::Undecided,
        }
    }
}

/// A class on both maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassComparison {
    pub code: ClassCode,
    pub name: String,
    /// Reference units of the class.
    pub units: u64,
    pub users_accuracy: Paired,
    pub producers_accuracy: Paired,
    pub f1: Paired,
    /// By F1.
    pub winner: Winner,
}

/// Both maps on the units of some places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedPlaces {
    pub places: Places,
    /// Units counted, which both maps give a class.
    pub units: u64,
    pub matrices: [ErrorMatrix; 2],
    pub overall_accuracy: Paired,
    pub macro_f1: Paired,
    pub weighted_f1: Paired,
    pub classes: Vec<ClassComparison>,
    pub mcnemar: McNemar,
}

/// Two maps compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapComparison {
    /// How it was obtained, in a sentence.
    pub obtained: String,
    /// All places, edges, interiors.
    pub places: Vec<ComparedPlaces>,
    /// What of the units could not be used on each map.
    pub left_out: [LeftOut; 2],
    /// What a reader must know, a sentence each.
    pub notes: Vec<String>,
}

/// What is counted of a unit: the places of its classes on both maps and by reference, and whether it is an edge.
type Kind = ([u8; 2], u8, bool);

fn both_mapped((mapped, ..): Kind) -> bool {
    mapped.iter().all(|class| *class != NO_CLASS)
}

/// Compares two maps on a stratified random sample. What is compared is the land that both maps give a class.
pub fn compare(population: &Population, classes: &[Class], units: &[PairedUnit]) -> MapComparison {
    let (used, left_out) = usable(classes, units, |left_out, unit| {
        left_out.reference(&population.strata, classes, unit.stratum, unit.reference)
    });
    let of_strata = used.iter().map(|(unit, kind)| (unit.stratum, *kind));
    let sample = Stratified::new(&population.strata, population.correction, of_strata);
    let compared = |places: Places| {
        let given = |map: usize| {
            move |kind: Kind| {
                let (mapped, reference, edge) = kind;
                (both_mapped(kind) && places.hold(edge)).then_some((mapped[map], reference))
            }
        };
        let figures = [0, 1].map(|map| Figures::of(&sample, classes.len(), given(map)));
        let paired = |pick: &dyn Fn(&Figures) -> Option<&Linear>, what: &str| {
            let [first, second] = [0, 1].map(|map| pick(&figures[map]));
            let why = || format!("no unit tells {what}");
            let one = |figure| sample.estimated(figure, [0.0, 1.0], |_| true, why);
            let difference = first.zip(second).map(|(first, second)| first.minus(second));
            Paired {
                maps: [one(first), one(second)],
                difference: told_apart(sample.estimated(difference.as_ref(), [-1.0, 1.0], |_| true, why)),
            }
        };
        let of_class = |i: usize, pick: fn(&ClassFigures) -> Option<&Linear>| {
            paired(&|figures| pick(&figures.classes[i]), &format!("it of {}", classes[i].name))
        };
        let classes_compared = |i: usize| {
            let users = of_class(i, |class| class.users.as_ref());
            let producers = of_class(i, |class| class.producers.as_ref());
            [users, producers, of_class(i, |class| class.f1.as_ref())]
        };
        let whole = [
            paired(&|figures| figures.overall.as_ref(), "the maps"),
            paired(&|figures| figures.macro_f1.as_ref(), "the maps"),
            paired(&|figures| figures.weighted_f1.as_ref(), "the maps"),
        ];
        put_together(places, classes, &used, whole, (0..classes.len()).map(classes_compared).collect())
    };
    let places = Places::ALL.map(compared).into();
    let mut notes = notes(&left_out, classes.len());
    notes.extend(sample.without_units.iter().map(|stratum| {
        format!("Stratum {} has no unit that can be used: the comparison is for the rest.", stratum.name)
    }));
    notes.push(
        "McNemar's test counts units alike, whatever land they stand for; the intervals weigh them.".into(),
    );
    let obtained = format!(
        "{} units of a stratified random sample that both maps give a class, weighted by the strata's areas; differences \
         are of the same units",
        used.iter().filter(|(_, kind)| both_mapped(*kind)).count()
    );
    MapComparison { obtained, places, left_out, notes }
}

/// A difference of maps that are alike has a reason of its own.
fn told_apart(difference: Estimated) -> Estimated {
    match difference.value {
        Some(value) if difference.interval.is_none() && value.abs() < 1e-12 => Estimated {
            why: Some(
                "the maps do not differ on the units that tell it, or as much one way as the other".into(),
            ),
            ..difference
        },
        _ => difference,
    }
}

/// Units with a reference class, with what is counted of them, and what could not be used on each map.
fn usable<'a>(
    classes: &[Class],
    units: &'a [PairedUnit],
    reference: impl Fn(&mut LeftOut, &PairedUnit) -> Option<u8>,
) -> (Vec<(&'a PairedUnit, Kind)>, [LeftOut; 2]) {
    let mut left_out = [LeftOut::default(); 2];
    let mut used = Vec::with_capacity(units.len());
    for unit in units {
        let places = [0, 1].map(|map| reference(&mut left_out[map], unit));
        let Some(place) = places[0] else { continue };
        let mapped = [0, 1].map(|map| left_out[map].mapped(classes, unit.mapped[map]));
        used.push((unit, (mapped, place, unit.edge)));
    }
    (used, left_out)
}

fn put_together(
    places: Places,
    classes: &[Class],
    used: &[(&PairedUnit, Kind)],
    [overall_accuracy, macro_f1, weighted_f1]: [Paired; 3],
    of_classes: Vec<[Paired; 3]>,
) -> ComparedPlaces {
    let mut matrices = [0, 1].map(|_| ErrorMatrix::new(classes));
    let mut only_one_right = [0; 2];
    let mut of_cluster: BTreeMap<u64, u64> = BTreeMap::new();
    let inside = used.iter().filter(|(_, kind)| both_mapped(*kind) && places.hold(kind.2));
    for (unit, (mapped, reference, _)) in inside {
        let code = |place: u8| classes[usize::from(place)].code;
        for (matrix, mapped) in matrices.iter_mut().zip(mapped) {
            matrix.add(code(*reference), code(*mapped));
        }
        match mapped.map(|mapped| mapped == *reference) {
            [true, false] => only_one_right[0] += 1,
            [false, true] => only_one_right[1] += 1,
            _ => {}
        }
        if let Some(cluster) = unit.cluster {
            *of_cluster.entry(cluster).or_default() += 1;
        }
    }
    let clustered = of_cluster.values().filter(|n| **n > 1).sum();
    let n = classes.len();
    let of_class = |(i, [users_accuracy, producers_accuracy, f1]): (usize, [Paired; 3])| ClassComparison {
        code: classes[i].code,
        name: classes[i].name.clone(),
        units: (0..n).map(|mapped| matrices[0].count(i, mapped)).sum(),
        winner: f1.winner(),
        users_accuracy,
        producers_accuracy,
        f1,
    };
    ComparedPlaces {
        places,
        units: matrices[0].total(),
        overall_accuracy,
        macro_f1,
        weighted_f1,
        classes: of_classes.into_iter().enumerate().map(of_class).collect(),
        mcnemar: mcnemar(only_one_right, clustered),
        matrices,
    }
}

fn notes(left_out: &[LeftOut; 2], classes: usize) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, left_out) in ["First map", "Second map"].into_iter().zip(left_out) {
        notes.extend(left_out.sentences().into_iter().map(|sentence| format!("{name}: {sentence}")));
    }
    if classes > 1 {
        notes.push(format!(
            "Of {classes} classes that are compared at 95 %, about one in twenty would be told apart by chance alone."
        ));
    }
    notes
}
