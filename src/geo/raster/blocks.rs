//! The blocks that a file's pixels are stored in: what reading a window costs.

use super::RasterReader;
use crate::geo::{GeoError, Window};
use gdal::Metadata;

impl RasterReader {
    /// Blocks of band `band` (from 0) that a window touches, and the bytes that they take in the file, where it is a TIFF.
    ///
    /// # Errors
    /// [`GeoError::Read`] where there is no such band.
    pub fn blocks_touched(&self, band: usize, window: Window) -> Result<(u64, Option<u64>), GeoError> {
        let raster_band = self.band(band)?;
        let (width, height) = self.block_size(band)?;
        let window = window.cut_to(self.window());
        if window.pixels() == 0 {
            return Ok((0, Some(0)));
        }
        let columns = window.col / width..=(window.col + window.width - 1) / width;
        let rows = window.row / height..=(window.row + window.height - 1) / height;
        let (mut count, mut bytes) = (0, Some(0));
        for row in rows {
            for column in columns.clone() {
                let size = raster_band.metadata_item(&format!("BLOCK_SIZE_{column}_{row}"), "TIFF");
                let is_empty = || raster_band.metadata_item("IFD_OFFSET", "TIFF").is_some();
                // A block that was never written takes nothing.
                let size = size.and_then(|text| text.parse::<u64>().ok()).or_else(|| is_empty().then_some(0));
                bytes = bytes.zip(size).map(|(all, one)| all + one);
                count += 1;
            }
        }
        Ok((count, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::{PixelType, write_mosaic};
    use crate::geo::{Crs, Grid};

    #[test]
    fn a_window_touches_whole_blocks_and_all_blocks_are_most_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        let crs = Crs::from_epsg(32615).unwrap();
        let grid =
            Grid { crs, left: 5e5, top: 2e6, pixel_width: 10.0, pixel_height: 10.0, width: 600, height: 300 };
        let values: Vec<u16> = (0..grid.pixels()).map(|i| (i * 7919 % 65_521) as u16 | 1).collect();
        write_mosaic(&path, &grid, &["B04"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
        let reader = RasterReader::open(&path).unwrap();
        assert_eq!(reader.block_size(0).unwrap(), (256, 256));
        let touched =
            |col, row, width, height| reader.blocks_touched(0, Window { col, row, width, height }).unwrap();
        assert_eq!(touched(0, 0, 256, 256).0, 1);
        assert_eq!(touched(255, 255, 2, 2).0, 4);
        assert_eq!(touched(700, 0, 10, 10), (0, Some(0)));
        let (count, bytes) = touched(0, 0, 600, 300);
        let whole = std::fs::metadata(&path).unwrap().len();
        assert_eq!(count, 6);
        assert!(bytes.unwrap() < whole && bytes.unwrap() > whole / 2, "{bytes:?} of {whole}");
    }
}
