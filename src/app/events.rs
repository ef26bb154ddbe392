//! Taking in what jobs have said.

use super::state::{AppState, CubeState, LastResults, Level, MapLayer, ModelEntry, OpenProject, SaveState};
use super::update::{map, start_open};
use super::{
    derived, display, flags, imagery, labels_in, labels_out, listing, maps, models, outside, places, series,
    sites, statistics,
};
use crate::classify::ChunkMap;
use crate::jobs::{
    EventBody, JobEvent, JobId, JobKind, Loader, OpenedCube, OpenedProject, Outcome, SiteMaps,
};
use crate::labels::{Annotations, Class, Legend};
use crate::model::TrainEvent;
use crate::progress::Progress;
use crate::project::{SaveOutcome, Saver};
use std::sync::Arc;

/// Takes in everything that jobs and the saver have said since the last call. Never waits.
pub fn pump(state: &mut AppState) {
    while let Some(event) = state.runner.poll() {
        absorb(state, event);
    }
    absorb_saving(state);
}

/// Takes in what became of saving since the last call.
pub(super) fn absorb_saving(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    outside::look_whether_free(project);
    let Some(outcome) = project.saver.as_ref().and_then(|s| s.outcome()) else { return };
    let before = std::mem::replace(
        &mut project.save,
        match &outcome {
            SaveOutcome::Saved => SaveState::Saved,
            SaveOutcome::Failed(why) => SaveState::Failed(why.clone()),
            SaveOutcome::ChangedOutside(change) if change.ours_waits => SaveState::Waiting,
            SaveOutcome::ChangedOutside(_) => SaveState::Saved,
        },
    );
    match outcome {
        SaveOutcome::Saved => project.outside = None,
        SaveOutcome::ChangedOutside(change) => project.outside = Some(change),
        SaveOutcome::Failed(why) if before != SaveState::Failed(why.clone()) => {
            state.notify(Level::Error, why);
        }
        SaveOutcome::Failed(_) => {}
    }
}

/// Takes in one event; those of jobs that are no longer listed are dropped.
pub(super) fn absorb(state: &mut AppState, event: JobEvent) {
    let Some(at) = state.jobs.iter().position(|j| j.id == event.job) else { return };
    let kind = state.jobs[at].kind;
    match event.body {
        EventBody::Progress(progress) => state.jobs[at].progress = Some(progress),
        EventBody::Train(event) => train_event(state, at, event),
        EventBody::Chunk(chunk) => {
            let (job, name) = (state.jobs[at].id, state.jobs[at].subject.clone());
            if let Some(project) = &mut state.project {
                chunk_arrived(project, job, &name, &chunk);
            }
        }
        EventBody::Found(found) => imagery::found(state, event.job, found),
        EventBody::Built(built) => imagery::built(state, built),
        EventBody::Finished(outcome) => {
            let job = state.jobs.remove(at);
            if job.cancelling
                && let Some(project) = &mut state.project
            {
                // A training that is stopped keeps its best model so far, but starts nothing new.
                project.then_map = false;
            }
            finished(state, job.id, *outcome);
        }
        EventBody::Failed(why) => {
            state.jobs.remove(at);
            ended(state, event.job, kind, Some(&why));
            // What is wrong with imagery is told where it is looked at, and so is what cannot be measured.
            if !matches!(kind, JobKind::Survey | JobKind::SurveyLabels | JobKind::Measure) {
                state.notify(Level::Error, format!("{} failed: {why}", kind.title()));
            }
        }
        EventBody::Cancelled => {
            state.jobs.remove(at);
            ended(state, event.job, kind, None);
            let is_quiet = matches!(
                kind,
                JobKind::Cores
                    | JobKind::Compose
                    | JobKind::OpenMap
                    | JobKind::Footprints
                    | JobKind::Survey
                    | JobKind::Measure
                    | JobKind::SurveyLabels
                    | JobKind::Flags
                    | JobKind::List
            );
            if !is_quiet {
                state.notify(Level::Done, format!("{} was cancelled", kind.title()));
            }
        }
    }
}

