//! Taking in what jobs have said.

use super::state::{AppState, CubeState, LastResults, Level, MapLayer, ModelEntry, OpenProject, SaveState};
use super::update::start_open;
use super::{
    assessing, chips, derived, display, fetch, fetch_sites, flags, imagery, labels_in, labels_out, learn,
    listing, live, maps, merge, models, outside, places, queue, reference, series, sites, statistics, trust,
    uncertain,
};
use crate::classify::ChunkMap;
use crate::jobs::{
    EventBody, JobEvent, JobId, JobKind, Loader, NO_VALUE, OpenedCube, OpenedProject, Outcome, SiteMaps,
};
use crate::labels::{Annotations, Class, Legend};
use crate::model::TrainEvent;
use crate::progress::Progress;
use crate::project::{SaveOutcome, Saver};
use crate::words::grouped;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Takes in everything that jobs and the saver have said since the last call. Never waits.
pub fn pump(state: &mut AppState) {
    while let Some(event) = state.runner.poll() {
        absorb(state, event);
    }
    super::live::take_in(state);
    absorb_saving(state);
}

/// Takes in what became of saving since the last call.
pub(super) fn absorb_saving(state: &mut AppState) {
    reference::follow_saving(state);
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
        EventBody::Progress(progress) => state.jobs[at].advance(progress),
        EventBody::Waits(words) => state.jobs[at].wait(words),
        EventBody::Train(event) => train_event(state, at, event),
        EventBody::Chunk(chunk) => {
            let (job, name) = (state.jobs[at].id, state.jobs[at].subject.clone());
            if let Some(project) = &mut state.project {
                chunk_arrived(project, job, &name, &chunk);
            }
        }
        EventBody::Told(sentence) => state.notify(Level::Done, sentence),
        EventBody::Found(found) => imagery::found(state, event.job, found),
        EventBody::Built(built) => imagery::built(state, built),
        EventBody::ImageryFetched(fetched) => fetch::fetched(state, event.job, *fetched),
        EventBody::Finished(outcome) => {
            let job = state.jobs.remove(at);
            if job.cancelling
                && let Some(project) = &mut state.project
            {
                // A training that is stopped keeps its best model so far, but starts nothing new.
                project.then_map = false;
            }
            finished(state, job.id, *outcome);
            super::correct::follow(state);
        }
        EventBody::Failed(why) => {
            state.jobs.remove(at);
            let ours = learn::is_ours(state, event.job);
            ended(state, event.job, kind, Some(&why));
            queue::ended(state, event.job, queue::QueueState::Failed(why.clone()));
            let of_many = fetch_sites::is_of_many(state, event.job);
            fetch_sites::ended(state, event.job, Some(&why));
            // What is wrong with imagery is told where it is looked at, and so is what cannot be measured or learned.
            let elsewhere = matches!(
                kind,
                JobKind::Survey
                    | JobKind::PlanImagery
                    | JobKind::SurveyLabels
                    | JobKind::SurveyChips
                    | JobKind::SurveyMap
                    | JobKind::Measure
                    | JobKind::CheckTrust
            );
            if !ours && !elsewhere && !of_many {
                state.notify(Level::Error, format!("{} failed: {why}", kind.title()));
            }
        }
        EventBody::Cancelled => {
            state.jobs.remove(at);
            ended(state, event.job, kind, None);
            queue::ended(state, event.job, queue::QueueState::Stopped);
            fetch_sites::ended(state, event.job, None);
            let is_quiet = learn::is_ours(state, event.job)
                || matches!(
                    kind,
                    JobKind::Cores
                        | JobKind::CarryOut
                        | JobKind::Compose
                        | JobKind::OpenMap
                        | JobKind::Footprints
                        | JobKind::Survey
                        | JobKind::PlanImagery
                        | JobKind::Measure
                        | JobKind::CheckTrust
                        | JobKind::SurveyLabels
                        | JobKind::SurveyChips
                        | JobKind::SurveyMap
                        | JobKind::Flags
                        | JobKind::List
                        | JobKind::FindCell
                );
            if !is_quiet {
                state.notify(Level::Done, format!("{} was cancelled", kind.title()));
            }
        }
    }
}

