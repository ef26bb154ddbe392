//! Models of the project: renamed, deleted, exported, and those that cannot be read.

use super::state::{AppState, Level, ModelEntry, OpenProject};
use super::update::{Refused, busy, model_name, refuse, start, the_project};
use crate::jobs::{self, ExportModelSpec, JobId, JobKind, ModelFiles};
use crate::model::exchange::ModelFormat;
use std::path::PathBuf;

/// A folder of a model that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedModel {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Why, and what to do; a sentence for people.
    pub why: String,
}

/// Jobs that need models to stay where they are.
pub const HOLDS_MODELS: [JobKind; 10] = [
    JobKind::DuplicateModel,
    JobKind::Train,
    JobKind::Map,
    JobKind::Clean,
    JobKind::Correct,
    JobKind::Assess,
    JobKind::TryModel,
    JobKind::RenameModel,
    JobKind::DeleteModel,
    JobKind::ExportModel,
];

/// Which model to write to other files, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportModelRequest {
    /// Its name.
    pub name: String,
    /// What to write.
    pub format: ModelFormat,
    /// Where to: a file, or a folder.
    pub file: PathBuf,
    /// Whether what is there is replaced: a file, or the folder of a model.
    pub replace: bool,
}

fn files(state: &mut AppState, name: &str) -> Result<ModelFiles, Refused> {
    for kind in HOLDS_MODELS {
        busy(state, kind)?;
    }
    let project = the_project(state)?;
    let readable = project.models.iter().map(|m| (&m.name, &m.folder));
    let damaged = project.damaged_models.iter().map(|m| (&m.name, &m.folder));
    let Some((name, model)) = readable.chain(damaged).find(|(own, _)| *own == name) else {
        return refuse(format!("there is no model {name} in this project"));
    };
    Ok(ModelFiles {
        name: name.clone(),
        model: model.clone(),
        maps: project.folder.path().join("maps"),
        assessments: project.folder.assessments_path(),
    })
}

impl OpenProject {
    /// Whether there is a model of this name, as far as is known; whoever writes one looks at the disk.
    fn has_model(&self, name: &str) -> bool {
        self.models.iter().any(|m| m.name == name) || self.damaged_models.iter().any(|m| m.name == name)
    }
}

/// Gives a model, its maps and its assessments another name (a job).
pub(super) fn rename(state: &mut AppState, name: &str, to: &str) -> Result<Option<JobId>, Refused> {
    let files = files(state, name)?;
    let to = model_name(to)?;
    if to == name {
        return Ok(None);
    }
    let project = the_project(state)?;
    if project.has_model(&to) {
        return refuse(format!("there is a model called {to} already: choose another name"));
    }
    Ok(Some(start(state, JobKind::RenameModel, name, move |_| jobs::rename_model(&files, &to))))
}

/// Copies a model under another name, a free one unless given (a job). Its maps are not copied.
pub(super) fn duplicate(
    state: &mut AppState,
    name: &str,
    to: Option<&str>,
) -> Result<Option<JobId>, Refused> {
    for kind in [JobKind::Train, JobKind::RenameModel, JobKind::DeleteModel, JobKind::DuplicateModel] {
        busy(state, kind)?;
    }
    let project = the_project(state)?;
    let Some(model) = project.models.iter().find(|model| model.name == name) else {
        return refuse(format!("there is no model {name} in this project that can be read"));
    };
    let from = model.folder.clone();
    let taken = |name: &str| project.has_model(name);
    let to = match to {
        Some(to) => model_name(to)?,
        None => (2..).map(|i| format!("{name}-{i}")).find(|name| !taken(name)).unwrap_or_default(),
    };
    if taken(&to) {
        return refuse(format!("there is a model called {to} already: choose another name"));
    }
    let name = name.to_string();
    Ok(Some(start(state, JobKind::DuplicateModel, name.clone(), move |_| {
        jobs::duplicate_model(&name, &from, &to)
    })))
}

/// A model was copied.
pub(super) fn duplicated(state: &mut AppState, from: &str, name: String, folder: PathBuf) {
    let Some(project) = &mut state.project else { return };
    if let Some(at) = project.models.iter().position(|model| model.name == from) {
        let copy = ModelEntry { name: name.clone(), folder, ..project.models[at].clone() };
        project.models.insert(at + 1, copy);
    }
    state.notify(Level::Done, format!("{from} is copied as {name}; its maps are not"));
}