/// What a failed or cancelled job leaves behind.
fn ended(state: &mut AppState, job: JobId, kind: JobKind, why: Option<&str>) {
    let Some(project) = &mut state.project else { return };
    match kind {
        JobKind::Train => {
            if let Some(training) = project.training.as_mut().filter(|t| t.job == job) {
                training.running = false;
            }
            project.then_map = false;
        }
        JobKind::OpenCube => {
            let waiting =
                |s: &&mut super::SiteView| matches!(s.cube, CubeState::Opening(waiting) if waiting == job);
            if let Some(site) = project.site.as_mut().filter(waiting) {
                site.cube = CubeState::Failed(why.unwrap_or("stopped, as asked").to_string());
            }
        }
        JobKind::OpenMap => maps::ended(project, job),
        JobKind::Compose => {
            if let Some(site) = project.site.as_mut().filter(|site| site.composing == Some(job)) {
                site.composing = None;
            }
        }
        JobKind::Survey => imagery::survey_ended(project, job, why),
        JobKind::SurveyLabels => labels_in::survey_ended(project, job, why),
        JobKind::Measure => statistics::ended(project, job, why),
        JobKind::Cores => derived::cores_ended(project, job),
        JobKind::Flags => flags::ended(project, job),
        JobKind::List => listing::ended(project, job),
        _ => {}
    }
}

fn train_event(state: &mut AppState, at: usize, event: TrainEvent) {
    let job = state.jobs[at].id;
    let training = state.project.as_mut().and_then(|p| p.training.as_mut()).filter(|t| t.job == job);
    match event {
        TrainEvent::Step { epoch, done, of } => {
            let epochs = training.map_or(epoch, |t| t.at_most) as u64;
            let steps = (epoch as u64 - 1) * of as u64 + done as u64;
            let what = format!("Epoch {epoch}, at most {epochs}");
            state.jobs[at].progress = Some(Progress::new(steps, epochs * of as u64, what));
        }
        TrainEvent::Started { classes, samples, held_out, notes, before } => {
            if let Some(training) = training {
                training.epochs = before;
                training.classes = classes;
                (training.samples, training.held_out) = (samples, held_out);
                training.notes = notes;
            }
        }
        TrainEvent::Epoch { score, matrix, .. } => {
            if let Some(training) = training {
                training.epochs.push(score);
                training.matrix = matrix;
            }
        }
    }
}

fn chunk_arrived(project: &mut OpenProject, job: JobId, subject: &str, chunk: &ChunkMap) {
    let Some(site) = &mut project.site else { return };
    let CubeState::Open { opened, .. } = &site.cube else { return };
    // The job's subject names the site it maps.
    let Some(name) = subject.strip_prefix(&format!("{} with ", site.name)) else { return };
    let grid = &opened.cube.info().grid;
    if site.map.as_ref().is_none_or(|m| m.generation != job) {
        // From now on the newest is shown, whatever was chosen before.
        project.document.view.map = None;
        site.map = Some(MapLayer {
            name: name.into(),
            generation: job,
            width: grid.width,
            height: grid.height,
            codes: vec![0; grid.pixels()].into(),
            arrived: Vec::new(),
            complete: false,
        });
    }
    let Some(map) = &mut site.map else { return };
    let w = chunk.window;
    for (row, codes) in chunk.codes.chunks_exact(w.width as usize).enumerate() {
        let start = (w.row as usize + row) * map.width as usize + w.col as usize;
        if let Some(target) = Arc::make_mut(&mut map.codes).get_mut(start..start + codes.len()) {
            target.copy_from_slice(codes);
        }
    }
    map.arrived.push(w);
}

