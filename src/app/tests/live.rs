//! The live map while training, and learning that follows the labels.

use super::*;
use crate::app::{events, live, maps};
use crate::classify::{ChunkMap, Part};
use crate::geo::Window;
use crate::jobs::{EventBody, Freshness, JobEvent, JobKind, LiveNews, LiveWhat, ReadMap};
use crate::model::{ModelKind, ModelSpec, Snapshot, TempCnnOptions, TrainEvent};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// A project with labels and a network so small that it learns in no time.
fn labelled(folder: &Path) -> AppState {
    let mut state = project(folder);
    annotate(&mut state);
    let options = TempCnnOptions { filters: 8, dense: 8, layers: 1, ..TempCnnOptions::default() };
    let mut spec = ModelSpec { kind: ModelKind::TempCnn(options), ..ModelSpec::default() };
    (spec.training.epochs, spec.training.learning_rate) = (4, 1e-2);
    update(&mut state, Command::SetModel(spec)).unwrap();
    state.notices.clear();
    state
}

fn open(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

fn refused(state: &mut AppState, command: Command) -> String {
    update(state, command).unwrap_err().to_string()
}

/// The whole site is on screen.
fn look(state: &AppState) {
    open(state).looking().unwrap().see(grid().window());
}

/// Takes in what comes until something holds.
#[track_caller]
fn until(state: &mut AppState, holds: impl Fn(&AppState) -> bool) {
    let since = Instant::now();
    while !holds(state) {
        pump(state);
        assert!(since.elapsed() < PATIENCE, "it never came; {:?}", state.notices);
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_live_and_whole(state: &AppState) -> bool {
    open(state).live_map().is_some_and(|live| live.fresh.current == 1.0) && state.jobs.is_empty()
}

/// Codes that are right: forest in the left half, pasture in the right one, but for the last columns of its half.
fn share_right(codes: &[u8]) -> f64 {
    let right = codes.iter().enumerate().filter(|(i, code)| **code == if i % 96 < 48 { 1 } else { 2 });
    right.count() as f64 / codes.len() as f64
}

#[test]
fn the_view_is_mapped_while_training_and_the_map_of_the_final_weights_stays_unsaved() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    look(&state);
    update(&mut state, Command::Train { name: None, then_map: false }).unwrap();
    until(&mut state, is_live_and_whole);
    let project = open(&state);
    let map = project.map().unwrap();
    let live = project.live_map().unwrap();
    assert_eq!((map.name.as_str(), live.model.as_str(), map.complete), ("model-1 (live)", "model-1", false));
    assert_eq!(live.fresh.newest, project.models[0].card.best_epoch, "the weights that were kept");
    assert!(share_right(&map.codes) > 0.95, "{}", share_right(&map.codes));
    assert!(project.map_names().is_empty() && !folder.path().join("project/maps/site").exists());
    assert_eq!(project.legend_of_map().class(2).unwrap().name, "pasture");
}

#[test]
fn the_map_of_the_whole_site_takes_over_and_what_has_not_come_shows_the_live_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    look(&state);
    update(&mut state, Command::Train { name: None, then_map: true }).unwrap();
    let since = Instant::now();
    let (mut shown, mut live_seen) = (0, false);
    while !(state.jobs.is_empty() && open(&state).map().is_some_and(|map| map.complete)) {
        pump(&mut state);
        // Once something is shown of a pixel it is never blank again.
        if let Some(map) = open(&state).map() {
            let now = map.codes.iter().filter(|code| **code != 0).count();
            assert!(now >= shown, "{shown} pixels were shown, and now {now}");
            shown = now;
            live_seen |= map.live.is_some();
        }
        assert!(since.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(live_seen, "it was live before");
    let map = open(&state).map().unwrap();
    assert!(map.live.is_none() && map.name == "model-1");
    assert!(map.entropy.is_none(), "that lies in a file now");
    assert_eq!(open(&state).map_names(), ["model-1"]);
}

#[test]
fn where_mapping_is_stopped_the_live_map_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let (run, _) = weights(&mut state);
    until(&mut state, |state| state.jobs.is_empty());
    let project = state.project.as_mut().unwrap();
    live::absorb(project, piece(run, 1, grid().window(), 4, 1), 1001);
    let map = Command::Map { model: None, site: None, bf16: None, resume: true };
    let job = update(&mut state, map).unwrap().unwrap();
    let window = Window { col: 0, row: 0, width: 64, height: 64 };
    let chunk = ChunkMap { window, codes: vec![2; 64 * 64], probabilities: Vec::new() };
    events::absorb(&mut state, JobEvent { job, body: EventBody::Chunk(chunk) });
    let shown = open(&state).map().unwrap();
    assert_eq!((shown.name.as_str(), shown.codes[0], shown.codes[70]), ("model-1", 2, 1));
    events::absorb(&mut state, JobEvent { job, body: EventBody::Cancelled });
    look(&state);
    until(&mut state, is_live_and_whole);
    assert_eq!(open(&state).live_map().unwrap().model, "model-1");
}

/// Weights of a training, and its job, of which nothing is taken in yet.
fn weights(state: &mut AppState) -> (u64, Snapshot) {
    let job = update(state, Command::Train { name: None, then_map: false }).unwrap().unwrap();
    let since = Instant::now();
    loop {
        assert!(since.elapsed() < PATIENCE);
        let Some(event) = state.runner.wait(Duration::from_millis(50)) else { continue };
        if let JobEvent { body: EventBody::Train(TrainEvent::Better(snapshot)), .. } = &event {
            let snapshot = snapshot.clone();
            events::absorb(state, event);
            return (job, snapshot);
        }
        events::absorb(state, event);
    }
}

fn piece(run: u64, code: u8, window: Window, stride: u32, epoch: usize) -> LiveNews {
    let blocks = window.width.div_ceil(stride) * window.height.div_ceil(stride);
    let part = Part {
        window,
        stride,
        codes: vec![code; blocks as usize],
        entropy: vec![10 * code; blocks as usize],
    };
    let fresh = Freshness { newest: epoch, oldest: epoch, covers: true, fine: 0.5, current: 0.5 };
    LiveNews { run, what: LiveWhat::Piece(part, fresh) }
}

#[test]
fn pieces_take_the_place_of_what_was_there_and_those_of_another_training_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let (run, _) = weights(&mut state);
    let project = state.project.as_mut().unwrap();
    // A saved map of another class lies there.
    let site = project.site.as_mut().unwrap();
    site.map = Some(maps::whole(
        900,
        &grid(),
        ReadMap { name: "old".into(), codes: vec![3; grid().pixels()], training: None },
    ));
    let left = Window { col: 0, row: 0, width: 64, height: 64 };
    live::absorb(project, piece(run + 1, 1, left, 4, 1), 1000);
    assert_eq!(project.map().unwrap().name, "old", "nobody trains that");
    live::absorb(project, piece(run, 1, left, 4, 1), 1001);
    let map = project.map().unwrap();
    assert_eq!((map.name.as_str(), map.generation), ("model-1 (live)", 1001));
    assert_eq!((map.codes[0], map.codes[63], map.codes[64]), (1, 1, 3), "what has not come stays");
    let entropy = map.entropy.as_ref().unwrap();
    assert_eq!((entropy[0], entropy[63], entropy[64]), (10, 10, 255), "how undecided it is comes with it");
    live::absorb(project, piece(run, 2, left, 1, 2), 1002);
    let map = project.map().unwrap();
    assert_eq!((map.generation, map.codes[63], map.arrived.len()), (1001, 2, 2), "the painter goes on");
    assert_eq!(project.live_map().unwrap().fresh.oldest, 2);
    // Something else is asked to be shown: what comes late is dropped.
    project.site.as_mut().unwrap().maps.push("old".into());
    live::rest(project);
    live::absorb(project, piece(run, 1, left, 1, 3), 1003);
    assert_eq!(project.map().unwrap().codes[0], 2);
}

#[test]
fn a_training_that_comes_to_nothing_gives_back_what_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let (run, _) = weights(&mut state);
    let project = state.project.as_mut().unwrap();
    live::absorb(project, piece(run, 1, grid().window(), 4, 1), 1001);
    events::absorb(&mut state, JobEvent { job: run, body: EventBody::Failed("the disk is full".into()) });
    assert!(open(&state).map().is_none() && open(&state).live_map().is_none());
    assert!(state.notices.iter().any(|notice| notice.text.contains("the disk is full")));
    assert!(!open(&state).training.as_ref().unwrap().running);
}

