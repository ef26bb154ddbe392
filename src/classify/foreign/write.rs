//! A raster from elsewhere on the grid of a site, as a map of the project.

use super::matching::{Chosen, How, propose, settle};
use super::pixels::Pixels;
use super::survey::{FoundClasses, survey_map};
use super::{ForeignError, MapReading, refuse};
use crate::classify::ClassifyError;
use crate::classify::RUN;
use crate::classify::areas::{Extent, NOTHING, tally};
use crate::classify::run::has_room;
use crate::classify::unfinished::Making;
use crate::classify::write::{MapFiles, write_classes};
use crate::files::write_atomically;
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Grid, Window};
use crate::labels::{Class, ClassCode, Legend};
use crate::progress::{Cancel, Report};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// In the metadata of a map from elsewhere: what file it was, where it lay, and what its values became, as JSON.
pub const IMPORTED: &str = "RITMO_IMPORTED";
/// No class.
const NODATA: u8 = 255;

/// Which map to take in, and how.
#[derive(Debug, Clone)]
pub struct ForeignSpec {
    /// The file.
    pub file: PathBuf,
    /// How it is read.
    pub reading: MapReading,
    /// What people chose for values.
    pub chosen: Chosen,
    /// The legend.
    pub legend: Legend,
    /// The grid of the site.
    pub grid: Grid,
    /// The folder of the site's maps.
    pub folder: PathBuf,
    /// The new map's name.
    pub name: String,
    /// Whether a map from elsewhere of this name is replaced.
    pub replace: bool,
}

/// A value that became a class.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedClass {
    /// The value, as people write it.
    pub value: String,
    /// What it was called.
    pub name: Option<String>,
    /// Pixels of the site.
    pub pixels: u64,
    /// The class; `None` where it was left out.
    pub to: Option<ClassCode>,
    /// Why.
    pub how: How,
}

/// A map that was taken in.
#[derive(Debug, Clone)]
pub struct ImportedMap {
    /// Its name.
    pub name: String,
    /// Its file of class codes.
    pub classes: PathBuf,
    /// The coordinate system of the raster, for people.
    pub crs: String,
    /// Sides of the raster's pixels in the middle of the site, in metres.
    pub pixel_m: Option<[f64; 2]>,
    /// What became of its values.
    pub values: Vec<ImportedClass>,
    /// Pixels and hectares of each class.
    pub counts: Vec<(Class, Extent)>,
    /// Pixels of the site without a class.
    pub without: u64,
    /// What one must know, a sentence each.
    pub notes: Vec<String>,
}

/// Takes a raster in as a map of a site: nearest pixels on the site's grid, values as classes of the legend. It is there as a
/// whole once all of it is written.
///
/// # Errors
/// As [`survey_map`] and [`settle`]; when a map of the name is there, or files cannot be written.
pub fn import_map(spec: &ForeignSpec, report: Report, cancel: &Cancel) -> Result<ImportedMap, ForeignError> {
    let ForeignSpec { file, reading, chosen, legend, grid, folder, name, replace } = spec;
    let files = MapFiles::new(folder, name);
    if files.classes.exists() {
        if imported_from(&files.classes).is_none() {
            return refuse(format!("there is a map {name} already, made by a model: choose another name"));
        }
        if !replace {
            return refuse(format!(
                "there is a map {name} already: choose another name, or replace it (--replace)"
            ));
        }
    }
    let found = survey_map(file, reading, legend, grid, report, cancel)?;
    let settled = settle(&found, &propose(&found, legend), chosen, legend).map_err(ForeignError::Refused)?;
    has_room(folder, grid.pixels() as u64 / 3 * 7).map_err(written)?;
    let to: HashMap<i64, u8> = found
        .classes
        .iter()
        .zip(&settled)
        .map(|(class, one)| (class.value, one.to.unwrap_or(NODATA)))
        .collect();
    let opened = RasterReader::open(file)?;
    let pixels = Pixels::open(&opened, file, found.form, grid)?;
    let mut codes = vec![NODATA; grid.pixels()];
    pixels.each("Bringing the map to the site", report, cancel, |block, values| {
        for (row, values) in (block.row..).zip(values.chunks_exact(block.width as usize)) {
            let start = row as usize * grid.width as usize + block.col as usize;
            for (code, value) in codes[start..start + values.len()].iter_mut().zip(values) {
                *code = to.get(value).copied().unwrap_or(NODATA);
            }
        }
        Ok(())
    })?;
    let is_used = |class: &&Class| settled.iter().any(|one| one.to == Some(class.code));
    let mut of = NOTHING;
    tally(&mut of, grid, grid.window(), &codes);
    let counts: Vec<(Class, Extent)> = legend
        .classes
        .iter()
        .filter(is_used)
        .map(|class| (class.clone(), of[usize::from(class.code)]))
        .collect();
    let values = values_of(&found, &settled);
    let imported = ImportedMap {
        name: name.clone(),
        classes: files.classes,
        crs: found.placement.crs.label(),
        pixel_m: found.pixel_m,
        without: grid.pixels() as u64 - counts.iter().map(|(_, extent)| extent.pixels).sum::<u64>(),
        values,
        counts,
        notes: found.notes,
    };
    write(spec, &imported, &codes, report, cancel)?;
    Ok(imported)
}

