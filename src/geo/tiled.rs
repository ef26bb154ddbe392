//! Writing a mosaic piece by piece: a tiled GeoTIFF with overviews that never lies in memory whole.

use super::gdal_errors::{forget_failures, quiet, take_failure, words};
use super::raster::{PixelType, dress, replace};
use super::{GeoError, Grid, Window};
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::{Dataset, DriverManager};
use std::path::{Path, PathBuf};

/// A GeoTIFF being written: tiled, zstd, one description a band.
pub struct TiledWriter {
    path: PathBuf,
    dataset: Dataset,
    kind: PixelType,
    size: (u32, u32),
}

/// What a [`TiledWriter`] is to write.
#[derive(Debug, Clone)]
pub struct TiledSpec<'a> {
    /// Where its pixels lie.
    pub grid: &'a Grid,
    /// Descriptions of its bands.
    pub bands: &'a [&'a str],
    /// Scale and offset of each band, where they are not 1 and 0.
    pub scaling: &'a [Option<(f64, f64)>],
    /// The kind of pixel.
    pub kind: PixelType,
    /// The value that means "no observation".
    pub nodata: f64,
    /// Columns and rows of a tile, multiples of 16.
    pub tile: (u32, u32),
}

impl TiledWriter {
    /// Makes the file; tiles that are never written are nodata.
    ///
    /// # Errors
    /// [`GeoError::Write`].
    pub fn create(path: &Path, spec: &TiledSpec) -> Result<Self, GeoError> {
        quiet();
        let dataset = create(path, spec)
            .map_err(|error| GeoError::Write { path: path.to_owned(), why: words(error) })?;
        Ok(Self {
            path: path.to_owned(),
            dataset,
            kind: spec.kind,
            size: (spec.grid.width, spec.grid.height),
        })
    }

    /// Writes a whole file without overviews: to a temporary one, flushed, then renamed to `path`.
    ///
    /// # Errors
    /// [`GeoError::Write`], and those of `fill`; then there is no file.
    pub fn whole(
        path: &Path,
        spec: &TiledSpec,
        fill: impl FnOnce(&mut Self) -> Result<(), GeoError>,
    ) -> Result<(), GeoError> {
        replace(path, None, |temporary| {
            let mut writer = Self::create(temporary, spec)?;
            fill(&mut writer)?;
            writer.end()
        })
    }

    /// Writes `window` of band `band` (from 0); 16-bit words by their bit pattern.
    ///
    /// # Errors
    /// [`GeoError::Write`]; a full disk may show only in [`TiledWriter::finish`].
    pub fn write_words(&mut self, band: usize, window: Window, words: &[u16]) -> Result<(), GeoError> {
        match self.kind {
            PixelType::Int16 => {
                self.write(band, window, words.iter().map(|word| word.cast_signed()).collect())
            }
            PixelType::Uint16 => self.write(band, window, words.to_vec()),
            PixelType::Float32 => Err(self.unwritable("its pixels are floating point".into())),
        }
    }

    /// Writes `window` of band `band` (from 0).
    ///
    /// # Errors
    /// [`GeoError::Write`]; a full disk may show only in [`TiledWriter::finish`].
    pub fn write_floats(&mut self, band: usize, window: Window, values: &[f32]) -> Result<(), GeoError> {
        self.write::<f32>(band, window, values.to_vec())
    }

    fn write<T: GdalType + Copy>(
        &mut self,
        band: usize,
        window: Window,
        values: Vec<T>,
    ) -> Result<(), GeoError> {
        let size = (window.width as usize, window.height as usize);
        if values.len() != size.0 * size.1 {
            return Err(self.unwritable("the values do not fill the window".into()));
        }
        let mut buffer = Buffer::new(size, values);
        let mut raster_band = self.dataset.rasterband(band + 1).map_err(|e| self.unwritable(words(e)))?;
        raster_band
            .write((window.col as isize, window.row as isize), size, &mut buffer)
            .map_err(|error| self.unwritable(words(error)))
    }

    /// Puts an item into the file's metadata.
    ///
    /// # Errors
    /// [`GeoError::Write`].
    pub fn note(&mut self, key: &str, value: &str) -> Result<(), GeoError> {
        gdal::Metadata::set_metadata_item(&mut self.dataset, key, value, "")
            .map_err(|error| self.unwritable(words(error)))
    }

    /// Adds overviews (means of what was observed) down to about 256 pixels, and closes the file.
    ///
    /// # Errors
    /// [`GeoError::Write`], also for a full disk.
    pub fn finish(mut self) -> Result<(), GeoError> {
        forget_failures();
        let mut levels = Vec::new();
        let mut factor = 2;
        while self.size.0.max(self.size.1) / (factor / 2) > 256 && factor <= 1024 {
            levels.push(factor as i32);
            factor *= 2;
        }
        if !levels.is_empty() {
            self.dataset
                .build_overviews("AVERAGE", &levels, &[])
                .map_err(|error| self.unwritable(words(error)))?;
        }
        self.end()
    }

