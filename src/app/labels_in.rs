//! Bringing labels in: looking at files of labels, importing them, and what comes back from both.

use super::events::summarise;
use super::state::{AppState, Level, OpenProject, SurveyState};
use super::surveying::{self, Survey};
use super::update::{Refused, busy, check_buffer, refuse, start, the_project};
use crate::geo::remote::keep_query;
use crate::jobs::{self, ImportSpec, Imported, JobId, JobKind, LabelsSurveyed, Without, group_words};
use crate::labels::ImportSettings;
use crate::labels::import::{Told, grouped};
use crate::words;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Labels that are looked at before they are imported. What was known last stays while something newer is looked for.
pub type LabelsSurveying = Survey<LabelsSurveyed>;

/// Starts a survey of labels; one under way is given up. Without files the last answer is forgotten.
pub(super) fn survey(
    state: &mut AppState,
    files: Vec<PathBuf>,
    settings: ImportSettings,
) -> Result<Option<JobId>, Refused> {
    the_project(state)?;
    surveying::give_up(state, |project| &mut project.labels_in);
    let project = the_project(state)?;
    if files.is_empty() {
        project.labels_in = LabelsSurveying::default();
        return Ok(None);
    }
    let spec = spec(project, files, settings);
    let subject = listed(&spec.files);
    let job = start(state, JobKind::SurveyLabels, subject, move |c| jobs::survey_labels(&spec, c));
    the_project(state)?.labels_in.state = SurveyState::Looking(job);
    Ok(Some(job))
}

/// Starts an import.
pub(super) fn import(
    state: &mut AppState,
    files: Vec<PathBuf>,
    settings: ImportSettings,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ImportLabels)?;
    let project = the_project(state)?;
    if files.is_empty() {
        return refuse(
            "nothing to import labels from: give GeoJSON, GeoPackage or Shapefiles, or label rasters",
        );
    }
    if let Some(m) = settings.buffer_m {
        check_buffer(m)?;
    }
    project.last.imported = None;
    let spec = spec(project, files, settings);
    let subject = listed(&spec.files);
    Ok(Some(start(state, JobKind::ImportLabels, subject, move |c| jobs::import_labels(&spec, c))))
}

fn spec(project: &OpenProject, files: Vec<PathBuf>, settings: ImportSettings) -> ImportSpec {
    let sites = &project.document.sites;
    ImportSpec {
        settings,
        legend: project.document.legend.clone(),
        first_id: project.next_id,
        buffer_m: project.document.settings.buffer_m,
        cubes: sites.iter().map(|s| (s.name.clone(), project.folder.path().join(&s.cube))).collect(),
        annotations: project.annotations.clone(),
        known: project.labels_in.last.as_ref().map(|last| Arc::clone(&last.read)),
        files,
    }
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|f| keep_query(f).display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Labels were read: they come into the document, as one step.
pub(super) fn imported(state: &mut AppState, mut imported: Imported) {
    let Some(project) = &mut state.project else { return };
    let annotations = std::mem::take(&mut imported.annotations);
    let before = project.snapshot();
    // The legend may have been edited while the files were read: what is new is added to it as it is now.
    let mut legend = project.document.legend.clone();
    let mut recoded = HashMap::new();
    for class in &imported.told.legend.classes {
        if legend.class(class.code) == Some(class) {
            continue;
        }
        if let Some(same) = legend.by_name(&class.name) {
            recoded.insert(class.code, same.code);
        } else if legend.class(class.code).is_none() {
            legend.classes.push(class.clone());
        } else if let Ok(code) = legend.add(&class.name) {
            recoded.insert(class.code, code);
        }
    }
    let shift = project.next_id.saturating_sub(annotations.first().map_or(0, |a| a.id));
    for mut annotation in annotations {
        annotation.id += shift;
        annotation.class = recoded.get(&annotation.class).copied().unwrap_or(annotation.class);
        project.next_id = project.next_id.max(annotation.id + 1);
        project.annotations.insert(annotation);
    }
    imported.told.without_pixels.iter_mut().for_each(|one| one.annotation += shift);
    project.document.legend = legend;
    if project.class.is_none() {
        project.class = project.document.legend.classes.first().map(|c| c.code);
    }
    let told = &imported.told;
    project.history.record(format!("importing {} annotations", told.count), before);
    project.save();
    let text = format!("{} annotations were imported", words::grouped(told.count as i64));
    let skipped = sentences(&told.skipped);
    let number = told.skipped_features();
    let ways = [Without::Emptied, Without::NoWholePixel, Without::Failed];
    let without: Vec<_> = ways.iter().flat_map(|how| sentences(&told.without_told(*how))).collect();
    let outside = told.without(Without::Outside);
    let emptied = told.without_pixels.len() - outside;
    let unread = told.sites_unread.clone();
    project.last.imported = Some(imported);
    if number > 0 {
        let what = if number == 1 { "feature was" } else { "features were" };
        state.notify(Level::Warning, format!("{number} {what} skipped: {}", first_of(&skipped)));
    }
    if emptied > 0 {
        let what = if emptied == 1 { "annotation has" } else { "annotations have" };
        state.notify(Level::Warning, format!("{emptied} {what} no pure pixel: {}", first_of(&without)));
    }
    if outside > 0 {
        let what = if outside == 1 { "annotation lies" } else { "annotations lie" };
        state.notify(Level::Warning, format!("{outside} {what} outside of every site"));
    }
    summarise(state, ("site could not be looked at", "sites could not be looked at"), &unread);
    state.notify(Level::Done, text);
    super::derived::follow(state);
}

/// Sentences of the same kind together.
fn sentences(told: &[Told]) -> Vec<String> {
    grouped(told).iter().map(group_words).collect()
}

fn first_of(sentences: &[String]) -> String {
    let first = sentences.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    if sentences.len() > 3 { format!("{first}; and so on") } else { first }
}