fn values_of(found: &FoundClasses, settled: &[super::Proposal]) -> Vec<ImportedClass> {
    let value = |(class, one): (&super::FoundClass, &super::Proposal)| ImportedClass {
        value: class.label(found.form),
        name: class.name.clone(),
        pixels: class.pixels,
        to: one.to,
        how: one.how,
    };
    found.classes.iter().zip(settled).map(value).collect()
}

fn write(
    spec: &ForeignSpec,
    imported: &ImportedMap,
    codes: &[u8],
    report: Report,
    cancel: &Cancel,
) -> Result<(), ForeignError> {
    let ForeignSpec { file, grid, folder, name, .. } = spec;
    let told = story(file, imported);
    let run = format!("{:08x}{:08x}", crc32c::crc32c(told.to_string().as_bytes()), crc32c::crc32c(codes));
    let classes: Vec<Class> = imported.counts.iter().map(|(class, _)| class.clone()).collect();
    let legend = classes
        .iter()
        .map(|Class { code, name, colour: [r, g, b], .. }| format!("{code} {name} #{r:02x}{g:02x}{b:02x}"));
    let (legend, story) = (legend.collect::<Vec<_>>().join("; "), told.to_string());
    let origin = format!("from {}, {}", file.file_name().unwrap_or_default().to_string_lossy(), imported.crs);
    let metadata = [
        ("RITMO_VERSION", env!("CARGO_PKG_VERSION")),
        (RUN, run.as_str()),
        ("RITMO_LEGEND", legend.as_str()),
        ("RITMO_ORIGIN", origin.as_str()),
        (IMPORTED, story.as_str()),
    ];
    std::fs::create_dir_all(folder)
        .map_err(|error| GeoError::Write { path: folder.clone(), why: error.to_string() })?;
    let making = Making::begin(folder, name)?;
    let read = |_: usize, window: Window, out: &mut [u8]| {
        for (row, out) in (window.row..).zip(out.chunks_exact_mut(window.width as usize)) {
            let start = row as usize * grid.width as usize + window.col as usize;
            out.copy_from_slice(&codes[start..start + window.width as usize]);
        }
        Ok(())
    };
    write_classes(
        &making.folder(),
        name,
        (grid, &classes, &imported.counts),
        &metadata,
        &read,
        report,
        cancel,
    )
    .map_err(written)?;
    let beside = making.folder().join(format!("{name}.import.json"));
    let text = serde_json::to_string_pretty(&told).unwrap_or_default() + "\n";
    write_atomically(&beside, text.as_bytes())
        .map_err(|error| GeoError::Write { path: beside.clone(), why: error.to_string() })?;
    cancel.check()?;
    Ok(making.put_in_place()?)
}

fn written(error: ClassifyError) -> ForeignError {
    match error {
        ClassifyError::Geo(GeoError::Cancelled(asked)) | ClassifyError::Cancelled(asked) => asked.into(),
        ClassifyError::Geo(error) => error.into(),
        other => ForeignError::Refused(other.to_string()),
    }
}

/// Where a map came from and what became of its values.
fn story(file: &Path, imported: &ImportedMap) -> Value {
    let value = |one: &ImportedClass| {
        let class = imported.counts.iter().find(|(class, _)| Some(class.code) == one.to);
        json!({
            "value": one.value, "name": one.name, "pixels": one.pixels, "becomes": class.map(|(class, _)| &class.name),
            "why": one.how.title(),
        })
    };
    json!({
        "file": file.file_name().unwrap_or_default().to_string_lossy(),
        "crs": imported.crs,
        "pixel_m": imported.pixel_m,
        "values": imported.values.iter().map(value).collect::<Vec<_>>(),
        "notes": imported.notes,
    })
}

/// The file that a map was taken in from; `None` where it is no map from elsewhere.
pub fn imported_from(classes: &Path) -> Option<String> {
    let told = RasterReader::open(classes).ok()?.metadata_item(IMPORTED)?;
    let told: Value = serde_json::from_str(&told).ok()?;
    told["file"].as_str().map(str::to_owned)
}
