//! Cleaning maps: the project's recipe, and the job that makes a new map of it.

use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, busy, file_of_map, model_name, refuse, start_reading, the_project, the_site};
use crate::classify::clean::Recipe;
use crate::jobs::{self, CleanAround, CleanedMap, JobId, JobKind};

/// Which map to clean, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CleanRequest {
    /// The map; the one on screen, else that of the newest model, unless given.
    pub map: Option<String>,
    /// The site; the one on screen unless given.
    pub site: Option<String>,
    /// What to do; as the project has it unless given.
    pub recipe: Option<Recipe>,
    /// The new map's name: `<map>-clean`, or the next that is free, unless given.
    pub output: Option<String>,
}

/// Cleans a map (a job).
pub(super) fn clean(state: &mut AppState, request: CleanRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::Clean)?;
    let project = the_project(state)?;
    let site = the_site(project, request.site)?;
    let on_screen = project.site.as_ref().filter(|shown| shown.name == site.name);
    let shown = on_screen.and_then(|shown| shown.map.as_ref()).filter(|map| map.live.is_none());
    if request.map.is_none() && shown.is_some_and(|map| !map.complete) {
        return refuse("the site is being mapped: wait for it or cancel it, then clean the map");
    }
    let map = request.map.or_else(|| shown.map(|map| map.name.clone()));
    let Some(map) = map.or_else(|| project.models.first().map(|model| model.name.clone())) else {
        return refuse("there is no map to clean yet: train a model and map the site first");
    };
    let maps = project.folder.maps_path(&site.name);
    let read = vec![file_of_map(project, &site.name, &map)];
    let output = request.output.map(|name| model_name(&name)).transpose()?;
    if output.as_ref() == Some(&map) {
        return refuse(format!("{map} is the map to be cleaned and stays: choose another name"));
    }
    let recipe = request.recipe.unwrap_or_else(|| project.document.settings.cleaning.clone());
    if recipe.taken().next().is_none() {
        return refuse("no step of the cleaning is on: add one, or switch one on");
    }
    let spec = jobs::CleanSpec {
        site: site.name.clone(),
        maps,
        map: map.clone(),
        output,
        corrections: project.corrections_known(&site.name, &map),
        recipe,
        cube: project.folder.path().join(&site.cube),
        around: project.clean_around(),
    };
    let subject = format!("{map} of {}", site.name);
    Ok(Some(start_reading(state, JobKind::Clean, subject, read, move |c| jobs::clean(&spec, c))))
}

/// Sets the project's recipe.
pub(super) fn set(project: &mut OpenProject, recipe: Recipe) -> Result<String, Refused> {
    // What is no number cannot be written to the document and read again.
    let read_again = serde_json::to_value(&recipe).and_then(serde_json::from_value::<Recipe>);
    if read_again.ok().as_ref() != Some(&recipe) {
        return refuse("a number of the cleaning is no number: give one");
    }
    project.document.settings.cleaning = recipe;
    Ok("changing the cleaning".into())
}

/// A map was cleaned: the new one is shown.
pub(super) fn came(state: &mut AppState, cleaned: CleanedMap) {
    let Some(project) = &mut state.project else { return };
    let (name, source) = (cleaned.name.clone(), cleaned.source.clone());
    let text = format!(
        "{source} of {} is cleaned: {:.1} % of its pixels have another class in {name}",
        cleaned.site,
        cleaned.share_changed * 100.0
    );
    let over = match cleaned.carried.len() {
        0 => String::new(),
        1 => format!("; what was corrected by hand lies over {name} too"),
        n => format!("; the {n} corrections by hand lie over {name} too"),
    };
    if !cleaned.carried.is_empty() {
        super::correct::carried_over(project, &cleaned.site, &name, cleaned.carried.clone());
    }
    super::maps::made_of(project, &cleaned.site, &source, &name);
    project.last.cleaned = Some(cleaned);
    state.notify(Level::Done, text + &over);
    super::maps::follow(state);
}

impl OpenProject {
    /// What rules of a cleaning may ask of.
    pub fn clean_around(&self) -> CleanAround {
        CleanAround {
            folder: self.folder.path().to_owned(),
            indices: self.document.settings.indices.clone(),
            annotations: self.annotations.clone(),
            legend: self.document.legend.clone(),
        }
    }
}
