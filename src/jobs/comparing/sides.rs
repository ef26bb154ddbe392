//! The two maps that are compared: their codes as classes of one list, and what is known of who made them.

use super::super::maps::classes_of;
use super::CompareSpec;
use crate::assess::is_edge;
use crate::classify::TRAINING;
use crate::classify::foreign::imported_from;
use crate::geo::Grid;
use crate::geo::raster::{RasterReader, read_u8};
use crate::labels::{AnnotationId, Class, ClassCode, Legend, Translation};
use crate::model::{Model, ModelCard};
use crate::progress::Cancel;
use anyhow::bail;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A map that is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedSide {
    /// Its name.
    pub name: String,
    /// What made it.
    pub made_by: MadeBy,
}

/// What made a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeBy {
    /// A model of the project that reads series, by its name.
    Series(String),
    /// A UNet of the project, by its name.
    UNet(String),
    /// Another program; the file it came from.
    Imported(String),
    /// It is not known.
    Unknown,
}

impl ComparedSide {
    /// As it stands in a sentence: "the series model m", "the imported map pearl".
    pub fn phrase(&self) -> String {
        let of = |kind: &str, model: &String| match *model == self.name {
            true => format!("the {kind} {model}"),
            false => format!("{} of the {kind} {model}", self.name),
        };
        match &self.made_by {
            MadeBy::Series(model) => of("series model", model),
            MadeBy::UNet(model) => of("UNet", model),
            MadeBy::Imported(_) => format!("the imported map {}", self.name),
            MadeBy::Unknown => format!("the map {}", self.name),
        }
    }

    /// Whether it is known which annotations its model has seen.
    pub fn training_is_known(&self) -> bool {
        matches!(self.made_by, MadeBy::Series(_) | MadeBy::UNet(_))
    }
}

/// Both maps, read.
pub(super) struct Sides {
    pub(super) grid: Grid,
    /// Class codes as they stand in the files, y x x.
    pub(super) codes: [Vec<u8>; 2],
    /// What they are in `classes`.
    pub(super) today: [[ClassCode; 256]; 2],
    /// Today's classes, and those of the maps that are gone since.
    pub(super) classes: Vec<Class>,
    pub(super) told: [ComparedSide; 2],
    /// Annotations that trained one of the models, or chose when its training stopped.
    pub(super) seen: HashSet<AnnotationId>,
    /// Dates that the models saw.
    pub(super) dates: Vec<chrono::NaiveDate>,
}

impl Sides {
    pub(super) fn read(spec: &CompareSpec, cancel: &Cancel) -> anyhow::Result<Self> {
        let [a, b] = &spec.maps;
        let (grid, first) = read_u8(&a.1, 0)?;
        cancel.check()?;
        let (other, second) = read_u8(&b.1, 0)?;
        if !grid.lines_up_with(&other) {
            bail!(
                "{} and {} lie on different pixels: map the site again with the older one",
                a.1.display(),
                b.1.display()
            );
        }
        let mut seen = HashSet::new();
        let mut dates = Vec::new();
        let mut legend = spec.legend.clone();
        let mut today = [[0; 256]; 2];
        let mut told = Vec::new();
        for (side, (name, path)) in spec.maps.iter().enumerate() {
            let card = card_of(path, name, &spec.models)?;
            let own = match &card {
                Some((_, card)) => card.classes.clone(),
                None => classes_of(path)?,
            };
            let translation = Translation::new(&own, &legend);
            today[side] = translation.codes;
            // Classes of the first map that are gone stand beside those of the second.
            legend = Legend { classes: translation.classes };
            let made_by = match card {
                Some((model, card)) => {
                    seen.extend(card.trained_on.iter().chain(&card.held_out).copied());
                    dates.extend(card.dates);
                    let is_series = card.spec.kind.reads_series();
                    if is_series { MadeBy::Series(model) } else { MadeBy::UNet(model) }
                }
                None => imported_from(path).map_or(MadeBy::Unknown, MadeBy::Imported),
            };
            told.push(ComparedSide { name: name.clone(), made_by });
        }
        let told: [ComparedSide; 2] = match told.try_into() {
            Ok(told) => told,
            Err(_) => bail!("two maps are compared"),
        };
        Ok(Self { grid, codes: [first, second], today, classes: legend.classes, told, seen, dates })
    }

    /// Whether a pixel lies at the edge of a field on either map.
    pub(super) fn is_edge(&self, at: usize) -> bool {
        let width = self.grid.width as usize;
        let place = ((at % width) as u32, (at / width) as u32);
        is_edge([&self.codes[0], &self.codes[1]], &self.today, self.grid.width, place)
    }

    /// What both maps say of a pixel.
    pub(super) fn mapped(&self, at: usize) -> [Option<ClassCode>; 2] {
        [0, 1].map(|side| self.codes[side].get(at).map(|code| self.today[side][usize::from(*code)]))
    }
}

/// The model of the project that made a map, by its training; for maps that do not tell, that of its name.
fn card_of(
    map: &Path,
    name: &str,
    models: &[(String, PathBuf)],
) -> anyhow::Result<Option<(String, ModelCard)>> {
    let card = |folder: &Path| Model::load(folder).map(|model| model.card).ok();
    let of_name = || models.iter().find(|(model, _)| model == name);
    let Some(training) = RasterReader::open(map)?.metadata_item(TRAINING) else {
        let found = of_name().and_then(|(model, folder)| Some((model.clone(), card(folder)?)));
        return Ok(found);
    };
    let made_it = |(model, folder): &(String, PathBuf)| {
        let card = card(folder).filter(|card| card.training_id() == training)?;
        Some((model.clone(), card))
    };
    let found = models.iter().find_map(made_it);
    if found.is_none()
        && let Some((model, _)) = of_name()
    {
        bail!("{} was made before {model} was trained anew: map the site again", map.display());
    }
    Ok(found)
}
