//! Reading a few pixels of a large raster.

use super::RasterReader;
use crate::geo::GeoError;

impl RasterReader {
    /// Reads band `band` (from 0) at no more than `side` x `side` places: every so many pixels, from an overview where the
    /// file has one. The nearest pixel is taken, so that every value is one of the file. Row by row, as 32-bit floats.
    ///
    /// # Errors
    /// [`GeoError::Read`], also where the file is truncated.
    pub fn read_f32_sampled(&self, band: usize, side: u32) -> Result<Vec<f32>, GeoError> {
        let whole = self.window();
        let size = |pixels: u32| pixels.min(side).max(1) as usize;
        self.read_reduced(band, whole, (size(whole.width), size(whole.height)))
    }
}

#[cfg(test)]
mod tests {
    use crate::geo::raster::{PixelType, RasterReader, write_mosaic};
    use crate::geo::{Crs, Grid};

    #[test]
    fn a_sample_holds_values_of_the_file_and_no_more_than_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        let crs = Crs::from_epsg(32631).unwrap();
        let grid =
            Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width: 40, height: 3 };
        let values: Vec<u16> = (0..120).map(|i| i * 7).collect();
        write_mosaic(&path, &grid, &["a"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
        let reader = RasterReader::open(&path).unwrap();
        let sample = reader.read_f32_sampled(0, 8).unwrap();
        assert_eq!(sample.len(), 8 * 3);
        assert!(sample.iter().all(|value| values.iter().any(|own| f32::from(*own) == *value)));
        assert_eq!(reader.read_f32_sampled(0, 256).unwrap().len(), 120);
        assert!(reader.read_f32_sampled(1, 8).is_err());
    }
}
