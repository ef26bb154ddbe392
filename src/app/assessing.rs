//! Assessing maps and trying models; reports; and a tour of the pixels behind a cell of an error matrix.

use super::comparing::sample;
use super::places;
use super::state::{AppState, Level, OpenProject};
use super::uncertain::zoom_of;
use super::update::{
    Refused, ToRead, busy, file_of_map, refuse, start, start_reading, start_writing, the_project, the_site,
};
use crate::assess::HoldOut;
use crate::jobs::{self, Assessed, CellPixels, HeldAgainst, JobId, JobKind, PixelPatch};
use crate::labels::ClassCode;
use crate::project::file_name;
use crate::words::Language;
use std::path::PathBuf;

/// How a map is assessed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssessRequest {
    /// The map; the one on screen unless given, or the newest model's.
    pub map: Option<String>,
    /// The site; the one on screen unless given, or the only one.
    pub site: Option<String>,
    /// A reference sample: its name in the project, or a file; the one that is open, where it is of the site, unless given.
    pub reference: Option<String>,
    /// Where the report is written, as JSON with page and table beside it; into the project unless given.
    pub output: Option<PathBuf>,
}

/// How a model is tried.
#[derive(Debug, Clone, PartialEq)]
pub struct TryRequest {
    /// The model; the newest unless given.
    pub model: Option<String>,
    /// What tests.
    pub hold_out: HoldOut,
    /// How many folds of annotations or blocks.
    pub folds: usize,
    /// Where the report is written, as JSON with page and table beside it; into the project unless given.
    pub output: Option<PathBuf>,
}

/// The pixels behind a cell of an error matrix, and which of their places one is at.
#[derive(Debug, Default)]
pub struct CellTour {
    looking: Option<JobId>,
    found: Option<CellPixels>,
    at: usize,
}

impl CellTour {
    /// Whether they are being looked for.
    pub fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    /// What was found.
    pub fn found(&self) -> Option<&CellPixels> {
        self.found.as_ref()
    }

    /// Which of the places one is at, from 1; none where there are none.
    pub fn number(&self) -> Option<usize> {
        self.current().map(|_| self.at + 1)
    }

    /// The place that one is at.
    pub fn current(&self) -> Option<&PixelPatch> {
        self.found.as_ref()?.patches.get(self.at)
    }
}

impl OpenProject {
    /// The pixels of the cell that was asked for last, where they are of the map on screen.
    pub fn cell(&self) -> Option<&CellPixels> {
        let found = self.cell_tour.found()?;
        let site = self.site.as_ref().filter(|site| site.name == found.site)?;
        site.map.as_ref().is_some_and(|map| map.name == found.map).then_some(found)
    }
}

/// Assesses a map (a job).
pub(super) fn assess(state: &mut AppState, request: AssessRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::Assess)?;
    let language = state.language;
    let project = the_project(state)?;
    let output = request.output.clone();
    let (spec, read) = spec(project, request)?;
    let output = output.unwrap_or_else(|| report_of_map(project, &spec));
    let spec = jobs::AssessSpec { output, language, ..spec };
    let name = spec.name.clone();
    Ok(Some(start_reading(state, JobKind::Assess, name, read, move |c| jobs::assess(&spec, c))))
}

fn report_of(project: &OpenProject, name: &str) -> PathBuf {
    project.folder.assessments_path().join(format!("{name}.json"))
}

/// Beside those of other sites, whose maps may bear the same name.
fn report_of_map(project: &OpenProject, spec: &jobs::AssessSpec) -> PathBuf {
    let folder = project.folder.assessments_path().join(file_name(&spec.site));
    folder.join(format!("{}.json", spec.name))
}

