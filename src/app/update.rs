//! One command at a time: check it, change the state, or start a job on a snapshot.

use super::assessing;
use super::chips;
use super::command::Command;
use super::derived;
use super::display::{self, look_again};
use super::imagery;
use super::indices;
use super::reference::{LabelOrder, ReferenceOrder};
use super::sites;
use super::state::{AppState, JobView, Level, ModelEntry, OpenProject, Training};
use super::{labels_in, labels_out, layers, outside, places, queue};
use crate::jobs::{self, JobContext, JobId, JobKind, Outcome};
use crate::model::{ModelSpec, bf16_is_available};
use crate::project::{Site, file_name};
use std::path::{Path, PathBuf};

/// Why a command was not carried out; a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

pub(super) fn refuse<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}

/// Carries out a command; gives the id of the job it started, if it started one.
///
/// # Errors
/// [`Refused`] when the command makes no sense now; nothing has changed then.
pub fn update(state: &mut AppState, mut command: Command) -> Result<Option<JobId>, Refused> {
    if let Some(project) = &state.project
        && let Some(why) = project.folder.read_only()
        && command.changes_document()
    {
        return refuse(format!("this project is open read-only, since {why}. Nothing was changed"));
    }
    super::here::check(&command)?;
    super::here::without_secrets(&mut command);
    if let Some(path) = super::here::to_be_copied(&mut command) {
        return Ok(Some(super::here::copy(state, command, path)));
    }
    match command {
        Command::OpenProject(folder) => start_open(state, folder),
        Command::NewProject { folder, name, legend } => {
            close(state);
            let subject = folder.display().to_string();
            let closed = state.runner.closed();
            Ok(Some(start(state, JobKind::OpenProject, subject, move |_| {
                closed();
                jobs::new_project(&folder, &name, &legend)
            })))
        }
        Command::MakeDemo(spec) => {
            let subject = spec.folder.display().to_string();
            Ok(Some(start(state, JobKind::Demo, subject, move |c| jobs::demo(&spec, c))))
        }
        Command::CloseProject => {
            close(state);
            Ok(None)
        }
        Command::ForgetRecent(folder) => {
            state.recent.forget(&folder);
            Ok(None)
        }
        Command::OpenForEditing => outside::open_for_editing(state),
        Command::LoadTheirs => outside::load_theirs(state).map(|()| None),
        Command::KeepMine => outside::keep_mine(state).map(|()| None),
        Command::Cancel(job) => {
            state.runner.cancel(job);
            state.jobs.iter_mut().filter(|j| j.id == job).for_each(|j| j.cancelling = true);
            Ok(None)
        }
        Command::SetAuthor(name) => {
            state.author = name.map(|name| name.trim().to_string()).filter(|name| !name.is_empty());
            state.recent.set_author(state.author.clone());
            Ok(None)
        }
        Command::SetLanguage(language) => {
            state.language = language;
            state.recent.set_language(language);
            Ok(None)
        }
        Command::SetLight(light) => {
            state.recent.set_light(light);
            Ok(None)
        }
        Command::SetLayout(layout) => {
            state.layout = layout.sensible();
            state.layout_file.write(&state.layout);
            Ok(None)
        }
        Command::Used(command) => {
            state.recent.used(command);
            Ok(None)
        }
        Command::AnswerHints => {
            state.recent.answer_hints();
            Ok(None)
        }
        Command::Dismiss(notice) => {
            state.notices.retain(|n| n.id != notice);
            Ok(None)
        }
        Command::ShowSite(name) => sites::show(state, &name),
        Command::ShowAllSites => sites::show_all(state),
        Command::StepSite(step) => sites::step(state, step),
        Command::ViewBack => places::step(state, false),
        Command::ViewForward => places::step(state, true),
        Command::GoToBookmark(name) => places::go(state, &name),
        Command::DeleteSite(name) => sites::delete(state, &name),
        Command::ShowMap(name) => super::maps::show(state, &name),
        Command::Compare(comparison) => super::maps::compare(state, comparison),
        Command::SetComposite(channels) => display::set_composite(state, &channels),
        Command::SetDisplay(display) => display::set(state, display),
        Command::StretchTo(window) => display::stretch_to(state, window),
        Command::CheckTrust { model, site } => super::trust::check(state, model, site),
        Command::Measure(request) => super::statistics::measure(state, request),
        Command::Survey(request) => imagery::survey(state, request),
        Command::BuildCube { site, input, settings, skip_damaged } => {
            imagery::build(state, site, input, settings, skip_damaged)
        }
        Command::AppendToCube { site, input, settings, skip_damaged } => {
            imagery::append(state, &site, input, settings, skip_damaged)
        }
        Command::PlanImagery(request) => super::fetch::plan(state, *request),
        Command::FetchImagery(request) => super::fetch::fetch(state, *request),
        Command::FetchSites { sites, request } => super::fetch_sites::choose(state, sites, *request),
        Command::StopFetching => {
            super::fetch_sites::stop_all(state);
            Ok(None)
        }
        Command::Rest { job, rest } => super::fetch_sites::rest(state, job, rest).map(|()| None),
        Command::SurveyLabels { files, settings } => labels_in::survey(state, files, settings),
        Command::ImportLabels { files, settings } => labels_in::import(state, files, settings),
        Command::SurveyChips(prefix) => chips::survey(state, prefix),
        Command::ImportChips { prefix, choice } => chips::import(state, prefix, choice),
        Command::ExportLabels(request) => labels_out::export(state, request),
        Command::CheckLabels => labels_out::check(state),
        Command::SavePicture(request) => display::save_picture(state, request),
        Command::SaveSamples(request) => labels_out::samples(state, request),
        Command::ExportSeries(request) => super::series::export(state, request),
        Command::ImportLegend { file, how } => super::legend::import(state, file, how),
        Command::ExportLegend(file) => super::legend::export(state, file),
        Command::Train { name, then_map } => train(state, name, Learn { then_map, ..Learn::default() }),
        Command::TrainWith { name, spec, from } => {
            train(state, name, Learn { spec: Some(spec), from, ..Learn::default() })
        }
        Command::RetrainNow => super::learn::retrain(state),
        Command::Resume(name) => train(state, Some(name), Learn { resume: true, ..Learn::default() }),
        Command::ForgetTraining(name) => super::models::forget(state, &name),
        Command::Clean(request) => super::clean::clean(state, request),
        Command::ImportCorrections { file, request } => super::correct::import(state, file, request),
        Command::ApplyCorrections(request) => super::correct::apply(state, request),
        Command::Map { model, site, bf16, resume } => queue::add(state, model, site, bf16, resume),
        Command::MapAgain { model, keep } => super::maps::again(state, model, keep),
        Command::MapSites { model, sites, bf16, resume } => queue::choose(state, model, sites, bf16, resume),
        Command::Queue(asked) => queue::order(state, asked).map(|()| None),
        Command::NextUncertain { back } => super::uncertain::step(state, back),
        Command::DismissUncertain => super::uncertain::dismiss(the_project(state)?).map(|()| None),
        Command::FindUncertain(request) => super::uncertain::find(state, request),
        Command::Reference(asked) => super::reference::order(state, asked),
        Command::Undo if is_blind(state) => {
            super::reference::order(state, ReferenceOrder::Label(LabelOrder::Undo))
        }
        Command::Redo if is_blind(state) => {
            super::reference::order(state, ReferenceOrder::Label(LabelOrder::Redo))
        }
        Command::MergeMaps(request) => super::merge::merge(state, request),
        Command::SaveAreas { file, replace } => super::areas::save(state, file, replace),
        Command::Assess { map, site } => {
            assessing::assess(state, assessing::AssessRequest { map, site, ..Default::default() })
        }
        Command::AssessWith(request) => assessing::assess(state, request),
        Command::TryModel(request) => assessing::try_model(state, request),
        Command::ShowCell { against, cell } => assessing::show_cell(state, against, cell),
        Command::SaveReport { report, file, replace } => assessing::save(state, report, file, replace),
        Command::StepCell { back } => assessing::step(the_project(state)?, back).map(|()| None),
        Command::HideCell => {
            assessing::hide_cell(the_project(state)?);
            Ok(None)
        }
        Command::SurveyMap { file, site, reading } => super::foreign::survey(state, file, site, reading),
        Command::ImportMap(request) => super::foreign::import(state, request),
        Command::CompareMaps(request) => super::comparing::compare(state, request),
        Command::RenameModel { name, to } => super::models::rename(state, &name, &to),
        Command::DuplicateModel { name, to } => super::models::duplicate(state, &name, to.as_deref()),
        Command::DeleteModel { name, maps_too } => super::models::delete(state, &name, maps_too),
        Command::ExportModel(request) => super::models::export(state, request),
        edit => {
            let Some(project) = &mut state.project else {
                return refuse("no project is open: open one, make a new one, or try the demo");
            };
            let indices = project.document.settings.indices.clone();
            project.remarks.clear();
            apply(project, state.author.as_deref(), edit)?;
            let remarks = std::mem::take(&mut project.remarks);
            if project.document.settings.indices != indices {
                look_again(state);
            }
            remarks.into_iter().for_each(|words| state.notify(Level::Warning, words));
            derived::follow(state);
            super::correct::follow(state);
            Ok(None)
        }
    }
}