/// What a failed or cancelled job leaves behind.
fn ended(state: &mut AppState, job: JobId, kind: JobKind, why: Option<&str>) {
    match kind {
        JobKind::Train => live::abandon(state, job),
        JobKind::Map => live::mapping_ended(state, job),
        _ => {}
    }
    let Some(project) = &mut state.project else { return };
    match kind {
        JobKind::Train => {
            if let Some(training) = project.training.as_mut().filter(|t| t.job == job) {
                training.running = false;
            }
            project.then_map = false;
            learn::failed(project, job, why);
        }
        JobKind::OpenCube => {
            let waiting =
                |s: &&mut super::SiteView| matches!(s.cube, CubeState::Opening(waiting) if waiting == job);
            if let Some(site) = project.site.as_mut().filter(waiting) {
                site.cube = CubeState::Failed(why.unwrap_or("stopped, as asked").to_string());
            }
        }
        JobKind::OpenMap => maps::ended(project, job),
        JobKind::FindUncertain => uncertain::ended(project, job),
        JobKind::FindCell => assessing::ended(project, job),
        JobKind::Compose => {
            if let Some(site) = project.site.as_mut().filter(|site| site.composing == Some(job)) {
                site.composing = None;
            }
        }
        JobKind::Survey => imagery::survey_ended(project, job, why),
        JobKind::PlanImagery => project.imagery_plan.ended(job, why),
        JobKind::SurveyLabels => project.labels_in.ended(job, why),
        JobKind::SurveyChips => project.chips.ended(job, why),
        JobKind::SurveyMap => project.map_in.ended(job, why),
        JobKind::Measure => statistics::ended(project, job, why),
        JobKind::CheckTrust => trust::ended(project, job, why),
        JobKind::Cores => derived::cores_ended(project, job),
        JobKind::CarryOut => super::correct::ended(project, job),
        JobKind::Flags => flags::ended(project, job),
        JobKind::List => listing::ended(project, job),
        _ => {}
    }
}

