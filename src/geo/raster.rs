//! Raster files through GDAL: what they hold, reading them, writing GeoTIFFs and COGs.

use super::{GeoError, Grid, Window};
use std::path::Path;

/// The 16-bit kinds of pixel a cube stores, as the input has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelType {
    /// Signed.
    Int16,
    /// Unsigned.
    Uint16,
}

/// What a raster file says of itself.
#[derive(Debug, Clone)]
pub struct RasterInfo {
    /// Its grid.
    pub grid: Grid,
    /// A name for each band: its description, or `band1`, `band2` …
    pub bands: Vec<String>,
    /// GDAL's name of the pixel type of the first band: "Int16", "Float32" …
    pub pixel_type: String,
    /// The value that means "no observation".
    pub nodata: Option<f64>,
}

/// Reads what a file says of itself, without its pixels.
///
/// # Errors
/// [`GeoError::Read`] when it is no raster, has no coordinate system, or is rotated.
pub fn info(_path: &Path) -> Result<RasterInfo, GeoError> {
    todo!()
}

/// Reads windows of one file; keeps it open between reads. One thread at a time.
pub struct RasterReader;

impl RasterReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`GeoError::Read`].
    pub fn open(_path: &Path) -> Result<Self, GeoError> {
        todo!()
    }

    /// Reads `window` of band `band` (from 0) as 16-bit words: int16 values keep their bit pattern.
    ///
    /// # Errors
    /// [`GeoError::Read`], also where the file is truncated.
    pub fn read_16(&self, _band: usize, _window: Window, _kind: PixelType) -> Result<Vec<u16>, GeoError> {
        todo!()
    }
}

/// Reads one whole 8-bit band (class maps, label rasters).
///
/// # Errors
/// [`GeoError::Read`].
pub fn read_u8(_path: &Path, _band: usize) -> Result<(Grid, Vec<u8>), GeoError> {
    todo!()
}

/// One multi-band mosaic to be written as a tiled, deflate-compressed GeoTIFF with band descriptions.
/// `values` is band x y x x; int16 keeps its bit pattern.
///
/// # Errors
/// [`GeoError::Write`].
pub fn write_mosaic(
    _path: &Path,
    _grid: &Grid,
    _bands: &[&str],
    _kind: PixelType,
    _nodata: f64,
    _values: &[u16],
    _metadata: &[(&str, &str)],
) -> Result<(), GeoError> {
    todo!()
}

/// How a class raster is dressed: palette and category names by code.
pub struct Palette<'a> {
    /// Code, name, colour (red, green, blue).
    pub entries: Vec<(u8, &'a str, [u8; 3])>,
}

/// Writes an 8-bit raster as a COG: to a temporary file beside `path`, then renamed. With a palette: category
/// names in `.aux.xml`, MODE overviews, nodata 255; without: AVERAGE overviews. `bands` are (description, y x x values).
///
/// # Errors
/// [`GeoError::Write`].
pub fn write_cog_u8(
    _path: &Path,
    _grid: &Grid,
    _bands: &[(String, &[u8])],
    _palette: Option<&Palette>,
    _nodata: Option<u8>,
    _metadata: &[(&str, &str)],
) -> Result<(), GeoError> {
    todo!()
}