/// While a reference sample is labelled the steps that undo takes back are answers.
fn is_blind(state: &AppState) -> bool {
    state.project.as_ref().is_some_and(OpenProject::is_blind)
}

/// Closes the project: its jobs are stopped and no longer listed, so that nothing of theirs comes into the next one. What
/// was changed last may still be on its way to the disk: it gets there behind the window.
fn close(state: &mut AppState) {
    let running: Vec<_> = state.jobs.drain(..).map(|j| j.id).collect();
    running.into_iter().for_each(|id| state.runner.cancel(id));
    if let Some(project) = state.project.take() {
        state.runner.put_away(project);
    }
}

/// Starts a job and lists it.
pub(super) fn start(
    state: &mut AppState,
    kind: JobKind,
    subject: impl Into<String>,
    work: impl FnOnce(&JobContext) -> anyhow::Result<Outcome> + Send + 'static,
) -> JobId {
    let id = state.runner.start(kind, work);
    state.jobs.push(JobView::new(id, kind, subject));
    id
}

/// As [`start`], of work that writes a file, and whether one that is there is replaced. What cannot be written is told before
/// anything is done for it; on the job's thread, since a share that hangs must not hold the window.
pub(super) fn start_writing(
    state: &mut AppState,
    kind: JobKind,
    subject: impl Into<String>,
    (file, replace): (PathBuf, bool),
    work: impl FnOnce(&JobContext) -> anyhow::Result<Outcome> + Send + 'static,
) -> JobId {
    start(state, kind, subject, move |context| {
        jobs::check_target(&file, replace)?;
        work(context)
    })
}