/// What is to be assessed, and the files that have to be there.
fn spec(project: &OpenProject, request: AssessRequest) -> Result<(jobs::AssessSpec, Vec<ToRead>), Refused> {
    let site = the_site(project, request.site)?;
    let name = request
        .map
        .or_else(|| project.map().filter(|m| m.complete).map(|m| m.name.clone()))
        .or_else(|| project.models.first().map(|m| m.name.clone()));
    let Some(name) = name else {
        return refuse("there is no map to assess yet: train a model and map the site first");
    };
    let map = file_of_map(project, &site.name, &name);
    let classes = map.0.clone();
    let mut read = vec![map];
    let reference = match request.reference {
        Some(given) => {
            let of = sample(project, &given);
            read.push(of.clone());
            Some(of.0)
        }
        None => open_sample_of(project, &site.name),
    };
    let spec = jobs::AssessSpec {
        project: project.document.name.clone(),
        site: site.name.clone(),
        classes,
        model: Some(project.folder.model_path(&name)),
        models: project.models.iter().map(|model| model.folder.clone()).collect(),
        true_map: site.true_map.as_ref().map(|t| project.folder.path().join(t)),
        reference,
        annotations: project.annotations.clone(),
        buffers: project.buffers(),
        legend: project.document.legend.clone(),
        language: Language::English,
        output: PathBuf::new(),
        name,
    };
    Ok((spec, read))
}

/// The file of the sample that is open, where it is one of this site.
fn open_sample_of(project: &OpenProject, site: &str) -> Option<PathBuf> {
    let open = project.reference.open.as_ref().filter(|open| open.sample.site.as_deref() == Some(site));
    open.map(|open| open.file.clone())
}

/// Tries a model: trains it again without what then tests it (a job).
pub(super) fn try_model(state: &mut AppState, request: TryRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::TryModel)?;
    let language = state.language;
    let project = the_project(state)?;
    if request.folds < 2 {
        return refuse("trials take two folds at least: one to learn from, one to test");
    }
    let model = match &request.model {
        Some(name) => project.models.iter().find(|model| model.name == *name),
        None => project.models.first(),
    };
    let Some(model) = model else {
        return refuse(match request.model {
            Some(name) => format!("there is no model {name} in this project: give the name of one"),
            None => "there is no model to try yet: train one first".into(),
        });
    };
    let what = format!("{}{}{}", model.name, jobs::OF_A_TRIAL, request.hold_out).replace(':', "-");
    let root = project.folder.path();
    let spec = jobs::TrySpec {
        project: project.document.name.clone(),
        name: model.name.clone(),
        folder: model.folder.clone(),
        cubes: project.document.sites.iter().map(|site| (site.name.clone(), root.join(&site.cube))).collect(),
        annotations: project.annotations.clone(),
        legend: project.document.legend.clone(),
        buffers: project.buffers(),
        indices: project.document.settings.indices.clone(),
        hold_out: request.hold_out,
        folds: request.folds,
        language,
        output: request.output.unwrap_or_else(|| report_of(project, &file_name(&what))),
    };
    let name = spec.name.clone();
    Ok(Some(start(state, JobKind::TryModel, name, move |c| jobs::try_model(&spec, c))))
}

/// A report is there.
pub(super) fn assessed(state: &mut AppState, assessed: Assessed) {
    let Some(project) = &mut state.project else { return };
    let report = &assessed.report;
    let is_of_map = report.annotations.is_some() || report.true_map.is_some() || report.reference.is_some();
    let text = match (&report.trials, is_of_map) {
        (None, false) => report.notes.first().cloned().unwrap_or_else(|| report.headline()),
        (Some(_), _) => format!("{} is tried", report.map),
        (None, true) => format!("{} is assessed", report.map),
    };
    project.last.assessed = Some(assessed.clone());
    take_in(project, assessed);
    state.notify(Level::Done, text);
}

/// Puts a report at the head of the list, in the place of one in the same file.
pub(super) fn take_in(project: &mut OpenProject, report: Assessed) {
    project.reports.retain(|other| other.file != report.file);
    project.reports.insert(0, report);
}

/// The reports of a model that has another name now: their files are renamed with it.
pub(super) fn renamed(project: &mut OpenProject, from: &str, to: &str) {
    let all = project.reports.iter_mut().chain(&mut project.last.assessed);
    for report in all.filter(|report| report.report.map == from) {
        report.report.map = to.into();
        let name = report.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix(from) {
            report.file.set_file_name(format!("{to}{rest}"));
        }
    }
    project.cell_tour = CellTour::default();
}

