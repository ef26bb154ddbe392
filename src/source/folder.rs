//! A folder with one multi-band GeoTIFF a date.

use super::Mosaic;
use crate::geo::GeoError;
use crate::progress::{Cancel, Cancelled, Report};
use std::path::{Path, PathBuf};

/// What can be wrong with the files given.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A folder without images.
    #[error("no GeoTIFF in {folder}. Give a folder with one multi-band .tif a date")]
    Empty { folder: PathBuf },
    /// A raster file.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// A folder that cannot be listed.
    #[error("cannot list {folder}: {why}")]
    List { folder: PathBuf, why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What was recognised in the inputs.
#[derive(Debug, Clone, Default)]
pub struct Recognised {
    /// Mosaics in order of date.
    pub mosaics: Vec<Mosaic>,
    /// Files left aside, with why (a name without a date, a label raster of one band …).
    pub skipped: Vec<(PathBuf, String)>,
    /// Words about the origin found in the files' metadata (`RITMO_ORIGIN`), the same in all.
    pub origin: Option<String>,
}

/// Recognises mosaics in folders and files: the date from the name, the bands from descriptions.
///
/// # Errors
/// When a folder is empty or a file is damaged.
pub fn recognise(_inputs: &[PathBuf], _report: Report, _cancel: &Cancel) -> Result<Recognised, SourceError> {
    todo!()
}

/// The date in a file name: `2022-03-15`, `20220315`, `2022_03_15`, `2022-03` (its 15th), `2022074` (day of year).
pub fn date_in_name(_path: &Path) -> Option<chrono::NaiveDate> {
    todo!()
}