fn finished(state: &mut AppState, job: JobId, outcome: Outcome) {
    match outcome {
        Outcome::Demo(folder) => {
            // Opening what was just made cannot be refused.
            let _ = start_open(state, folder);
        }
        Outcome::ProjectOpened(opened) => project_opened(state, *opened),
        Outcome::Surveyed(surveyed) => imagery::surveyed(state, job, surveyed),
        Outcome::CubesBuilt(made) => imagery::cubes_built(state, made),
        Outcome::CubeOpened(opened, maps) => cube_opened(state, job, opened, maps),
        Outcome::MapOpened { name, codes } => maps::opened(state, job, name, codes),
        Outcome::Footprints(found) => {
            if let Some(project) = &mut state.project {
                sites::footprints_found(project, found);
            }
        }
        Outcome::Measured(measured) => statistics::measured(state, job, measured),
        Outcome::CubeDeleted(site) => {
            state.notify(Level::Done, format!("The cube of {site} is deleted"));
        }
        Outcome::Composed(composite) => display::composed(state, job, &composite),
        Outcome::Cores(cores) => derived::cores_came(state, job, cores),
        Outcome::Flagged(flagged) => flags::came(state, job, *flagged),
        Outcome::Listed(rows) => listing::came(state, job, rows),
        Outcome::LabelsSurveyed(surveyed) => labels_in::surveyed(state, job, surveyed),
        Outcome::Imported(imported) => labels_in::imported(state, imported),
        Outcome::Exported(exported) => labels_out::exported(state, exported),
        Outcome::Checked(checked) => labels_out::checked(state, checked),
        Outcome::PictureSaved(saved) => display::picture_saved(state, saved),
        Outcome::SamplesSaved(saved) => labels_out::samples_saved(state, saved),
        Outcome::SeriesSaved(saved) => series::saved(state, saved),
        Outcome::LegendRead { file, legend, how } => super::legend::came(state, &file, &legend, how),
        Outcome::LegendWritten(file) => {
            state.notify(Level::Done, format!("The legend is in {}", file.display()));
        }
        Outcome::Trained(trained) => {
            let Some(project) = &mut state.project else { return };
            if let Some(training) = project.training.as_mut().filter(|t| t.job == job) {
                training.running = false;
            }
            project.models.retain(|m| m.name != trained.name);
            let entry = ModelEntry {
                name: trained.name.clone(),
                folder: trained.folder.clone(),
                card: trained.card.clone(),
            };
            project.damaged_models.retain(|m| m.name != trained.name);
            project.models.insert(0, entry);
            project.stopped.retain(|stopped| stopped.name != trained.name);
            project.stopped.extend(trained.stopped.clone());
            let text = match &trained.stopped {
                None => format!(
                    "{} is trained on {} samples in {:.0} s",
                    trained.name, trained.card.samples, trained.seconds
                ),
                Some(stopped) => format!(
                    "{} was stopped after {} epochs: the best so far is kept, and the training can be resumed",
                    trained.name, stopped.epochs
                ),
            };
            let (left_out, name) = (trained.left_out.clone(), trained.name.clone());
            project.last.trained = Some(*trained);
            let then_map = std::mem::take(&mut project.then_map);
            summarise(state, ("left out of the training", "left out of the training"), &left_out);
            state.notify(Level::Done, text);
            if then_map && let Err(refused) = map(state, Some(name), None, None, None) {
                state.notify(Level::Error, refused.to_string());
            }
        }
        Outcome::Mapped(mapped) => {
            let Some(project) = &mut state.project else { return };
            if let Some(map) = project.site.as_mut().and_then(|s| s.map.as_mut())
                && map.generation == job
            {
                map.complete = true;
            }
            maps::mapped(project, &mapped.site, &mapped.name);
            let text = format!("{} is mapped with {} in {:.1} s", mapped.site, mapped.name, mapped.seconds);
            let text = match mapped.probe_words() {
                Some(words) => format!("{text}. {words}"),
                None => text,
            };
            let damaged = mapped.damaged.clone();
            project.last.mapped = Some(mapped);
            let what = ("damaged chunk left empty on the map", "damaged chunks left empty on the map");
            summarise(state, what, &damaged);
            state.notify(Level::Done, text);
        }
        Outcome::ModelRenamed { from, to, folder } => models::renamed(state, &from, &to, folder),
        Outcome::TrainingForgotten { name } => models::forgotten(state, &name),
        Outcome::ModelDeleted { name, maps_too } => models::deleted(state, &name, maps_too),
        Outcome::ModelExported { name, file, gaps } => {
            let gaps = gaps.map_or(String::new(), |gaps| format!(". {gaps}"));
            state.notify(Level::Done, format!("{name} is exported to {}{gaps}", file.display()));
        }
        Outcome::Assessed(assessed) => {
            let Some(project) = &mut state.project else { return };
            let text = format!("{} is assessed", assessed.map);
            project.last.assessed = Some(assessed);
            state.notify(Level::Done, text);
        }
    }
}

/// One notice for many sentences, of which there is one, or many: the first three in full.
pub(super) fn summarise(state: &mut AppState, (one, many): (&str, &str), sentences: &[String]) {
    let Some(first) = sentences.get(..sentences.len().min(3)).filter(|s| !s.is_empty()) else { return };
    let more = sentences.len() - first.len();
    let tail = if more > 0 { format!("; and {more} more") } else { String::new() };
    let what = if sentences.len() == 1 { one } else { many };
    state.notify(Level::Warning, format!("{} {what}: {}{tail}", sentences.len(), first.join("; ")));
}

