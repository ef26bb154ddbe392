//! The map's files: classes as a COG with palette, category names and QGIS style; probabilities; entropy.

use super::run::{FULL, NODATA};
use super::{ClassMap, ClassifyError, ProbabilityMap};
use crate::files::write_atomically;
use crate::geo::GeoError;
use crate::geo::raster::{Palette, write_cog_u8};
use crate::labels::qgis_style;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFiles {
    /// `<name>.tif`: class codes.
    pub classes: PathBuf,
    /// `<name>.probs.tif`: a band a class.
    pub probabilities: PathBuf,
    /// `<name>.entropy.tif`.
    pub entropy: PathBuf,
    /// `<name>.areas.csv`: pixels and hectares a class.
    pub areas: PathBuf,
}

/// Writes `<name>.tif` (+ `.aux.xml`, `.qml`), `<name>.probs.tif`, `<name>.entropy.tif` and `<name>.areas.csv` into `folder`.
/// `metadata` (model, scores, origin) goes into the files. Each file is there whole or not at all.
///
/// # Errors
/// When the disk is full or the folder is read-only.
pub fn write_map(
    map: &ProbabilityMap,
    folder: &Path,
    name: &str,
    metadata: &[(&str, &str)],
) -> Result<MapFiles, ClassifyError> {
    let failed = |path: &Path, e: std::io::Error| GeoError::Write { path: path.into(), why: e.to_string() };
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let at = |end: &str| folder.join(format!("{name}.{end}"));
    let files = MapFiles {
        classes: at("tif"),
        probabilities: at("probs.tif"),
        entropy: at("entropy.tif"),
        areas: at("areas.csv"),
    };
    let text =
        |path: &Path, text: String| write_atomically(path, text.as_bytes()).map_err(|e| failed(path, e));

    let classes = map.class_map();
    text(&at("qml"), qgis_style(&map.classes))?;
    text(&files.areas, areas(&classes))?;
    let palette =
        Palette { entries: map.classes.iter().map(|c| (c.code, c.name.as_str(), c.colour)).collect() };
    let band = [("class".to_string(), classes.codes.as_slice())];
    write_cog_u8(&files.classes, &map.grid, &band, Some(&palette), Some(NODATA), metadata)?;

    let scaled: Vec<(&str, String)> = vec![("SCALE", format!("1/{FULL}"))];
    let scaled: Vec<(&str, &str)> =
        metadata.iter().copied().chain(scaled.iter().map(|(k, v)| (*k, v.as_str()))).collect();
    let bands: Vec<(String, &[u8])> = map
        .classes
        .iter()
        .map(|class| class.name.clone())
        .zip(map.planes.chunks_exact(map.grid.pixels().max(1)))
        .collect();
    write_cog_u8(&files.probabilities, &map.grid, &bands, None, Some(NODATA), &scaled)?;
    let entropy = map.entropy();
    let band = [("entropy".to_string(), entropy.as_slice())];
    write_cog_u8(&files.entropy, &map.grid, &band, None, Some(NODATA), &scaled)?;
    Ok(files)
}

/// Pixels and hectares of each class, as CSV.
fn areas(map: &ClassMap) -> String {
    let mut counts = [0u64; 256];
    map.codes.iter().for_each(|code| counts[usize::from(*code)] += 1);
    let hectares = map.grid.pixel_area_ha();
    let mut out = String::from("class,pixels,hectares\n");
    for class in &map.classes {
        let pixels = counts[usize::from(class.code)];
        let name = class.name.replace('"', "\"\"");
        let quoted = name.contains([',', '"', '\n', '\r']);
        let name = if quoted { format!("\"{name}\"") } else { name };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name},{pixels},{:.2}", pixels as f64 * hectares);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Crs, Grid, raster};
    use crate::labels::Class;

    fn map() -> ProbabilityMap {
        let class = |code: u8, name: &str| Class::new(code, name, [code, 128, 255 - code]);
        let grid = Grid {
            crs: Crs::from_epsg(6362).unwrap(),
            left: 2_500_000.0,
            top: 900_000.0,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width: 3,
            height: 2,
        };
        ProbabilityMap {
            grid,
            classes: vec![class(3, "Bosque & <selva>"), class(9, "Agua, \"dulce\"")],
            planes: [[250, 200, 130, 0, 10, 255], [0, 50, 120, 250, 240, 255]].concat(),
        }
    }

    #[test]
    fn the_files_hold_the_map_and_their_companions() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("maps");
        let files = write_map(&map(), &inside, "first", &[("MODEL", "tempcnn-1")]).unwrap();
        let (grid, codes) = raster::read_u8(&files.classes, 0).unwrap();
        assert!(grid.lines_up_with(&map().grid));
        assert_eq!(codes, [3, 3, 3, 9, 9, 255]);
        assert_eq!(raster::read_u8(&files.probabilities, 1).unwrap().1, [0, 50, 120, 250, 240, 255]);
        assert_eq!(raster::read_u8(&files.entropy, 0).unwrap().1, map().entropy());
        assert_eq!(raster::info(&files.probabilities).unwrap().bands[0].name, "Bosque & <selva>");
        let table = std::fs::read_to_string(&files.areas).unwrap();
        assert_eq!(table, "class,pixels,hectares\nBosque & <selva>,3,0.03\n\"Agua, \"\"dulce\"\"\",2,0.02\n");
        let style = std::fs::read_to_string(inside.join("first.qml")).unwrap();
        assert!(style.contains(
            r##"<paletteEntry value="3" color="#0380fc" alpha="255" label="Bosque &amp; &lt;selva&gt;"/>"##
        ));
        assert!(style.contains(r#"label="Agua, &quot;dulce&quot;"/>"#));
        let strays = std::fs::read_dir(&inside)
            .unwrap()
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'))
            .count();
        assert_eq!(strays, 0);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        std::fs::write(&file, b"").unwrap();
        let error = write_map(&map(), &file.join("maps"), "first", &[]).unwrap_err().to_string();
        assert!(error.contains("taken"), "{error}");
    }
}
