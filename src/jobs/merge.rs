//! Maps of several sites made one, in the background; and the areas of a map.

use super::{JobContext, Outcome};
use crate::classify::{Areas, MergeSpec, Merged, areas, merge_maps};
use crate::files::write_atomically;
use crate::geo::Grid;
use crate::jobs::Newest;
use crate::labels::Class;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::sync::Arc;

/// Maps that were made one.
#[derive(Debug, Clone)]
pub struct MergedMaps {
    /// The sites.
    pub sites: Vec<String>,
    /// What came of them.
    pub merged: Merged,
}

/// Makes one map of several: sites with their files, each with what is to be said where it is not there. With `no_map` those
/// that are not there are left out, and it is what is said where none is.
///
/// # Errors
/// When they cannot be read or do not fit together, or the file cannot be written.
pub fn merge(
    mut spec: MergeSpec,
    maps: Vec<(String, PathBuf, String)>,
    no_map: Option<String>,
    context: &JobContext,
) -> anyhow::Result<Outcome> {
    for (site, file, missing) in maps {
        if file.exists() {
            spec.maps.push((site, file));
        } else if no_map.is_none() {
            bail!(missing);
        }
    }
    if let Some(none) = no_map.filter(|_| spec.maps.is_empty()) {
        bail!(none);
    }
    let merged = merge_maps(&spec, &|p| context.progress(p), &context.cancel)?;
    let sites = spec.maps.iter().map(|(site, _)| site.clone()).collect();
    Ok(Outcome::MapsMerged(Box::new(MergedMaps { sites, merged })))
}

/// The map whose areas are wanted.
#[derive(Debug, Clone)]
pub struct AreasRequest {
    /// Its number.
    pub generation: u64,
    /// Its class codes, y x x.
    pub codes: Arc<Vec<u8>>,
    /// Its grid.
    pub grid: Grid,
    /// Its classes.
    pub classes: Vec<Class>,
}

impl AreasRequest {
    /// Whether both ask for the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.generation == other.generation
            && Arc::ptr_eq(&self.codes, &other.codes)
            && self.classes == other.classes
    }
}

/// Starts the thread that counts areas for the window.
pub fn count_areas(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<AreasRequest, (AreasRequest, Areas)> {
    Newest::start("ritmo-areas", wake, |request: AreasRequest, _| {
        let counted = areas(&request.codes, &request.grid, &request.classes);
        Some((request, counted))
    })
}

/// Writes the areas of a map as CSV.
///
/// # Errors
/// When the file cannot be written.
pub fn save_areas(request: &AreasRequest, file: PathBuf) -> anyhow::Result<Outcome> {
    let text = areas(&request.codes, &request.grid, &request.classes).csv();
    write_atomically(&file, text.as_bytes())
        .with_context(|| format!("cannot write {}: check the folder and the free space", file.display()))?;
    Ok(Outcome::AreasSaved(file))
}
