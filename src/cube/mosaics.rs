//! The mosaics in a store: a GeoTIFF with overviews a step. Pictures of one date come from these, so that showing one
//! month never unpacks twelve.

use super::write::mosaic_path;
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Window};
use chrono::NaiveDate;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Files kept open.
const OPEN: usize = 16;

/// The mosaics of an open cube; files stay open for the next picture of their date.
pub(super) struct MosaicPool {
    paths: Vec<PathBuf>,
    open: Mutex<Vec<(usize, RasterReader)>>,
}

impl MosaicPool {
    pub fn new(store: &Path, dates: &[NaiveDate]) -> Self {
        Self { paths: dates.iter().map(|date| mosaic_path(store, *date)).collect(), open: Mutex::default() }
    }

    /// Whether there is a file for a step. A store that was made without has none.
    pub fn has(&self, time: usize) -> bool {
        self.paths.get(time).is_some_and(|path| path.is_file())
    }

    /// Bands of `window` at a step, at `size` columns and rows, each a plane; NaN where there was no observation.
    pub fn read(
        &self,
        time: usize,
        bands: &[usize],
        window: Window,
        size: (usize, usize),
    ) -> Result<Vec<Vec<f32>>, GeoError> {
        let reader = match self.take(time) {
            Some(reader) => reader,
            None => RasterReader::open(self.paths.get(time).map_or(Path::new(""), PathBuf::as_path))?,
        };
        let mut planes = Vec::with_capacity(bands.len());
        for (i, band) in bands.iter().enumerate() {
            // A band may be asked for more than once, as of grey pictures.
            if let Some(same) = bands[..i].iter().position(|other| other == band) {
                planes.push(planes.get(same).cloned().unwrap_or_default());
                continue;
            }
            let mut plane = reader.read_reduced(*band, window, size)?;
            let nodata = reader.info().bands.get(*band).and_then(|band| band.nodata);
            if let Some(nodata) = nodata {
                plane.iter_mut().filter(|v| f64::from(**v) == nodata).for_each(|v| *v = f32::NAN);
            }
            planes.push(plane);
        }
        self.give_back(time, reader);
        Ok(planes)
    }

    fn take(&self, time: usize) -> Option<RasterReader> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|(other, _)| *other == time)?;
        Some(open.swap_remove(at).1)
    }

    fn give_back(&self, time: usize, reader: RasterReader) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN {
            open.remove(0);
        }
        open.push((time, reader));
    }
}
