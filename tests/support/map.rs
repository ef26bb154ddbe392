//! A map as it lies in a folder, of probabilities that a test makes up.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a test fails by panicking; unit tests may")]

use ritmo::geo::Grid;
use ritmo::geo::raster::{Palette, write_cog_u8};
use ritmo::labels::{Class, qgis_style};
use std::path::Path;

/// Writes the class codes and probabilities of a map and its style; the codes are the most likely, the first of equals. Gives
/// them.
pub fn write_map(
    folder: &Path,
    name: &str,
    grid: &Grid,
    classes: &[Class],
    planes: &[u8],
    metadata: &[(&str, &str)],
) -> Vec<u8> {
    let pixels = grid.pixels();
    let likely = |at: usize| {
        let of = |k: &usize| planes[k * pixels + at];
        let k = (0..classes.len()).rev().max_by_key(of).unwrap();
        if of(&k) == 255 { 255 } else { classes[k].code }
    };
    let codes: Vec<u8> = (0..pixels).map(likely).collect();
    std::fs::create_dir_all(folder).unwrap();
    let at = |end: &str| folder.join(format!("{name}.{end}"));
    std::fs::write(at("qml"), qgis_style(classes)).unwrap();
    let palette = Palette { entries: classes.iter().map(|c| (c.code, c.name.as_str(), c.colour)).collect() };
    let bands = [("class".to_string(), codes.as_slice())];
    write_cog_u8(&at("tif"), grid, &bands, Some(&palette), Some(255), metadata).unwrap();
    let bands: Vec<(String, &[u8])> =
        classes.iter().map(|class| class.name.clone()).zip(planes.chunks_exact(pixels)).collect();
    write_cog_u8(&at("probs.tif"), grid, &bands, None, Some(255), metadata).unwrap();
    codes
}