/// A file that has to be there, with what is to be said where it is not.
pub(super) type ToRead = (PathBuf, String);

/// As [`start`], of work that reads files, each with what is to be said where it is not there: looked at on the job's thread,
/// since a share that hangs must not hold the window.
pub(super) fn start_reading(
    state: &mut AppState,
    kind: JobKind,
    subject: impl Into<String>,
    files: Vec<ToRead>,
    work: impl FnOnce(&JobContext) -> anyhow::Result<Outcome> + Send + 'static,
) -> JobId {
    start(state, kind, subject, move |context| {
        jobs::check_there(&files)?;
        work(context)
    })
}

/// The file of a site's map, with what is to be said where the site has none of this name.
pub(super) fn file_of_map(project: &OpenProject, site: &str, map: &str) -> ToRead {
    let file = project.folder.maps_path(site).join(format!("{map}.tif"));
    (file, format!("there is no map {map} of {site} yet: map the site, or import a map of it, first"))
}

pub(super) fn start_open(state: &mut AppState, folder: PathBuf) -> Result<Option<JobId>, Refused> {
    // The lock of the project that is open goes first, so that one can open it again.
    close(state);
    let closed = state.runner.closed();
    let subject = folder.display().to_string();
    Ok(Some(start(state, JobKind::OpenProject, subject, move |_| {
        closed();
        jobs::open_project(&folder)
    })))
}

pub(super) fn the_project(state: &mut AppState) -> Result<&mut OpenProject, Refused> {
    match &mut state.project {
        Some(project) => Ok(project),
        None => refuse("no project is open: open one, make a new one, or try the demo"),
    }
}

pub(super) fn busy(state: &AppState, kind: JobKind) -> Result<(), Refused> {
    match state.job(kind) {
        Some(job) => {
            refuse(format!("{} {} is still under way: wait for it or cancel it", kind.title(), job.subject))
        }
        None => Ok(()),
    }
}

fn cubes(project: &OpenProject) -> Vec<PathBuf> {
    project.document.sites.iter().map(|s| project.folder.path().join(&s.cube)).collect()
}

/// How to train.
#[derive(Default)]
pub(super) struct Learn {
    /// The network and its options; those of the project where there are none.
    pub spec: Option<ModelSpec>,
    /// The name or folder of a model to go on from.
    pub from: Option<String>,
    /// Whether it follows the labels.
    pub live: bool,
    /// Whether to go on with a training that was stopped, as it was.
    pub resume: bool,
    /// Whether to map the site on screen then.
    pub then_map: bool,
}