#[test]
fn after_cancel_the_best_so_far_is_kept_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let mut spec = open(&state).document.settings.model.clone();
    (spec.training.epochs, spec.training.patience) = (5000, 5000);
    update(&mut state, Command::SetModel(spec)).unwrap();
    look(&state);
    let job = update(&mut state, Command::Train { name: None, then_map: true }).unwrap().unwrap();
    until(&mut state, |state| {
        open(state).training.as_ref().is_some_and(|training| training.epochs.len() > 2)
            && open(state).live_map().is_some()
    });
    update(&mut state, Command::Cancel(job)).unwrap();
    until(&mut state, is_live_and_whole);
    let project = open(&state);
    assert_eq!(project.live_map().unwrap().fresh.newest, project.models[0].card.best_epoch);
    assert!(project.map_names().is_empty(), "the whole site is not mapped");
}

#[test]
fn sites_are_switched_and_projects_closed_while_it_is_live() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    run(&mut state, build_of("other", &folder.path().join("mosaics"))).unwrap();
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    let mut spec = open(&state).document.settings.model.clone();
    (spec.training.epochs, spec.training.patience) = (5000, 5000);
    update(&mut state, Command::SetModel(spec)).unwrap();
    look(&state);
    let job = update(&mut state, Command::Train { name: None, then_map: false }).unwrap().unwrap();
    until(&mut state, |state| open(state).live_map().is_some());
    // Labels are deleted meanwhile: the training has its own.
    update(&mut state, Command::DeleteAnnotations(vec![1, 2, 3, 4, 5, 6])).unwrap();
    update(&mut state, Command::ShowSite("other".into())).unwrap();
    until(&mut state, |state| open(state).cube().is_some());
    assert!(open(&state).map().is_none(), "this site has no map yet");
    look(&state);
    until(&mut state, |state| open(state).live_map().is_some_and(|live| live.run == job));
    update(&mut state, Command::RemoveSite("other".into())).unwrap();
    assert!(open(&state).map().is_none());
    pump(&mut state);
    update(&mut state, Command::Undo).unwrap();
    run(&mut state, Command::CloseProject).unwrap();
    pump(&mut state);
    assert!(state.project.is_none() && state.jobs.is_empty());
}