    fn end(self) -> Result<(), GeoError> {
        let unwritable = |why: String| GeoError::Write { path: self.path.clone(), why };
        self.dataset.close().map_err(|error| unwritable(words(error)))?;
        take_failure().map_or(Ok(()), |why| Err(unwritable(why)))
    }

    fn unwritable(&self, why: String) -> GeoError {
        GeoError::Write { path: self.path.clone(), why }
    }
}

fn create(path: &Path, spec: &TiledSpec) -> gdal::errors::Result<Dataset> {
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let predictor = if spec.kind == PixelType::Float32 { "PREDICTOR=3" } else { "PREDICTOR=2" };
    let (tile_width, tile_height) =
        (format!("BLOCKXSIZE={}", spec.tile.0), format!("BLOCKYSIZE={}", spec.tile.1));
    let options = RasterCreationOptions::from_iter([
        "TILED=YES",
        tile_width.as_str(),
        tile_height.as_str(),
        "COMPRESS=ZSTD",
        "ZSTD_LEVEL=1",
        predictor,
        "INTERLEAVE=BAND",
        "SPARSE_OK=TRUE",
        "BIGTIFF=IF_SAFER",
    ]);
    let (width, height, bands) = (spec.grid.width as usize, spec.grid.height as usize, spec.bands.len());
    let mut dataset = match spec.kind {
        PixelType::Int16 => {
            driver.create_with_band_type_with_options::<i16, _>(path, width, height, bands, &options)
        }
        PixelType::Uint16 => {
            driver.create_with_band_type_with_options::<u16, _>(path, width, height, bands, &options)
        }
        PixelType::Float32 => {
            driver.create_with_band_type_with_options::<f32, _>(path, width, height, bands, &options)
        }
    }?;
    dress(&mut dataset, spec.grid, &[])?;
    for (i, name) in spec.bands.iter().enumerate() {
        let mut band = dataset.rasterband(i + 1)?;
        band.set_no_data_value(Some(spec.nodata))?;
        gdal::Metadata::set_description(&mut band, name)?;
        if let Some((scale, offset)) = spec.scaling.get(i).copied().flatten() {
            band.set_scale(scale)?;
            band.set_offset(offset)?;
        }
    }
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use crate::geo::raster::RasterReader;

    #[test]
    fn what_is_written_in_pieces_is_read_back_with_overviews_and_gaps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2022-01-15.tif");
        let crs = Crs::from_epsg(6362).unwrap();
        let grid = Grid {
            crs,
            left: 2.7e6,
            top: 6.5e5,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width: 700,
            height: 600,
        };
        for kind in [PixelType::Int16, PixelType::Uint16, PixelType::Float32] {
            let nodata = kind.usual_nodata();
            let spec = TiledSpec {
                grid: &grid,
                bands: &["red", "nir"],
                scaling: &[Some((1e-4, -0.1)), None],
                kind,
                nodata,
                tile: (256, 256),
            };
            let mut writer = TiledWriter::create(&path, &spec).unwrap();
            for (row, col) in [(0, 0), (0, 512), (256, 256)] {
                let window = Window { col, row, width: 256, height: 256 }.cut_to(grid.window());
                for band in 0..2 {
                    match kind {
                        PixelType::Float32 => {
                            writer.write_floats(band, window, &vec![0.5; window.pixels()]).unwrap();
                        }
                        _ => writer.write_words(band, window, &vec![500; window.pixels()]).unwrap(),
                    }
                }
            }
            writer.finish().unwrap();
            let reader = RasterReader::open(&path).unwrap();
            assert_eq!(reader.info().bands[1].name, "nir");
            assert_eq!(reader.info().bands[0].scaling, Some((1e-4, -0.1)));
            let values = reader.read_f32(1, grid.window()).unwrap();
            let expected = if kind == PixelType::Float32 { 0.5 } else { 500.0 };
            assert_eq!(values[5], expected);
            assert_eq!(values[300 * 700 + 300], expected);
            let gap = values[300 * 700 + 5];
            assert!(f64::from(gap) == nodata || gap.is_nan() && nodata.is_nan(), "{gap}");
            let small = reader.read_reduced(1, grid.window(), (175, 150)).unwrap();
            assert_eq!(small[2 * 175 + 2], expected);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_the_file() {
        let crs = Crs::from_epsg(6362).unwrap();
        let grid =
            Grid { crs, left: 0.0, top: 0.0, pixel_width: 1.0, pixel_height: 1.0, width: 7, height: 6 };
        let spec = TiledSpec {
            grid: &grid,
            bands: &["x"],
            scaling: &[],
            kind: PixelType::Int16,
            nodata: 0.0,
            tile: (64, 64),
        };
        let error = TiledWriter::create(Path::new("/no/such/folder/x.tif"), &spec).err().unwrap();
        assert!(error.to_string().contains("x.tif"), "{error}");
    }
}