pub(super) fn train(
    state: &mut AppState,
    name: Option<String>,
    learn: Learn,
) -> Result<Option<JobId>, Refused> {
    let Learn { mut spec, from, live, resume, then_map } = learn;
    if !live {
        super::learn::give_way(state);
    }
    busy(state, JobKind::Train)?;
    let project = the_project(state)?;
    if project.document.sites.is_empty() {
        return refuse("there is no imagery yet: add a folder of mosaics first");
    }
    if project.annotations.is_empty() {
        return refuse(
            "there is nothing to learn from yet: draw some polygons on the Label page, or import labels",
        );
    }
    let name = match name {
        Some(name) if live => name,
        Some(name) => model_name(&name)?,
        None => free_model_name(project),
    };
    if resume {
        let stopped = project.stopped.iter().find(|stopped| stopped.name == name);
        let Some(stopped) = stopped else {
            return refuse(format!("there is no training of {name} that was stopped: train it anew"));
        };
        spec = Some(stopped.spec.clone());
    }
    let warm_start = match &from {
        None => None,
        Some(from) => match project.models.iter().find(|m| m.name == *from) {
            Some(model) => Some(model.folder.clone()),
            None => Some(model_elsewhere(project, from)?.1),
        },
    };
    let spec = jobs::TrainSpec {
        folder: project.folder.model_path(&name),
        warm_start,
        live,
        resume,
        name: name.clone(),
        cubes: cubes(project),
        annotations: project.annotations.clone(),
        legend: project.document.legend.clone(),
        buffers: project.buffers(),
        spec: spec.unwrap_or_else(|| project.document.settings.model.clone()),
        indices: project.document.settings.indices.clone(),
    };
    let (at_most, patience) = (spec.spec.training.epochs, spec.spec.training.patience);
    project.then_map = then_map;
    project.live.begin();
    let job = start(state, JobKind::Train, name.clone(), move |c| jobs::train(&spec, c));
    the_project(state)?.training = Some(Training { patience, ..Training::new(job, name, at_most) });
    Ok(Some(job))
}

/// A name given to a model: also that of its folder and its maps, so it must be good for a file.
pub(super) fn model_name(given: &str) -> Result<String, Refused> {
    let name = given.trim();
    if name == super::learn::LIVE {
        return refuse(format!(
            "{name} is the model that follows the labels: call this one “my {name}”, for example"
        ));
    }
    let mut good = file_name(name);
    // Files beside a map have these endings.
    for kind in [".probs", ".entropy", ".margin", jobs::OF_A_TRIAL] {
        good = good.replace(kind, &kind.replace('.', "-"));
    }
    if good == name {
        return Ok(good);
    }
    refuse(format!(
        "a model cannot be called “{given}”, since its files bear its name: call it “{good}”, for example"
    ))
}

fn free_model_name(project: &OpenProject) -> String {
    (1..)
        .map(|i| format!("model-{i}"))
        .find(|name| !project.folder.model_path(name).exists())
        .unwrap_or_else(|| "model".into())
}

pub(super) fn the_site(project: &OpenProject, name: Option<String>) -> Result<Site, Refused> {
    let sites = &project.document.sites;
    let name = name.or_else(|| project.site.as_ref().map(|s| s.name.clone()));
    match name {
        Some(name) => match project.document.site(&name) {
            Some(site) => Ok(site.clone()),
            None => refuse(format!("there is no site {name} in this project, only {}", listed(sites))),
        },
        None => match sites.as_slice() {
            [site] => Ok(site.clone()),
            [] => refuse("there is no imagery yet: add a folder of mosaics first"),
            several => refuse(format!("say which site: {}", listed(several))),
        },
    }
}

/// Names of sites in a sentence.
fn listed(sites: &[Site]) -> String {
    match sites {
        [] => "none yet".into(),
        sites => {
            let names: Vec<_> = sites.iter().take(8).map(|s| s.name.as_str()).collect();
            let more = sites.len() - names.len();
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{tail}", names.join(", "))
        }
    }
}

