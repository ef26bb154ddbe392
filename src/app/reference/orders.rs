//! Orders that start a job: what they need is looked up and checked first.

use super::DesignRequest;
use crate::app::state::{AppState, OpenProject};
use crate::app::update::{
    Refused, ToRead, busy, file_of_map, refuse, start, start_reading, start_writing, the_project, the_site,
};
use crate::jobs::{
    self, CountSpec, ExportReferenceSpec, ImportReferenceSpec, JobId, JobKind, TakeAnswersSpec,
};
use crate::project::file_name;
use crate::project::reference::{DesignFrom, ReferenceFormat};
use std::path::PathBuf;

/// The site, the map's name and its file.
fn the_map(
    project: &OpenProject,
    map: Option<String>,
    site: Option<String>,
) -> Result<(String, String, ToRead), Refused> {
    let site = the_site(project, site)?;
    let shown = project.site.as_ref().filter(|shown| shown.name == site.name);
    let on_screen = || shown?.map.as_ref().filter(|map| map.complete).map(|map| map.name.clone());
    let newest = || project.models.first().map(|model| model.name.clone());
    let Some(map) = map.or_else(on_screen).or_else(newest) else {
        return refuse("there is no map to draw a sample of yet: train a model and map the site first");
    };
    let file = file_of_map(project, &site.name, &map);
    Ok((site.name, map, file))
}

pub(super) fn count(
    state: &mut AppState,
    map: Option<String>,
    site: Option<String>,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::CountStrata)?;
    let (site, map, file) = the_map(the_project(state)?, map, site)?;
    let spec = CountSpec { site, map: map.clone(), file: file.0.clone() };
    let read = vec![file];
    Ok(Some(start_reading(state, JobKind::CountStrata, map, read, move |c| jobs::count_strata(&spec, c))))
}

/// The name of a new sample, checked.
fn new_name(project: &OpenProject, given: Option<String>) -> Result<(String, PathBuf), Refused> {
    let name = given.unwrap_or_else(|| project.free_reference_name());
    let name = name.trim().to_string();
    let good = file_name(&name);
    if good != name {
        return refuse(format!(
            "a reference sample cannot be called “{name}”, since its file bears its name: call it “{good}”, for example"
        ));
    }
    let file = project.folder.reference_path(&name);
    if project.labelling().is_some_and(|(open, _)| open.file == file) {
        return refuse(format!("{name} is being labelled: end that first, or give another name"));
    }
    Ok((name, file))
}

/// The file of a sample that is there.
fn there(project: &OpenProject, name: &str) -> Result<PathBuf, Refused> {
    if project.reference.names.iter().any(|own| own == name) {
        return Ok(project.folder.reference_path(name));
    }
    let names = &project.reference.names;
    let known =
        if names.is_empty() { "there is none yet".into() } else { format!("there is {}", names.join(", ")) };
    refuse(format!("there is no reference sample {name}: {known}. Design one, or import points"))
}

pub(super) fn design(state: &mut AppState, request: DesignRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::DesignReference)?;
    let project = the_project(state)?;
    let (site, map, file) = the_map(project, request.map, request.site)?;
    let (name, target) = new_name(project, request.name)?;
    let from = DesignFrom {
        map: file.0.clone(),
        map_name: format!("{site}/{map}"),
        site: Some(site),
        legend: project.legend_of(&map),
    };
    let DesignRequest { wanted, replace, .. } = request;
    let spec = jobs::DesignSpec { from, name: name.clone(), file: target, wanted, replace };
    let read = vec![file];
    Ok(Some(start_reading(state, JobKind::DesignReference, name, read, move |c| {
        jobs::design_reference(&spec, c)
    })))
}

pub(super) fn open(state: &mut AppState, name: String) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ReadReference)?;
    let project = the_project(state)?;
    if project.is_blind() {
        return refuse("a reference sample is being labelled: end that first");
    }
    let (file, legend) = (there(project, &name)?, project.document.legend.clone());
    Ok(Some(start(state, JobKind::ReadReference, name, move |_| jobs::open_reference(file, &legend))))
}

pub(super) fn import(
    state: &mut AppState,
    from: PathBuf,
    name: Option<String>,
    class_field: Option<String>,
    replace: bool,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ReadReference)?;
    let project = the_project(state)?;
    let own = from.file_stem().map(|stem| file_name(&stem.to_string_lossy()));
    let (name, file) = new_name(project, name.or(own))?;
    let legend = project.document.legend.clone();
    let spec = ImportReferenceSpec { from, class_field, name: name.clone(), file, replace, legend };
    Ok(Some(start(state, JobKind::ReadReference, name, move |_| jobs::import_reference(&spec))))
}

pub(super) fn take_answers(
    state: &mut AppState,
    name: &str,
    from: PathBuf,
    class_field: Option<String>,
    interpreter: Option<String>,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ReadReference)?;
    let author = state.author.clone();
    let project = the_project(state)?;
    if project.is_blind() {
        return refuse("a reference sample is being labelled: end that first");
    }
    let file = there(project, name)?;
    let interpreter = interpreter.or(author).unwrap_or_else(|| "unnamed".into());
    let legend = project.document.legend.clone();
    let spec = TakeAnswersSpec { from, class_field, interpreter, file, legend };
    Ok(Some(start(state, JobKind::ReadReference, name, move |_| jobs::take_answers(&spec))))
}

pub(super) fn export(
    state: &mut AppState,
    name: &str,
    file: PathBuf,
    replace: bool,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ExportReference)?;
    let project = the_project(state)?;
    let from = there(project, name)?;
    if ReferenceFormat::of(&file).is_none() {
        return refuse(format!(
            "cannot tell the format of {}: end its name in .geojson or .gpkg, or in .csv for Collect Earth Online",
            file.display()
        ));
    }
    let target = (file.clone(), replace);
    let spec = ExportReferenceSpec { from, file, legend: project.document.legend.clone() };
    Ok(Some(start_writing(state, JobKind::ExportReference, name, target, move |c| {
        jobs::export_sample(&spec, c)
    })))
}
