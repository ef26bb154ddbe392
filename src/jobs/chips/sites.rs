//! The sites of chips: their cubes.

use super::{ChipsTold, ImportChipsSpec, Taken};
use crate::cube::{BuildSettings, GridSetting, Period, Resampling};
use crate::geo::{Placement, raster};
use crate::jobs::imagery::{BuildCubeSpec, build_cube, built, to_recognise};
use crate::jobs::{CubesBuilt, EventBody, Found, JobContext, Outcome, SiteNaming};
use crate::progress::Progress;
use crate::project::cube_folder;
use crate::source::{self, ChipImages, ChipPlace, ChipSite, Correction, InputSpec, Recognised};
use anyhow::{Context, bail};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Builds the cubes of the sites that have none.
pub(super) fn build_sites(
    spec: &ImportChipsSpec,
    sites: &[ChipSite],
    taken: &BTreeMap<ChipPlace, Taken>,
    told: &mut ChipsTold,
    context: &JobContext,
) -> anyhow::Result<CubesBuilt> {
    let is_there = |site: &&ChipSite| spec.project.join(cube_folder(&site.name)).join("zarr.json").exists();
    let (there, missing): (Vec<&ChipSite>, Vec<&ChipSite>) = sites.iter().partition(is_there);
    told.sites_before = there.len();
    let known: HashSet<&str> = spec.sites.iter().map(|site| site.name.as_str()).collect();
    let unknown = there.iter().filter(|site| !known.contains(site.name.as_str()));
    let found_again = unknown.map(|site| {
        let cube = cube_folder(&site.name);
        let path = spec.project.join(&cube);
        built(&site.name, cube, &path)
    });
    let found_again = found_again.collect::<anyhow::Result<Vec<_>>>()?;
    if !found_again.is_empty() {
        context.send(EventBody::Built(found_again));
    }
    if missing.is_empty() {
        return Ok(CubesBuilt::default());
    }
    let mut site_of: HashMap<&Path, &str> = HashMap::new();
    for site in &missing {
        site_of.extend(site.chips.iter().map(|place| (taken[place].image, site.name.as_str())));
    }
    let mut files: Vec<PathBuf> = site_of.keys().map(|path| path.to_path_buf()).collect();
    files.sort();
    let correction =
        |path: &PathBuf| Correction { path: path.clone(), date: Some(spec.choice.date), leave_out: false };
    let input = InputSpec {
        corrections: files.iter().map(correction).collect(),
        rename: names_of_bands(&files, told.images),
        inputs: files,
        ..InputSpec::default()
    };
    let report = |progress: Progress| context.progress(progress);
    let mut recognised = source::recognise(&input, &report, &context.cancel)?;
    told.aside.append(&mut recognised.damaged);
    told.aside.append(&mut recognised.skipped);
    give_sites(&mut recognised, &site_of);
    let mut all = CubesBuilt::default();
    for (settings, names) in by_settings(&recognised, &spec.choice.grid) {
        let (part, _) = recognised
            .part(|i, _| recognised.acquisitions[i].tile.as_ref().is_some_and(|site| names.contains(site)));
        let places = part.places().into_iter().map(|(name, _)| name).collect();
        let found = Found { input: to_recognise(&input), recognised: Arc::new(part), places };
        let build = BuildCubeSpec {
            project: spec.project.clone(),
            sites: spec.sites.clone(),
            naming: SiteNaming::PerTile,
            input: input.clone(),
            settings,
            skip_damaged: true,
            known: Some(found),
            estimate: None,
        };
        let made = match build_cube(&build, context) {
            Ok(Outcome::CubesBuilt(made)) => made,
            Ok(_) => bail!("cubes were asked for and none came"),
            Err(why) => {
                context.cancel.check()?;
                // The sites of other grids go on.
                all.failed.extend(names.into_iter().map(|site| (site, format!("{why:#}"))));
                continue;
            }
        };
        all.sites.extend(made.sites);
        all.failed.extend(made.failed);
        all.bytes += made.bytes;
        all.seconds += made.seconds;
    }
    if all.sites.is_empty() && told.sites_before == 0 {
        let (site, why) = all.failed.first().context("no image could be taken")?;
        bail!("none of the cubes could be built. {site}: {why}");
    }
    Ok(all)
}

/// Sites by how their cubes are built: where the images of one lie beside each other, on one grid around them all, as one
/// day. Pixels of one lattice are taken as they are.
fn by_settings(recognised: &Recognised, asked: &GridSetting) -> Vec<(BuildSettings, HashSet<String>)> {
    let mut groups: Vec<(BuildSettings, HashSet<String>)> = Vec::new();
    for (name, those) in recognised.places() {
        let layers = those.iter().flat_map(|&i| &recognised.acquisitions[i].layers);
        let mut places: Vec<usize> = layers.map(|layer| layer.placement).collect();
        places.sort_unstable();
        places.dedup();
        let places: Vec<&Placement> = places.into_iter().map(|i| &recognised.placements[i]).collect();
        let grid = match places.as_slice() {
            [first, others @ ..] if !others.is_empty() && !asked.asks_to_warp() => GridSetting {
                resolution: Some(first.pixel_size()[0]),
                resampling: match others.iter().all(|other| is_on_lattice(first, other)) {
                    true => Resampling::Nearest,
                    false => Resampling::Bilinear,
                },
                ..GridSetting::default()
            },
            _ => asked.clone(),
        };
        let period = if those.len() > 1 { Period::Days(1) } else { Period::None };
        let settings = BuildSettings { grid, period, ..BuildSettings::default() };
        match groups.iter_mut().find(|(other, _)| *other == settings) {
            Some((_, names)) => drop(names.insert(name)),
            None => groups.push((settings, HashSet::from([name]))),
        }
    }
    groups
}

/// Whether the pixels of both could be those of one grid with square pixels.
fn is_on_lattice(one: &Placement, other: &Placement) -> bool {
    let (Some(one), Some(other)) = (one.grid(), other.grid()) else { return false };
    let side = one.pixel_width;
    let is_near = |share: f64| (share - share.round()).abs() < 1e-3;
    let sides = [one.pixel_height, other.pixel_width, other.pixel_height];
    one.crs.same_as(&other.crs)
        && sides.iter().all(|s| (s / side - 1.0).abs() < 1e-6)
        && is_near((other.left - one.left) / side)
        && is_near((other.top - one.top) / side)
}

/// Images of one site are one place, whatever they are called.
fn give_sites(recognised: &mut Recognised, site_of: &HashMap<&Path, &str>) {
    for acquisition in &mut recognised.acquisitions {
        let file = acquisition.layers.first().map(|layer| layer.path.as_path());
        acquisition.tile = file.and_then(|file| site_of.get(file)).map(|site| (*site).to_owned());
    }
}

/// What the bands are called, where the first file that can be read names none.
fn names_of_bands(files: &[PathBuf], images: Option<ChipImages>) -> Vec<(String, String)> {
    let Some(images) = images else { return Vec::new() };
    let Some(info) = files.iter().find_map(|file| raster::info(file).ok()) else { return Vec::new() };
    if info.bands.len() != images.bands().len() || info.bands.iter().any(|band| band.described) {
        return Vec::new();
    }
    let named = info.bands.iter().zip(images.bands());
    named.map(|(band, name)| (band.name.clone(), (*name).to_owned())).collect()
}
