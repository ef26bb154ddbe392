//! Where imagery comes from.

pub mod folder;

use crate::geo::raster::RasterInfo;
use chrono::NaiveDate;
use std::path::PathBuf;

/// One date's image, recognised but not read.
#[derive(Debug, Clone)]
pub struct Mosaic {
    /// The file.
    pub path: PathBuf,
    /// Its date.
    pub date: NaiveDate,
    /// What the file says of itself.
    pub info: RasterInfo,
}