#[test]
fn a_model_that_does_not_fit_the_site_on_screen_has_no_live_map_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let (job, _) = weights(&mut state);
    until(&mut state, |state| state.jobs.is_empty());
    // The same site with half of its months.
    let fewer = folder.path().join("fewer");
    std::fs::create_dir_all(&fewer).unwrap();
    mosaics(&fewer);
    for month in ["03", "04"] {
        std::fs::remove_file(fewer.join(format!("m_2022-{month}-15.tif"))).unwrap();
    }
    run(&mut state, build_of("fewer", &fewer)).unwrap();
    update(&mut state, Command::ShowSite("fewer".into())).unwrap();
    let project = state.project.as_mut().unwrap();
    project.document.settings.keep_learning = true;
    until(&mut state, |state| open(state).cube().is_some());
    let why = open(&state).no_live_map().unwrap_or_default();
    assert!(why.contains("4 dates") && why.contains("no date near 2022-03-15"), "{why} {job}");
    update(&mut state, Command::ShowSite("site".into())).unwrap();
    until(&mut state, |state| open(state).cube().is_some());
    assert_eq!(open(&state).no_live_map(), None);
}

/// What following the labels does at a moment so many seconds after another.
fn follow(state: &mut AppState, since: Instant, seconds: f64, drawing: bool) -> Option<Duration> {
    follow_labels(state, drawing, since + Duration::from_secs_f64(seconds))
}

#[test]
fn labels_that_rest_are_learned_from_and_drawing_postpones_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    assert_eq!(follow(&mut state, Instant::now(), 0.0, false), None, "it is off by default");
    // Switched on, it learns from what is there.
    update(&mut state, Command::SetKeepLearning(true)).unwrap();
    let now = Instant::now();
    follow(&mut state, now, 0.0, false);
    assert_eq!(state.job(JobKind::Train).unwrap().subject, LIVE);
    until(&mut state, |state| state.jobs.is_empty());
    assert_eq!(follow(&mut state, now, 1.0, false), None, "no label has changed");
    update(&mut state, Command::PickClass(2)).unwrap();
    update(&mut state, Command::Draw(square(78.0, 40.0, 16.0))).unwrap();
    assert_eq!(follow(&mut state, now, 2.0, false), Some(Duration::from_secs(2)));
    assert!(follow(&mut state, now, 3.9, true).is_some(), "something is being drawn");
    assert!(follow(&mut state, now, 5.0, false).is_some_and(|wait| wait < Duration::from_secs(1)));
    assert!(state.job(JobKind::Train).is_none());
    assert_eq!(follow(&mut state, now, 6.0, false), None);
    assert_eq!(state.job(JobKind::Train).unwrap().subject, LIVE);
    until(&mut state, |state| state.jobs.is_empty());
    let model = &open(&state).models[0];
    assert_eq!((model.name.as_str(), model.card.samples > 0), (LIVE, true));
    assert!(open(&state).not_learned().is_none() && state.notices.is_empty(), "{:?}", state.notices);
    // The next one goes on from it.
    update(&mut state, Command::DeleteAnnotations(vec![7])).unwrap();
    follow(&mut state, now, 10.0, false);
    follow(&mut state, now, 13.0, false);
    until(&mut state, |state| state.jobs.is_empty());
    let [model] = open(&state).models.as_slice() else { panic!("one model of this name") };
    assert!(model.card.notes.iter().any(|note| note.contains("went on from")), "{:?}", model.card.notes);
    assert!(open(&state).stopped.is_empty());
    // It is kept with the project.
    open(&state).flush();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert!(open(&state).document.settings.keep_learning);
    assert_eq!(follow(&mut state, now, 20.0, false), None, "nothing has changed since");
}