/// The reports of a model whose files are deleted.
pub(super) fn deleted(project: &mut OpenProject, name: &str) {
    let folder = project.folder.assessments_path();
    let gone = |report: &Assessed| report.report.map == name && report.file.starts_with(&folder);
    project.reports.retain(|report| !gone(report));
    project.last.assessed.take_if(|report| gone(report));
    project.cell_tour = CellTour::default();
}

/// Copies a report: page, table or document, as the ending of the file says (a job).
pub(super) fn save(
    state: &mut AppState,
    report: PathBuf,
    file: PathBuf,
    replace: bool,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::SaveReport)?;
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let Some(ending) = ending.filter(|ending| ["html", "csv", "json"].contains(&ending.as_str())) else {
        return refuse(format!(
            "cannot write {}: a report is a page (.html), a table (.csv) or a document (.json)",
            file.display()
        ));
    };
    let from = jobs::beside(&report, &ending);
    if std::path::absolute(&from).ok() == std::path::absolute(&file).ok() {
        return refuse(format!("{} is the report itself: give another name", file.display()));
    }
    let target = (file.clone(), replace);
    let subject = file.display().to_string();
    Ok(Some(start_writing(state, JobKind::SaveReport, subject, target, move |_| {
        jobs::copy_report(&from, file)
    })))
}

/// Shows the pixels of a cell of the error matrix of the map on screen (a job).
pub(super) fn show_cell(
    state: &mut AppState,
    against: HeldAgainst,
    cell: [ClassCode; 2],
) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let Some(map) = project.map().filter(|map| map.complete).map(|map| map.name.clone()) else {
        return refuse("there is no finished map on screen whose pixels could be shown: show the map first");
    };
    let (mut of, read) = spec(project, AssessRequest { map: Some(map.clone()), ..AssessRequest::default() })?;
    // The sample that the report is of, whichever is open.
    let report = project
        .reports
        .iter()
        .map(|report| &report.report)
        .find(|report| report.map == map && report.site == of.site && report.reference_file.is_some());
    of.reference = report.and_then(|report| report.reference_file.clone()).or(of.reference);
    if let Some(before) = project.cell_tour.looking.take() {
        state.runner.cancel(before);
    }
    let spec = jobs::CellSpec { of, against, cell };
    let job = start_reading(state, JobKind::FindCell, map, read, move |c| jobs::cell_pixels(&spec, c));
    the_project(state)?.cell_tour = CellTour { looking: Some(job), ..CellTour::default() };
    Ok(Some(job))
}

/// Pixels of a cell were found: one goes to the first place.
pub(super) fn cell_found(state: &mut AppState, job: JobId, found: CellPixels) {
    let Some(project) = &mut state.project else { return };
    if project.cell_tour.looking != Some(job) {
        return;
    }
    project.cell_tour = CellTour { looking: None, found: Some(found), at: 0 };
    if project.cell_tour.current().is_some()
        && let Err(refused) = go(project)
    {
        state.notify(Level::Warning, refused.to_string());
    }
}

/// They could not be found.
pub(super) fn ended(project: &mut OpenProject, job: JobId) {
    if project.cell_tour.looking == Some(job) {
        project.cell_tour = CellTour::default();
    }
}

/// Goes to the next place of the cell, or back to the one before.
pub(super) fn step(project: &mut OpenProject, back: bool) -> Result<(), Refused> {
    let Some(count) = project.cell().map(|found| found.patches.len()).filter(|count| *count > 0) else {
        return refuse("no pixels of a cell are shown: click a cell of the error matrix on the Assess page");
    };
    let at = project.cell_tour.at;
    project.cell_tour.at = if back { (at + count - 1) % count } else { (at + 1) % count };
    go(project)
}

/// Takes the pixels off the map.
pub(super) fn hide_cell(project: &mut OpenProject) {
    project.cell_tour = CellTour::default();
}

fn go(project: &mut OpenProject) -> Result<(), Refused> {
    let Some(centre) = project.cell_tour.current().map(|place| place.lonlat) else { return Ok(()) };
    let near = project.grid().map_or(0.0, |grid| zoom_of(grid, centre[1]));
    let zoom = if project.document.view.zoom.is_finite() { project.document.view.zoom } else { near };
    places::look_at(project, centre, zoom.max(near).min(22.0))
}
