//! The map that is cleaned, read by windows.

use super::CleanError;
use crate::classify::run::NODATA;
use crate::geo::raster::RasterReader;
use crate::geo::{Grid, Window};
use crate::labels::{Class, read_legend};
use std::path::{Path, PathBuf};

/// A map's classes and probabilities. One thread at a time.
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its grid.
    pub grid: Grid,
    /// Its classes, in the order of the planes.
    pub classes: Vec<Class>,
    codes: RasterReader,
    planes: RasterReader,
}

impl Source {
    /// Opens `<name>.tif`, `<name>.probs.tif` and `<name>.qml` of a folder.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not fit together.
    pub fn open(folder: &Path, name: &str) -> Result<Self, CleanError> {
        let at = |end: &str| -> PathBuf { folder.join(format!("{name}.{end}")) };
        let codes = RasterReader::open(&at("tif"))?;
        let grid = codes.info().placement.north_up().map_err(|why| {
            CleanError::Map(format!("{} cannot be cleaned: {why}. Map the site again", at("tif").display()))
        })?;
        if !at("probs.tif").exists() {
            return Err(CleanError::Map(format!(
                "{name} has no probabilities beside it, as maps from elsewhere have none ({} is not there): clean or correct a map \
                 that a model of this project made",
                at("probs.tif").display()
            )));
        }
        let planes = RasterReader::open(&at("probs.tif"))?;
        let unfit = |why: &str| CleanError::Map(format!("the files of {name} {why}: map the site again"));
        if !planes.info().placement.north_up().is_ok_and(|other| other.lines_up_with(&grid)) {
            return Err(unfit("lie on different grids"));
        }
        let legend = read_legend(&at("qml"))?;
        let class = |band: &crate::geo::raster::BandInfo| legend.by_name(&band.name).cloned();
        let classes = planes.info().bands.iter().map(class).collect::<Option<Vec<_>>>();
        let classes = classes.ok_or_else(|| unfit("name different classes"))?;
        Ok(Self { name: name.into(), grid, classes, codes, planes })
    }

    /// An item of the map's metadata ("RITMO_MODEL").
    pub fn metadata(&self, key: &str) -> Option<String> {
        self.codes.metadata_item(key)
    }

    /// Class codes of a window.
    pub(in crate::classify) fn codes(&self, window: Window) -> Result<Vec<u8>, CleanError> {
        Ok(self.codes.read_bytes(0, window)?)
    }

    /// Probabilities of one class in a window.
    pub(in crate::classify) fn plane(&self, class: usize, window: Window) -> Result<Vec<u8>, CleanError> {
        Ok(self.planes.read_bytes(class, window)?)
    }

    /// Probabilities of a window, class x y x x; a pixel that lacks one of them lacks all.
    pub(in crate::classify) fn planes(&self, window: Window) -> Result<Vec<u8>, CleanError> {
        let mut planes = Vec::with_capacity(window.pixels() * self.classes.len());
        for band in 0..self.classes.len() {
            planes.extend(self.planes.read_bytes(band, window)?);
        }
        let pixels = window.pixels();
        for at in 0..pixels {
            let of_pixel = || (0..self.classes.len()).map(|k| k * pixels + at);
            if of_pixel().any(|i| planes[i] == NODATA) {
                of_pixel().for_each(|i| planes[i] = NODATA);
            }
        }
        Ok(planes)
    }
}
