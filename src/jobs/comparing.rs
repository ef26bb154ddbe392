//! Which of two maps of a site is better, by how much, and where.

mod page;
mod sides;
mod units;
mod write;

pub use sides::ComparedSide;

use super::{JobContext, Outcome};
use crate::assess::{
    Agreement, BootstrapSpec, MapComparison, agreement, answer, compare, compare_in_clusters, on_one_alone,
    transitions,
};
use crate::classify::Extent;
use crate::labels::{Annotations, Buffers, Class, Legend};
use crate::progress::Progress;
use crate::words::Language;
use anyhow::bail;
use serde::{Deserialize, Serialize};
use sides::Sides;
use std::path::PathBuf;
use units::Units;

/// Which maps to compare, and on what.
#[derive(Debug, Clone)]
pub struct CompareSpec {
    /// The project's name.
    pub project: String,
    /// The site.
    pub site: String,
    /// Names and files of both maps.
    pub maps: [(String, PathBuf); 2],
    /// Names and folders of the project's models.
    pub models: Vec<(String, PathBuf)>,
    /// A reference sample drawn at random, where there is one.
    pub reference: Option<PathBuf>,
    /// The true map, where there is one.
    pub true_map: Option<PathBuf>,
    /// Annotations.
    pub annotations: Annotations,
    /// The inward buffers.
    pub buffers: Buffers,
    /// The legend.
    pub legend: Legend,
    /// The language of the page.
    pub language: Language,
    /// Where the figures are written, without an ending.
    pub output: PathBuf,
}

/// What maps are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A reference sample drawn at random.
    Reference,
    /// Annotations that neither map's model has seen.
    Annotations,
    /// A simulated true map.
    TrueMap,
}

impl Basis {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reference => "Reference sample",
            Self::Annotations => "Annotations not seen by either model",
            Self::TrueMap => "Simulated true map",
        }
    }
}

/// Both maps on one basis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedOn {
    /// The basis.
    pub basis: Basis,
    /// Which is better, in a sentence.
    pub answer: String,
    /// What the figures are of and what they are not, in a sentence or two.
    pub obtained: String,
    /// The figures.
    pub comparison: MapComparison,
}

/// Land that is one class on the first map and another one on the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    pub from: String,
    pub to: String,
    pub pixels: u64,
    pub hectares: f64,
}

/// Two maps that were compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedMaps {
    /// The site.
    pub site: String,
    /// Both maps.
    pub maps: [ComparedSide; 2],
    /// The answer, in a sentence.
    pub answer: String,
    /// What they were held against, what tells most first.
    pub bases: Vec<ComparedOn>,
    /// Pixels with a class on both maps, and those that differ.
    pub agreement: Agreement,
    /// Which class is which other one, the most first.
    pub transitions: Vec<Transition>,
    /// The classes compared.
    pub classes: Vec<Class>,
    /// What one must know, a sentence each.
    pub notes: Vec<String>,
    /// Where it was written: JSON, and a table beside it.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
}

impl ComparedMaps {
    /// Hectares of land that has another class on one than on the other.
    pub fn differ_ha(&self) -> f64 {
        self.transitions.iter().map(|transition| transition.hectares).sum()
    }
}

/// Compares two maps of a site: on a reference sample where one is given, on annotations that neither model has seen, on the
/// simulated true map where there is one, and pixel by pixel with one another.
///
/// # Errors
/// When a map cannot be read, they lie on different grids, or the figures cannot be written.
pub fn compare_maps(spec: &CompareSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let step = |done, what: &str| context.progress(Progress::new(done, 5, what));
    step(0, "Reading the maps");
    let sides = Sides::read(spec, &context.cancel)?;
    let maps = [&sides.codes[0][..], &sides.codes[1][..]];
    step(1, "Counting where they differ");
    let stopped = || anyhow::Error::from(crate::progress::Cancelled);
    let window = sides.grid.window();
    let agreement =
        agreement(maps, &sides.today, sides.grid.width, window, &context.cancel).ok_or_else(stopped)?;
    let table = transitions(maps, &sides.today, &sides.grid, &context.cancel).ok_or_else(stopped)?;
    if agreement.compared == 0 {
        bail!(
            "{} and {} have no pixel with a class on both: there is nothing to compare",
            spec.maps[0].0,
            spec.maps[1].0
        );
    }
    let names = [0, 1].map(|side| sides.told[side].phrase());
    let names = [names[0].as_str(), names[1].as_str()];
    let mut notes = Vec::new();
    let mut bases = Vec::new();
    let mut hold = |basis: Basis, units: &Units, mut comparison: MapComparison| {
        let mut answer = answer(names, &units.on(&comparison), &comparison);
        for alone in on_one_alone(names, units.what, &units.units) {
            answer += &format!(" {alone}");
            comparison.notes.push(alone);
        }
        bases.push(ComparedOn { basis, answer, obtained: units.obtained.clone(), comparison });
    };
    if let Some(path) = &spec.reference {
        step(2, "Comparing on the reference sample");
        let (population, units, told) = units::of_reference(path, spec, &sides, context)?;
        notes.extend(told);
        hold(Basis::Reference, &units, compare(&population, &sides.classes, &units.units));
    }
    let mut in_clusters = |basis: Basis, units: &Units| {
        if !units.units.is_empty() {
            let drawn = BootstrapSpec::default();
            hold(basis, units, compare_in_clusters(&sides.classes, &units.units, &drawn));
        }
    };
    step(3, "Comparing on annotations");
    let (seen, unseen, told) = units::of_annotations(spec, &sides, &context.cancel)?;
    notes.extend(told);
    in_clusters(Basis::Annotations, &unseen);
    step(4, "Comparing on the true map");
    if let Some(path) = &spec.true_map {
        match units::of_true_map(path, spec, &sides, &seen)? {
            Ok(units) => in_clusters(Basis::TrueMap, &units),
            Err(why) => notes.push(why),
        }
    }
    context.cancel.check()?;
    let share = agreement.share().map_or(0.0, |differ| (1.0 - differ) * 100.0);
    let agree = format!("{} and {} agree on {share:.1} % of the land that both map", names[0], names[1]);
    let answer = bases.first().map(|best: &ComparedOn| best.answer.clone());
    let answer = answer.unwrap_or_else(|| {
        notes.push(
            "Which is better cannot be told: there is no annotation that neither model has seen, and no reference sample. Draw \
             or import some annotations and leave the models as they are, or make a reference sample"
                .into(),
        );
        format!("{agree}; nothing tells which of them is better.")
    });
    let name = |code: u8| {
        let class = sides.classes.iter().find(|class| class.code == code);
        class.map_or_else(|| code.to_string(), |class| class.name.clone())
    };
    let transition = |((from, to), Extent { pixels, ha }): ((u8, u8), Extent)| Transition {
        from: name(from),
        to: name(to),
        pixels,
        hectares: ha,
    };
    let mut compared = ComparedMaps {
        site: spec.site.clone(),
        answer,
        bases,
        agreement,
        transitions: table.into_iter().map(transition).collect(),
        classes: sides.classes.clone(),
        notes,
        maps: sides.told.clone(),
        files: Vec::new(),
    };
    compared.files = write::write(&compared, &page::page(spec, &sides, &compared), &spec.output)?;
    Ok(Outcome::MapsCompared(Box::new(compared)))
}
