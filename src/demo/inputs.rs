//! The landscape as files, as real data would come: a folder of GeoTIFF mosaics, and apart from them the true map.

use super::Landscape;
use crate::geo::GeoError;
use crate::geo::raster::{Palette, PixelType, write_cog_u8, write_mosaic};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Where the files of a landscape lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The folder that holds nothing but the twelve mosaics, `demo_2022-01-15.tif` and so on.
    pub mosaics: PathBuf,
    /// The true map: class codes with the legend's names and colours.
    pub truth: PathBuf,
}

impl Landscape {
    /// Where it came from, in words that are shown wherever the landscape is.
    pub fn origin(&self) -> String {
        let of_clouds = self.clouded.map_or(String::new(), |(month, percent)| {
            format!(", {percent} % of {} under clouds", month.format("%B %Y"))
        });
        format!("simulated landscape, seed {}{of_clouds}", self.seed)
    }
}

/// Writes `mosaics/demo_DATE.tif` and `truth.tif` into `folder`, which is made if absent. The mosaics say in their
/// metadata that they are simulated (`RITMO_ORIGIN`).
///
/// # Errors
/// [`GeoError::Write`] when a file cannot be written.
pub fn write_inputs(landscape: &Landscape, folder: &Path) -> Result<Inputs, GeoError> {
    let inputs = Inputs { mosaics: folder.join("mosaics"), truth: folder.join("truth.tif") };
    std::fs::create_dir_all(&inputs.mosaics)
        .map_err(|error| GeoError::Write { path: inputs.mosaics.clone(), why: error.to_string() })?;
    let origin = landscape.origin();
    let metadata = [("RITMO_ORIGIN", origin.as_str())];
    landscape.dates.par_iter().zip(&landscape.mosaics).try_for_each(|(date, values)| {
        let path = inputs.mosaics.join(format!("demo_{date}.tif"));
        write_mosaic(&path, &landscape.grid, &landscape.bands, PixelType::Uint16, 0.0, values, &metadata)
    })?;
    let entries =
        landscape.legend.classes.iter().map(|class| (class.code, class.name.as_str(), class.colour));
    let palette = Palette { entries: entries.collect() };
    let bands = [("true class".to_owned(), landscape.truth.as_slice())];
    write_cog_u8(&inputs.truth, &landscape.grid, &bands, Some(&palette), Some(255), &metadata)?;
    Ok(inputs)
}
