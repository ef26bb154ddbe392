//! One command at a time: check it, change the state, or start a job on a snapshot.

use super::command::Command;
use super::derived;
use super::display::{self, look_again};
use super::imagery;
use super::indices;
use super::sites;
use super::state::{AppState, JobView, Level, ModelEntry, OpenProject, Training};
use super::{labels_in, labels_out, layers, outside, places};
use crate::jobs::{self, JobContext, JobId, JobKind, Outcome};
use crate::model::{ModelSpec, bf16_is_available};
use crate::project::{Site, file_name};
use std::path::{Path, PathBuf};
use std::time::Instant;

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
pub fn update(state: &mut AppState, command: Command) -> Result<Option<JobId>, Refused> {
    if let Some(project) = &state.project
        && let Some(why) = project.folder.read_only()
        && command.changes_document()
    {
        return refuse(format!("this project is open read-only, since {why}. Nothing was changed"));
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
        Command::MakeDemo { folder, seed } => {
            let spec = jobs::DemoSpec { folder, seed };
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
        Command::Measure(request) => super::statistics::measure(state, request),
        Command::Survey(request) => imagery::survey(state, request),
        Command::BuildCube { site, input, settings, skip_damaged } => {
            imagery::build(state, site, input, settings, skip_damaged)
        }
        Command::AppendToCube { site, input, settings, skip_damaged } => {
            imagery::append(state, &site, input, settings, skip_damaged)
        }
        Command::SurveyLabels { files, settings } => labels_in::survey(state, files, settings),
        Command::ImportLabels { files, settings } => labels_in::import(state, files, settings),
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
        Command::Resume(name) => train(state, Some(name), Learn { resume: true, ..Learn::default() }),
        Command::ForgetTraining(name) => super::models::forget(state, &name),
        Command::Map { model, site, focus, bf16 } => map(state, model, site, focus, bf16),
        Command::Assess { map, site } => assess(state, map, site),
        Command::RenameModel { name, to } => super::models::rename(state, &name, &to),
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
            Ok(None)
        }
    }
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
    state.jobs.push(JobView {
        id,
        kind,
        subject: subject.into(),
        progress: None,
        started: Instant::now(),
        cancelling: false,
    });
    id
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
struct Learn {
    /// The network and its options; those of the project where there are none.
    spec: Option<ModelSpec>,
    /// The name or folder of a model to go on from.
    from: Option<String>,
    /// Whether to go on with a training that was stopped, as it was.
    resume: bool,
    /// Whether to map the site on screen then.
    then_map: bool,
}

fn train(state: &mut AppState, name: Option<String>, learn: Learn) -> Result<Option<JobId>, Refused> {
    let Learn { mut spec, from, resume, then_map } = learn;
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
    let job = start(state, JobKind::Train, name.clone(), move |c| jobs::train(&spec, c));
    the_project(state)?.training = Some(Training { patience, ..Training::new(job, name, at_most) });
    Ok(Some(job))
}

/// A name given to a model: also that of its folder and its maps, so it must be good for a file.
pub(super) fn model_name(given: &str) -> Result<String, Refused> {
    let name = given.trim();
    let mut good = file_name(name);
    // Files beside a map have these endings.
    for kind in [".probs", ".entropy"] {
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

pub(super) fn map(
    state: &mut AppState,
    model: Option<String>,
    site: Option<String>,
    focus: Option<(u32, u32)>,
    bf16: Option<bool>,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::Map)?;
    let project = the_project(state)?;
    let site = the_site(project, site)?;
    let (name, model) = match model {
        None => match project.models.first() {
            Some(newest) => (newest.name.clone(), newest.folder.clone()),
            None => return refuse("there is no model yet: train one first"),
        },
        Some(given) => match project.models.iter().find(|m| m.name == given) {
            Some(own) => (own.name.clone(), own.folder.clone()),
            None => model_elsewhere(project, &given)?,
        },
    };
    let focus = focus.or_else(|| where_it_looks(project, &site));
    let has = |model: &ModelEntry| model.name == name && model.card.spec.kind.has_bf16();
    let usual = project.document.settings.bf16 && project.models.iter().any(has);
    let spec = jobs::MapSpec {
        site: site.name.clone(),
        cube: project.folder.path().join(&site.cube),
        model,
        name: name.clone(),
        folder: project.folder.maps_path(&site.name),
        focus,
        bf16: bf16.unwrap_or(usual && bf16_is_available()),
    };
    Ok(Some(start(state, JobKind::Map, format!("{} with {name}", site.name), move |c| jobs::map(&spec, c))))
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

/// The pixel in the middle of the view, where the site to map is the one on screen.
fn where_it_looks(project: &OpenProject, site: &Site) -> Option<(u32, u32)> {
    let (opened, _) = project.cube().filter(|(opened, _)| opened.site == site.name)?;
    let [lon, lat] = project.document.view.centre?;
    opened.cube.info().grid.pixel_from_lonlat(lon, lat).ok()?
}

fn assess(state: &mut AppState, map: Option<String>, site: Option<String>) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::Assess)?;
    let project = the_project(state)?;
    let site = the_site(project, site)?;
    let name = map
        .or_else(|| project.map().filter(|m| m.complete).map(|m| m.name.clone()))
        .or_else(|| project.models.first().map(|m| m.name.clone()));
    let Some(name) = name else {
        return refuse("there is no map to assess yet: train a model and map the site first");
    };
    let classes = project.folder.maps_path(&site.name).join(format!("{name}.tif"));
    if !classes.exists() {
        return refuse(format!("there is no map {name} of {} yet: map the site first", site.name));
    }
    let spec = jobs::AssessSpec {
        classes,
        model: Some(project.folder.model_path(&name)).filter(|folder| folder.exists()),
        true_map: site.true_map.as_ref().map(|t| project.folder.path().join(t)),
        annotations: project.annotations.clone(),
        buffers: project.buffers(),
        legend: project.document.legend.clone(),
        output: project.folder.assessments_path().join(format!("{name}.json")),
        name: name.clone(),
    };
    Ok(Some(start(state, JobKind::Assess, name, move |c| jobs::assess(&spec, c))))
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
        Command::SetBf16(on) => {
            project.document.settings.bf16 = on;
            "changing how to map".into()
        }
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
    indices::replace(project, snapshot.indices);
    // After the indices, which take the inputs of the model along.
    project.document.settings.model = snapshot.model;
    sites::restore_removed(project, snapshot.removed_sites);
    project.settle();
    project.save();
}
