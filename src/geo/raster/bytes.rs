//! Reading bytes of a class map and of what lies beside it, and the classes that a class map itself tells.

use super::RasterReader;
use crate::geo::{GeoError, Window};
use gdal::raster::GdalDataType;
use std::path::Path;

/// A class as a raster file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RasterClass {
    /// Its code.
    pub code: u8,
    /// Its name.
    pub name: String,
    /// Red, green, blue; grey where the file has no palette.
    pub colour: [u8; 3],
}

impl RasterReader {
    /// Reads `window` of band `band` (from 0), which must be of bytes.
    ///
    /// # Errors
    /// [`GeoError::Read`], also where the file is truncated.
    pub fn read_bytes(&self, band: usize, window: Window) -> Result<Vec<u8>, GeoError> {
        self.read::<u8>(band, window, &[GdalDataType::UInt8])
    }

    /// The classes of a class map by its category names and its palette, in order of their codes. Codes from 1 to 254 that
    /// have a name are classes.
    ///
    /// # Errors
    /// [`GeoError::Read`] where the file has no names of classes.
    pub fn classes(&self) -> Result<Vec<RasterClass>, GeoError> {
        let names = category_names(&self.path);
        if names.is_empty() {
            return Err(self.unreadable(format!(
                "it does not name its classes ({} is missing or holds no names)",
                aux_path(&self.path).display()
            )));
        }
        let band = self.band(0)?;
        let table = band.color_table();
        let colour = |code: usize| {
            let entry = table.as_ref().and_then(|table| table.entry_as_rgb(code))?;
            let part = |value: i16| value.clamp(0, 255) as u8;
            Some([part(entry.r), part(entry.g), part(entry.b)])
        };
        let classes = names.into_iter().enumerate().take(255).skip(1).filter(|(_, name)| !name.is_empty());
        let class = |(code, name)| RasterClass {
            code: code as u8,
            name,
            colour: colour(code).unwrap_or([128, 128, 128]),
        };
        Ok(classes.map(class).collect())
    }
}

fn aux_path(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".aux.xml");
    name.into()
}

/// The names in GDAL's side file of the first band, by code; none where there is no such file.
fn category_names(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(aux_path(path)).unwrap_or_default();
    let Some(start) = text.find("<CategoryNames>") else { return Vec::new() };
    let names = &text[start..];
    let names = &names[..names.find("</CategoryNames>").unwrap_or(names.len())];
    let mut found = Vec::new();
    for part in names.split("<Category").skip(2) {
        found.push(match part.strip_prefix('>').and_then(|rest| rest.split_once("</Category>")) {
            Some((name, _)) => plain(name),
            // `<Category/>`, as GDAL writes an empty one.
            None => String::new(),
        });
    }
    found
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::{Palette, write_cog_u8};
    use crate::geo::{Crs, Grid};

    #[test]
    fn a_class_map_tells_its_classes_and_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map.tif");
        let crs = Crs::from_epsg(32631).unwrap();
        let grid =
            Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width: 4, height: 3 };
        let codes = [3, 3, 3, 9, 9, 9, 3, 3, 3, 255, 9, 9];
        let palette =
            Palette { entries: vec![(3, "Bosque & <selva>", [1, 2, 3]), (9, "Agua", [60, 130, 220])] };
        write_cog_u8(&path, &grid, &[("class".into(), &codes)], Some(&palette), Some(255), &[]).unwrap();
        let reader = RasterReader::open(&path).unwrap();
        let class = |code: u8, name: &str, colour| RasterClass { code, name: name.into(), colour };
        let expected = [class(3, "Bosque & <selva>", [1, 2, 3]), class(9, "Agua", [60, 130, 220])];
        assert_eq!(reader.classes().unwrap(), expected);
        let window = Window { col: 1, row: 1, width: 2, height: 2 };
        assert_eq!(reader.read_bytes(0, window).unwrap(), [9, 3, 255, 9]);
        // As GDAL writes names itself.
        let aux = folder.path().join("map.tif.aux.xml");
        std::fs::write(&aux, "<PAMDataset><PAMRasterBand band=\"1\"><CategoryNames>\n<Category />\n<Category>a</Category><Category/></CategoryNames>").unwrap();
        assert_eq!(reader.classes().unwrap(), [class(1, "a", [0, 0, 0])]);
        std::fs::remove_file(&aux).unwrap();
        assert!(reader.classes().unwrap_err().to_string().contains("map.tif.aux.xml"));
    }
}
