//! Colours that a raster file tells: its palette, or bands of red, green and blue.

use super::RasterReader;
use crate::geo::GeoError;
use gdal::raster::ColorInterpretation;

/// Bands (from 0) of a raster of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColourBands {
    /// Red, green, blue.
    pub rgb: [usize; 3],
    /// How opaque, from 0 to 255.
    pub opacity: Option<usize>,
}

impl RasterReader {
    /// The palette of the first band: red, green, blue and opacity of each value from 0 on; none where it has none.
    ///
    /// # Errors
    /// [`GeoError::Read`] where the file has no band.
    pub fn palette(&self) -> Result<Option<Vec<[u8; 4]>>, GeoError> {
        let band = self.band(0)?;
        let Some(table) = band.color_table() else { return Ok(None) };
        let entry = |value: usize| {
            let entry = table.entry_as_rgb(value)?;
            Some([entry.r, entry.g, entry.b, entry.a].map(|part| part.clamp(0, 255) as u8))
        };
        Ok(Some((0..table.entry_count()).map(|value| entry(value).unwrap_or_default()).collect()))
    }

    /// Its bands of colours: as it says itself, or the first three of three or four bands of bytes.
    pub fn colour_bands(&self) -> Option<ColourBands> {
        let bands = &self.info().bands;
        if bands.len() < 3 || bands.iter().any(|band| band.pixel_type != "Byte") {
            return None;
        }
        let means = |wanted: ColorInterpretation| {
            let is = |band: &usize| self.band(*band).is_ok_and(|band| band.color_interpretation() == wanted);
            (0..bands.len()).find(is)
        };
        let told =
            [ColorInterpretation::RedBand, ColorInterpretation::GreenBand, ColorInterpretation::BlueBand]
                .map(means);
        let opacity = means(ColorInterpretation::AlphaBand);
        match told {
            [Some(red), Some(green), Some(blue)] => Some(ColourBands { rgb: [red, green, blue], opacity }),
            _ if bands.len() <= 4 => {
                Some(ColourBands { rgb: [0, 1, 2], opacity: opacity.or((bands.len() == 4).then_some(3)) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::{Palette, write_cog_u8};
    use crate::geo::{Crs, Grid};

    #[test]
    fn a_palette_and_bands_of_colours_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let crs = Crs::from_epsg(32631).unwrap();
        let grid =
            Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width: 2, height: 1 };
        let palette = Palette { entries: vec![(1, "a", [1, 2, 3]), (2, "b", [250, 0, 7])] };
        let path = folder.path().join("palette.tif");
        write_cog_u8(&path, &grid, &[("class".into(), &[1, 2])], Some(&palette), Some(255), &[]).unwrap();
        let reader = RasterReader::open(&path).unwrap();
        let told = reader.palette().unwrap().unwrap();
        assert_eq!(told[1..3], [[1, 2, 3, 255], [250, 0, 7, 255]]);
        assert_eq!(reader.colour_bands(), None);
        let path = folder.path().join("colours.tif");
        let bands = ["r", "g", "b", "a"].map(|name| (name.to_string(), &[9u8, 8][..]));
        write_cog_u8(&path, &grid, &bands, None, None, &[]).unwrap();
        let reader = RasterReader::open(&path).unwrap();
        assert_eq!(reader.palette().unwrap(), None);
        assert_eq!(reader.colour_bands(), Some(ColourBands { rgb: [0, 1, 2], opacity: Some(3) }));
    }
}
