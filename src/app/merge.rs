//! Maps of several sites made one.

use super::state::{AppState, Level};
use super::update::{Refused, busy, file_of_map, refuse, start_writing, the_project};
use crate::classify::{MergeSpec, Overlap};
use crate::geo::Crs;
use crate::jobs::{self, JobId, JobKind, MergedMaps};
use std::path::PathBuf;

/// Which maps to merge, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeRequest {
    /// The maps' name; that of the newest model unless given.
    pub map: Option<String>,
    /// The sites, the first one first; all that have a map of this name where none are named.
    pub sites: Vec<String>,
    /// The coordinate system, as EPSG code or WKT; that of the first site unless given.
    pub crs: Option<String>,
    /// Side of a pixel in units of the coordinate system; that of the finest map unless given.
    pub resolution: Option<f64>,
    /// Which counts where sites overlap; the more certain, where that is known, unless given.
    pub overlap: Option<Overlap>,
    /// Where to: `.tif` or `.vrt`.
    pub file: PathBuf,
    /// Whether a file that is there is replaced.
    pub replace: bool,
}

pub(super) fn merge(state: &mut AppState, request: MergeRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::MergeMaps)?;
    let project = the_project(state)?;
    let MergeRequest { map, sites, crs, resolution, overlap, file, replace } = request;
    let is = |end: &str| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(end));
    if !is("tif") && !is("vrt") {
        return refuse(format!("cannot tell the format of {}: end its name in .tif or .vrt", file.display()));
    }
    let Some(map) = map.or_else(|| project.models.first().map(|m| m.name.clone())) else {
        return refuse("there is no map yet: train a model and map the sites first");
    };
    if let Some(unknown) = sites.iter().find(|name| project.document.site(name).is_none()) {
        return refuse(format!("there is no site {unknown} in this project"));
    }
    let all = sites.is_empty();
    let names = if all { project.document.sites.iter().map(|s| s.name.clone()).collect() } else { sites };
    let mut maps = Vec::new();
    for site in names {
        let (path, missing) = file_of_map(project, &site, &map);
        if file == path {
            return refuse("the merged map cannot take the place of one that it is made of");
        }
        maps.push((site, path, missing));
    }
    let crs = crs.map(|text| Crs::from_text(&text)).transpose().map_err(|why| Refused(why.to_string()))?;
    let target = (file.clone(), replace);
    let no_map = all.then(|| format!("no site has a map {map} yet: map the sites first"));
    let spec = MergeSpec { maps: Vec::new(), crs, resolution, overlap, output: file };
    Ok(Some(start_writing(state, JobKind::MergeMaps, map, target, move |c| {
        jobs::merge(spec, maps, no_map, c)
    })))
}

/// They are one.
pub(super) fn merged(state: &mut AppState, maps: MergedMaps) {
    let Some(project) = &mut state.project else { return };
    let merged = &maps.merged;
    let words = format!(
        "The maps of {} are merged in {}: {}",
        maps.sites.join(", "),
        merged.file.display(),
        merged.overlap.sentence()
    );
    let rewritten = merged.rewritten.clone();
    project.last.merged = Some(maps);
    super::events::summarise(state, ("code was rewritten", "codes were rewritten"), &rewritten);
    state.notify(Level::Done, words);
}
