//! COGs of one band of 16-bit numbers or bytes, as agencies give them.

use super::{dress, replace, unwritable};
use crate::geo::gdal_errors::words;
use crate::geo::{GeoError, Grid};
use gdal::raster::{Buffer, RasterCreationOptions};
use gdal::{DriverManager, Metadata};
use std::path::Path;

/// Writes one band as a COG with tiles of 512 x 512 and overviews: to a temporary file, then renamed. With `as_bytes` the
/// values, which must be below 256, take 8 bits, and overviews the nearest value.
///
/// # Errors
/// [`GeoError::Write`].
pub fn write_cog_words(
    path: &Path,
    grid: &Grid,
    name: &str,
    as_bytes: bool,
    values: &[u16],
    metadata: &[(&str, &str)],
) -> Result<(), GeoError> {
    if grid.pixels() == 0 || values.len() != grid.pixels() {
        return Err(unwritable(path, "the values do not fill the grid".into()));
    }
    let write = |temporary: &Path| -> gdal::errors::Result<()> {
        let (width, height) = (grid.width as usize, grid.height as usize);
        let memory = DriverManager::get_driver_by_name("MEM")?;
        let mut dataset = match as_bytes {
            true => memory.create_with_band_type::<u8, _>("", width, height, 1)?,
            false => memory.create_with_band_type::<u16, _>("", width, height, 1)?,
        };
        dress(&mut dataset, grid, metadata)?;
        let mut band = dataset.rasterband(1)?;
        band.set_no_data_value(Some(0.0))?;
        band.set_description(name)?;
        match as_bytes {
            true => {
                let bytes = values.iter().map(|value| (*value).min(255) as u8).collect();
                band.write((0, 0), (width, height), &mut Buffer::<u8>::new((width, height), bytes))?;
            }
            false => {
                band.write((0, 0), (width, height), &mut Buffer::new((width, height), values.to_vec()))?;
            }
        }
        let options = RasterCreationOptions::from_iter([
            "COMPRESS=DEFLATE",
            "BLOCKSIZE=512",
            if as_bytes { "PREDICTOR=NO" } else { "PREDICTOR=YES" },
            if as_bytes { "RESAMPLING=NEAREST" } else { "RESAMPLING=AVERAGE" },
        ]);
        let driver = DriverManager::get_driver_by_name("COG")?;
        dataset.create_copy(&driver, temporary, &options)?.close()
    };
    replace(path, None, |temporary| write(temporary).map_err(|error| unwritable(path, words(error))))
}