fn train_event(state: &mut AppState, at: usize, event: TrainEvent) {
    let job = state.jobs[at].id;
    let training = state.project.as_mut().and_then(|p| p.training.as_mut()).filter(|t| t.job == job);
    match event {
        TrainEvent::Better(snapshot) => live::better(state, job, snapshot),
        TrainEvent::Step { epoch, done, of } => {
            let epochs = training.map_or(epoch, |t| t.at_most) as u64;
            let steps = (epoch as u64 - 1) * of as u64 + done as u64;
            let what = format!("Epoch {epoch}, at most {epochs}");
            state.jobs[at].advance(Progress::new(steps, epochs * of as u64, what));
        }
        TrainEvent::Started { classes, samples, held_out, notes, before } => {
            if let Some(training) = training {
                training.epochs = before;
                training.classes = classes;
                (training.samples, training.held_out) = (samples, held_out);
                training.notes = notes;
            }
        }
        TrainEvent::NotKept(why) => state.notify(Level::Warning, why),
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
    let grid = opened.cube.info().grid.clone();
    if site.map.as_ref().is_none_or(|m| m.generation != job) {
        // From now on the newest is shown, whatever was chosen before.
        project.document.view.map = None;
        let model = project.models.iter().find(|model| model.name == name);
        let codes = live::handed_over(site, grid.pixels());
        site.map = Some(MapLayer {
            name: name.into(),
            training: model.map(|model| model.training.clone()),
            generation: job,
            width: grid.width,
            height: grid.height,
            entropy: Some(vec![NO_VALUE; codes.len()].into()),
            codes,
            arrived: Vec::new(),
            complete: false,
            live: None,
        });
    }
    let Some(map) = &mut site.map else { return };
    let (w, width) = (chunk.window, map.width as usize);
    let place = |values: &[u8], target: &mut Arc<Vec<u8>>| {
        let target = Arc::make_mut(target);
        for (row, values) in values.chunks_exact(w.width as usize).enumerate() {
            let start = (w.row as usize + row) * width + w.col as usize;
            if let Some(target) = target.get_mut(start..start + values.len()) {
                target.copy_from_slice(values);
            }
        }
    };
    place(&chunk.codes, &mut map.codes);
    if let Some(entropy) = &mut map.entropy {
        place(&chunk.entropy(), entropy);
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
        Outcome::ImageryPlanned(planned) => {
            if let Some(project) = &mut state.project {
                project.imagery_plan.came(job, planned);
            }
        }
        Outcome::SitesChosen(chosen) => fetch_sites::chosen(state, *chosen),
        Outcome::CubesBuilt(made) => {
            if let Some(made) = fetch_sites::built(state, job, made) {
                imagery::cubes_built(state, made);
            }
        }
        Outcome::CubeOpened(opened, maps) => cube_opened(state, job, opened, maps),
        Outcome::MapOpened(map) => maps::opened(state, job, map),
        Outcome::Footprints(found) => {
            if let Some(project) = &mut state.project {
                sites::footprints_found(project, found);
            }
        }
        Outcome::TrustChecked(trusted) => trust::checked(state, job, trusted),
        Outcome::Measured(measured) => statistics::measured(state, job, measured),
        Outcome::CubeDeleted(site) => {
            state.notify(Level::Done, format!("The cube of {site} is deleted"));
        }
        Outcome::Composed(composite) => display::composed(state, job, &composite),
        Outcome::Cores(cores) => derived::cores_came(state, job, cores),
        Outcome::Flagged(flagged) => flags::came(state, job, *flagged),
        Outcome::Listed(rows) => listing::came(state, job, rows),
        Outcome::LabelsSurveyed(surveyed) => {
            if let Some(project) = &mut state.project {
                project.labels_in.came(job, surveyed);
            }
        }
        Outcome::Imported(imported) => labels_in::imported(state, imported),
        Outcome::ChipsSurveyed(surveyed) => {
            if let Some(project) = &mut state.project {
                project.chips.came(job, surveyed);
            }
        }
        Outcome::ChipsImported(imported) => chips::imported(state, *imported),
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
            live::settled(project, job);
            let ours = trained.name == learn::LIVE;
            project.models.retain(|m| m.name != trained.name);
            let entry = ModelEntry::new(trained.name.clone(), trained.folder.clone(), trained.card.clone());
            project.damaged_models.retain(|m| m.name != trained.name);
            project.models.insert(0, entry);
            project.stopped.retain(|stopped| stopped.name != trained.name);
            project.stopped.extend(trained.stopped.clone());
            let text = match &trained.stopped {
                None => format!(
                    "{} is trained on {} samples in {:.0} s",
                    trained.name,
                    grouped(trained.card.samples as i64),
                    trained.seconds
                ),
                Some(stopped) => format!(
                    "{} was stopped after {} epochs: the best so far is kept, and the training can be resumed",
                    trained.name, stopped.epochs
                ),
            };
            let (left_out, name) = (trained.left_out.clone(), trained.name.clone());
            project.last.trained = Some(*trained);
            let then_map = std::mem::take(&mut project.then_map);
            // What follows the labels tells so where it is switched on, not in a notice each time.
            if !ours {
                summarise(state, ("left out of the training", "left out of the training"), &left_out);
                state.notify(Level::Done, text);
            }
            if then_map && let Err(refused) = queue::add(state, Some(name), None, None, true) {
                state.notify(Level::Error, refused.to_string());
            }
        }
        Outcome::Mapped(mapped) => {
            let Some(project) = &mut state.project else { return };
            if let Some(map) = project.site.as_mut().and_then(|s| s.map.as_mut())
                && map.generation == job
            {
                map.complete = true;
                map.entropy = None;
            }
            maps::mapped(project, &mapped.site, &mapped.name);
            let text = format!("{} is mapped with {} in {:.1} s", mapped.site, mapped.name, mapped.seconds);
            let text = match mapped.probe_words() {
                Some(words) => format!("{text}. {words}"),
                None => text,
            };
            let damaged = mapped.damaged.clone();
            project.last.mapped = Some(mapped.clone());
            let what = ("damaged chunk left empty on the map", "damaged chunks left empty on the map");
            summarise(state, what, &damaged);
            state.notify(Level::Done, text);
            queue::ended(state, job, queue::QueueState::Done(Box::new(mapped)));
        }
        Outcome::MapKept { site, from, to, model } => maps::kept(state, &site, &from, &to, model),
        Outcome::SitesChecked(checked) => queue::checked(state, checked),
        Outcome::MapsForgotten => {}
        Outcome::CopiedHere { copy, folder } => super::here::copied(state, job, copy, folder),
        Outcome::UncertainFound(found) => uncertain::found(state, job, found),
        Outcome::Reference(news) => reference::came(state, *news),
        Outcome::MapsMerged(merged) => merge::merged(state, *merged),
        Outcome::MapSurveyed(surveyed) => {
            if let Some(project) = &mut state.project {
                project.map_in.came(job, surveyed);
            }
        }
        Outcome::MapImported(map) => super::foreign::imported(state, *map),
        Outcome::MapsCompared(compared) => super::comparing::compared(state, *compared),
        Outcome::AreasSaved(file) => {
            state.notify(Level::Done, format!("The areas are in {}", file.display()));
        }
        Outcome::Cleaned(cleaned) => super::clean::came(state, *cleaned),
        Outcome::CarriedOut(done) => super::correct::carried_out(state, job, *done),
        Outcome::CorrectionsRead(read) => super::correct::read(state, read),
        Outcome::Corrected(corrected) => super::correct::came(state, *corrected),
        Outcome::ModelRenamed { from, to, folder } => models::renamed(state, &from, &to, folder),
        Outcome::TrainingForgotten { name } => models::forgotten(state, &name),
        Outcome::ModelDuplicated { from, name, folder } => models::duplicated(state, &from, name, folder),
        Outcome::ModelDeleted { name, maps_too } => models::deleted(state, &name, maps_too),
        Outcome::ModelExported { name, file, gaps } => {
            let gaps = gaps.map_or(String::new(), |gaps| format!(". {gaps}"));
            state.notify(Level::Done, format!("{name} is exported to {}{gaps}", file.display()));
        }
        Outcome::Assessed(report) => assessing::assessed(state, *report),
        Outcome::ReportSaved(file) => {
            state.notify(Level::Done, format!("The report is in {}", file.display()));
        }
        Outcome::CellFound(found) => assessing::cell_found(state, job, found),
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
    let queue = queue::Queue::opened(&opened);
    let OpenedProject { folder, contents, models, reports, unreadable, stopped, references, left: _ } =
        opened;
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
        models: models.into_iter().map(|(name, folder, card)| ModelEntry::new(name, folder, card)).collect(),
        damaged_models,
        stopped,
        training: None,
        live: Default::default(),
        following: Default::default(),
        survey: super::Surveying::default(),
        imagery_plan: super::PlanningImagery::default(),
        fetching: super::Fetching::default(),
        labels_in: super::LabelsSurveying::default(),
        chips: super::ChipsSurveying::default(),
        map_in: super::MapSurveying::default(),
        statistics: super::Measuring::default(),
        trust: super::Trusting::default(),
        queue,
        reference: reference::References::of(references),
        last: LastResults { assessed: reports.first().cloned(), ..LastResults::default() },
        reports,
        cell_tour: super::CellTour::default(),
        places: super::Places::default(),
        corrections: super::correct::Corrections::default(),
        tour: super::UncertainTour::default(),
        looking: BTreeMap::new(),
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
    let (name, corrections) = (site.name.clone(), maps.corrections);
    let loader = Loader::start(&opened.cube, opened.composite.clone(), opened.look, wake);
    site.map = maps.shown.map(|map| maps::whole(job, &grid, map));
    let other = &mut project.document.view.comparison.other_map;
    other.take_if(|name| !maps.names.contains(name));
    let model_of = |training: &String| {
        let found = project.models.iter().find(|model| model.card.training_id() == *training);
        found.map(|model| model.name.clone())
    };
    let made_by = maps.trainings.iter().filter_map(|(map, of)| Some((map.clone(), model_of(of)?)));
    site.made_by = made_by.collect();
    site.named = maps.classes;
    site.maps = maps.names;
    site.cube = CubeState::Open { opened: Box::new(opened), loader };
    project.document.view.pins.retain(|&(col, row)| col < grid.width && row < grid.height);
    project.derived.forget_cores();
    places::cube_opened(project);
    super::correct::opened(state, &name, corrections);
    if let Some(project) = &mut state.project {
        reference::cube_opened(project);
    }
    maps::follow(state);
    live::site_opened(state);
    derived::follow(state);
}
