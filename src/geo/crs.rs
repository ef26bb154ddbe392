//! Coordinate systems, with or without an EPSG code.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// What can go wrong with places and raster files. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// A file could not be opened or read.
    #[error("cannot read {path}: {why}. Check that the file is whole and a raster that GDAL knows")]
    Read { path: PathBuf, why: String },
    /// A file could not be written.
    #[error("cannot write {path}: {why}. Check the free space and the rights of the folder")]
    Write { path: PathBuf, why: String },
    /// A coordinate system is not understood.
    #[error("the coordinate system is not understood: {why}. Give one as EPSG:CODE or WKT")]
    Crs { why: String },
    /// Places could not be taken from one coordinate system to another.
    #[error("cannot project between {crs} and degrees: {why}")]
    Project { crs: String, why: String },
}

/// A coordinate system as WKT. Cheap to clone; usable from any thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Crs {
    wkt: Arc<str>,
}

impl From<String> for Crs {
    fn from(wkt: String) -> Self {
        Self { wkt: wkt.into() }
    }
}

impl From<Crs> for String {
    fn from(crs: Crs) -> Self {
        crs.wkt.to_string()
    }
}

impl Crs {
    /// From WKT (1 or 2).
    ///
    /// # Errors
    /// [`GeoError::Crs`] when GDAL does not understand it.
    pub fn from_wkt(_wkt: &str) -> Result<Self, GeoError> {
        todo!()
    }

    /// From an EPSG code.
    ///
    /// # Errors
    /// [`GeoError::Crs`] when the code is not known.
    pub fn from_epsg(_code: u32) -> Result<Self, GeoError> {
        todo!()
    }

    /// The WKT it was made from.
    pub fn wkt(&self) -> &str {
        &self.wkt
    }

    /// For people: "EPSG:6362", or its name where it has no code.
    pub fn label(&self) -> String {
        todo!()
    }

    /// Whether its units are degrees.
    pub fn is_geographic(&self) -> bool {
        todo!()
    }

    /// Metres in its linear unit (1 for degrees).
    pub fn metres_per_linear_unit(&self) -> f64 {
        todo!()
    }

    /// Whether two systems are the same, however they are written.
    pub fn same_as(&self, _other: &Crs) -> bool {
        todo!()
    }

    /// Takes places from this system to WGS 84 longitude and latitude, in place. Transformations are kept per thread,
    /// so that a call costs a microsecond a point.
    ///
    /// # Errors
    /// [`GeoError::Project`] when a place lies outside of what the system can express.
    pub fn lonlat_from_xy(&self, _points: &mut [[f64; 2]]) -> Result<(), GeoError> {
        todo!()
    }

    /// Takes WGS 84 longitudes and latitudes to this system, in place.
    ///
    /// # Errors
    /// [`GeoError::Project`] when a place lies outside of what the system can express.
    pub fn xy_from_lonlat(&self, _points: &mut [[f64; 2]]) -> Result<(), GeoError> {
        todo!()
    }
}
