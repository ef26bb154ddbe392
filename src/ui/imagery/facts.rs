//! What the page tells of everything that was recognised, gathered once for each answer.

use super::Imagery;
use crate::app::OpenProject;
use crate::source::{Acquisition, Layer, Recognised, Role, sensor_by_key};
use crate::ui::format;
use crate::ui::words::{Language, language, tr};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What is told of everything that was recognised.
#[derive(Clone, Default)]
pub struct Facts {
    of: Option<Arc<Recognised>>,
    /// The language that they are told in.
    language: Language,
    /// Bands, in the order in which they are found.
    pub bands: Arc<Vec<BandChoice>>,
    /// Layers that can mask: masks first, then bands.
    pub layers: Arc<Vec<String>>,
    /// "118 acquisitions of Sentinel-2 L2A, 3 Jan 2018 to 27 Dec 2018".
    pub summary: Arc<str>,
    /// The masks that were recognised, in words: "SCL, in all acquisitions".
    pub masks: Arc<str>,
    /// Whether any acquisition has a mask, a tile, and a sensor.
    pub masked: bool,
    pub tiles: bool,
    pub sensors: bool,
}

/// A band that can be taken.
pub struct BandChoice {
    /// Its name.
    pub name: String,
    /// Whether all acquisitions have it.
    pub everywhere: bool,
    /// What is known of it, for people.
    pub words: String,
}

impl Imagery {
    /// The facts of what was recognised last.
    pub(super) fn facts_of(&mut self, project: &OpenProject) -> Facts {
        match self.found(project) {
            None => self.facts = Facts::default(),
            Some(found)
                if self.facts.language == language()
                    && self.facts.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, found)) => {}
            Some(found) => self.facts = Facts::new(found),
        }
        self.facts.clone()
    }
}

impl Facts {
    fn new(found: &Arc<Recognised>) -> Self {
        let acquisitions = &found.acquisitions;
        let layers = acquisitions.iter().flat_map(|a| &a.layers);
        let mut seen = HashSet::new();
        let first_of_name: Vec<&Layer> = layers.filter(|layer| seen.insert(layer.name.as_str())).collect();
        let (bands, masks): (Vec<&Layer>, Vec<&Layer>) =
            first_of_name.into_iter().partition(|layer| layer.role == Role::Band);
        let masks_told =
            masks.iter().map(|mask| format!("{}, {}", mask.name, share_with(mask, acquisitions).1));
        let masks_told: Vec<_> = masks_told.collect();
        let names = masks.iter().chain(&bands).map(|layer| layer.name.clone()).collect();
        Self {
            bands: Arc::new(bands.into_iter().map(|band| BandChoice::new(band, acquisitions)).collect()),
            layers: Arc::new(names),
            summary: summary(acquisitions).into(),
            masks: masks_told.join("; ").into(),
            masked: !masks.is_empty(),
            tiles: acquisitions.iter().any(|a| a.tile.is_some()),
            sensors: acquisitions.iter().any(|a| a.sensor.is_some()),
            of: Some(Arc::clone(found)),
            language: language(),
        }
    }
}

impl BandChoice {
    fn new(band: &Layer, acquisitions: &[Acquisition]) -> Self {
        let (everywhere, share) = share_with(band, acquisitions);
        let mut known: Vec<String> = band.knowledge.common.iter().cloned().collect();
        known.extend(band.knowledge.wavelength_nm.map(|nm| format!("{nm:.0} nm")));
        known.push(share);
        Self { name: band.name.clone(), everywhere, words: known.join(", ") }
    }
}

/// Whether all acquisitions have a layer of this name, and how many do, in words.
fn share_with(layer: &Layer, acquisitions: &[Acquisition]) -> (bool, String) {
    let has = |a: &&Acquisition| a.layers.iter().any(|other| other.name == layer.name);
    let count = acquisitions.iter().filter(has).count();
    if count == acquisitions.len() {
        (true, tr!("in all acquisitions").into())
    } else {
        (
            false,
            tr!("in {count} of {all}", count = count, all = format::count(acquisitions.len(), "acquisition")),
        )
    }
}

/// What a sensor is called; its key, where the catalogue does not have it.
pub fn sensor_title(key: &str) -> &str {
    sensor_by_key(key).map_or(key, |sensor| sensor.title)
}

fn summary(acquisitions: &[Acquisition]) -> String {
    let mut words = format::count(acquisitions.len(), "acquisition");
    let sensors: BTreeSet<_> =
        acquisitions.iter().filter_map(|a| a.sensor.as_deref()).map(sensor_title).collect();
    if !sensors.is_empty() {
        let sensors = sensors.into_iter().collect::<Vec<_>>().join(", ");
        words = tr!("{acquisitions} of {sensors}", acquisitions = words, sensors = sensors);
    }
    let dates = acquisitions.iter().map(|a| a.date);
    if let (Some(first), Some(last)) = (dates.clone().min(), dates.max()) {
        words = match first == last {
            true => format!("{words}, {}", format::date(first)),
            false => {
                let (first, last) = (format::date(first), format::date(last));
                tr!("{acquisitions}, {first} to {last}", acquisitions = words, first = first, last = last)
            }
        };
    }
    words
}