/// What to map a site with: the newest model and the site on screen unless given.
pub(super) fn map_spec(
    project: &mut OpenProject,
    model: Option<&str>,
    site: Option<String>,
    bf16: Option<bool>,
    resume: bool,
) -> Result<jobs::MapSpec, Refused> {
    let (site, name, model) = model_on_site(project, model, site)?;
    let looking = project.looking_at(&site.name);
    let has = |model: &ModelEntry| model.name == name && model.card.spec.kind.has_bf16();
    let usual = project.document.settings.bf16 && project.models.iter().any(has);
    Ok(jobs::MapSpec {
        site: site.name.clone(),
        cube: project.folder.path().join(&site.cube),
        model,
        name,
        folder: project.folder.maps_path(&site.name),
        looking,
        bf16: bf16.unwrap_or(usual && bf16_is_available()),
        resume,
    })
}

/// A site, the one on screen unless it is named, with the name and folder of a model, the newest unless it is given.
pub(super) fn model_on_site(
    project: &OpenProject,
    model: Option<&str>,
    site: Option<String>,
) -> Result<(Site, String, PathBuf), Refused> {
    let site = the_site(project, site)?;
    let (name, model) = match model {
        None => match project.models.first() {
            Some(newest) => (newest.name.clone(), newest.folder.clone()),
            None => return refuse("there is no model yet: train one first"),
        },
        Some(given) => match project.models.iter().find(|m| m.name == given) {
            Some(own) => (own.name.clone(), own.folder.clone()),
            None => model_elsewhere(project, given)?,
        },
    };
    Ok((site, name, model))
}

/// Name and folder of a model given by its folder.
fn model_elsewhere(project: &OpenProject, given: &str) -> Result<(String, PathBuf), Refused> {
    if !Path::new(given).join("model.json").exists() {
        return refuse(format!(
            "there is no model {given}: give the name of one in this project, or a model's folder"
        ));
    }
    // `.` and links have names too.
    let folder = std::fs::canonicalize(given).unwrap_or_else(|_| given.into());
    let name = model_name(&folder.file_name().unwrap_or_default().to_string_lossy())?;
    let own = project.folder.model_path(&name);
    if own.exists() && std::fs::canonicalize(&own).ok().as_ref() != Some(&folder) {
        return refuse(format!(
            "this project has another model called {name}, whose map would be replaced: rename the folder {given}"
        ));
    }
    Ok((name, folder))
}