#[test]
fn a_change_during_a_run_begins_it_anew_but_never_stops_a_training_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let mut spec = open(&state).document.settings.model.clone();
    (spec.training.epochs, spec.training.patience) = (5000, 5000);
    update(&mut state, Command::SetModel(spec)).unwrap();
    update(&mut state, Command::SetKeepLearning(true)).unwrap();
    let now = Instant::now();
    let asked = update(&mut state, Command::Train { name: None, then_map: false }).unwrap().unwrap();
    assert!(follow(&mut state, now, 5.0, false).is_some());
    assert!(!state.job(JobKind::Train).unwrap().cancelling, "it was asked for");
    until(&mut state, |state| open(state).training.as_ref().is_some_and(|t| !t.epochs.is_empty()));
    update(&mut state, Command::Cancel(asked)).unwrap();
    until(&mut state, |state| state.jobs.is_empty());
    state.notices.clear();
    follow(&mut state, now, 6.0, false);
    let first = state.job(JobKind::Train).unwrap().id;
    update(&mut state, Command::DeleteAnnotations(vec![1])).unwrap();
    follow(&mut state, now, 7.0, false);
    follow(&mut state, now, 9.5, false);
    let since = Instant::now();
    while state.job(JobKind::Train).is_none_or(|job| job.id == first) {
        pump(&mut state);
        follow(&mut state, now, 10.0, false);
        assert!(since.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(1));
    }
    until(&mut state, |state| state.jobs.is_empty());
    assert!(state.notices.is_empty(), "{:?}", state.notices);
    assert!(open(&state).models.iter().any(|model| model.name == LIVE));
}

#[test]
fn a_training_asked_for_does_not_wait_for_one_that_follows_the_labels() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let ours = update(&mut state, Command::RetrainNow).unwrap().unwrap();
    let job = update(&mut state, Command::Train { name: None, then_map: false }).unwrap().unwrap();
    assert!(state.jobs.iter().all(|listed| listed.id != ours));
    until(&mut state, |state| state.jobs.is_empty());
    assert_eq!(open(&state).training.as_ref().unwrap().job, job);
    assert!(open(&state).models.iter().any(|model| model.name == "model-1"));
}

#[test]
fn too_few_labels_are_told_in_one_sentence_and_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let now = Instant::now();
    update(&mut state, Command::SetKeepLearning(true)).unwrap();
    update(&mut state, Command::DeleteAnnotations(vec![4, 5, 6])).unwrap();
    assert!(follow(&mut state, now, 3.0, false).is_none());
    assert!(open(&state).not_learned().is_some_and(|why| why.contains("one class only")));
    for second in 4..30 {
        assert!(follow(&mut state, now, f64::from(second), false).is_none());
    }
    assert!(state.notices.is_empty() && state.jobs.is_empty());
    assert!(refused(&mut state, Command::RetrainNow).contains("one class only"));
    // Cores that the buffer empties are found out by the job: told in the same place.
    update(&mut state, Command::Undo).unwrap();
    update(&mut state, Command::SetBuffer(500.0)).unwrap();
    follow(&mut state, now, 40.0, false);
    follow(&mut state, now, 43.0, false);
    until(&mut state, |state| state.jobs.is_empty());
    assert!(open(&state).not_learned().is_some_and(|why| why.contains("pure pixels")));
    assert!(state.notices.is_empty(), "{:?}", state.notices);
}

#[test]
fn the_name_of_the_model_that_follows_the_labels_is_given_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = labelled(folder.path());
    let train = Command::Train { name: Some(LIVE.into()), then_map: false };
    assert!(refused(&mut state, train).contains("follows the labels"));
}