fn project_opened(state: &mut AppState, opened: OpenedProject) {
    let OpenedProject { folder, contents, models, assessed, unreadable, stopped } = opened;
    let mut document = contents.document;
    let unknown = bring_back_classes(&mut document.legend, &contents.annotations);
    // A model that learned from an annotation since deleted still names its id: it is not given to another one.
    let of_models =
        models.iter().flat_map(|(.., card)| card.trained_on.iter().chain(&card.held_out)).copied();
    let ids = contents.annotations.iter().map(|a| a.id).chain(of_models);
    let next_id = ids.max().unwrap_or(0).saturating_add(1);
    let damaged = |(name, folder, why): &(String, _, String)| models::DamagedModel {
        name: name.clone(),
        folder: std::path::PathBuf::clone(folder),
        why: why.clone(),
    };
    let damaged_models = unreadable.iter().map(damaged).collect();
    let read_only = folder.read_only().map(str::to_string);
    let left = folder.left_beside();
    let saver = read_only.is_none().then(|| Saver::start(&folder, state.runner.wake()));
    if let Some(saver) = &saver {
        saver.opened(document.clone(), contents.annotations.clone());
    }
    state.recent.opened(folder.path());
    let name = document.name.clone();
    state.project = Some(OpenProject {
        class: document.legend.classes.first().map(|c| c.code),
        annotations: contents.annotations,
        history: super::History::default(),
        save: SaveState::Saved,
        outside: None,
        free: false,
        lookout: read_only.is_some().then(|| outside::Lookout::start(&folder, state.runner.wake())),
        page: super::Page::default(),
        site: None,
        selection: Default::default(),
        derived: Default::default(),
        models: models.into_iter().map(|(name, folder, card)| ModelEntry { name, folder, card }).collect(),
        damaged_models,
        stopped,
        training: None,
        survey: super::Surveying::default(),
        labels_in: super::LabelsSurveying::default(),
        statistics: super::Measuring::default(),
        last: LastResults { assessed, ..LastResults::default() },
        places: super::Places::default(),
        saver,
        next_id,
        then_map: false,
        remarks: Vec::new(),
        removed_sites: Vec::new(),
        folder,
        document,
    });
    if unknown > 0 {
        let text = format!("The labels use {unknown} classes that the legend lacked; they were added to it");
        state.notify(Level::Warning, text);
    }
    if !left.is_empty() {
        let text = format!(
            "{} of this project could not be saved, since another program had changed the files: what was open here then is kept there. Put it in the place of the others to take it, or delete it",
            left.join(" and ")
        );
        state.notify(Level::Warning, text);
    }
    derived::follow(state);
    sites::find_footprints(state);
    unreadable.into_iter().for_each(|(.., why)| state.notify(Level::Warning, why));
    if let Some(why) = read_only {
        state.notify(Level::Warning, format!("{name} is open read-only, since {why}"));
    }
}

/// A labels file may know classes that the legend has lost: they come back, so that nothing drawn is lost. Tells how many.
pub(super) fn bring_back_classes(legend: &mut Legend, annotations: &Annotations) -> usize {
    let used: std::collections::BTreeSet<_> = annotations.iter().map(|a| a.class).collect();
    let unknown = |code: &u8| *code != 0 && *code != 255 && legend.class(*code).is_none();
    let unknown: Vec<_> = used.into_iter().filter(unknown).collect();
    let class = |code: &u8| Class::new(*code, format!("class {code}"), [128, 128, 128]);
    legend.classes.extend(unknown.iter().map(class));
    unknown.len()
}

fn cube_opened(state: &mut AppState, job: JobId, opened: OpenedCube, maps: SiteMaps) {
    let wake = state.runner.wake();
    let Some(project) = &mut state.project else { return };
    let Some(site) = &mut project.site else { return };
    if !matches!(site.cube, CubeState::Opening(waiting) if waiting == job) {
        return;
    }
    let grid = opened.cube.info().grid.clone();
    let loader = Loader::start(&opened.cube, opened.composite.clone(), opened.look, wake);
    site.map = maps.shown.map(|(name, codes)| maps::whole(name, job, &grid, codes));
    let other = &mut project.document.view.comparison.other_map;
    other.take_if(|name| !maps.names.contains(name));
    site.maps = maps.names;
    site.cube = CubeState::Open { opened: Box::new(opened), loader };
    project.document.view.pins.retain(|&(col, row)| col < grid.width && row < grid.height);
    project.derived.forget_cores();
    places::cube_opened(project);
    maps::follow(state);
    derived::follow(state);
}
