//! Series for sites that are there: which sites, which areas, and what is there already. Sites that labelled chips made are
//! listed in the project, so that they can be found again.

use super::{ImageryRequest, JobContext, Outcome};
use crate::cube::Cube;
use crate::files::write_atomically;
use crate::geo::{Crs, Placement};
use crate::progress::Progress;
use crate::project::Site;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the sites stand that chips made.
const LIST: &str = "imports/chips.json";

/// Of which sites imagery is asked for.
#[derive(Debug, Clone)]
pub struct FetchSitesSpec {
    /// The project's folder.
    pub project: PathBuf,
    /// The sites there are.
    pub sites: Vec<Site>,
    /// Those that are meant; all that chips made where `None`.
    pub chosen: Option<Vec<String>>,
    /// Where from and when; its site and area are not looked at.
    pub request: ImageryRequest,
}

/// Of which sites imagery is to be fetched.
#[derive(Debug)]
pub struct SitesToFetch {
    /// Where from and when.
    pub request: ImageryRequest,
    /// Name of the site; west, south, east, north of its area.
    pub wanted: Vec<(String, [f64; 4])>,
    /// Sites whose cubes have a series already.
    pub there: Vec<String>,
    /// Sites that cannot be had, with why.
    pub unfit: Vec<(String, String)>,
}

#[derive(Default, Serialize, Deserialize)]
struct List {
    #[serde(default)]
    sites: BTreeSet<String>,
}

/// Notes which sites chips made, beside those of earlier imports.
///
/// # Errors
/// When it cannot be written.
pub(super) fn note_sites_of_chips<'a>(
    project: &Path,
    sites: impl Iterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let mut list = List { sites: sites_of_chips(project) };
    list.sites.extend(sites.map(str::to_owned));
    let path = project.join(LIST);
    let failed =
        || format!("cannot write {}. Check the free space and the rights of the folder", path.display());
    std::fs::create_dir_all(project.join("imports")).with_context(failed)?;
    write_atomically(&path, &serde_json::to_vec_pretty(&list)?).with_context(failed)
}

/// The sites that chips made, as far as that is noted.
pub fn sites_of_chips(project: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(project.join(LIST)).unwrap_or_default();
    serde_json::from_slice::<List>(&bytes).unwrap_or_default().sites
}

/// Says of which sites imagery is to be fetched: those that are meant and have no more than one date.
///
/// # Errors
/// When none is meant, or a stop was asked for.
pub fn choose_sites(spec: &FetchSitesSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let meant = match &spec.chosen {
        Some(names) => names.iter().cloned().collect(),
        None => sites_of_chips(&spec.project),
    };
    let sites: Vec<&Site> = spec.sites.iter().filter(|site| meant.contains(&site.name)).collect();
    if sites.is_empty() {
        bail!(
            "no site of this project was made of chips: import chips first, or name the sites (--each SITE…)"
        );
    }
    let mut chosen = SitesToFetch {
        request: spec.request.clone(),
        wanted: Vec::new(),
        there: Vec::new(),
        unfit: Vec::new(),
    };
    let degrees = Crs::from_epsg(4326)?;
    for (n, site) in sites.iter().enumerate() {
        context.cancel.check()?;
        context.progress(Progress::new(n as u64, sites.len() as u64, site.name.clone()));
        let opened = Cube::open_with_cache(&spec.project.join(&site.cube), 0);
        let of_cube = |cube: &Cube| Placement::from(&cube.info().grid).extent_in(&degrees);
        let area = match (&opened, &site.footprint) {
            (Ok(cube), _) if cube.info().dates.len() > 1 => {
                chosen.there.push(site.name.clone());
                continue;
            }
            (Ok(cube), _) => of_cube(cube).map_err(|why| why.to_string()),
            (Err(_), Some(corners)) => Ok(around(corners)),
            (Err(why), None) => Err(why.to_string()),
        };
        match area {
            Ok(area) => chosen.wanted.push((site.name.clone(), area)),
            Err(why) => chosen.unfit.push((site.name.clone(), why)),
        }
    }
    Ok(Outcome::SitesChosen(Box::new(chosen)))
}

/// West, south, east, north of corners.
fn around(corners: &[[f64; 2]; 4]) -> [f64; 4] {
    corners.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |all, [lon, lat]| {
        [all[0].min(*lon), all[1].min(*lat), all[2].max(*lon), all[3].max(*lat)]
    })
}
