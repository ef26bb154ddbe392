//! Taking in what jobs have said.

use super::state::{AppState, CubeState, LastResults, Level, MapLayer, ModelEntry, OpenProject, SaveState};
use super::update::{map, start_open};
use super::{derived, imagery, sites};
use crate::classify::ChunkMap;
use crate::jobs::{
    EventBody, Imported, JobEvent, JobId, JobKind, Loader, OpenedCube, OpenedProject, Outcome,
};
use crate::labels::Class;
use crate::model::TrainEvent;
use crate::progress::Progress;
use crate::project::{SaveOutcome, Saver};
use std::collections::HashMap;

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
    let Some(outcome) = project.saver.as_ref().and_then(|s| s.outcome()) else { return };
    let before = std::mem::replace(
        &mut project.save,
        match &outcome {
            SaveOutcome::Saved => SaveState::Saved,
            SaveOutcome::Failed(why) => SaveState::Failed(why.clone()),
        },
    );
    if let SaveOutcome::Failed(why) = outcome
        && before != SaveState::Failed(why.clone())
    {
        state.notify(Level::Error, why);
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
            // What is wrong with imagery is told where it is looked at.
            if kind != JobKind::Survey {
                state.notify(Level::Error, format!("{} failed: {why}", kind.title()));
            }
        }
        EventBody::Cancelled => {
            state.jobs.remove(at);
            ended(state, event.job, kind, None);
            if !matches!(kind, JobKind::Cores | JobKind::Compose | JobKind::Footprints | JobKind::Survey) {
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
        JobKind::Compose => {
            if let Some(site) = project.site.as_mut().filter(|site| site.composing == Some(job)) {
                site.composing = None;
            }
        }
        JobKind::Survey => imagery::survey_ended(project, job, why),
        JobKind::Cores => derived::cores_ended(project, job),
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
        TrainEvent::Epoch(score) => {
            if let Some(training) = training {
                training.epochs.push(score);
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
        site.map = Some(MapLayer {
            name: name.into(),
            generation: job,
            width: grid.width,
            height: grid.height,
            codes: vec![0; grid.pixels()],
            arrived: Vec::new(),
            complete: false,
        });
    }
    let Some(map) = &mut site.map else { return };
    let w = chunk.window;
    for (row, codes) in chunk.codes.chunks_exact(w.width as usize).enumerate() {
        let start = (w.row as usize + row) * map.width as usize + w.col as usize;
        if let Some(target) = map.codes.get_mut(start..start + codes.len()) {
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
        Outcome::CubeOpened(opened, map) => cube_opened(state, job, opened, map),
        Outcome::Footprints(found) => {
            if let Some(project) = &mut state.project {
                sites::footprints_found(project, found);
            }
        }
        Outcome::CubeDeleted(site) => {
            state.notify(Level::Done, format!("The cube of {site} is deleted"));
        }
        Outcome::Composed(composite) => {
            let Some(site) = state.project.as_mut().and_then(|p| p.site.as_mut()) else { return };
            if site.composing == Some(job)
                && let CubeState::Open { opened, loader } = &mut site.cube
            {
                site.composing = None;
                opened.composite = composite.clone();
                opened.look = job;
                opened.look_lacks = None;
                loader.show(composite, job);
            }
        }
        Outcome::Cores(cores) => derived::cores_came(state, job, cores),
        Outcome::Imported(imported) => imported_labels(state, imported),
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
            project.models.insert(0, entry);
            let text = format!(
                "{} is trained on {} samples in {:.0} s",
                trained.name, trained.card.samples, trained.seconds
            );
            let (left_out, name) = (trained.left_out.clone(), trained.name.clone());
            project.last.trained = Some(trained);
            let then_map = std::mem::take(&mut project.then_map);
            summarise(state, ("left out of the training", "left out of the training"), &left_out);
            state.notify(Level::Done, text);
            if then_map && let Err(refused) = map(state, Some(name), None, None) {
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
            let text = format!("{} is mapped with {} in {:.1} s", mapped.site, mapped.name, mapped.seconds);
            let damaged = mapped.damaged.clone();
            project.last.mapped = Some(mapped);
            let what = ("damaged chunk left empty on the map", "damaged chunks left empty on the map");
            summarise(state, what, &damaged);
            state.notify(Level::Done, text);
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
    let OpenedProject { folder, contents, models, assessed, unreadable } = opened;
    let mut document = contents.document;
    // A labels file may know classes that the legend has lost: they come back, so that nothing drawn is lost.
    let mut unknown: Vec<_> = contents.annotations.iter().map(|a| a.class).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown.retain(|&code| code != 0 && code != 255 && document.legend.class(code).is_none());
    for code in &unknown {
        let class = Class::new(*code, format!("class {code}"), [128, 128, 128]);
        document.legend.classes.push(class);
    }
    // A model that learned from an annotation since deleted still names its id: it is not given to another one.
    let of_models =
        models.iter().flat_map(|(.., card)| card.trained_on.iter().chain(&card.held_out)).copied();
    let ids = contents.annotations.iter().map(|a| a.id).chain(of_models);
    let next_id = ids.max().unwrap_or(0).saturating_add(1);
    let read_only = folder.read_only().map(str::to_string);
    let saver = read_only.is_none().then(|| Saver::start(&folder, state.runner.wake()));
    state.recent.opened(folder.path());
    let name = document.name.clone();
    state.project = Some(OpenProject {
        class: document.legend.classes.first().map(|c| c.code),
        annotations: contents.annotations,
        history: super::History::default(),
        save: SaveState::Saved,
        page: super::Page::default(),
        site: None,
        selection: Default::default(),
        derived: Default::default(),
        models: models.into_iter().map(|(name, folder, card)| ModelEntry { name, folder, card }).collect(),
        training: None,
        survey: super::Surveying::default(),
        last: LastResults { assessed, ..LastResults::default() },
        saver,
        next_id,
        then_map: false,
        remarks: Vec::new(),
        removed_sites: Vec::new(),
        folder,
        document,
    });
    if !unknown.is_empty() {
        let text =
            format!("The labels use {} classes that the legend lacked; they were added to it", unknown.len());
        state.notify(Level::Warning, text);
    }
    derived::follow(state);
    sites::find_footprints(state);
    unreadable.into_iter().for_each(|why| state.notify(Level::Warning, why));
    if let Some(why) = read_only {
        state.notify(Level::Warning, format!("{name} is open read-only, since {why}"));
    }
}

fn cube_opened(state: &mut AppState, job: JobId, opened: OpenedCube, map: Option<(String, Vec<u8>)>) {
    let wake = state.runner.wake();
    let Some(project) = &mut state.project else { return };
    let Some(site) = &mut project.site else { return };
    if !matches!(site.cube, CubeState::Opening(waiting) if waiting == job) {
        return;
    }
    let grid = opened.cube.info().grid.clone();
    let loader = Loader::start(&opened.cube, opened.composite.clone(), opened.look, wake);
    site.map = map.map(|(name, codes)| MapLayer {
        name,
        generation: job,
        width: grid.width,
        height: grid.height,
        codes,
        arrived: vec![crate::geo::Window { col: 0, row: 0, width: grid.width, height: grid.height }],
        complete: true,
    });
    site.cube = CubeState::Open { opened: Box::new(opened), loader };
    project.document.view.pins.retain(|&(col, row)| col < grid.width && row < grid.height);
    project.derived.forget_cores();
    derived::follow(state);
}

fn imported_labels(state: &mut AppState, mut imported: Imported) {
    let Some(project) = &mut state.project else { return };
    let annotations = std::mem::take(&mut imported.annotations);
    imported.count = annotations.len();
    let before = project.snapshot();
    // The legend may have been edited while the files were read: what is new is added to it as it is now.
    let mut legend = project.document.legend.clone();
    let mut recoded = HashMap::new();
    for class in &imported.legend.classes {
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
    imported.emptied.iter_mut().for_each(|(id, _)| *id += shift);
    project.document.legend = legend;
    if project.class.is_none() {
        project.class = project.document.legend.classes.first().map(|c| c.code);
    }
    project.history.record(format!("importing {} annotations", imported.count), before);
    project.save();
    let text = format!("{} annotations were imported", imported.count);
    let skipped: Vec<_> = imported
        .skipped
        .iter()
        .map(|(file, at, why)| format!("feature {at} of {}: {why}", file.display()))
        .collect();
    let emptied: Vec<_> = imported.emptied.iter().map(|(id, why)| format!("annotation {id} {why}")).collect();
    project.last.imported = Some(imported);
    summarise(state, ("feature skipped", "features skipped"), &skipped);
    summarise(state, ("annotation without a pure pixel", "annotations without a pure pixel"), &emptied);
    state.notify(Level::Done, text);
    derived::follow(state);
}
