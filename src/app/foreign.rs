//! Maps from elsewhere: looking at a raster, and taking it in as a map of a site.

use super::state::{AppState, Level, OpenProject, SurveyState};
use super::surveying::{self, Survey};
use super::update::{Refused, busy, model_name, refuse, start, the_project, the_site};
use crate::classify::foreign::{Chosen, MapReading};
use crate::geo::remote::keep_query;
use crate::jobs::{self, ForeignMap, ForeignMapSpec, JobId, JobKind, MapSurveyed};
use crate::labels::Class;
use std::path::PathBuf;

/// Which map to take in.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportMapRequest {
    /// The raster.
    pub file: PathBuf,
    /// The site; the one on screen, or the only one, unless given.
    pub site: Option<String>,
    /// The map's name here; that of the file unless given.
    pub name: Option<String>,
    /// How it is read.
    pub reading: MapReading,
    /// What people chose for its values; what is proposed for the others.
    pub chosen: Chosen,
    /// Whether a map from elsewhere of this name is replaced.
    pub replace: bool,
}

/// A map that is looked at before it is taken in. What was known last stays while something newer is looked for.
pub type MapSurveying = Survey<MapSurveyed>;

fn spec(
    project: &OpenProject,
    file: PathBuf,
    site: Option<String>,
    reading: MapReading,
) -> Result<ForeignMapSpec, Refused> {
    let site = the_site(project, site)?;
    let cube = project.folder.path().join(&site.cube);
    Ok(ForeignMapSpec { site: site.name, cube, file, reading, legend: project.document.legend.clone() })
}

/// Starts a survey of a map; one under way is given up. Without a file the last answer is forgotten.
pub(super) fn survey(
    state: &mut AppState,
    file: Option<PathBuf>,
    site: Option<String>,
    reading: MapReading,
) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let spec = file.map(|file| spec(project, file, site, reading)).transpose()?;
    surveying::give_up(state, |project| &mut project.map_in);
    let Some(spec) = spec else {
        the_project(state)?.map_in = MapSurveying::default();
        return Ok(None);
    };
    let subject = keep_query(&spec.file).display().to_string();
    let job = start(state, JobKind::SurveyMap, subject, move |c| jobs::survey_foreign(&spec, c));
    the_project(state)?.map_in.state = SurveyState::Looking(job);
    Ok(Some(job))
}

/// Takes a map in (a job).
pub(super) fn import(state: &mut AppState, request: ImportMapRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ImportMap)?;
    let project = the_project(state)?;
    let ImportMapRequest { file, site, name, reading, chosen, replace } = request;
    let file = keep_query(&file);
    let of_file = || file.file_stem().map(|stem| crate::project::file_name(&stem.to_string_lossy()));
    let name = name.or_else(of_file).unwrap_or_default();
    let name = model_name(&name)?;
    if project.models.iter().any(|model| model.name == name) {
        return refuse(format!(
            "there is a model {name}, whose maps bear its name: give the imported map another name"
        ));
    }
    let spec = spec(project, file, site, reading)?;
    let folder = project.folder.maps_path(&spec.site);
    let subject = format!("{name} of {}", spec.site);
    project.last.map_in = None;
    let to = (folder, name, replace);
    Ok(Some(start(state, JobKind::ImportMap, subject, move |c| jobs::import_foreign(&spec, chosen, to, c))))
}

/// A map was taken in: it is shown.
pub(super) fn imported(state: &mut AppState, map: ForeignMap) {
    let Some(project) = &mut state.project else { return };
    let (site, name) = (map.site.clone(), map.imported.name.clone());
    let text = format!("{name} is a map of {site} now, from {}", map.imported.crs);
    let notes = map.imported.notes.clone();
    let named: Vec<Class> = map.imported.counts.iter().map(|(class, _)| class.clone()).collect();
    super::maps::mapped(project, &site, &name);
    if let Some(shown) = project.site.as_mut().filter(|shown| shown.name == site) {
        // What is open under this name is an earlier one.
        shown.map.take_if(|map| map.name == name);
        shown.made_by.remove(&name);
        shown.named.insert(name.clone(), named);
        project.document.view.map = Some(name);
        project.save();
    }
    project.last.map_in = Some(map);
    super::events::summarise(state, ("thing to know of the map", "things to know of the map"), &notes);
    state.notify(Level::Done, text);
    super::maps::follow(state);
}