/// Edits of the document and of the view.
fn apply(project: &mut OpenProject, author: Option<&str>, command: Command) -> Result<(), Refused> {
    let before = project.snapshot();
    let change = match command {
        Command::ShowPage(page) => {
            project.page = page;
            return Ok(());
        }
        Command::Select(ids) => {
            project.selection = ids.into_iter().filter(|id| project.annotations.get(*id).is_some()).collect();
            return Ok(());
        }
        Command::List(spec) => {
            project.derived.listing.ask(spec);
            return Ok(());
        }
        Command::PickClass(code) => {
            if project.document.legend.class(code).is_none() {
                return refuse(format!("there is no class with code {code}"));
            }
            project.class = Some(code);
            return Ok(());
        }
        Command::ShowTime(time) => return view(project, |p| p.document.view.time = time),
        Command::StepTime(step) => {
            let dates = project.cube().map_or(1, |(o, _)| o.cube.info().dates.len()) as i64;
            let time = (project.time() as i64 + step).clamp(0, dates - 1) as usize;
            return view(project, |p| p.document.view.time = time);
        }
        Command::TogglePin(col, row) => {
            return view(project, |p| {
                let pins = &mut p.document.view.pins;
                match pins.iter().position(|&pin| pin == (col, row)) {
                    Some(at) => drop(pins.remove(at)),
                    None => pins.push((col, row)),
                }
            });
        }
        Command::ClearPins => return view(project, |p| p.document.view.pins.clear()),
        Command::ShowSmoothing(smoothing) => {
            return view(project, |p| p.document.view.smoothing = smoothing);
        }
        Command::ShowGaps(filling) => return view(project, |p| p.document.view.gaps = filling),
        Command::SetLayer(layer) => return layers::set(project, layer),
        Command::MoveLayer { layer, to } => return layers::place(project, layer, to),
        Command::ShowMeasure(measure) => return view(project, |p| p.document.view.measure = measure),
        Command::ShowUnits(units) => return view(project, |p| p.document.view.units = units),
        Command::ShowYears(on) => return view(project, |p| p.document.view.years = on),
        Command::ShowSpectrum(on) => return view(project, |p| p.document.view.spectrum = on),
        Command::ShowEnvelopes(classes) => return super::series::show_envelopes(project, classes),
        Command::SetView { centre, zoom } if [centre[0], centre[1], zoom].iter().all(|v| v.is_finite()) => {
            view(project, |p| {
                p.document.view.centre = Some(centre);
                p.document.view.zoom = zoom;
            })?;
            places::rest(project);
            return Ok(());
        }
        Command::LookAt { centre, zoom } if [centre[0], centre[1], zoom].iter().all(|v| v.is_finite()) => {
            return places::look_at(project, centre, zoom);
        }
        Command::SetModel(spec) => {
            // What is no number cannot be written to the document and read again.
            let read_again = serde_json::to_value(&spec).and_then(serde_json::from_value::<ModelSpec>);
            if read_again.ok().as_ref() != Some(&spec) {
                return refuse("a setting of the model is no number: give one");
            }
            project.document.settings.model = spec;
            "changing how to train".into()
        }
        Command::SetKeepLearning(on) => return super::learn::switch(project, on),
        Command::SetBf16(on) => {
            project.document.settings.bf16 = on;
            "changing how to map".into()
        }
        Command::SetCleaning(recipe) => super::clean::set(project, recipe)?,
        Command::Undo => {
            let Some((_, snapshot)) = project.history.undo(before) else {
                return refuse("there is nothing to undo");
            };
            restore(project, snapshot);
            return Ok(());
        }
        Command::Redo => {
            let Some((_, snapshot)) = project.history.redo(before) else {
                return refuse("there is nothing to redo");
            };
            restore(project, snapshot);
            return Ok(());
        }
        Command::RemoveSite(name) => sites::remove(project, &name)?,
        Command::SetBasemap(basemap) => layers::set_basemap(project, basemap)?,
        Command::AddBookmark(bookmark) => places::add(project, bookmark)?,
        Command::RenameBookmark { name, to } => places::rename(project, &name, &to)?,
        Command::DeleteBookmark(name) => places::delete(project, &name)?,
        Command::AddIndex(index) => indices::add(project, &index)?,
        Command::EditIndex { name, index } => indices::edit(project, &name, &index)?,
        Command::DeleteIndex(name) => indices::delete(project, &name)?,
        legend @ (Command::AddClass(_)
        | Command::EditClass(_)
        | Command::RecodeClass { .. }
        | Command::MoveClass { .. }
        | Command::RenameGroup { .. }
        | Command::DeleteClass { .. }
        | Command::TakeLegend { .. }) => super::legend::edit(project, legend)?,
        reshape @ (Command::Reshape { .. }
        | Command::CutHole { .. }
        | Command::Extend { .. }
        | Command::Split { .. }
        | Command::Merge(_)) => super::reshape::edit(project, reshape)?,
        annotate @ (Command::Draw(_) | Command::ChangeAnnotations { .. } | Command::DeleteAnnotations(_)) => {
            super::annotate::edit(project, author, annotate)?
        }
        correct @ (Command::Correct { .. } | Command::DeleteCorrection(_)) => {
            super::correct::edit(project, author, correct)?
        }
        Command::SetBuffer(m) => {
            check_buffer(m)?;
            project.document.settings.buffer_m = m;
            "changing the buffer".into()
        }
        _ => return Ok(()),
    };
    if project.snapshot() != before {
        project.history.record(change, before);
        project.save();
    }
    Ok(())
}

pub(super) fn check_buffer(m: f64) -> Result<(), Refused> {
    if (0.0..=10_000.0).contains(&m) {
        Ok(())
    } else {
        refuse(format!("a buffer of {m} m makes no sense: give 0 to 10 000 m"))
    }
}

pub(super) fn view(project: &mut OpenProject, change: impl FnOnce(&mut OpenProject)) -> Result<(), Refused> {
    change(project);
    project.save();
    Ok(())
}

fn restore(project: &mut OpenProject, snapshot: super::history::Snapshot) {
    project.annotations = snapshot.annotations;
    project.document.legend = snapshot.legend;
    project.document.settings.buffer_m = snapshot.buffer_m;
    project.document.settings.basemap = snapshot.basemap;
    project.document.settings.bookmarks = snapshot.bookmarks;
    project.document.settings.cleaning = snapshot.cleaning;
    indices::replace(project, snapshot.indices);
    // After the indices, which take the inputs of the model along.
    project.document.settings.model = snapshot.model;
    sites::restore_removed(project, snapshot.removed_sites);
    super::correct::restore(project, snapshot.corrections);
    project.settle();
    project.save();
}
