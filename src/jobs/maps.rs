//! Class maps of a site, as they lie in its folder: which there are, and their class codes.

use super::Outcome;
use crate::classify::TRAINING;
use crate::classify::correct::{Correction, layers_in};
use crate::geo::{Grid, raster};
use crate::labels::Class;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What planes beside a map end with, after its name.
const PLANES: [&str; 3] = [".probs", ".entropy", ".margin"];

/// The class maps of a site.
#[derive(Debug, Default)]
pub struct SiteMaps {
    /// Their names, the newest first: those that lie on the grid of its cube.
    pub names: Vec<String>,
    /// The training that each of them is of, where it tells.
    pub trainings: BTreeMap<String, String>,
    /// The classes that each of them names itself, where it names some.
    pub classes: BTreeMap<String, Vec<Class>>,
    /// The one to show.
    pub shown: Option<ReadMap>,
    /// The corrections of maps by hand, by the map's name; a sentence where they cannot be read.
    pub corrections: BTreeMap<String, Result<Vec<Correction>, String>>,
}

/// A map that was read.
#[derive(Debug)]
pub struct ReadMap {
    /// Its name.
    pub name: String,
    /// Class codes, y x x.
    pub codes: Vec<u8>,
    /// Which training made it ([`crate::model::ModelCard::training_id`]), where it says so.
    pub training: Option<String>,
}

/// Which map to open.
#[derive(Debug, Clone)]
pub struct OpenMapSpec {
    /// The folder of the site's maps.
    pub folder: PathBuf,
    /// The map's name.
    pub name: String,
    /// The grid of the site's cube.
    pub grid: Grid,
}

/// The maps in a folder that lie on a grid, and the one to show: the one of this name, the newest where there is none.
/// Files that cannot be read are no maps.
pub fn maps_on(folder: &Path, grid: &Grid, wanted: Option<&str>) -> SiteMaps {
    let (mut trainings, mut classes) = (BTreeMap::new(), BTreeMap::new());
    let mut found: Vec<(SystemTime, String, PathBuf)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().strip_suffix(".tif")?.to_string();
            if PLANES.iter().any(|plane| name.ends_with(plane)) {
                return None;
            }
            let modified = entry.metadata().ok()?.modified().ok()?;
            let reader = raster::RasterReader::open(&entry.path()).ok()?;
            if !reader.info().placement.north_up().ok()?.lines_up_with(grid) {
                return None;
            }
            if let Some(training) = reader.metadata_item(TRAINING) {
                trainings.insert(name.clone(), training);
            }
            let named = classes_in(&reader);
            if !named.is_empty() {
                classes.insert(name.clone(), named);
            }
            Some((modified, name, entry.path()))
        })
        .collect();
    // Of those of the same moment the last by name comes first.
    found.sort_by(|a, b| b.cmp(a));
    let of_name = found.iter().find(|(_, name, _)| Some(name.as_str()) == wanted);
    let shown = of_name.or(found.first()).and_then(|(_, name, path)| {
        let (_, codes) = raster::read_u8(path, 0).ok()?;
        Some(ReadMap { name: name.clone(), codes, training: training_of(path) })
    });
    let names = found.into_iter().map(|(_, name, _)| name).collect();
    SiteMaps { names, trainings, classes, shown, corrections: layers_in(folder) }
}

/// Opens a map.
///
/// # Errors
/// When it cannot be read or lies elsewhere than the cube.
pub fn open_map(spec: &OpenMapSpec) -> anyhow::Result<Outcome> {
    let path = spec.folder.join(format!("{}.tif", spec.name));
    let (grid, codes) = raster::read_u8(&path, 0).context("map the site again, or choose another map")?;
    if !grid.lines_up_with(&spec.grid) {
        bail!("{} lies elsewhere than the cube of its site: map the site again", path.display());
    }
    Ok(Outcome::MapOpened(ReadMap { name: spec.name.clone(), codes, training: training_of(&path) }))
}

/// The classes that a map itself names; none where it names none.
///
/// # Errors
/// When it cannot be opened.
pub(super) fn classes_of(map: &Path) -> anyhow::Result<Vec<Class>> {
    Ok(classes_in(&raster::RasterReader::open(map)?))
}

fn classes_in(map: &raster::RasterReader) -> Vec<Class> {
    let named = map.classes().unwrap_or_default();
    named.into_iter().map(|class| Class::new(class.code, class.name, class.colour)).collect()
}

/// Which training made a map.
fn training_of(map: &Path) -> Option<String> {
    raster::RasterReader::open(map).ok()?.metadata_item(TRAINING)
}
