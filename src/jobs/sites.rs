//! Work on sites as places: where they lie, and deleting a cube.

use super::{JobContext, Outcome};
use crate::cube::Cube;
use crate::geo::{GeoError, Grid};
use crate::progress::Progress;
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// A cube to delete.
#[derive(Debug, Clone)]
pub struct DeleteCubeSpec {
    /// The project's folder.
    pub project: PathBuf,
    /// The site that it was of.
    pub site: String,
    /// Its folder, relative to the project.
    pub cube: String,
}

/// Longitude and latitude of the corners of a grid: top left, top right, bottom right, bottom left.
///
/// # Errors
/// When they cannot be projected.
pub fn footprint(grid: &Grid) -> Result<[[f64; 2]; 4], GeoError> {
    let (w, h) = (f64::from(grid.width), f64::from(grid.height));
    let mut corners = [[0.0; 2]; 4];
    for (corner, (col, row)) in corners.iter_mut().zip([(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)]) {
        *corner = grid.lonlat_from_pixel(col, row)?;
    }
    Ok(corners)
}

/// Finds out where sites lie, from their cubes. Those whose cubes cannot be opened are left out: showing one tells why.
///
/// # Errors
/// Only when cancelled.
pub fn footprints(sites: &[(String, PathBuf)], context: &JobContext) -> anyhow::Result<Outcome> {
    let (done, total) = (AtomicU64::new(0), sites.len() as u64);
    let of = |(name, path): &(String, PathBuf)| {
        if context.cancel.is_cancelled() {
            return None;
        }
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(64) {
            context.progress(Progress::new(done, total, "Looking where the sites lie"));
        }
        let cube = Cube::open_with_cache(path, 0).ok()?;
        Some((name.clone(), footprint(&cube.info().grid).ok()?))
    };
    let found = sites.par_iter().filter_map(of).collect();
    context.cancel.check()?;
    Ok(Outcome::Footprints(found))
}

/// Deletes the cube of a site that is no longer of the project. Only what is a cube and lies within the project goes.
///
/// # Errors
/// When it lies elsewhere or cannot be deleted.
pub fn delete_cube(spec: &DeleteCubeSpec) -> anyhow::Result<Outcome> {
    let path = spec.project.join(&spec.cube);
    if !path.exists() {
        return Ok(Outcome::CubeDeleted(spec.site.clone()));
    }
    let failed = || format!("cannot delete {}. Check the folder's rights", path.display());
    let (whole, project) =
        (path.canonicalize().with_context(failed)?, spec.project.canonicalize().with_context(failed)?);
    if !whole.starts_with(&project) || whole == project || !whole.join("zarr.json").is_file() {
        bail!("{} was left alone: it is no cube within the project", path.display());
    }
    std::fs::remove_dir_all(&whole).with_context(failed)?;
    Ok(Outcome::CubeDeleted(spec.site.clone()))
}
