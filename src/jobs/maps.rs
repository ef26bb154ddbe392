//! Class maps of a site, as they lie in its folder: which there are, and their class codes.

use super::Outcome;
use crate::geo::{Grid, raster};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What planes beside a map end with, after its name.
const PLANES: [&str; 2] = [".probs", ".entropy"];

/// The class maps of a site.
#[derive(Debug, Default)]
pub struct SiteMaps {
    /// Their names, the newest first: those that lie on the grid of its cube.
    pub names: Vec<String>,
    /// The one to show, with its class codes, y x x.
    pub shown: Option<(String, Vec<u8>)>,
}

/// Which map to open.
#[derive(Debug, Clone)]
pub struct OpenMapSpec {
    /// The folder of the site's maps.
    pub folder: PathBuf,
    /// The map's name.
    pub name: String,
    /// The grid of the site's cube.
    pub grid: Grid,
}

/// The maps in a folder that lie on a grid, and the one to show: the one of this name, the newest where there is none.
/// Files that cannot be read are no maps.
pub fn maps_on(folder: &Path, grid: &Grid, wanted: Option<&str>) -> SiteMaps {
    let mut found: Vec<(SystemTime, String, PathBuf)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().strip_suffix(".tif")?.to_string();
            if PLANES.iter().any(|plane| name.ends_with(plane)) {
                return None;
            }
            let modified = entry.metadata().ok()?.modified().ok()?;
            let of = raster::info(&entry.path()).ok()?.placement.north_up().ok()?;
            of.lines_up_with(grid).then(|| (modified, name, entry.path()))
        })
        .collect();
    // Of those of the same moment the last by name comes first.
    found.sort_by(|a, b| b.cmp(a));
    let of_name = found.iter().find(|(_, name, _)| Some(name.as_str()) == wanted);
    let shown = of_name.or(found.first()).and_then(|(_, name, path)| {
        let (_, codes) = raster::read_u8(path, 0).ok()?;
        Some((name.clone(), codes))
    });
    SiteMaps { names: found.into_iter().map(|(_, name, _)| name).collect(), shown }
}

/// Opens a map.
///
/// # Errors
/// When it cannot be read or lies elsewhere than the cube.
pub fn open_map(spec: &OpenMapSpec) -> anyhow::Result<Outcome> {
    let path = spec.folder.join(format!("{}.tif", spec.name));
    let (grid, codes) = raster::read_u8(&path, 0).context("map the site again, or choose another map")?;
    if !grid.lines_up_with(&spec.grid) {
        bail!("{} lies elsewhere than the cube of its site: map the site again", path.display());
    }
    Ok(Outcome::MapOpened { name: spec.name.clone(), codes })
}
