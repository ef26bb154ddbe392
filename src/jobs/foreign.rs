//! Maps from elsewhere: looked at, and taken in as maps of a site.

use super::{JobContext, Outcome};
use crate::classify::foreign::{
    Chosen, ForeignSpec, FoundClasses, ImportedMap, MapReading, Proposal, import_map, propose, survey_map,
};
use crate::cube::Cube;
use crate::labels::Legend;
use std::path::PathBuf;
use std::sync::Arc;

/// Which map to take in, or to look at before.
#[derive(Debug, Clone)]
pub struct ForeignMapSpec {
    /// The site.
    pub site: String,
    /// Its cube, whose grid it is brought to.
    pub cube: PathBuf,
    /// The file.
    pub file: PathBuf,
    /// How it is read.
    pub reading: MapReading,
    /// The legend.
    pub legend: Legend,
}

/// A map that was looked at.
#[derive(Debug)]
pub struct MapSurveyed {
    /// The site.
    pub site: String,
    /// The file.
    pub file: PathBuf,
    /// How it was read.
    pub reading: MapReading,
    /// What it holds over the site.
    pub found: FoundClasses,
    /// What its values may be, in their order.
    pub proposals: Vec<Proposal>,
}

/// A map that was taken in.
#[derive(Debug)]
pub struct ForeignMap {
    /// The site.
    pub site: String,
    /// The map.
    pub imported: ImportedMap,
}

/// Looks at what a raster holds over a site.
///
/// # Errors
/// When it cannot be read, does not cover the site, or holds no classes.
pub fn survey_foreign(spec: &ForeignMapSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let ForeignMapSpec { site, cube, file, reading, legend } = spec;
    let grid = Cube::open(cube)?.info().grid.clone();
    let found = survey_map(file, reading, legend, &grid, &|p| context.progress(p), &context.cancel)?;
    let proposals = propose(&found, legend);
    let surveyed =
        MapSurveyed { site: site.clone(), file: file.clone(), reading: reading.clone(), found, proposals };
    Ok(Outcome::MapSurveyed(Arc::new(surveyed)))
}

/// Takes a raster in as a map of a site, under a name, into the folder of its maps.
///
/// # Errors
/// As [`survey_foreign`]; when some of its values have no class yet, or files cannot be written.
pub fn import_foreign(
    spec: &ForeignMapSpec,
    chosen: Chosen,
    (folder, name, replace): (PathBuf, String, bool),
    context: &JobContext,
) -> anyhow::Result<Outcome> {
    let grid = Cube::open(&spec.cube)?.info().grid.clone();
    let ForeignMapSpec { site, file, reading, legend, .. } = spec.clone();
    let spec = ForeignSpec { file, reading, chosen, legend, grid, folder, name, replace };
    let imported = import_map(&spec, &|p| context.progress(p), &context.cancel)?;
    Ok(Outcome::MapImported(Box::new(ForeignMap { site, imported })))
}