/// Deletes a model from the disk (a job). This cannot be undone.
pub(super) fn delete(state: &mut AppState, name: &str, maps_too: bool) -> Result<Option<JobId>, Refused> {
    let files = files(state, name)?;
    Ok(Some(start(state, JobKind::DeleteModel, name, move |_| jobs::delete_model(&files, maps_too))))
}

/// Deletes what is left of a training that was stopped (a job). Its model stays.
pub(super) fn forget(state: &mut AppState, name: &str) -> Result<Option<JobId>, Refused> {
    for kind in HOLDS_MODELS {
        busy(state, kind)?;
    }
    let project = the_project(state)?;
    if !project.stopped.iter().any(|stopped| stopped.name == name) {
        return refuse(format!("there is no training of {name} that was stopped"));
    }
    let (model, own) = (project.folder.model_path(name), name.to_string());
    Ok(Some(start(state, JobKind::DeleteModel, name, move |_| jobs::forget_training(&own, &model))))
}

/// What was left of a training is gone.
pub(super) fn forgotten(state: &mut AppState, name: &str) {
    let Some(project) = &mut state.project else { return };
    project.stopped.retain(|stopped| stopped.name != name);
    state.notify(Level::Done, format!("what was left of the training of {name} is deleted"));
}

/// Writes a model to other files (a job).
pub(super) fn export(state: &mut AppState, request: ExportModelRequest) -> Result<Option<JobId>, Refused> {
    // One that is trained, renamed or deleted is not the one that was asked for any more.
    for kind in [JobKind::Train, JobKind::RenameModel, JobKind::DeleteModel, JobKind::ExportModel] {
        busy(state, kind)?;
    }
    let ExportModelRequest { name, format, file, replace } = request;
    let project = the_project(state)?;
    let Some(model) = project.models.iter().find(|m| m.name == name) else {
        return refuse(format!("there is no model {name} in this project that can be read"));
    };
    let spec = ExportModelSpec { model: model.folder.clone(), name, format, file, replace };
    let subject = spec.name.clone();
    Ok(Some(start(state, JobKind::ExportModel, subject, move |_| jobs::export_model(&spec))))
}

/// A model has another name now.
pub(super) fn renamed(state: &mut AppState, from: &str, to: &str, folder: PathBuf) {
    let Some(project) = &mut state.project else { return };
    if let Some(model) = project.models.iter_mut().find(|m| m.name == from) {
        (model.name, model.folder) = (to.into(), folder.clone());
    }
    if let Some(model) = project.damaged_models.iter_mut().find(|m| m.name == from) {
        model.why = model.why.replace(&model.folder.display().to_string(), &folder.display().to_string());
        (model.name, model.folder) = (to.into(), folder.clone());
    }
    project.stopped.iter_mut().filter(|s| s.name == from).for_each(|s| s.name = to.into());
    let rename = |name: &mut String| {
        if name == from {
            *name = to.into();
        }
    };
    super::live::renamed(project, from, to);
    super::maps::renamed(project, &rename);
    project.queue.renamed(from, to);
    if let Some(training) = &mut project.training {
        rename(&mut training.name);
    }
    let last = &mut project.last;
    if let Some(trained) = last.trained.as_mut().filter(|trained| trained.name == from) {
        (trained.name, trained.folder) = (to.into(), folder);
    }
    last.mapped.iter_mut().for_each(|mapped| rename(&mut mapped.name));
    super::assessing::renamed(project, from, to);
    state.notify(Level::Done, format!("{from} is called {to} now"));
}

/// A model is gone.
pub(super) fn deleted(state: &mut AppState, name: &str, maps_too: bool) {
    let Some(project) = &mut state.project else { return };
    project.models.retain(|m| m.name != name);
    project.damaged_models.retain(|m| m.name != name);
    project.stopped.retain(|stopped| stopped.name != name);
    if project.training.as_ref().is_some_and(|training| training.name == name) {
        project.training = None;
    }
    if maps_too {
        forget_maps(project, name);
    }
    state.notify(Level::Done, format!("{name} is deleted{}", if maps_too { " with its maps" } else { "" }));
}

fn forget_maps(project: &mut OpenProject, name: &str) {
    super::maps::deleted(project, name);
    project.last.mapped.take_if(|mapped| mapped.name == name);
    super::assessing::deleted(project, name);
}
